"""Who may sign in and what they may do, and what was changed by whom."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from engine.api.session import AccountRow, ListAccounts, ListAudit, RemoveAccount, SaveAccount
from engine.domain.errors import InvalidInput
from engine.domain.names import Role
from tui.screens.settings.section import Section
from tui.terminal.text import clean
from tui.text.audited import detail, sentence
from tui.text.format import stamp
from tui.text.i18n import N_, _, ngettext
from tui.widgets.actions import ROLE_NAMES
from tui.widgets.dialogs import Confirm, TextDialog
from tui.widgets.field import Field
from tui.widgets.fields import ChoiceField, SwitchField, TextField
from tui.widgets.forms import Form
from tui.widgets.rows import Row
from tui.widgets.shown_rows import ShownRows
from tui.widgets.table import WindowedTable

AUDIT_LIMIT = 1000


class AccountsSection(Section):
    """The accounts."""

    NAME = "accounts"
    TITLE_TEXT = N_("Accounts")
    ACTIONS = ("change", "add_account", "remove")
    ROLE = Role.ADMIN

    def __init__(self) -> None:
        super().__init__()
        self._accounts: list[AccountRow] = []

    def compose(self) -> ComposeResult:
        yield self.table(
            "accounts-list",
            [
                ("name", _("User name"), 14, "*"),
                ("role", _("Role"), 13, ""),
                ("os_user", _("System user"), 12, ""),
                ("password", _("Password"), 9, ""),
                ("since", _("Since"), 11, ""),
            ],
            empty=_("No account: the owner of the home folder and root are admins."),
        )
        yield Static(
            _("From the first account on, everyone signs in. One admin who can sign in stays."),
            classes="note",
            markup=False,
        )

    def on_mount(self) -> None:
        self._rows = ShownRows(self.query_one(WindowedTable))

    async def load(self) -> None:
        self._accounts = (await self.ask(ListAccounts())).rows
        self._rows.show(
            [
                Row(
                    key=row.name,
                    cells=(
                        clean(row.name),
                        _(ROLE_NAMES[row.role]),
                        clean(row.os_user) or "–",
                        _ways_in(row),
                        f"{self.shell.local(row.created_at):%Y-%m-%d}",
                    ),
                )
                for row in self._accounts
            ]
        )

    def status(self) -> str:
        return ngettext("%d account", "%d accounts", len(self._accounts)) % len(self._accounts)

    @on(WindowedTable.RowSelected)
    async def _selected(self, message: WindowedTable.RowSelected) -> None:
        message.stop()
        await self.settings.action_act("change")

    async def change(self) -> None:
        name = self.query_one(WindowedTable).cursor_key
        row = next((row for row in self._accounts if row.name == name), None)
        if row is None:
            await self.add()
        elif await self.app.push_screen_wait(AccountForm(row)):
            self.shell.done(_("Saved the account %s.") % row.name)
            self.settings.reload_soon()

    async def add(self) -> None:
        """Adds an account."""
        first = not self._accounts
        name = await self.app.push_screen_wait(AccountForm(None, first=first))
        if name:
            self.shell.done(_("Added the account %s.") % name, undo=_("remove it with Del"))
            self.settings.reload_soon()

    async def remove_here(self) -> None:
        """Removes the account under the cursor."""
        name = self.query_one(WindowedTable).cursor_key
        if name is None or not await self.app.push_screen_wait(
            Confirm(_("Remove the account %s? Its sessions end at once.") % name, yes=_("Remove"))
        ):
            return
        await self.ask(RemoveAccount(name=name))
        self.shell.done(_("Removed the account %s.") % name)
        self.settings.reload_soon()


def _ways_in(row: AccountRow) -> str:
    """Whether a password signs in; a disabled account says so instead."""
    if not row.enabled:
        return _("disabled")
    return _("yes") if row.has_password else _("no")


class AccountForm(Form[str]):
    """Adds or changes an account; ends with its name."""

    def __init__(self, row: AccountRow | None, *, first: bool = False) -> None:
        super().__init__(
            _("New account") if row is None else _("Account %s") % row.name,
            submit=_("Save"),
            intro=_("This is the first account: make it an admin. From then on, everyone signs in.")
            if first
            else "",
        )
        self._row = row
        roles = [(role, _(ROLE_NAMES[role])) for role in Role]
        here = row.role if row is not None else Role.ADMIN if first else Role.BILLING
        self.name_field = TextField("name", _("User name"), required=True, max_length=64)
        self.role = ChoiceField("account_role", _("Role"), roles, here)
        self.os_user = TextField(
            "os_user",
            _("System user"),
            row.os_user if row is not None else "",
            hint=_("signs in without a password"),
            max_length=64,
        )
        self.enabled = SwitchField(
            "enabled", _("May sign in"), row is None or row.enabled, texts=(_("yes"), _("no"))
        )
        kept = _("empty: stays as it is") if row is not None and row.has_password else _("empty: none")
        self.password = TextField("password", _("Password"), password=True, hint=kept, max_length=200)
        self.again = TextField("again", _("Password again"), password=True, max_length=200)

    def fields(self) -> Sequence[Field[object]]:
        named = [self.name_field] if self._row is None else []
        kept = [self.enabled] if self._row is not None else []
        return [*named, self.role, self.os_user, self.password, self.again, *kept]

    def consequence(self) -> str:
        if self.password.value and self.again.value and self.password.value != self.again.value:
            raise InvalidInput(_("The two passwords differ."), field="again")
        return {
            Role.VIEWER: _("May see everything but accounts and audit, and change nothing."),
            Role.BILLING: _("May also recharge, edit extensions and rates, lock, rate anew, export."),
            Role.ADMIN: _("May do everything: adjustments, accounts, settings, audit."),
        }[self.role.value]

    async def submit(self) -> str:
        row = self._row
        password, os_user = self.password.value, self.os_user.value
        if password != self.again.value:
            raise InvalidInput(_("The two passwords differ."), field="again")
        if not password and not os_user and (row is None or not row.has_password):
            raise InvalidInput(
                _("Give a password or a system user, else nobody can sign in."), field="password"
            )
        name = row.name if row is not None else self.name_field.value
        await self.ask(
            SaveAccount(
                name=name,
                new=row is None,
                account_role=self.role.value,
                password=password or None,
                os_user=os_user if row is None or os_user != row.os_user else None,
                enabled=self.enabled.value if row is not None and self.enabled.value != row.enabled else None,
            )
        )
        return name


class AuditSection(Section):
    """What was done and tried, newest first."""

    NAME = "audit"
    TITLE_TEXT = N_("Audit")
    ACTIONS = ("change",)
    ROLE = Role.ADMIN

    def __init__(self) -> None:
        super().__init__()
        self._details: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield self.table(
            "audit-list",
            [
                ("time", _("Time"), 19, ""),
                ("operator", _("By"), 8, ""),
                ("what", _("What"), 32, "*"),
            ],
            empty=_("Nothing was changed yet."),
        )

    def on_mount(self) -> None:
        self._rows = ShownRows(self.query_one(WindowedTable))

    async def load(self) -> None:
        trail = await self.ask(ListAudit(limit=AUDIT_LIMIT))
        rows: list[Row] = []
        self._details = {}
        for row in trail.rows:
            cells = (
                stamp(self.shell.local(row.done_at)),
                clean(row.operator) or "–",
                clean(sentence(row)),
            )
            rows.append(Row(key=str(row.audit_id), cells=cells))
            self._details[str(row.audit_id)] = "\n".join([cells[0], *map(clean, detail(row))])
        self._rows.show(rows)

    def status(self) -> str:
        return ngettext("%d change", "%d changes", len(self._details)) % len(self._details)

    @on(WindowedTable.RowSelected)
    async def _selected(self, message: WindowedTable.RowSelected) -> None:
        message.stop()
        await self.settings.action_act("change")

    async def change(self) -> None:
        text = self._details.get(self.query_one(WindowedTable).cursor_key or "")
        if text:
            await self.app.push_screen_wait(TextDialog(_("Change"), text))
