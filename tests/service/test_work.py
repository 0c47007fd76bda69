"""Long work is bounded and can be broken off; lists and streams refuse in the same words."""

import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine.api.calls import CallFilter, ExportCalls, ListCalls
from engine.api.client import Client
from engine.api.extensions import ListExtensions, ListLedger, ListRecharges
from engine.api.operation import Operation
from engine.api.rates import ListRates
from engine.api.session import ListAudit
from engine.api.site import ListQuarantine, ListSources
from engine.domain.errors import InvalidInput, PbxmeterError, Refused
from engine.service.work import MAX_AT_ONCE, MAX_OF_ONE, Cancellation, WorkPlaces
from engine.store import Database
from tests.service.engines import running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A running engine's home."""
    home = tmp_path_factory.mktemp("work") / "home"
    with running(home):
        yield home


def test_one_operator_and_all_together_have_so_many_places() -> None:
    places = WorkPlaces()
    for _ in range(MAX_OF_ONE):
        places.take("ann")
    with pytest.raises(Refused, match="ann has"):
        places.take("ann")
    for number in range(MAX_AT_ONCE - MAX_OF_ONE):
        places.take(f"other-{number}")
    with pytest.raises(Refused, match="running already"):
        places.take("bob")
    places.free("ann")
    places.take("bob")


def test_exports_that_are_dropped_unread_give_their_places_back(home: Path) -> None:
    with Client(home) as client:
        for _ in range(3 * MAX_OF_ONE):
            client.stream(ExportCalls()).close()


def test_cancelling_breaks_off_the_statement_in_hand(tmp_path: Path) -> None:
    database = Database(tmp_path / "site.duckdb", memory_mb=100)
    cancelled = Cancellation()
    threading.Timer(0.2, cancelled.set).start()
    with database.reading() as session:
        with pytest.raises(PbxmeterError), cancelled.interrupting(session):
            session.plain("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range < b.range")
        with pytest.raises(Refused, match="cancelled"), cancelled.interrupting(session):
            session.plain("SELECT 1")
    database.close()


@pytest.mark.parametrize(
    "listing",
    [ListExtensions, ListRecharges, ListLedger, ListRates, ListAudit, ListQuarantine, ListSources, ListCalls],
)
@pytest.mark.parametrize("field", ["limit", "offset"])
@pytest.mark.parametrize("value", [-1, 2**70])
def test_no_list_takes_a_limit_or_offset_out_of_bounds(
    home: Path, listing: type[Operation[Any]], field: str, value: int
) -> None:
    if field not in listing.__struct_fields__:
        return
    fields: dict[str, Any] = {field: value}
    if listing is ListLedger:
        fields["number"] = "1001"
    with Client(home) as client, pytest.raises(InvalidInput):
        client.call(listing(**fields))


def test_a_stream_refuses_as_a_list_does(home: Path) -> None:
    wrong = CallFilter(since="not a time")
    with Client(home) as client:
        with pytest.raises(InvalidInput) as listed:
            client.call(ListCalls(filter=wrong))
        with pytest.raises(InvalidInput) as exported:
            client.stream(ExportCalls(filter=wrong)).read_all()
    assert str(exported.value) == str(listed.value)
    assert (exported.value.code, exported.value.field) == (listed.value.code, listed.value.field)
