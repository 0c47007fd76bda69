"""Calls out of columns of text, by the fields of a format."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.expressions import Expression
from config.format_model import Format
from config.settings import Numbering
from config.time_formats import NAMED_FORMATS
from engine.domain.call_columns import FORMAT_TEXTS, MINUTES
from engine.domain.message import NOTHING, Message
from engine.domain.names import Direction
from engine.parse import timestamps
from engine.parse.call_segments import GROUP, MORE, SEGMENTS
from engine.parse.evaluate import Evaluator, Scope
from engine.parse.schema import CALLS, EMPTY, FALSE
from engine.parse.sides import sides

SEPARATOR = pa.scalar("\x1f", pa.string())
"""Between the fields of a key."""

LEAST_COMPARED = 3
MOST_COMPARED = 50
MOST_QUARTERS = 56
"""Rows whose starts are held against their unique ids, to tell a wrong zone; none is more than 56 quarters
of an hour from UTC."""

_RUINED = r"^[0-9](?:[.,][0-9]+)?E\+[0-9]+$"
"""A long number as a spreadsheet shows it: its last digits are lost."""

_DIRECTIONS = pa.array(
    [Direction.OUTBOUND, Direction.INBOUND, Direction.INTERNAL, Direction.OTHER], pa.string()
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a row is no call."""

    row: int
    field: str
    reason: Message


@dataclass(frozen=True, kw_only=True)
class _Moments:
    """UTC, timestamp[s]."""

    start: pa.Array
    answer: pa.Array
    end: pa.Array
    duration: pa.Array
    billsec: pa.Array


