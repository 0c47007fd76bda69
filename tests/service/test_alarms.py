"""What counts as wrong at present."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from engine.domain.message import NOTHING
from engine.service.alarms import Alarms
from tests.reports.building import NOON, SHANGHAI, Books, open_database


def test_unrated_calls_of_the_last_thirty_days_are_an_alarm_and_older_or_impossible_ones_are_not(
    tmp_path: Path,
) -> None:
    database = open_database(tmp_path)
    with database.reading() as session:
        books = Books(session, SHANGHAI)
        for days in (-31, -29, 0, 2):
            books.call(started_at=NOON + timedelta(days=days), unrated="no rule", cost_micros=0)
    still = cast("Any", SimpleNamespace(fault="", health=[]))
    moment = NOON
    alarms = Alarms(
        database,
        ingest_loop=lambda: still,
        targets=list,
        config_error=lambda: NOTHING,
        backup_fault=lambda: NOTHING,
        now=lambda: moment,
    )
    assert [str(alarm.text) for alarm in alarms.current()] == [
        "2 calls of the last 30 days match no rate rule."
    ]
    moment += timedelta(days=31)
    assert [str(alarm.text) for alarm in alarms.current()] == [
        "1 call of the last 30 days matches no rate rule."
    ]
    database.close()


def test_a_zone_that_the_unique_ids_contradict_is_an_alarm(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    health = SimpleNamespace(source="/cdr/Master.csv", state="following", message="")
    doubts = {"/cdr/Master.csv": "The times are +8 hours from those in the unique ids"}
    loop = SimpleNamespace(
        fault="", health=[health], parser_fault=lambda _: "", zone_doubt=lambda source: doubts.get(source, "")
    )
    alarms = Alarms(
        database,
        ingest_loop=lambda: cast("Any", loop),
        targets=list,
        config_error=lambda: NOTHING,
        backup_fault=lambda: NOTHING,
        now=lambda: NOON,
    )
    assert [(alarm.kind, str(alarm.text)) for alarm in alarms.current()] == [
        ("source", "/cdr/Master.csv: The times are +8 hours from those in the unique ids")
    ]
    doubts.clear()
    assert alarms.current() == []
    database.close()
