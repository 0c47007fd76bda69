"""config.yaml as it is on disk; the engine, its books, backups; about."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.api.site import Backup, EngineStatus, GetSettings, GetStatus, Verify, VerifyResult
from tui.screens.settings.section import Section
from tui.terminal.text import clean
from tui.text.format import size_of, stamp
from tui.text.i18n import N_, _, ngettext, said
from tui.widgets.dialogs import TextDialog

LABEL_CELLS = 16


class ConfigSection(Section):
    """The file that describes the site."""

    NAME = "config"
    TITLE_TEXT = N_("config.yaml")

    def compose(self) -> ComposeResult:
        yield Static("", id="config-path", classes="head", markup=False)
        yield Static("", id="config-fault", classes="fault", markup=False)
        yield Static("", id="config-hint", classes="note", markup=False)
        with VerticalScroll():
            yield Static("", id="config-text", markup=False)

    async def load(self) -> None:
        settings = await self.ask(GetSettings())
        self.say("#config-path", settings.config_path)
        fault = said(settings.config_error)
        if fault:
            fault = _("Not in force: %s") % fault + " " + _("The last good configuration stays.")
        self.say("#config-fault", fault)
        self.say(
            "#config-hint",
            _("Edit it with `pbxmeter config edit`; the engine takes it over when it is saved and right."),
        )
        self.say(
            "#config-text", settings.config_text or _("There is no such file yet: everything is default.")
        )


class EngineSection(Section):
    """How the engine is, and what it is asked to do at times."""

    NAME = "engine"
    TITLE_TEXT = N_("Engine")
    ACTIONS = ("verify", "backup")

    def __init__(self) -> None:
        super().__init__()
        self._said = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("", id="engine-text", markup=False)
            yield Static("", id="engine-said", markup=False)

    async def load(self) -> None:
        self.say("#engine-text", self._text(await self.ask(GetStatus())))
        self.say("#engine-said", self._said)

    def _text(self, status: EngineStatus) -> str:
        greeting = self.shell.greeting
        pairs = [
            (_("Version"), f"pbxmeter {status.version}, DuckDB {status.duckdb}"),
            (_("Process"), str(status.pid)),
            (_("Started"), stamp(self.shell.local(status.started_at))),
            (
                _("Runs"),
                _("in the background, until its last client has gone")
                if status.background
                else _("as a service"),
            ),
            (_("Clients"), f"{status.clients:,}"),
            (_("Home"), status.home),
            (_("Database"), size_of(status.database_bytes)),
            (_("Calls"), f"{status.calls:,}"),
            (_("Time zone"), greeting.timezone if greeting is not None else ""),
            (
                _("You are"),
                f"{greeting.operator} ({_(greeting.role.value)})" if greeting and greeting.role else "–",
            ),
        ]
        from rich.cells import set_cell_size

        lines = [set_cell_size(label, LABEL_CELLS) + clean(text) for label, text in pairs]
        about = [
            "",
            _("pbxmeter: call billing for the PBX on this host. Apache License 2.0."),
            _("v checks the books: balances, charges, the lines of every file. b writes a backup."),
        ]
        return "\n".join([*lines, *about])

    async def verify(self) -> None:
        """Checks the books, and shows what was found."""
        result = await self.run(_("Checking the books"), Verify())
        if result is None:
            return
        self._said = f"{self.shell.now():%H:%M:%S}  {verify_text(result)}"
        self.say("#engine-said", self._said)
        await self.app.push_screen_wait(
            TextDialog(_("Books"), "\n".join([verify_text(result), "", *map(said, result.findings)]).strip())
        )

    async def backup(self) -> None:
        """Writes a copy into the home's backups folder."""
        result = await self.run(_("Writing a backup"), Backup())
        if result is None:
            return
        self._said = _("Backup: %s, %s") % (result.path, size_of(result.bytes))
        self.say("#engine-said", self._said)
        self.shell.done(self._said)


def verify_text(result: VerifyResult) -> str:
    """What was checked, and whether it agrees."""
    looked = _("%s extensions, %s entries, %s calls, %s files") % (
        f"{result.extensions:,}",
        f"{result.entries:,}",
        f"{result.calls:,}",
        f"{result.files:,}",
    )
    if result.clean:
        return _("The books agree: %s.") % looked
    count = len(result.findings)
    return ngettext("%d thing does not agree", "%d things do not agree", count) % count + f" ({looked})"