class CallReader:
    """Turns columns into calls for one format, site and source."""

    def __init__(
        self, form: Format, *, numbering: Numbering, source_zone: ZoneInfo, site_zone: ZoneInfo
    ) -> None:
        self._form = form
        self.used = form.used()
        """The columns that are read at all."""
        self._distinct = form.distinct()
        self._forwarder_pays = numbering.payer == "forwarder" and form.call.forwarder is not None
        self._zone = form.times.zone or source_zone
        self._site_zone = site_zone
        self._evaluator = Evaluator(numbering)
        self.written_at: datetime | None = None
        """When the file was written, in UTC: tells the year of times without one."""
        self._gaps = deque[int](maxlen=MOST_COMPARED)
        """Quarters of an hour between the starts of the last rows and their unique ids."""
        self.zone_doubt = NOTHING
        """Why the zone of the times cannot be right, by the rows read last; '' = nothing contradicts it."""

    def read(
        self, columns: dict[str, pa.Array], *, offset: pa.Array, length: pa.Array
    ) -> tuple[pa.Table, list[Fault]]:
        """Calls (schema `CALLS`) of the sound rows, and the faults of the others.

        `columns` are strings; `offset` and `length` are the rows' places (int64).
        """
        rows = len(offset)
        scope = self._evaluator.over(columns, rows)
        checks = _Checks(rows)
        moments = self._moments(scope, checks)
        self._compare_zone(scope, moments)
        answered = self._answered(scope, moments)
        for name in ("dialled", "caller"):
            number = scope.text(self._form.call.texts[name])
            if pc.any(pc.match_substring(number, "E+")).as_py():
                ruined = pc.match_substring_regex(number, _RUINED)
                checks.add(
                    name,
                    ruined,
                    Message("is a number that a spreadsheet ruined"),
                    self._form.call.texts[name],
                )
        parts = self._arrays(scope, moments, answered)
        parts["key_text"] = self._identities(parts, columns)
        parts["facts"] = self._with_minutes(scope, moments, parts)
        parts["line_offset"], parts["line_length"] = offset, pc.cast(length, pa.int32())
        schema = CALLS
        segments = self._form.segments
        if segments is not None:
            schema = SEGMENTS
            parts[GROUP] = pc.binary_join_element_wise(
                *(columns.get(name, pa.repeat(EMPTY, rows)) for name in segments.same), SEPARATOR
            )
            parts[MORE] = scope.truth(segments.more)
        table = pa.Table.from_arrays([parts[name] for name in schema.names], schema=schema)
        faults = checks.faults(scope)
        if faults:
            sound = pc.invert(checks.bad)
            # Rows with faults may hold nulls where the schema has none; they go before anybody sees them.
            table = table.filter(sound)
        return table, faults

    def _moments(self, scope: Scope, checks: "_Checks") -> _Moments:
        call = self._form.call
        epoch = self._epoch(scope)
        start = self._instant(scope, checks, "start", call.start, epoch)
        reference = epoch if start is None else start
        answer = self._instant(scope, checks, "answer", call.answer, reference)
        end = self._instant(scope, checks, "end", call.end, reference)
        duration = self._seconds(scope, checks, "duration", call.duration)
        ring = self._seconds(scope, checks, "ring", call.ring)
        billsec = self._seconds(scope, checks, "billsec", call.billsec)
        zero = pa.scalar(0, pa.int64())
        if duration is None and ring is not None and billsec is not None:
            duration = pc.add(ring, billsec)
        if start is None:
            assert end is not None
            start = pc.subtract(end, _durations(duration if duration is not None else zero))
        checks.add("start", pc.is_null(start) if start.null_count else None, Message("is missing"))
        if duration is None:
            assert end is not None
            duration = pc.fill_null(_elapsed(start, end), zero)
            checks.add("end", pc.less(duration, zero), Message("lies before the start"))
        if end is None:
            end = pc.add(start, _durations(duration))
        if billsec is None:
            assert answer is not None
            billsec = pc.fill_null(_elapsed(answer, end), zero)
            checks.add("end", pc.less(billsec, zero), Message("lies before the answer"))
        if answer is None:
            rang = pc.max_element_wise(pc.subtract(duration, billsec), zero)
            answer = pc.add(start, _durations(ring if ring is not None else rang))
        return _Moments(start=start, answer=answer, end=end, duration=duration, billsec=billsec)

    def _instant(
        self,
        scope: Scope,
        checks: "_Checks",
        name: str,
        expression: Expression | None,
        not_before: pa.Array | None,
    ) -> pa.Array | None:
        if expression is None:
            return None
        found, fixed, bad = timestamps.times(
            scope.text(expression), self._form.times.formats, self._written_local()
        )
        checks.add(name, bad, Message("is not a time"), expression)
        if fixed is not None and len(fixed) and pc.all(fixed).as_py():
            return found
        instants = timestamps.to_utc(found, self._zone, not_before=not_before)
        return instants if fixed is None else pc.if_else(fixed, found, instants)

    def _written_local(self) -> datetime | None:
        if self.written_at is None:
            return None
        return self.written_at.replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)

    def _epoch(self, scope: Scope) -> pa.Array | None:
        expression = self._form.times.epoch
        if expression is None or not _changes(self._zone):
            return None
        return _epochs(scope.text(expression))

    def _compare_zone(self, scope: Scope, moments: _Moments) -> None:
        """Holds the starts of some rows against the epochs in their unique ids."""
        expression = self._form.times.epoch
        if expression is None:
            return
        epochs = _epochs(scope.text(expression).slice(0, MOST_COMPARED))
        gaps = pc.drop_null(_elapsed(epochs, moments.start.slice(0, MOST_COMPARED)))
        self._gaps.extend(round(gap / 900) for gap in gaps.to_pylist())
        if len(self._gaps) < LEAST_COMPARED:
            return
        # So far from each other that only another zone explains it, and nearly all alike.
        (quarters, count), *_ = Counter(self._gaps).most_common(1)
        apart = quarters != 0 and abs(quarters) <= MOST_QUARTERS and count * 10 >= len(self._gaps) * 7
        self.zone_doubt = (
            Message(
                "The times are {hours} hours from those in the unique ids, read as {zone}: another zone is "
                "meant.",
                hours=f"{quarters / 4:+g}",
                zone=self._zone.key,
            )
            if apart
            else NOTHING
        )

    def _seconds(
        self, scope: Scope, checks: "_Checks", name: str, expression: Expression | None
    ) -> pa.Array | None:
        if expression is None:
            return None
        found, bad = timestamps.seconds(scope.text(expression))
        checks.add(name, bad, Message("is not a number of seconds"), expression)
        return found

    def _answered(self, scope: Scope, moments: _Moments) -> pa.Array:
        return pc.and_(scope.truth(self._form.call.answered), pc.is_valid(moments.answer))

    def _arrays(self, scope: Scope, moments: _Moments, answered: pa.Array) -> dict[str, pa.Array]:
        call = self._form.call
        answer = pc.if_else(answered, moments.answer, pa.scalar(None, pa.timestamp("s")))
        outbound = scope.truth(call.outbound)
        others = pc.if_else(scope.truth(call.internal), _code(2), _code(3))
        direction = pc.if_else(outbound, _code(0), pc.if_else(scope.truth(call.inbound), _code(1), others))
        extension, caller_name = scope.text(call.extension), scope.text(call.caller_name)
        if self._forwarder_pays and call.forwarder is not None:
            forwarder = scope.text(call.forwarder)
            passed_on = pc.and_(pc.not_equal(forwarder, EMPTY), pc.not_equal(forwarder, extension))
            extension = pc.if_else(passed_on, forwarder, extension)
            caller_name = pc.if_else(passed_on, EMPTY, caller_name)
        texts = {name: scope.text(call.texts[name]) for name in FORMAT_TEXTS}
        return {
            "started_at": timestamps.micros(moments.start),
            "started_local": timestamps.micros(timestamps.to_local(moments.start, self._site_zone)),
            "answered_at": timestamps.micros(answer),
            "answered_local": timestamps.micros(timestamps.to_local(answer, self._site_zone)),
            "ended_at": timestamps.micros(moments.end),
            "extension": extension,
            "caller_name": caller_name,
            "direction": _DIRECTIONS.take(direction),
            **texts,
            **sides(scope, call, texts),
            "answered": answered,
            "duration": _bounded(moments.duration),
            "billsec": _bounded(moments.billsec),
        }

    def _identities(self, parts: dict[str, pa.Array], columns: dict[str, pa.Array]) -> pa.Array:
        """What each record says, beside its start: the same for every writer of the same record.

        Records are told apart by the destination, seconds and outcome, and by the columns that the format
        names, or else their channels, or else all that they say.
        """
        said = [
            pc.coalesce(parts["written"], parts["dialled"]),
            pc.cast(parts["duration"], pa.string()),
            pc.cast(parts["billsec"], pa.string()),
            pc.utf8_lower(parts["disposition"]),
        ]
        near = parts["near_channel"]
        named = pc.not_equal(near, EMPTY)
        count = 0 if self._form.identity else pc.sum(named).as_py() or 0
        by_channels = (near, parts["far_channel"], *said)
        if count == len(near):
            return pc.binary_join_element_wise(*by_channels, SEPARATOR)
        given = [columns.get(name) for name in self._distinct]
        nothing = pa.repeat(EMPTY, len(near))
        others = [nothing if column is None else column for column in given]
        distinct = pc.binary_join_element_wise(*others, *said, SEPARATOR)
        if not count:
            return distinct
        return pc.if_else(named, pc.binary_join_element_wise(*by_channels, SEPARATOR), distinct)

    def _with_minutes(self, scope: Scope, moments: _Moments, parts: dict[str, pa.Array]) -> pa.Array:
        """The facts, marked where no channel is named and the time was written without seconds."""
        call = self._form.call
        facts = parts["facts"]
        written = call.start or call.end
        if self._form.identity or written is None or self._form.times.formats[0] in NAMED_FORMATS:
            return facts
        clock = moments.end if call.start is None else moments.start
        minutes = pc.and_(
            pc.equal(parts["near_channel"], EMPTY),
            pc.equal(pc.second(clock), pa.scalar(0, pa.int64())),
        )
        if not pc.any(minutes).as_py():
            return facts
        seconds = pc.match_substring_regex(scope.text(written), r":\d\d[:.]\d\d|\d{14}|\D\d{6}$")
        minutes = pc.fill_null(pc.and_not(minutes, seconds), FALSE)
        return pc.if_else(minutes, pc.bit_wise_or(facts, pa.scalar(MINUTES, pa.uint16())), facts)


