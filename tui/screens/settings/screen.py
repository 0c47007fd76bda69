"""Settings: what is switched, where calls come from, who may do what, how the engine is."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.api.events import CHANGES, Event
from engine.api.session import RemoveAccount, SaveAccount
from engine.api.site import Backup, RetryQuarantine, SyncLockouts
from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tui.screens.base import SiteScreen
from tui.screens.settings.accounts import AccountsSection, AuditSection
from tui.screens.settings.engine import ConfigSection, EngineSection
from tui.screens.settings.general import GeneralSection
from tui.screens.settings.lockout import LockoutSection
from tui.screens.settings.own_password import OwnPasswordForm
from tui.screens.settings.quarantine import QuarantineSection
from tui.screens.settings.section import Section
from tui.screens.settings.sources import SourcesSection
from tui.terminal.fence import DIALOG_GROUP
from tui.text.i18n import N_, _
from tui.widgets.actions import SHELL_ACTIONS, Action
from tui.widgets.table import WindowedTable

SECTIONS: tuple[type[Section], ...] = (
    GeneralSection,
    SourcesSection,
    QuarantineSection,
    LockoutSection,
    AccountsSection,
    AuditSection,
    ConfigSection,
    EngineSection,
)


class SettingsScreen(SiteScreen):
    """Sections on the left, the one chosen on the right."""

    SCOPE = "settings"
    TITLE_TEXT = N_("Settings")
    PLACES: ClassVar[Sequence[tuple[str, str]]] = tuple(
        (section.NAME, section.TITLE_TEXT) for section in SECTIONS
    )
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "#sections"
    HELP = N_(
        "The list on the left chooses a section; Enter or → goes into it, Esc or ← comes back. Settings, "
        "accounts and the audit are for admins.\n"
        "What describes the site (sources, numbering, lockout targets) stands in config.yaml, which is "
        "edited as a file."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "section(1)", show=False),
        Binding("k", "section(-1)", show=False),
    ]
    REFRESH_ON: ClassVar[tuple[type[Event], ...]] = CHANGES
    RELOAD_PAUSE_SECONDS: ClassVar[float] = 1.0
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action(
            name="change",
            keys="e,f4",
            label=N_("Open"),
            help=N_("Change or show what is under the cursor. Enter does the same."),
            online=True,
        ),
        Action(name="find", keys="slash,f3", label=N_("Find"), help=N_("Find in the quarantine.")),
        Action(
            name="retry",
            anywhere=True,
            keys="t,f6",
            label=N_("Read again"),
            help=N_("Read the marked bad lines, or all of them, again after a format was mended."),
            operation=RetryQuarantine,
            online=True,
        ),
        Action(
            name="export",
            keys="x",
            label=N_("Export"),
            help=N_("Write the bad lines found as CSV, Parquet or a spreadsheet, or copy them."),
            role=Role.BILLING,
            online=True,
        ),
        Action(
            name="sync",
            anywhere=True,
            keys="s",
            label=N_("Compare now"),
            help=N_("Compare every lockout target in full with who is barred, now."),
            operation=SyncLockouts,
            online=True,
        ),
        Action(
            name="add_account",
            anywhere=True,
            keys="n,insert",
            label=N_("New"),
            help=N_("Add an account."),
            operation=SaveAccount,
            online=True,
        ),
        Action(
            name="remove",
            keys="delete,D",
            label=N_("Remove"),
            help=N_("Remove the account under the cursor."),
            operation=RemoveAccount,
            online=True,
        ),
        Action(
            name="own_password",
            anywhere=True,
            keys="w",
            label=N_("My password"),
            help=N_("Change the password of your own account."),
            online=True,
        ),
        Action(
            name="verify",
            anywhere=True,
            keys="v",
            label=N_("Check books"),
            help=N_("Check balances against entries, charges against calls, and the lines of every file."),
            online=True,
        ),
        Action(
            name="backup",
            anywhere=True,
            keys="b",
            label=N_("Backup"),
            help=N_("Write a consistent copy of the database into the backups folder while work goes on."),
            operation=Backup,
            online=True,
        ),
        Action(
            name="swap",
            keys="tab",
            label=N_("Sections"),
            help=N_("Go from the sections into the page and back."),
            shown=False,
        ),
        Action(name="into", keys="right,l", label=N_("Into the section"), shown=False),
        Action(name="out", keys="left,h", label=N_("Back to the sections"), shown=False),
    )

    def body(self) -> ComposeResult:
        with Horizontal(id="settings"):
            yield OptionList(
                *(Option(_(section.TITLE_TEXT), id=section.NAME) for section in SECTIONS),
                id="sections",
                markup=False,
                compact=True,
            )
            with Container(id="section"):
                for section in SECTIONS:
                    yield section()

    def on_mount(self) -> None:
        self._here: Section = self.query_one(GeneralSection)
        self._here.add_class("-here")
        self.query_one("#sections", OptionList).highlighted = 0
        self.reload()

    def section(self, kind: type[Section]) -> Section:
        return self.query_one(kind)

    # Sections

    @on(OptionList.OptionHighlighted, "#sections")
    def _section_chosen(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        chosen = self.query_one(SECTIONS[event.option_index])
        if chosen is not self._here:
            self._here.remove_class("-here")
            self._here = chosen
            chosen.add_class("-here")
            self._reload_now()
            self.show_status()

    @on(OptionList.OptionSelected, "#sections")
    def _section_entered(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._here.focus_content()

    def show_section(self, kind: type[Section]) -> None:
        """Brings one section to the front."""
        self.query_one("#sections", OptionList).highlighted = SECTIONS.index(kind)

    def show_place(self, name: str) -> None:
        self.show_section(next(section for section in SECTIONS if name == section.NAME))

    def action_swap(self) -> None:
        sections = self.query_one("#sections", OptionList)
        tables = [table for table in self._here.query(WindowedTable) if table.display]
        if sections.has_focus or not tables:
            self._here.focus_content() if sections.has_focus else sections.focus()
        elif tables[-1].has_focus:
            sections.focus()
        else:
            tables[-1].focus()

    def action_into(self) -> None:
        if self.query_one("#sections", OptionList).has_focus:
            self._here.focus_content()

    def action_section(self, by: int) -> None:
        sections = self.query_one("#sections", OptionList)
        if sections.has_focus:
            sections.action_cursor_down() if by > 0 else sections.action_cursor_up()

    def action_out(self) -> None:
        self.query_one("#sections", OptionList).focus()

    def back(self) -> bool:
        quarantine = self.query_one(QuarantineSection)
        if self._here is quarantine and quarantine.clear():
            return True
        sections = self.query_one("#sections", OptionList)
        if not sections.has_focus:
            sections.focus()
            return True
        return False

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        section = self._here
        if not section.allowed:
            if self.shell.role is not None:
                section.refuse(_("“%s” is for admins.") % _(section.TITLE_TEXT))
            return
        try:
            await section.load()
        except PbxmeterError as error:
            self.reload_failed(error)
            return
        self.data_arrived()

    def status(self) -> list[tuple[str, str]]:
        here = getattr(self, "_here", None)
        told = here.status() if isinstance(here, Section) and here.allowed else ""
        return [(told, "")] if told else []

    def line_actions(self) -> Sequence[Action]:
        here = getattr(self, "_here", None)
        wanted = here.ACTIONS if isinstance(here, Section) else ()
        own = [action for action in self.ACTIONS if action.name in wanted]
        return [*own, *(action for action in SHELL_ACTIONS if action.shown)]

    # Actions; those of another section go there first

    async def _told(self, done: Awaitable[None]) -> None:
        try:
            await done
        except PbxmeterError as error:
            self.shell.tell(error)

    @on(WindowedTable.RowSelected)
    async def _row_selected(self) -> None:
        await self.action_act("change")

    @work(group=DIALOG_GROUP)
    async def action_change(self) -> None:
        if isinstance(self._here, GeneralSection) and not self.shell.may(Role.ADMIN):
            self.shell.warn(_("Settings are changed by admins."))
            return
        await self._told(self._here.change())

    def action_find(self) -> None:
        self.show_section(QuarantineSection)
        self.call_after_refresh(self.query_one(QuarantineSection).find)

    @work(group=DIALOG_GROUP)
    async def action_retry(self) -> None:
        self.show_section(QuarantineSection)
        await self._told(self.query_one(QuarantineSection).retry())

    @work(group=DIALOG_GROUP)
    async def action_export(self) -> None:
        await self._told(self.query_one(QuarantineSection).export())

    @work(group=DIALOG_GROUP)
    async def action_sync(self) -> None:
        self.show_section(LockoutSection)
        await self._told(self.query_one(LockoutSection).sync())

    @work(group=DIALOG_GROUP)
    async def action_add_account(self) -> None:
        self.show_section(AccountsSection)
        await self._told(self.query_one(AccountsSection).add())

    @work(group=DIALOG_GROUP)
    async def action_own_password(self) -> None:
        from engine.api.client import Credentials

        greeting = self.shell.greeting
        if greeting is None or not greeting.accounts_exist:
            self.shell.warn(_("There is no account here, so no password either."))
        elif password := await self.app.push_screen_wait(OwnPasswordForm(greeting.operator)):
            # What the link signs in with when it has to connect anew.
            self.shell.link.sign_in(Credentials(name=greeting.operator, password=password))
            self.shell.done(_("Your password is changed."))

    @work(group=DIALOG_GROUP)
    async def action_remove(self) -> None:
        if isinstance(self._here, AccountsSection):
            await self._told(self._here.remove_here())

    @work(group=DIALOG_GROUP)
    async def action_verify(self) -> None:
        self.show_section(EngineSection)
        await self._told(self.query_one(EngineSection).verify())

    @work(group=DIALOG_GROUP)
    async def action_backup(self) -> None:
        self.show_section(EngineSection)
        await self._told(self.query_one(EngineSection).backup())
