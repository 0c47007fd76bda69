"""Events of channels out of columns of text, by the fields of a format."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from config.event_fields import EventFields
from config.expressions import Apply
from config.format_model import Format
from config.settings import Numbering
from engine.domain.channel_events import CALLER_IS_INTERNAL, EXTEN_IS_INTERNAL, EXTEN_IS_OUTSIDE
from engine.domain.message import Message
from engine.parse import timestamps
from engine.parse.evaluate import Evaluator, Scope
from engine.parse.schema import EMPTY, EVENTS, FALSE
from engine.parse.sides import LETTERS
from engine.parse.to_calls import Fault

_EXACT = r"^\d{10}\.\d{6}$"
_PARTS = r"^(?P<whole>.*?)(?:\.(?P<part>\d{1,9}))?$"
_EPOCH = r"(?:^|-)(?P<s>\d{9,10})(?:\.|$)"
_NO_BITS = pa.scalar(0, pa.uint8())
_SHOWN_CHARACTERS = 40


class EventReader:
    """Turns columns into events for one format, site and source; the twin of `CallReader`."""

    def __init__(self, form: Format, *, numbering: Numbering, source_zone: ZoneInfo) -> None:
        assert form.event is not None
        self._form = form
        self._fields: EventFields = form.event
        self.used = form.used()
        """The columns that are read at all."""
        self._zone = form.times.zone or source_zone
        self._evaluator = Evaluator(numbering)

    def read(
        self, columns: dict[str, pa.Array], *, offset: pa.Array, length: pa.Array
    ) -> tuple[pa.Table, list[Fault]]:
        """Events (schema `EVENTS`) of the sound rows, and the faults of the others; as `CallReader.read`."""
        scope = self._evaluator.over(columns, len(offset))
        fields = self._fields
        names = ("type", "caller", "exten", "channel", "app", "app_data", "account_code", "link_id", "peer")
        parts = {name: scope.text(getattr(fields, name)) for name in (*names, "unique_id", "extra")}
        parts["link_id"] = pc.if_else(pc.equal(parts["link_id"], EMPTY), parts["unique_id"], parts["link_id"])
        parts["happened_at"], bad = self._instants(scope)
        stem = Apply("stem", (fields.channel,))
        parts["trunk"] = scope.text(Apply("trunk", (stem,)))
        parts["device"] = scope.text(Apply("device", (stem,)))
        parts["facts"] = self._facts(scope, parts["exten"])
        parts["line_offset"], parts["line_length"] = offset, pc.cast(length, pa.int32())
        faults = _faults(parts, bad, scope.text(fields.time))
        table = pa.Table.from_arrays([parts[name] for name in EVENTS.names], schema=EVENTS)
        if faults:
            rows = pa.array([fault.row for fault in faults], pa.int64())
            table = table.filter(pc.invert(pc.is_in(pa.arange(0, len(offset)), rows)))
        return table, faults

    def _instants(self, scope: Scope) -> tuple[pa.Array, pa.Array]:
        """(UTC, timestamp[us], is bad)."""
        texts = scope.text(self._fields.time)
        if "epoch" in self._form.times.formats and pc.all(pc.match_substring_regex(texts, _EXACT)).as_py():
            digits = pc.cast(pc.replace_substring(texts, ".", ""), pa.int64())
            return pc.cast(digits, pa.timestamp("us")), pa.repeat(FALSE, len(texts))
        split = pc.extract_regex(texts, _PARTS)
        whole = pc.coalesce(pc.struct_field(split, "whole"), EMPTY)
        found, fixed, _ = timestamps.times(whole, self._form.times.formats)
        epoch = self._form.times.epoch
        not_before = None
        if epoch is not None:
            digits = pc.struct_field(pc.extract_regex(scope.text(epoch), _EPOCH), "s")
            not_before = pc.cast(pc.cast(digits, pa.int64()), pa.timestamp("s"))
        instants = timestamps.to_utc(found, self._zone, not_before=not_before)
        instants = instants if fixed is None else pc.if_else(fixed, found, instants)
        padded = pc.utf8_slice_codeunits(
            pc.utf8_rpad(pc.coalesce(pc.struct_field(split, "part"), EMPTY), 6, padding="0"), 0, 6
        )
        micros = pc.cast(pc.cast(padded, pa.int64()), pa.duration("us"))
        return pc.add(timestamps.micros(instants), micros), pc.is_null(instants)

    def _facts(self, scope: Scope, exten: pa.Array) -> pa.Array:
        internal = scope.truth(Apply("is_internal", (self._fields.exten,)))
        letter = pc.is_in(exten, pa.array(LETTERS, pa.string()))
        facts = pa.repeat(_NO_BITS, len(exten))
        for bit, holds in (
            (CALLER_IS_INTERNAL, scope.truth(Apply("is_internal", (self._fields.caller,)))),
            (EXTEN_IS_INTERNAL, internal),
            (EXTEN_IS_OUTSIDE, pc.invert(pc.or_(internal, letter))),
        ):
            facts = pc.bit_wise_or(facts, pc.if_else(holds, pa.scalar(bit, pa.uint8()), _NO_BITS))
        return facts


def _faults(parts: dict[str, pa.Array], bad: pa.Array, times: pa.Array) -> list[Fault]:
    """The first fault of every bad row, in order of rows."""
    found: dict[int, Fault] = {}
    for row in pc.indices_nonzero(pc.fill_null(bad, True)).to_pylist():
        text = times[row].as_py()
        shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
        found[row] = Fault(row=row, field="time", reason=Message("is not a time: {shown!r}", shown=shown))
    for name in ("type", "unique_id"):
        for row in pc.indices_nonzero(pc.equal(parts[name], EMPTY)).to_pylist():
            found.setdefault(row, Fault(row=row, field=name, reason=Message("is missing")))
    return [found[row] for row in sorted(found)]
