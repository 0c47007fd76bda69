"""Who is there: greeting, signing in, accounts, preferences, audit."""

from datetime import datetime
from typing import ClassVar

from engine.api.operation import Operation, Result
from engine.domain.names import Role


class Greeting(Result):
    """The engine, the site, and who the caller is."""

    version: str
    protocol: int
    home: str
    timezone: str
    currency: str
    """ISO 4217."""
    language: str
    """en or zh_CN."""
    billing: bool
    operator: str
    """'' = not signed in."""
    role: Role | None
    accounts_exist: bool


class Greet(Operation[Greeting]):
    """Asks who is there; allowed before signing in."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = Greeting


class SignedIn(Result):
    """A session. The token goes into every further call."""

    token: str
    operator: str
    role: Role


class SignIn(Operation[SignedIn]):
    """Signs in by name and password."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = SignedIn
    name: str
    password: str


class Nothing(Result):
    """Done; there is nothing to tell."""


class SignOut(Operation[Nothing]):
    """Ends the session of the token."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = Nothing


class AccountRow(Result):
    """An account. `os_user` signs in without a password from its own shell; '' = none."""

    name: str
    role: Role
    os_user: str
    has_password: bool
    created_at: datetime


class Accounts(Result):
    """All accounts by name."""

    rows: list[AccountRow]


class ListAccounts(Operation[Accounts]):
    """Lists the accounts."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Accounts


class SaveAccount(Operation[Nothing]):
    """Adds or changes an account. None = leave as it is. The last admin cannot be demoted."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
    name: str
    new: bool
    account_role: Role | None = None
    password: str | None = None
    os_user: str | None = None


class RemoveAccount(Operation[Nothing]):
    """Removes an account; refused for the last admin."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
    name: str


class AuditRow(Result):
    """One change somebody made. `detail` is JSON."""

    done_at: datetime
    operator: str
    action: str
    detail: str


class AuditTrail(Result):
    """Newest first."""

    rows: list[AuditRow]


class ListAudit(Operation[AuditTrail]):
    """The newest changes."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = AuditTrail
    limit: int = 200


class Preferences(Result):
    """The operator's remembered choices: name to JSON text."""

    values: dict[str, str]


class GetPreferences(Operation[Preferences]):
    """The caller's own preferences."""

    returns: ClassVar[type] = Preferences


class SetPreference(Operation[Nothing]):
    """Remembers one choice of the caller; at most 64 KiB of JSON text."""

    returns: ClassVar[type] = Nothing
    name: str
    value: str
