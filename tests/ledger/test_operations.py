"""Recharges and adjustments against the plain model of accounts."""

from collections.abc import Generator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.api.extensions import (
    Adjust,
    ExportLedger,
    ExportRecharges,
    ListExtensions,
    ListLedger,
    ListRecharges,
    Recharge,
    SetExtensions,
)
from engine.domain.errors import InvalidInput, NotFound, Refused, StorageError
from engine.domain.money import MAX_AMOUNT_MICROS
from engine.domain.names import EntryKind, Payment
from engine.ledger import listings
from engine.ledger.entries import MAX_BALANCE_MICROS, MOVEMENTS, post_set
from engine.ledger.extensions import list_extensions, set_extensions
from engine.ledger.listings import export_ledger, export_recharges, list_ledger, list_recharges
from engine.ledger.operations import adjust, recharge
from engine.reports.verify import verify
from engine.store import Session
from tests.reference.ledger import Account, KeyReused, Ledger
from tests.reference.ledger import Refused as ModelRefused
from tests.stores import NOW, SITE, bill, opened

NUMBERS = ("1001", "1002", "007")


@pytest.fixture
def session(tmp_path: Path) -> Generator[Session]:
    """A store with three billed extensions."""
    with opened(tmp_path) as session:
        bill(session, *NUMBERS)
        yield session


def _recharge(session: Session, amount_micros: int, *numbers: str, key: str = "k1", note: str = "") -> None:
    request = Recharge(numbers=list(numbers), amount_micros=amount_micros, key=key, note=note)
    with session.transaction():
        recharge(session, request, operator="ann", now=NOW)


def _balances(session: Session) -> dict[str, int]:
    rows = list_extensions(session, SITE, ListExtensions()).rows
    return {row.number: row.balance_micros for row in rows}


def test_a_recharge_tells_the_balance_before_and_after(session: Session) -> None:
    _recharge(session, 2_500_000, "1001", note="cash")
    _recharge(session, 500_000, "1001", key="k2")
    rows = list_recharges(session, SITE, ListRecharges(descending=False)).rows
    assert [(row.balance_before_micros, row.amount_micros, row.balance_after_micros) for row in rows] == [
        (0, 2_500_000, 2_500_000),
        (2_500_000, 500_000, 3_000_000),
    ]
    assert (rows[0].operator, rows[0].note) == ("ann", "cash")


def test_the_same_key_with_the_same_content_moves_money_once(session: Session) -> None:
    _recharge(session, 1_000_000, "1001", "1002")
    request = Recharge(numbers=["1001", "1002"], amount_micros=1_000_000, key="k1")
    again = recharge(session, request, operator="ann", now=NOW)
    assert again.repeated
    assert [row.balance_after_micros for row in again.rows] == [1_000_000, 1_000_000]
    assert _balances(session) == {"1001": 1_000_000, "1002": 1_000_000, "007": 0}


def test_the_same_key_with_other_content_is_refused(session: Session) -> None:
    _recharge(session, 1_000_000, "1001")
    with pytest.raises(Refused, match="k1"):
        _recharge(session, 2_000_000, "1001")
    assert _balances(session)["1001"] == 1_000_000


def test_a_recharge_of_an_unknown_extension_moves_nothing_for_the_others(session: Session) -> None:
    with pytest.raises(NotFound, match="4711"):
        _recharge(session, 1_000_000, "1001", "4711")
    assert _balances(session)["1001"] == 0
    _recharge(session, 1_000_000, "1001")
    assert _balances(session)["1001"] == 1_000_000


@pytest.mark.parametrize("amount_micros", [0, -1, MAX_AMOUNT_MICROS + 1])
def test_an_amount_that_is_no_recharge_is_refused(session: Session, amount_micros: int) -> None:
    with pytest.raises(InvalidInput, match="amount"):
        _recharge(session, amount_micros, "1001")


