"""Who is there: greeting, signing in, accounts, preferences, audit."""

from datetime import datetime
from typing import ClassVar

from engine.api.operation import Count, Operation, Result
from engine.domain.message import Message
from engine.domain.names import Role

NO_ACCOUNT_YET = Message(
    "Nobody has an account here yet, so only the owner of the home works with it. Ask "
    "for an account: the owner adds the first one, an admin, with `pbxmeter users add`."
)


class Greeting(Result, frozen=True, kw_only=True):
    """The engine, the site, and who the caller is."""

    version: str
    protocol: int
    home: str
    """'' = the caller is not signed in."""
    timezone: str
    currency: str
    """ISO 4217."""
    language: str
    """en or zh_CN; '' = that of each operator's locale."""
    billing: bool
    operator: str
    """'' = not signed in."""
    role: Role | None
    accounts_exist: bool


class Greet(Operation[Greeting], frozen=True, kw_only=True):
    """Asks who is there; allowed before signing in."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = Greeting


class SignedIn(Result, frozen=True, kw_only=True):
    """A session. The token goes into every further call."""

    token: str
    operator: str
    role: Role


class SignIn(Operation[SignedIn], frozen=True, kw_only=True):
    """Signs in by name and password."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = SignedIn
    name: str
    password: str
    proof: str = ""
    """From the identity socket: which operating-system user asks."""


class Nothing(Result, frozen=True, kw_only=True):
    """Done; there is nothing to tell."""


class ChangePassword(Operation[Nothing], frozen=True, kw_only=True):
    """Gives the caller's own account another password; its other sessions end."""

    returns: ClassVar[type] = Nothing
    old_password: str
    password: str


class ResetPassword(Operation[Nothing], frozen=True, kw_only=True):
    """Gives any account another password and enables it.

    For the operating-system user who owns the home, and root: `proof` comes from the identity socket.
    """

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = Nothing
    name: str
    password: str
    proof: str


class SignOut(Operation[Nothing], frozen=True, kw_only=True):
    """Ends the session of the token."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = Nothing


class AccountRow(Result, frozen=True, kw_only=True):
    """An account. `os_user` signs in without a password from its own shell; '' = none."""

    name: str
    role: Role
    os_user: str
    has_password: bool
    enabled: bool
    """False = nobody signs in as it."""
    created_at: datetime


class Accounts(Result, frozen=True, kw_only=True):
    """All accounts by name."""

    rows: list[AccountRow]


class ListAccounts(Operation[Accounts], frozen=True, kw_only=True):
    """Lists the accounts."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Accounts


class SaveAccount(Operation[Nothing], frozen=True, kw_only=True):
    """Adds or changes an account. None = leave as it is. One admin who can sign in stays.

    A new account is enabled.
    """

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
    changes: ClassVar[bool] = True
    name: str
    new: bool
    account_role: Role | None = None
    password: str | None = None
    os_user: str | None = None
    enabled: bool | None = None


class RemoveAccount(Operation[Nothing], frozen=True, kw_only=True):
    """Removes an account; refused for the last admin who can sign in."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
    changes: ClassVar[bool] = True
    name: str


class AuditRow(Result, frozen=True, kw_only=True):
    """What somebody did or tried. `detail` is JSON: the operation, and what it changed."""

    audit_id: int
    done_at: datetime
    operator: str
    """'' = the engine, or nobody who is known."""
    role: str
    """'' = none."""
    os_user: str
    """'' = not known."""
    action: str
    outcome: str
    """done, begun, or the code of what refused it."""
    detail: str


class AuditTrail(Result, frozen=True, kw_only=True):
    """Newest first."""

    rows: list[AuditRow]


class ListAudit(Operation[AuditTrail], frozen=True, kw_only=True):
    """The newest changes."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = AuditTrail
    limit: Count = 200


class Preferences(Result, frozen=True, kw_only=True):
    """The operator's remembered choices: name to JSON text."""

    values: dict[str, str]


class GetPreferences(Operation[Preferences], frozen=True, kw_only=True):
    """The caller's own preferences."""

    returns: ClassVar[type] = Preferences


class SetPreference(Operation[Nothing], frozen=True, kw_only=True):
    """Remembers one choice of the caller; at most 64 KiB of JSON text."""

    returns: ClassVar[type] = Nothing
    name: str
    value: str
