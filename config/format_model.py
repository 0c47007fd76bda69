"""A CDR format: how lines become columns, and columns the parts of a call. See docs/formats.md."""

from dataclasses import dataclass
from typing import Literal, cast
from zoneinfo import ZoneInfo

from config.event_fields import EventFields
from config.expressions import Expression, Text, columns_of

Records = Literal["delimited", "unescaped", "fixed", "pattern", "json", "xml"]

MAX_COLUMNS = 512

SEPARATOR = "_"
"""Stands for columns of fixed width that hold nothing but blanks; there may be many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """How times are written."""

    formats: tuple[str, ...]
    """Tried in this order; see `config.time_formats`."""
    zone: ZoneInfo | None
    """None = the source's."""
    epoch: Expression | None
    """A UTC epoch not after the start: tells the two readings of a repeated hour apart. None = none known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFields:
    """Where each part of a call is found. None = worked out from the others."""

    start: Expression | None
    """None = end less duration."""
    answer: Expression | None
    """None = start + duration - billsec of answered calls."""
    end: Expression | None
    """None = start + duration."""
    duration: Expression | None
    """None = ring + billsec where ring is given, else end - start."""
    ring: Expression | None
    billsec: Expression | None
    """None = end - answer of answered calls."""
    answered: Expression
    extension: Expression
    forwarder: Expression | None
    """The extension that passed the call on; None = this format does not tell."""
    caller_name: Expression
    outbound: Expression
    inbound: Expression
    internal: Expression
    joins: Expression | None
    """Holds where an application joined the two channels, at no meeting place. None = records are no
    parts of legs."""
    dial_data: Expression
    """What Dial was given; '' = the format does not tell."""
    near_trunk: Expression | None
    """Holds where the near channel is a trunk's. None = its name tells."""
    far_trunk: Expression | None
    near_device: Expression | None
    """The extension that the near channel stands for. None = its name tells."""
    own_leg: Expression | None
    """Holds where a record of a trunk's channel tells the answer and the seconds of that channel's use.
    None = none does."""
    texts: dict[str, Expression]
    """By the columns of a call that are stored as the format tells them, `FORMAT_TEXTS`."""

    def expressions(self) -> list[Expression]:
        """All that are given."""
        found = [getattr(self, name) for name in self.__slots__ if name != "texts"]
        given = [cast(Expression, expression) for expression in found if expression is not None]
        return [*given, *self.texts.values()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Segments:
    """Records that together are one call: they follow each other and agree in `same`."""

    same: tuple[str, ...]
    more: Expression
    """Holds on every record but the last of its call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One way of writing CDR files."""

    name: str
    title: str
    records: Records
    delimiter: str
    quote: str
    """One character, doubled inside a quoted field; '' = none."""
    header: bool
    """The first line names the columns."""
    names: dict[str, str]
    """With a header: its names in small letters, to column names."""
    required: tuple[str, ...]
    """With a header: columns that must be there."""
    layouts: tuple[tuple[str, ...], ...]
    """Columns by position, one layout per number of columns; with a header, those of files that lack it."""
    widths: tuple[tuple[int, ...], ...]
    """Fixed width: characters of each column, layout by layout."""
    patterns: tuple[str, ...]
    """Of records that a regular expression takes apart: one for each layout, its groups the columns."""
    further: bool
    """Whether columns behind those of the longest layout are taken, and said, instead of refused."""
    surplus: str
    """Unescaped: the column whose text may itself hold separators; '' = none."""
    ignore: tuple[str, ...]
    """Lines that start so are no calls and no faults."""
    times: Times
    call: CallFields
    identity: tuple[str, ...]
    """Columns that tell a record from all others, beside its start, destination, seconds and outcome; all
    writers of the format have them. Empty = the channels do, or else every column that all layouts have."""
    segments: Segments | None
    event: EventFields | None = None
    """In formats whose lines are events of channels, from which calls are made. None = lines are calls."""
    escaped: bool = False
    """Backslashes stand before quotes, separators and themselves, and `\\N` for nothing: a dump."""

    @property
    def by_shape(self) -> bool:
        """Whether a line shows by its shape which layout it has, not by its number of columns."""
        return self.records in ("fixed", "pattern")

    def used(self) -> set[str]:
        """The columns that are read at all."""
        return self.told() | set(self.distinct())

    def told(self) -> set[str]:
        """The columns that the parts of a call are made of."""
        found = set[str]()
        expressions = self.call.expressions() if self.event is None else self.event.expressions()
        if self.times.epoch is not None:
            expressions.append(self.times.epoch)
        if self.segments is not None:
            expressions.append(self.segments.more)
            found |= set(self.segments.same)
        return found.union(*(columns_of(expression) for expression in expressions))

    def distinct(self) -> tuple[str, ...]:
        """The columns that tell records apart which name no channels, in an order of their own.

        Times and seconds are not among them: they count by what they mean, not as they are written.
        """
        call = self.call
        if self.identity:
            return self.identity
        if self.records in ("json", "xml") or call.texts["near_channel"] != Text(""):
            common = self.told()
        elif self.header:
            common = set(self.names.values())
        else:
            common = set[str]().union(*self.layouts).intersection(*self.layouts) - {SEPARATOR}
        measured = (call.start, call.answer, call.end, call.duration, call.ring, call.billsec)
        counted = [columns_of(expression) for expression in measured if expression is not None]
        return tuple(sorted(common.difference(*counted)))
