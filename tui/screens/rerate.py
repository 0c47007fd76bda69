"""Rating past calls by today's rules: what would change, then doing it, batch by batch."""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.api.rates import Rerate, RerateChange, RerateResult
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.zones import parse_moment, zone
from tui.screens.base import SiteScreen
from tui.screens.extensions.field import ExtensionsField
from tui.screens.period import Period
from tui.screens.task import Cancelled, run_operation
from tui.terminal.text import clean
from tui.text.format import MoneyStyle
from tui.text.i18n import _, ngettext
from tui.widgets.columns import Column
from tui.widgets.field import Field
from tui.widgets.fields import ChoiceField, TextField
from tui.widgets.forms import Form
from tui.widgets.rows import MemoryRows, Row
from tui.widgets.table import WindowedTable


class RerateForm(Form[Rerate]):
    """Ends with the question to preview."""

    def __init__(self, period: Period, *, today: date, timezone: str) -> None:
        super().__init__(
            _("Rate past calls anew"),
            submit=_("Preview"),
            intro=_("By today's rules. Nothing is changed before you have seen what it means."),
        )
        self._zone = zone(timezone)
        hint = _("2026-01 or 2026-01-31")
        month = f"{today:%Y-%m}"
        self.since = TextField(
            "from", _("From"), period.since or month, required=True, hint=hint, max_length=40
        )
        self.until = TextField(
            "to", _("Until, included"), period.until or month, required=True, hint=hint, max_length=40
        )
        self.extensions = ExtensionsField("extensions", _("Extensions"), None)
        self.which = ChoiceField(
            "which",
            _("Calls"),
            [(True, _("unrated only")), (False, _("all"))],
            hint=_("all: also rated ones"),
        )

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.since, self.until, self.extensions, self.which]

    def consequence(self) -> str:
        greeting = self.shell.greeting
        if greeting is not None and not greeting.billing:
            return _("Billing is off: calls cost nothing until it is switched on in the settings (7).")
        return ""

    async def submit(self) -> Rerate:
        for field in (self.since, self.until):
            try:
                parse_moment(field.value, self._zone, field=field.key)
            except InvalidInput as error:
                raise InvalidInput(
                    _("Write 2026-01-31, 2026-01, or 2026-01-31 18:30."), field=field.key
                ) from error
        since = parse_moment(self.since.value, self._zone)
        if parse_moment(self.until.value, self._zone, end=True) <= since:
            raise InvalidInput(_("The end must come after the beginning."), field="to")
        chosen = self.extensions.value
        return Rerate(
            since=self.since.value,
            until=self.until.value,
            extensions=None if chosen is None else list(chosen),
            only_unrated=self.which.value,
        )


class ReratePreview(ModalScreen[bool]):
    """What rating anew would change; ends with whether to do it."""

    AUTO_FOCUS = "WindowedTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "answer(False)", show=False),
        Binding("y,f2", "answer(True)", show=False),
    ]

    def __init__(self, result: RerateResult, money: MoneyStyle, *, ascii_only: bool) -> None:
        super().__init__()
        self._result = result
        self._money = money
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog wide")
        dialog.border_title = _("Rate past calls anew: preview")
        with dialog:
            yield Static(summary(self._result, self._money), classes="dialog-text", markup=False)
            yield WindowedTable(
                [
                    Column(key="extension", title=_("Ext."), width=8, sortable=False),
                    Column(key="name", title=_("Name"), width=12, flex=True, sortable=False),
                    Column(key="calls", title=_("Calls"), width=8, align="right", sortable=False),
                    Column(
                        key="amount",
                        title=_("Balance changes by"),
                        width=18,
                        align="right",
                        whole=True,
                        sortable=False,
                    ),
                    Column(key="over", title=_("Over limit"), width=18, sortable=False),
                ],
                source=MemoryRows([self._row(change) for change in self._result.extensions]),
                placeholder=_("Nothing would change."),
                ascii_only=self._ascii_only,
            )
            keys = _("y: rate anew   n, Esc: leave everything as it is")
            yield Static(
                keys if self._result.changed else _("Esc: back"), classes="dialog-keys", markup=False
            )

    def _row(self, change: RerateChange) -> Row:
        over, style = over_limit_text(change)
        return Row(
            key=change.extension,
            cells=(
                clean(change.extension),
                clean(change.name),
                f"{change.calls:,}",
                self._money.signed(change.amount_micros),
                over,
            ),
            cell_styles=("", "", "", "", style),
        )

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes and self._result.changed > 0)


def over_limit_text(change: RerateChange) -> tuple[str, str]:
    """What becomes of the limit, and its style."""
    match change.over_limit_before, change.over_limit_after:
        case False, True:
            return _("becomes over limit"), "error"
        case True, False:
            return _("no longer over limit"), "good"
        case True, True:
            return _("stays over limit"), "warning"
        case _:
            return "", ""


def summary(result: RerateResult, money: MoneyStyle) -> str:
    """The figures of a preview or of what was done, in sentences."""
    become = sum(change.over_limit_after and not change.over_limit_before for change in result.extensions)
    cease = sum(change.over_limit_before and not change.over_limit_after for change in result.extensions)
    changes = ngettext("%s call changes", "%s calls change", result.changed) % f"{result.changed:,}"
    newly = _("%s get a cost for the first time") % f"{result.newly_rated:,}"
    lines = [
        _("%s calls examined, %s, %s.") % (f"{result.examined:,}", changes, newly),
        _("All balances together change by %s.") % money.signed(result.amount_micros),
    ]
    if become or cease:
        lines.append(_("%d become over limit, %d no longer are.") % (become, cease))
    return "\n".join(lines)


async def rerate(screen: SiteScreen, period: Period) -> None:
    """The whole way: question, preview, which asks, progress. For use in a dialog worker."""
    shell = screen.shell
    timezone = shell.greeting.timezone if shell.greeting is not None else "UTC"
    question = await screen.app.push_screen_wait(
        RerateForm(period, today=shell.now().date(), timezone=timezone)
    )
    if question is None:
        return
    try:
        preview = await run_operation(screen, _("Examining calls"), question)
        wanted = await screen.app.push_screen_wait(
            ReratePreview(preview, shell.money, ascii_only=shell.ascii_only)
        )
        if not wanted:
            return
        done = await run_operation(
            screen,
            _("Rating anew"),
            _applied(question),
            hint=_("what is done by then stays"),
        )
    except Cancelled:
        shell.warn(_("Stopped. Batches that were finished stay; repeat it to do the rest."))
    except PbxmeterError as error:
        shell.tell(error)
    else:
        text = ngettext("Rated %s call anew", "Rated %s calls anew", done.changed) % f"{done.changed:,}"
        shell.done(_("%s; balances changed by %s.") % (text, shell.money.signed(done.amount_micros)))


def _applied(question: Rerate) -> Rerate:
    return Rerate(
        since=question.since,
        until=question.until,
        extensions=question.extensions,
        only_unrated=question.only_unrated,
        apply=True,
    )
