"""Accounts: who signs in, as what, and how."""

import re
from datetime import datetime

import argon2

from engine.api.session import AccountRow, Accounts, Nothing, RemoveAccount, SaveAccount
from engine.domain.errors import InvalidInput, NotFound, Refused
from engine.domain.names import Role
from engine.store import Session

MIN_PASSWORD = 8
MAX_PASSWORD = 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_hasher = argon2.PasswordHasher()
# Signing in as nobody costs as much as signing in with a wrong password, so names cannot be probed.
_NOBODY = _hasher.hash("nobody")


def accounts_exist(session: Session) -> bool:
    """Whether anybody has to sign in."""
    return session.integer("access.account_count") > 0


def list_accounts(session: Session) -> Accounts:
    """All accounts by name."""
    return Accounts(rows=session.records(AccountRow, "access.account_rows"))


def save_account(session: Session, request: SaveAccount, *, now: datetime) -> Nothing:
    """Adds or changes an account.

    Raises `InvalidInput` for a bad name or password, `Refused` for a name in use or the last admin's
    demotion, `NotFound` for a change of nobody.
    """
    if not _NAME.fullmatch(request.name):
        raise InvalidInput(
            "name: 1 to 64 letters, digits, dots, dashes, underscores or @, a letter or digit first.",
            field="name",
        )
    known = session.row("access.account", name=request.name)
    if request.password is not None and not MIN_PASSWORD <= len(request.password) <= MAX_PASSWORD:
        raise InvalidInput(f"password: at least {MIN_PASSWORD} characters.", field="password")
    password_hash = None if request.password is None else _hasher.hash(request.password)
    if request.new:
        if known is not None:
            raise Refused(f"There is an account {request.name} already.")
        if not password_hash and not request.os_user:
            raise InvalidInput(
                "password: an account needs a password, or an operating-system user.", field="password"
            )
        role = request.account_role or Role.VIEWER
        if role is not Role.ADMIN and not accounts_exist(session):
            raise Refused("The first account has to be an admin: from then on everyone signs in.")
        session.run(
            "access.add_account",
            name=request.name,
            role=role.value,
            password_hash=password_hash or "",
            os_user=request.os_user or "",
            now=now,
        )
        return Nothing()
    if known is None:
        raise NotFound(f"There is no account {request.name}.")
    role = request.account_role or Role(str(known[1]))
    if role is not Role.ADMIN:
        _keep_an_admin(session, request.name)
    session.run(
        "access.change_account",
        name=request.name,
        role=role.value,
        password_hash=known[2] if password_hash is None else password_hash,
        os_user=known[3] if request.os_user is None else request.os_user,
    )
    return Nothing()


def remove_account(session: Session, request: RemoveAccount) -> Nothing:
    """Removes an account. Raises `NotFound`, or `Refused` for the last admin."""
    if session.row("access.account", name=request.name) is None:
        raise NotFound(f"There is no account {request.name}.")
    _keep_an_admin(session, request.name)
    session.run("access.remove_account", name=request.name)
    return Nothing()


def check_password(session: Session, name: str, password: str) -> Role:
    """The role of who signs in. Raises `Refused` when name and password do not fit."""
    row = session.row("access.account", name=name)
    stored = str(row[2]) if row is not None else ""
    try:
        _hasher.verify(stored or _NOBODY, password[: MAX_PASSWORD + 1])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        stored = ""
    if row is None or not stored:
        raise Refused("Name and password do not fit.", code="wrong_password")
    return Role(str(row[1]))


def account_of_os_user(session: Session, os_user: str) -> tuple[str, Role] | None:
    """The account that this operating-system user signs in as."""
    row = session.row("access.account_of_os_user", os_user=os_user) if os_user else None
    return None if row is None else (str(row[0]), Role(str(row[1])))


def _keep_an_admin(session: Session, name: str) -> None:
    if not session.integer("access.admin_count", name=name):
        raise Refused("The last admin cannot be removed or demoted. Make somebody else admin first.")
