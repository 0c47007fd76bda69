"""Why a call costs what it costs: the rule as it was, the parts of the cost, its entries, the PBX's line."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.api.calls import CallDetail, CallRow, GetCall
from engine.domain.errors import PbxmeterError
from engine.domain.names import MONEY_MAY_BE_MISSING, Unrated
from tui.screens.calls.text import DIRECTIONS, REASONS
from tui.screens.rates.text import days_text, first_block_text, prefix_text, price_text, window_text
from tui.terminal.text import clean
from tui.text.format import duration, stamp
from tui.text.i18n import _, ngettext, said
from tui.widgets.shell import Shell, shell_of

LABEL_CELLS = 14


class CallDetailScreen(ModalScreen[None]):
    """One call explained."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "close", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("y", "copy", show=False),
        Binding("m", "ledger", show=False),
    ]

    def __init__(self, call_id: int) -> None:
        super().__init__()
        self._call_id = call_id
        self._detail: CallDetail | None = None

    @property
    def shell(self) -> Shell:
        return shell_of(self)

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog reading call")
        dialog.border_title = _("Call %d") % self._call_id
        dialog.border_subtitle = _("y: copy the PBX's line   m: ledger   Esc: close")
        with dialog, VerticalScroll():
            yield Static(_("Asking the engine…"), id="call-text", markup=False)

    def on_mount(self) -> None:
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        try:
            self._detail = await self.shell.link.ask(GetCall(call_id=self._call_id))
        except PbxmeterError as error:
            self.query_one("#call-text", Static).update(clean(said(error.message)))
            return
        self.query_one("#call-text", Static).update(self._text(self._detail))

    def _text(self, detail: CallDetail) -> Content:
        lines = [
            *self._call(detail),
            Content(""),
            *self._cost(detail),
            Content(""),
            *self._origin(detail),
        ]
        return Content("\n").join(lines)

    def _call(self, detail: CallDetail) -> list[Content]:
        row = detail.row
        who = f"{clean(row.extension)}  {clean(row.name)}".strip() or "–"
        lines = [
            _line(_("Extension"), who),
            _line(
                _("Number"),
                f"{clean(row.dialled) or '–'}   {_(DIRECTIONS[row.direction])}   {clean(row.trunk)}",
            ),
            *_number(row),
            _line(_("Started"), stamp(row.started_local)),
            *_people(detail),
        ]
        if detail.answered_local is not None:
            lines.append(
                _line(
                    _("Answered"),
                    f"{stamp(detail.answered_local)}   "
                    + _("talk %s (%d s)") % (duration(row.billsec), row.billsec),
                )
            )
        lines.append(
            _line(_("Ended"), f"{clean(row.disposition)}   " + _("%s in all") % duration(row.duration))
        )
        return lines

    def _cost(self, detail: CallDetail) -> list[Content]:
        parts, money, rate = detail.parts, self.shell.money, detail.rate
        if parts.unrated is not None:
            style = "bold $warning" if parts.unrated in MONEY_MAY_BE_MISSING else "bold"
            lines = [_line(_("Cost"), _("none: %s") % _(REASONS[parts.unrated]), style)]
            if parts.unrated is Unrated.PART_OF_ANOTHER:
                lines.append(_line("", _("Its seconds are charged with leg %s.") % detail.leg))
            if parts.unrated is Unrated.NO_RULE:
                lines.append(
                    _line(
                        "", _("Money may be missing. Add a rule, then rate the period anew (R in the list).")
                    )
                )
            return lines
        lines = [_line(_("Cost"), money.money(parts.cost_micros), "bold")]
        if rate is not None:
            length = _("%d characters") % rate.number_length if rate.number_length else _("any length")
            lines.append(_line(_("Rule then"), f"{clean(rate.name)}   {prefix_text(rate.prefix)}   {length}"))
            lines.append(
                _line(
                    _("First block"),
                    f"{first_block_text(rate, money)} = {money.number(parts.first_block_micros)}",
                )
            )
            cycles = ngettext("%d cycle", "%d cycles", parts.cycles) % parts.cycles
            lines.append(
                _line(
                    _("Then"), f"{cycles} × {price_text(rate, money)} = {money.number(parts.cycles_micros)}"
                )
            )
            lines.append(_line(_("Window"), f"{window_text(rate)}   {days_text(rate.weekdays)}"))
        return lines

    def _origin(self, detail: CallDetail) -> list[Content]:
        lines = [
            _line(_("Ledger") if not index else "", clean(said(entry)))
            for index, entry in enumerate(detail.entries)
        ]
        if not lines:
            lines.append(_line(_("Ledger"), _("no entry")))
        lines.append(_line(_("File"), _("%s at byte %d") % (clean(detail.source), detail.line_offset)))
        lines.append(_line(_("PBX's line"), ""))
        lines.append(
            Content.styled(clean(detail.raw or said(detail.raw_missing)), "" if detail.raw else "$warning")
        )
        return lines

    def action_copy(self) -> None:
        if self._detail is not None and self._detail.raw:
            self.app.copy_to_clipboard(clean(self._detail.raw))
            self.shell.notify(_("Copied to your terminal's clipboard."))

    def action_ledger(self) -> None:
        from tui.screens.extensions.ledger import LedgerScreen

        if self._detail is not None and self._detail.row.extension:
            self.app.push_screen(LedgerScreen(self._detail.row.extension))

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        self.dismiss(None)


def _number(row: CallRow) -> list[Content]:
    """The number that was rated where it is another one, and where it leads."""
    rated = row.rated_number if row.rated_number != row.dialled else ""
    place = f"{clean(row.destination)}   {row.country}".strip()
    shown = ((_("Rated as"), rated), (_("Destination"), place))
    return [_line(label, clean(text)) for label, text in shown if text]


def _people(detail: CallDetail) -> list[Content]:
    """Who took part beside the extension that pays."""
    row = detail.row
    others = (
        (_("Caller"), row.caller if row.caller != row.extension else ""),
        (_("Placed by"), detail.placed_by if detail.placed_by != row.extension else ""),
        (_("Passed on by"), detail.passed_by),
        (
            _("End"),
            _("assumed: the event that ends the channel was never written") if detail.end_assumed else "",
        ),
    )
    return [_line(label, clean(who)) for label, who in others if who]


def _line(label: str, text: str, style: str = "") -> Content:
    from rich.cells import set_cell_size

    return Content.assemble((set_cell_size(label, LABEL_CELLS), "$text-muted"), (text, style))
