"""Lockout: who is barred, and whether the PBX knows it."""

from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.site import ListLockouts, LockoutRow, Lockouts, SyncLockouts, TargetRow
from tui.screens.settings.section import Section
from tui.terminal.text import clean
from tui.text.i18n import N_, _, said
from tui.widgets.health import TARGET_HEALTH
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable

REASONS: dict[str, str] = {"locked": N_("locked"), "over limit": N_("over limit")}


class LockoutSection(Section):
    """Targets above, barred extensions below."""

    NAME = "lockout"
    TITLE_TEXT = N_("Lockout")
    ACTIONS = ("sync",)

    def __init__(self) -> None:
        super().__init__()
        self._answer: Lockouts | None = None

    def compose(self) -> ComposeResult:
        yield self.table(
            "targets-list",
            [
                ("state", _("State"), 12, ""),
                ("target", _("Target"), 20, "*"),
                ("pending", _("To tell"), 8, "r"),
                ("last", _("Compared"), 14, ""),
            ],
            empty=_("config.yaml names no lockout target yet."),
        )
        yield Static(_("Barred extensions"), classes="head", markup=False)
        yield self.table(
            "barred-list",
            [
                ("number", _("Ext."), 8, ""),
                ("name", _("Name"), 12, "*"),
                ("reason", _("Why"), 12, ""),
                ("available", _("Available"), 12, "r$"),
                ("taken", _("PBX knows"), 12, ""),
            ],
            empty=_("Nobody is barred."),
        )

    def on_mount(self) -> None:
        self.query_one("#targets-list").add_class("short")
        self._targets = ShownRows(self.query_one("#targets-list", WindowedTable))
        self._barred = ShownRows(self.query_one("#barred-list", WindowedTable))

    async def load(self) -> None:
        self._show(await self.ask(ListLockouts()))

    def _show(self, answer: Lockouts) -> None:
        self._answer = answer
        self._targets.show([self._target(row) for row in answer.targets])
        self._barred.show([self._extension(row, len(answer.targets)) for row in answer.rows])

    def _target(self, row: TargetRow) -> Row:
        health = TARGET_HEALTH[row.state]
        when = f"{self.shell.local(row.last_sync_at):%m-%d %H:%M:%S}" if row.last_sync_at else "–"
        about = _("%s: %s") % (row.target, said(row.message)) if row.message else row.target
        return Row(
            key=row.target,
            cells=(
                health.text(ascii_only=self.shell.ascii_only),
                clean(about),
                f"{row.pending:,}",
                when,
            ),
            cell_styles=(health.style, "error" if row.fault else ""),
        )

    def _extension(self, row: LockoutRow, targets: int) -> Row:
        known = f"{len(row.taken)}/{targets}" if targets else "–"
        return Row(
            key=row.extension,
            cells=(
                clean(row.extension),
                clean(row.name),
                _(REASONS[row.reason]),
                self.shell.money.number(row.available_micros),
                known,
            ),
            cell_styles=("", "", "error", "", "warning" if len(row.taken) < targets else "good"),
        )

    def status(self) -> str:
        count = len(self._answer.rows) if self._answer is not None else 0
        return _("%d barred") % count

    async def sync(self) -> None:
        """Compares every target in full, now."""
        answer = await self.run(_("Comparing with the PBX"), SyncLockouts())
        if answer is None:
            return
        self._show(answer)
        behind = [row.target for row in answer.targets if row.state != "agrees"]
        if behind:
            self.shell.warn(_("Not up to date yet: %s") % ", ".join(behind))
        else:
            self.shell.notify(_("All targets are up to date."))
