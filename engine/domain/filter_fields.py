"""What the filter language can ask about: its fields, their operators, and the values each one takes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from engine.domain.message import N_
from engine.domain.names import WEEKDAYS, Direction, Unrated

Operator = Literal[":", "=", "<", "<=", ">", ">="]

STATES = ("answered", "unanswered", "charged", "uncharged", "unrated")
"""Words that stand alone; `unrated` = no rule, no extension or no number: money that may be missing."""


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers, amounts or digit strings from `low` to `high`, both included.

    The ends of a span of digit strings have the same number of digits: `0100-0199`.
    """

    low: int | str
    high: int | str


@dataclass(frozen=True, slots=True)
class Period:
    """Naive UTC instants from `start` on, before `end`."""

    start: datetime
    end: datetime


Value = str | int | Span | Period | datetime


class Kind(StrEnum):
    """How the value of a field is read."""

    NUMBER_TEXT = N_("an extension such as 1001, a range 1001-1050, or a beginning such as 10*")
    TEXT = N_('text; with spaces or commas in it, in quotes: "Mobile day"')
    AMOUNT = N_("an amount such as 12.50, or a range 1-5")
    SECONDS = N_("seconds such as 90, minutes as 5m or 1:30, hours as 1h, or a range 60-120")
    CHOICE = N_("one of a few words")
    MOMENT = N_("a date or time such as 2026-01-31, 2026-01, or 2026-01-31T18:30")


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of the language, for parsing, help and completion."""

    name: str
    kind: Kind
    meaning: str
    """For people: what `name:value` finds."""
    example: str
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """All values of a choice."""
    may_be_empty: bool = False
    """Whether `name=""` asks for calls without one."""

    @property
    def ordered(self) -> bool:
        """Whether <, <=, > and >= make sense."""
        return self.kind in (Kind.AMOUNT, Kind.SECONDS)

    @property
    def operators(self) -> tuple[str, ...]:
        """What may stand between the name and the value; `!=` is a negated `=`."""
        if self.kind is Kind.MOMENT:
            return (":",)
        return (":", "=", "!=", "<", "<=", ">", ">=") if self.ordered else (":", "=", "!=")


FIELDS: tuple[Field, ...] = (
    Field(
        name="ext",
        aliases=("extension",),
        kind=Kind.NUMBER_TEXT,
        meaning=N_("calls of this extension, of a list 1001,1002, a range 1001-1050, or a beginning 10*"),
        example="ext:1001-1050",
        may_be_empty=True,
    ),
    Field(name="name", kind=Kind.TEXT, meaning=N_("part of the extension's name"), example="name:reception"),
    Field(
        name="dialled",
        aliases=("dialed", "number"),
        kind=Kind.TEXT,
        meaning=N_("numbers dialled that begin so; dialled= asks for the whole number"),
        example="dialled:0044",
        may_be_empty=True,
    ),
    Field(
        name="trunk",
        kind=Kind.TEXT,
        meaning=N_("part of the trunk's name"),
        example="trunk:carrier",
        may_be_empty=True,
    ),
    Field(
        name="caller",
        kind=Kind.TEXT,
        meaning=N_("part of the calling number: of an inbound call, the other party's"),
        example="caller:0044",
        may_be_empty=True,
    ),
    Field(
        name="account",
        kind=Kind.TEXT,
        meaning=N_("part of the account code"),
        example="account:4711",
        may_be_empty=True,
    ),
    Field(
        name="link",
        kind=Kind.TEXT,
        meaning=N_("part of what joins the records of one call, as in linkedid of Asterisk"),
        example="link:1762250412.41",
        may_be_empty=True,
    ),
    Field(
        name="rate",
        aliases=("rule",),
        kind=Kind.TEXT,
        meaning=N_('part of the rule\'s name; rate="" finds calls without a rule, for whatever reason'),
        example="rate:mobile",
        may_be_empty=True,
    ),
    Field(
        name="destination",
        kind=Kind.TEXT,
        meaning=N_("part of the name of the destination that the number dialled has"),
        example="destination:japan",
        may_be_empty=True,
    ),
    Field(
        name="country",
        kind=Kind.TEXT,
        meaning=N_("the country of the destination, in two letters"),
        example="country:jp",
        may_be_empty=True,
    ),
    Field(
        name="prefix",
        kind=Kind.TEXT,
        meaning=N_(
            "prefix of the rule that rated the call, else the first three digits dialled, that begins so"
        ),
        example="prefix:0044",
        may_be_empty=True,
    ),
    Field(
        name="disposition",
        kind=Kind.TEXT,
        meaning=N_("part of what the PBX wrote about the end of the call"),
        example="disposition:busy",
        may_be_empty=True,
    ),
    Field(name="cost", kind=Kind.AMOUNT, meaning=N_("what the call cost"), example="cost>5"),
    Field(
        name="billsec",
        aliases=("talk",),
        kind=Kind.SECONDS,
        meaning=N_("time from answer to hang-up"),
        example="billsec>=60",
    ),
    Field(
        name="duration",
        kind=Kind.SECONDS,
        meaning=N_("time from start to hang-up"),
        example="duration>10m",
    ),
    Field(
        name="direction",
        kind=Kind.CHOICE,
        words=tuple(direction.value for direction in Direction),
        meaning=N_("which way the call went; the word alone will do"),
        example="outbound",
    ),
    Field(
        name="is",
        kind=Kind.CHOICE,
        words=STATES,
        meaning=N_("what became of the call; the word alone will do. unrated = no rule, payer or number"),
        example="unrated",
    ),
    Field(
        name="reason",
        kind=Kind.CHOICE,
        words=tuple(reason.value for reason in Unrated),
        meaning=N_("why the call is not charged"),
        example='reason:"no rule"',
    ),
    Field(
        name="after",
        aliases=("since", "from"),
        kind=Kind.MOMENT,
        meaning=N_("started then or later"),
        example="after:2026-01-05",
    ),
    Field(
        name="before",
        kind=Kind.MOMENT,
        meaning=N_("started earlier; the day, month or minute named is left out"),
        example="before:2026-02-01",
    ),
    Field(
        name="until",
        aliases=("to",),
        kind=Kind.MOMENT,
        meaning=N_("started no later; the day, month or minute named is included"),
        example="until:2026-01",
    ),
    Field(
        name="on",
        aliases=("date",),
        kind=Kind.MOMENT,
        meaning=N_("started in that year, month, day or minute, or from one to another; dates alone will do"),
        example="on:2026-01-10..2026-01-20",
    ),
    Field(
        name="weekday",
        kind=Kind.CHOICE,
        words=WEEKDAYS,
        meaning=N_("started on that day of the week, in site time"),
        example="weekday:sat,sun",
    ),
    Field(
        name="hour",
        kind=Kind.CHOICE,
        words=tuple(f"{hour:02d}" for hour in range(24)),
        meaning=N_("started in that hour of the day, 00 to 23, in site time"),
        example="hour:08,09",
    ),
    Field(
        name="text",
        kind=Kind.TEXT,
        meaning=N_(
            "part of the extension's number or name, or of the number dialled; the word alone will do"
        ),
        example="text:1001",
    ),
)

ALONE: dict[str, str] = {
    **dict.fromkeys([direction.value for direction in Direction], "direction"),
    **dict.fromkeys(STATES, "is"),
}
"""Words that need no field name, and the field they belong to."""

BY_NAME: dict[str, Field] = {name: field for field in FIELDS for name in (field.name, *field.aliases)}
