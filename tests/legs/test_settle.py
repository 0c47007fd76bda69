"""Legs of random calls by the product's SQL, held against the plain model, record by record."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.legs.records import RECORDS
from engine.legs.settle import Payers, settle
from engine.store import Session
from tests.reference.legs import LETTERS, Numbering, Record, legs_of, number_of, originated, without_copies
from tests.stores import new_store

CASES = Path(__file__).parents[3] / "shared" / "cases"
SITE = Numbering(extensions=r"\d{4}", trunks=("IAX2/carrier", "IAX2/deadtrunk"))
START = datetime(2026, 11, 28, 16)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    database = new_store(tmp_path_factory.mktemp("legs") / "store.duckdb")
    with database.reading() as opened:
        yield opened
    database.close()


def table_of(records: Sequence[Record], site: Numbering) -> pa.Table:
    """The records as the product's parser would hand them over."""
    rows = [
        {
            "row": row,
            "started_at": record.start,
            "ended_at": record.end,
            "answered_at": record.answer if record.answered else None,
            "duration": record.duration,
            "billsec": record.billsec,
            "link_id": record.link,
            "near": record.channel,
            "far": record.far,
            "near_trunk": site.trunk(record.channel),
            "far_trunk": site.trunk(record.far),
            "joins": record.app not in ("", "ConfBridge", "Park", "ParkedCall"),
            "near_device": site.device(record.channel),
            "far_device": site.device(record.far),
            "caller": record.src,
            "caller_internal": site.internal(record.src),
            "dialled": record.dst,
            "dialled_internal": site.internal(record.dst),
            "number": number_of(record, site),
            "code": record.account if record.account in site.codes else "",
        }
        for row, record in enumerate(records)
    ]
    return pa.Table.from_pylist(rows, schema=RECORDS)


def check(session: Session, records: list[Record], site: Numbering) -> None:
    """Every verdict is the plain model's."""
    records = list({record.identity: record for record in records}.values())
    verdicts = settle(
        session, table_of(records, site), payers=Payers(first=site.payer, unclaimed=site.unclaimed)
    )
    found = {row["row"]: row for row in verdicts.to_pylist()}
    assert found.keys() == set(range(len(records)))
    numbers = {record.identity: row for row, record in enumerate(records)}
    legs = legs_of(records, site)
    expected = {numbers[part]: leg for leg in legs for part in leg.members}
    lone = {numbers[record.identity] for record in originated(records, site)}
    for row, verdict in found.items():
        leg = expected.get(row)
        assert verdict["originated"] == (row in lone)
        if leg is None:
            assert verdict["leg_row"] is None
            continue
        first = numbers[leg.first]
        assert (verdict["leg_row"], verdict["channel"]) == (first, leg.channel)
        assert (verdict["payer"], verdict["number"]) == (leg.payer, leg.dialled)
        assert verdict["charged_seconds"] == (leg.seconds if row == first else 0)
        assert verdict["answered_at"] == leg.answer


def records_of(path: Path) -> list[Record]:
    """The lines of a Master.csv."""

    def moment(text: str) -> datetime | None:
        return datetime.fromisoformat(text) if text else None

    found: list[Record] = []
    with path.open(encoding="utf-8", newline="") as file:
        for fields in csv.reader(file):
            start, end = moment(fields[9]), moment(fields[11])
            assert start is not None
            assert end is not None
            found.append(
                Record(
                    channel=fields[5],
                    far=fields[6],
                    src=fields[1],
                    dst=fields[2],
                    app=fields[7],
                    data=fields[8],
                    start=start,
                    answer=moment(fields[10]),
                    end=end,
                    duration=int(fields[12]),
                    billsec=int(fields[13]),
                    disposition=fields[14],
                    link=fields[19],
                    account=fields[0],
                )
            )
    return found


PEERS = (
    "IAX2/1001-1",
    "IAX2/1002-2",
    "IAX2/1001-3",
    "IAX2/9-4",
    "IAX2/carrier-5",
    "IAX2/carrier-6",
    "IAX2/deadtrunk-7",
)
LOCALS = ("Local/9@x-1;1", "Local/9@x-1;2", "Local/8@y-2;1", "Local/8@y-2;2")


@st.composite
def some_records(draw: st.DrawFn) -> list[Record]:
    """Records of few channels and links, so that they meet in every way."""
    channels = st.sampled_from((*PEERS, *LOCALS))
    found: list[Record] = []
    for _ in range(draw(st.integers(1, 9))):
        start = START + timedelta(seconds=draw(st.integers(0, 40)))
        rang, billsec = draw(st.integers(0, 4)), draw(st.integers(0, 9))
        answered = draw(st.booleans())
        found.append(
            Record(
                channel=draw(channels),
                far=draw(st.one_of(st.just(""), channels)),
                src=draw(st.sampled_from(("1001", "1002", "13800001111", ""))),
                dst=draw(st.sampled_from(("97081380", "1002", "1003", "s", ""))),
                app=draw(st.sampled_from(("Dial", "Dial", "Queue", "ConfBridge", "ParkedCall", ""))),
                data=draw(
                    st.sampled_from(
                        (
                            "IAX2/carrier/708,30",
                            "IAX2/carrier/1&IAX2/carrier/2",
                            "sales",
                            "IAX2/1001/1001&IAX2/deadtrunk/7",
                        )
                    )
                ),
                start=start,
                answer=start + timedelta(seconds=rang) if answered else None,
                end=start + timedelta(seconds=rang + billsec),
                duration=rang + billsec,
                billsec=billsec if answered else 0,
                disposition="ANSWERED" if answered else "NO ANSWER",
                link=draw(st.sampled_from(("", "", "a", "b"))),
                account=draw(st.sampled_from(("", "77"))),
            )
        )
    return found


@settings(max_examples=300, deadline=None)
@given(
    records=some_records(),
    payer=st.sampled_from(("caller", "forwarder", "code")),
    unclaimed=st.sampled_from(("", "1999")),
)
def test_random_records_are_settled_as_the_plain_model_settles_them(
    session: Session, records: list[Record], payer: str, unclaimed: str
) -> None:
    site = Numbering(
        extensions=SITE.extensions,
        trunks=SITE.trunks,
        payer=payer,
        unclaimed=unclaimed,
        codes=frozenset({"77"}),
        devices={"IAX2/9": "1009"},
    )
    check(session, records, site)


@pytest.mark.parametrize("case", sorted(path.parent.name for path in CASES.glob("asterisk-*/Master.csv")))
@pytest.mark.parametrize("linked", [True, False])
def test_calls_of_a_real_asterisk_are_settled_as_the_plain_model_settles_them(
    session: Session, case: str, *, linked: bool
) -> None:
    records = without_copies(records_of(CASES / case / "Master.csv"))
    if not linked:
        records = [Record(**{**vars(record), "link": ""}) for record in records]
    check(session, records, SITE)


def test_ten_thousand_records_under_one_link_are_one_call(session: Session) -> None:
    one = records_of(CASES / "asterisk-blind-to-internal" / "Master.csv")
    records = [
        Record(**{**vars(record), "channel": f"{record.channel}{number}", "far": f"{record.far}{number}"})
        for number in range(5000)
        for record in one
    ]
    check(session, records, SITE)


assert LETTERS