def test_an_adjustment_needs_a_reason_and_may_be_negative(session: Session) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        adjust(
            session,
            Adjust(number="1001", amount_micros=-5, reason=" ", key="a"),
            operator="ann",
            now=NOW,
        )
    adjust(session, Adjust(number="1001", amount_micros=-5, reason="typo", key="a"), operator="ann", now=NOW)
    assert _balances(session)["1001"] == -5


def test_a_new_payment_method_resets_what_was_recharged_and_leaves_the_balance(session: Session) -> None:
    _recharge(session, 1_000_000, "1001")
    request = SetExtensions(numbers=["1001"], payment=Payment.POSTPAID)
    set_extensions(session, request, operator="ann", now=NOW)
    row = list_extensions(session, SITE, ListExtensions(numbers=["1001"])).rows[0]
    assert (row.balance_micros, row.total_recharged_micros) == (1_000_000, 0)
    kinds = [entry.kind for entry in list_ledger(session, SITE, ListLedger(number="1001")).rows]
    assert kinds == [EntryKind.METHOD_CHANGE, EntryKind.RECHARGE]
    _recharge(session, 5, "1001", key="k2")
    assert (
        list_extensions(session, SITE, ListExtensions(numbers=["1001"])).rows[0].total_recharged_micros == 5
    )


def test_an_extension_with_nothing_available_is_over_limit_only_while_billing_is_on(session: Session) -> None:
    assert list_extensions(session, SITE, ListExtensions(state="over")).total == 3
    set_extensions(session, SetExtensions(numbers=["1001"], billing=False), operator="ann", now=NOW)
    set_extensions(session, SetExtensions(numbers=["1002"], credit_limit_micros=1), operator="ann", now=NOW)
    rows = list_extensions(session, SITE, ListExtensions(state="barred")).rows
    assert [row.number for row in rows] == ["007"]


def test_a_locked_extension_is_barred_whatever_it_has(session: Session) -> None:
    _recharge(session, 1_000_000, *NUMBERS)
    set_extensions(session, SetExtensions(numbers=["1002"], locked=True), operator="ann", now=NOW)
    rows = list_extensions(session, SITE, ListExtensions(state="barred")).rows
    assert [(row.number, row.over_limit) for row in rows] == [("1002", False)]


def test_recharges_are_exported_with_exact_amounts(session: Session) -> None:
    _recharge(session, 1_234_567, "007", note='a "note", with commas')
    text = export_recharges(session, SITE, ExportRecharges()).text
    assert text.splitlines() == [
        "time,extension,name,balance_before,amount,balance_after,operator,note",
        '2026-03-01T12:00:00+00:00,007,,0.00,1.234567,1.234567,ann,"a ""note"", with commas"',
    ]


def test_more_rows_than_one_document_holds_are_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "MAX_ROWS", 2)
    for key in ("k1", "k2", "k3"):
        _recharge(session, 1, "007", key=key)
    for export in (
        lambda: export_recharges(session, SITE, ExportRecharges()),
        lambda: export_ledger(session, SITE, ExportLedger(number="007")),
    ):
        with pytest.raises(Refused, match="3 rows are more than 2 in one file"):
            export()


