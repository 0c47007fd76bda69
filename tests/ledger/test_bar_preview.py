"""Whom a change would bar: as the preview says it, and as it then is."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.api.extensions import Adjust, ListExtensions, PreviewBarred, Recharge, SetExtensions
from engine.domain.site import Site
from engine.ledger.bar_preview import preview_barred
from engine.ledger.extension_sheet import import_extensions
from engine.ledger.extensions import list_extensions, set_extensions
from engine.ledger.operations import adjust, recharge
from engine.lockout.barred import barred_extensions
from engine.store import Session
from tests.reports.building import open_database

NOW = datetime(2026, 1, 1)
ON, OFF = (Site(zone=ZoneInfo("UTC"), billing=billing) for billing in (True, False))


@pytest.fixture
def session(tmp_path: Path):
    """Three without money, one billed with a limit, one billed without, one locked."""
    database = open_database(tmp_path)
    with database.reading() as session:
        change(session, SetExtensions(numbers=["1001", "1002", "1003"], create=True))
        change(
            session, SetExtensions(numbers=["1004"], create=True, billing=True, credit_limit_micros=5_000_000)
        )
        change(session, SetExtensions(numbers=["1005"], create=True, billing=True))
        change(session, SetExtensions(numbers=["1006"], create=True, locked=True))
        yield session
    database.close()


def change(session: Session, request: SetExtensions) -> None:
    set_extensions(session, request, operator="anna", now=NOW)


def barred(session: Session, site: Site) -> set[str]:
    return {who.extension for who in barred_extensions(session, site)}


def over_limit(session: Session, site: Site) -> set[str]:
    return {row.number for row in list_extensions(session, site, ListExtensions()).rows if row.over_limit}


def test_switching_the_site_on_counts_the_billed_who_have_nothing(session: Session) -> None:
    found = preview_barred(session, OFF, PreviewBarred(site_billing=True))
    assert (found.extensions, found.barred, found.without_money, found.freed) == (2, 1, 1, 0)
    assert found.numbers == ["1005"]
    assert preview_barred(session, ON, PreviewBarred(site_billing=False)).freed == 1
    assert preview_barred(session, ON, PreviewBarred(site_billing=True)).extensions == 0


@pytest.mark.parametrize("site", [ON, OFF])
@pytest.mark.parametrize(
    "fields",
    [
        {"billing": True},
        {"billing": False},
        {"billing": True, "credit_limit_micros": 1},
        {"credit_limit_micros": 0},
        {"credit_limit_micros": 9},
        {"locked": True},
        {"locked": False},
        {"locked": False, "billing": True},
    ],
)
def test_the_preview_of_a_change_is_what_then_happens(
    session: Session, site: Site, fields: dict[str, int]
) -> None:
    numbers = ["1001", "1002", "1004", "1005", "1006", "1099"]
    before = barred(session, site)
    found = preview_barred(session, site, PreviewBarred(numbers=numbers, **fields))  # pyright: ignore[reportArgumentType]
    change(session, SetExtensions(numbers=numbers, create=True, **fields))  # pyright: ignore[reportArgumentType]
    after = barred(session, site)
    assert found.extensions == len(numbers)
    assert (set(found.numbers), found.freed) == (after - before, len(before - after))
    assert found.barred == len(found.numbers)


def test_the_preview_of_a_sheet_is_what_its_import_does(session: Session) -> None:
    content = b"number,billing,credit_limit,locked\n1001,on,,\n1002,on,5,\n1006,,,no\n1007,on,0,\n1004,,0,\n"
    before = barred(session, ON)
    found = preview_barred(session, ON, PreviewBarred(content=content))
    import_extensions(session, content, apply=True, operator="anna", now=NOW)
    after = barred(session, ON)
    assert (set(found.numbers), found.freed) == (after - before, len(before - after))
    assert found.numbers == ["1001", "1004", "1007"]
    assert (found.barred, found.without_money) == (3, 3)


@pytest.mark.parametrize("site", [ON, OFF])
@pytest.mark.parametrize("amount", [1, 5_000_000])
def test_the_preview_of_a_recharge_says_who_stays_over_limit(
    session: Session, site: Site, amount: int
) -> None:
    change(session, SetExtensions(numbers=["1006"], billing=True))
    adjust(
        session,
        Adjust(number="1004", amount_micros=-8_000_000, reason="spent", key="before"),
        operator="anna",
        now=NOW,
    )
    numbers = ["1001", "1004", "1005", "1006"]
    before = over_limit(session, site)
    found = preview_barred(session, site, PreviewBarred(numbers=numbers, recharge_micros=amount))
    recharge(
        session,
        Recharge(numbers=numbers, amount_micros=amount, note="", key="once"),
        operator="anna",
        now=NOW,
    )
    after = over_limit(session, site)
    assert (found.over_limit, found.over_limit_after) == (len(before), len(after))
    assert (found.barred, found.freed) == (0, len(before - after - {"1006"}))
