"""How calls are written in lists and details."""

from datetime import datetime

from engine.api.calls import CallRow
from engine.domain.names import MONEY_MAY_BE_MISSING, Direction, Unrated
from tui.terminal.text import clean
from tui.text.format import MoneyStyle, duration
from tui.text.i18n import N_, _

REASONS: dict[Unrated, str] = {
    Unrated.NOT_OUTBOUND: N_("not outbound"),
    Unrated.PART_OF_ANOTHER: N_("part of another"),
    Unrated.NOT_ANSWERED: N_("not answered"),
    Unrated.NO_EXTENSION: N_("no extension"),
    Unrated.NUMBER_UNKNOWN: N_("number unknown"),
    Unrated.BILLING_OFF: N_("billing off"),
    Unrated.EXTENSION_NOT_BILLED: N_("not billed"),
    Unrated.NO_RULE: N_("no rule"),
}

DIRECTIONS: dict[Direction, str] = {
    Direction.OUTBOUND: N_("outbound"),
    Direction.INBOUND: N_("inbound"),
    Direction.INTERNAL: N_("internal"),
    Direction.OTHER: N_("other"),
}

_GLYPHS: dict[Unrated | None, tuple[str, str]] = {
    None: ("✓", "+"),
    **dict.fromkeys(MONEY_MAY_BE_MISSING, ("⚠", "!")),
    Unrated.BILLING_OFF: ("○", "o"),
    Unrated.EXTENSION_NOT_BILLED: ("○", "o"),
    Unrated.NOT_ANSWERED: ("✗", "x"),
    Unrated.NOT_OUTBOUND: ("·", "."),
    Unrated.PART_OF_ANOTHER: ("·", "."),
}
_STYLES: dict[Unrated | None, str] = {
    **dict.fromkeys(MONEY_MAY_BE_MISSING, "warning"),
    Unrated.NOT_ANSWERED: "muted",
    Unrated.NOT_OUTBOUND: "muted",
    Unrated.PART_OF_ANOTHER: "muted",
}


def call_style(row: CallRow) -> str:
    """The style of the call's row; '' = none."""
    return _STYLES.get(row.unrated, "")


def outcome(row: CallRow, *, ascii_only: bool) -> str:
    """The rule, or why the call cost nothing, after a sign of its own."""
    glyph = _GLYPHS[row.unrated][1 if ascii_only else 0]
    return f"{glyph} {clean(row.rate) if row.unrated is None else _(REASONS[row.unrated])}"


def cost(row: CallRow, money: MoneyStyle) -> str:
    """The cost of a rated call; '' for others: they have none."""
    return money.number(row.cost_micros) if row.unrated is None else ""


def talk(row: CallRow) -> str:
    """The time of talk; a dash for a call that nobody answered."""
    return duration(row.billsec) if row.answered_at is not None else "–"


def minute_stamp(local: datetime) -> str:
    """`26-01-31 18:30`: the whole date in few cells."""
    return f"{local:%y-%m-%d %H:%M}"


def number(row: CallRow, *, ascii_only: bool) -> str:
    """The number dialled; of an inbound call the other party's, after an arrow."""
    return f"{'<' if ascii_only else '←'}{clean(row.other_party)}" if row.other_party else clean(row.dialled)