def test_a_set_of_entries_does_not_take_a_balance_beyond_its_range(session: Session) -> None:
    amounts = [-MAX_BALANCE_MICROS // 2 - 1] * 2
    movements = pa.table(
        {
            "place": [0, 1],
            "extension": ["007", "007"],
            "kind": ["charge", "charge"],
            "amount_micros": amounts,
            "call_id": [1, 1],
        }
    ).cast(MOVEMENTS)
    with pytest.raises(StorageError, match="The charges of extension 007"), session.transaction():
        post_set(session, movements, first_entry=1, now=NOW)
    assert _balances(session)["007"] == 0


def test_a_ledger_is_exported_oldest_first_with_exact_amounts(session: Session) -> None:
    _recharge(session, 1_234_567, "007", "1001", note="January")
    _recharge(session, 5, "007", key="k2")
    sheet = export_ledger(session, SITE, ExportLedger(number="007"))
    assert sheet.rows == 2
    assert sheet.text.splitlines() == [
        "time,extension,kind,amount,balance_after,operator,note",
        "2026-03-01T12:00:00+00:00,007,recharge,1.234567,1.234567,ann,January",
        "2026-03-01T12:00:00+00:00,007,recharge,0.000005,1.234572,ann,",
    ]


def test_a_range_finds_the_numbers_of_as_many_digits_from_one_to_the_other(session: Session) -> None:
    set_extensions(
        session,
        SetExtensions(numbers=["1003", "10021", "0100"], create=True),
        operator="ann",
        now=NOW,
    )

    def found(text: str) -> list[str]:
        return [row.number for row in list_extensions(session, SITE, ListExtensions(text=text)).rows]

    assert found("1002-1050") == ["1002", "1003"]
    assert found("-1002-1050") == ["007", "0100", "1001", "10021"]
    assert found("1050-1002") == []


_amounts = st.integers(1, MAX_AMOUNT_MICROS)
_keys = st.sampled_from(["a", "b", "c", "d"])
_steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("recharge"), st.lists(st.sampled_from(NUMBERS), min_size=1, unique=True), _amounts, _keys
        ),
        st.tuples(st.just("adjust"), st.sampled_from(NUMBERS), _amounts | _amounts.map(lambda a: -a), _keys),
        st.tuples(st.just("payment"), st.sampled_from(NUMBERS), st.sampled_from(list(Payment))),
    ),
    max_size=15,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=_steps)
def test_any_sequence_of_operations_ends_like_the_plain_model(
    steps: list[tuple[object, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = Ledger()
    for number in NUMBERS:
        model.open(Account(number=number, billing=True, payment="prepaid"))
    with opened(tmp_path_factory.mktemp("ledger")) as session:
        bill(session, *NUMBERS)
        for place, step in enumerate(steps):
            _both(session, model, step, place)
        rows = list_extensions(session, SITE, ListExtensions()).rows
        assert {row.number: (row.balance_micros, row.total_recharged_micros) for row in rows} == {
            number: (model.balance(number), model.total_recharged(number)) for number in NUMBERS
        }
        assert {row.number for row in rows if row.barred} == set(model.barred_extensions())
        # No writer was at work here: the chain knows nothing of it.
        assert [finding for finding in verify(session).findings if "no commit" not in str(finding)] == []


def _both(session: Session, model: Ledger, step: tuple[object, ...], place: int) -> None:
    refused = model_refused = False
    kind, who, what = step[0], step[1], step[2]
    try:
        if kind == "recharge":
            model.recharge(str(step[3]), list(who), what, operator="ann")  # type: ignore[call-overload,arg-type]
        elif kind == "adjust":
            model.adjust(str(step[3]), str(who), what, reason="r", operator="ann")  # type: ignore[arg-type]
        else:
            model.set_payment(f"p{place}", str(who), str(what), operator="ann")
    except (KeyReused, ModelRefused):
        model_refused = True
    try:
        with session.transaction():
            if kind == "recharge":
                request = Recharge(numbers=list(who), amount_micros=what, key=str(step[3]))  # type: ignore[call-overload,arg-type]
                recharge(session, request, operator="ann", now=NOW)
            elif kind == "adjust":
                wanted = Adjust(number=str(who), amount_micros=what, reason="r", key=str(step[3]))  # type: ignore[arg-type]
                adjust(session, wanted, operator="ann", now=NOW)
            else:
                change = SetExtensions(numbers=[str(who)], payment=Payment(str(what)))
                set_extensions(session, change, operator="ann", now=NOW)
    except (Refused, InvalidInput):
        refused = True
    assert refused == model_refused
