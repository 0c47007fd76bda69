"""A store whose rate list and extensions come from the plain reference's rules and calls."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import HealthCheck

from engine.domain.rates import Rate
from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.rating.calls import rate_calls
from engine.rating.versions import add_list, add_versions
from engine.store import Session
from tests.reference.rating import Call, Rule

HYPOTHESIS: Final[dict[str, Any]] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
"""For `settings`: the store is one for all examples, and each one replaces what is in it."""

NOW = datetime(2026, 11, 2, 12, 0)


def rate_of_rule(rule: Rule) -> Rate:
    """The product's words for a rule of the reference."""
    return Rate(
        name=rule.name,
        enabled=rule.enabled,
        prefix=rule.prefix,
        number_length=rule.number_length,
        initial_fee_micros=rule.initial_fee_micros,
        initial_seconds=rule.initial_seconds,
        price_micros=rule.price_micros,
        price_seconds=rule.price_seconds,
        cycle_seconds=rule.cycle_seconds,
        start_second=_second(rule.start_time),
        end_second=_second(rule.end_time),
        weekdays=sum(1 << day for day in rule.weekdays),
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        extensions=None if rule.extensions is None else tuple(sorted(rule.extensions)),
    )


def put_rates(session: Session, rates: Sequence[Rate]) -> None:
    """Makes these the list, rule and version n at position n; forgets whatever was there."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]
    # Two commits and not one: a key that was deleted cannot come back in the same transaction.
    with session.transaction():
        connection.execute("DELETE FROM rate; DELETE FROM rate_version")
    with session.transaction():
        versions = [(number, number, rate) for number, rate in enumerate(rates, start=1)]
        add_versions(session, versions, operator="test", now=NOW)
        add_list(session, [(number, number, rate.enabled) for number, _, rate in versions])


def put_extensions(session: Session, billed: Iterable[str], *, unbilled: Iterable[str] = ()) -> None:
    """Makes these the extensions; forgets whatever was there."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]
    rows = sorted([(number, True) for number in billed] + [(number, False) for number in unbilled])
    if connection.execute("SELECT number, billing FROM extension ORDER BY ALL").fetchall() == rows:
        return
    with session.transaction():
        connection.execute("DELETE FROM extension")
    with session.transaction():
        connection.execute(
            """
            INSERT INTO extension
            SELECT unnest($numbers::VARCHAR[]), '', unnest($billing::BOOLEAN[]), 'postpaid', 0, false, false,
                $now, 0, 0
            """,
            {"numbers": [row[0] for row in rows], "billing": [row[1] for row in rows], "now": NOW},
        )


def call_table(calls: Sequence[Call], zone: ZoneInfo) -> pa.Table:
    """The calls as `rate_calls` takes them, rows from 0."""
    local = [
        None if call.answered_at is None else call.answered_at.astimezone(zone).replace(tzinfo=None)
        for call in calls
    ]
    return pa.table(
        {
            "row": pa.array(range(len(calls)), pa.int64()),
            "extension": pa.array([call.extension for call in calls], pa.string()),
            "dialled": pa.array([call.dialled for call in calls], pa.string()),
            "direction": pa.array(
                ["outbound" if call.outbound else "inbound" for call in calls], pa.string()
            ),
            "answered": pa.array([call.answered for call in calls], pa.bool_()),
            "billsec": pa.array([call.billsec for call in calls], pa.int32()),
            "answered_local": pa.array(local, pa.timestamp("us")),
        }
    )


def rated(session: Session, calls: pa.Table, site: Site) -> list[tuple[Any, ...]]:
    """The rows of `rate_calls` by the list as it stands."""
    verdicts = rate_calls(session, RateBook.load(session), calls, site=site)
    return list(zip(*verdicts.to_pydict().values(), strict=True))


def store_calls(session: Session, calls: Sequence[Call], zone: ZoneInfo, *, site: Site) -> None:
    """Makes these the stored calls, numbered from 1 and rated by the list as it stands."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]
    connection.execute("DELETE FROM call")
    table = call_table(calls, zone)
    verdicts = rate_calls(session, RateBook.load(session), table, site=site)
    started = [
        call.answered_at.astimezone(UTC).replace(tzinfo=None) if call.answered_at else NOW for call in calls
    ]
    with session.bound(
        test_calls=table.append_column("started_at", pa.array(started, pa.timestamp("us"))),
        test_verdicts=verdicts,
    ):
        connection.execute(
            """
            INSERT INTO call BY NAME
            SELECT row + 1 AS call_id, row AS call_key, started_at, started_at AS started_local,
                CASE WHEN answered THEN started_at END AS answered_at,
                CASE WHEN answered THEN answered_local END AS answered_local, extension, direction, dialled,
                '' AS trunk, '' AS disposition, billsec AS duration, billsec, cost_micros, unrated,
                rate_version, cycles, first_block_micros, 1 AS file_id, row AS line_offset,
                1 AS line_length, row AS leg,
                CASE WHEN direction = 'outbound' AND answered THEN billsec ELSE 0 END AS charged_seconds
            FROM test_calls JOIN test_verdicts USING (row) ORDER BY row
            """
        )


def stored_costs(session: Session) -> list[int]:
    """What each stored call costs, in micro-units."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]
    return [
        cost for (cost,) in connection.execute("SELECT cost_micros FROM call ORDER BY call_id").fetchall()
    ]


def stored_verdicts(session: Session) -> list[tuple[Any, ...]]:
    """What is stored of the verdict on each call, as rows of `rate_calls`."""
    connection = session._connection  # pyright: ignore[reportPrivateUsage]
    return connection.execute(
        """
        SELECT call_id - 1, cost_micros, unrated, rate_version, cycles, first_block_micros
        FROM call ORDER BY call_id
        """
    ).fetchall()


def _second(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