def _epochs(ids: pa.Array) -> pa.Array:
    digits = pc.struct_field(pc.extract_regex(ids, r"(?:^|-)(?P<s>\d{9,10})(?:\.|$)"), "s")
    return pc.cast(pc.cast(digits, pa.int64()), pa.timestamp("s"))


class _Checks:
    """The rows that are bad, and why."""

    def __init__(self, rows: int) -> None:
        self.bad = pa.repeat(FALSE, rows)
        self._found: list[tuple[str, pa.Array, Message, Expression | None]] = []

    def add(
        self, name: str, bad: pa.Array | None, reason: Message, expression: Expression | None = None
    ) -> None:
        """Rows that are bad; None = none is."""
        if bad is not None and pc.any(bad).as_py():
            bad = pc.fill_null(bad, FALSE)
            self.bad = pc.or_(self.bad, bad)
            self._found.append((name, bad, reason, expression))

    def faults(self, scope: Scope) -> list[Fault]:
        """The first fault of every bad row, in order of rows."""
        found: dict[int, Fault] = {}
        for name, bad, reason, expression in self._found:
            rows = pc.indices_nonzero(bad)
            texts = scope.text(expression).take(rows).to_pylist() if expression is not None else None
            for index, row in enumerate(rows.to_pylist()):
                if row not in found:
                    shown = None if texts is None else _shown(texts[index])
                    said = (
                        reason if shown is None else Message("{reason}: {shown}", reason=reason, shown=shown)
                    )
                    found[row] = Fault(row=row, field=name, reason=said)
        return [found[row] for row in sorted(found)]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _code(value: int) -> pa.Scalar:
    return pa.scalar(value, pa.int8())


def _durations(count: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    return pc.cast(count, pa.duration("s"))


def _elapsed(first: pa.Array, last: pa.Array) -> pa.Array:
    return pc.cast(pc.subtract(last, first), pa.int64())


def _bounded(count: pa.Array) -> pa.Array:
    """int32; rows with faults may be outside and are dropped later."""
    limit = pa.scalar(timestamps.MAX_CALL_SECONDS, pa.int64())
    return pc.cast(
        pc.min_element_wise(pc.max_element_wise(count, pa.scalar(0, pa.int64())), limit), pa.int32()
    )


def _changes(where: ZoneInfo) -> bool:
    """Whether the zone can ever repeat an hour."""
    return where.key not in ("UTC", "Etc/UTC", "GMT", "Etc/GMT")
