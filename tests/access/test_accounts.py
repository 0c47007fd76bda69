"""Accounts, sessions and settings."""

from collections.abc import Generator
from pathlib import Path

import pytest

from engine.access.accounts import (
    account_of_os_user,
    accounts_exist,
    check_password,
    list_accounts,
    remove_account,
    save_account,
)
from engine.access.sessions import MAX_FAILURES, Caller, Sessions
from engine.access.settings import load_site, set_setting
from engine.api.session import RemoveAccount, SaveAccount
from engine.api.site import SetSetting
from engine.domain.errors import InvalidInput, NotSignedIn, Refused
from engine.domain.names import Role
from engine.store import Session
from tests.stores import NOW, UTC, opened


@pytest.fixture
def session(tmp_path: Path) -> Generator[Session]:
    """A new store."""
    with opened(tmp_path) as session:
        yield session


def _add(session: Session, name: str, role: Role, **fields: str) -> None:
    request = SaveAccount(name=name, new=True, account_role=role, **({"password": "long enough"} | fields))
    save_account(session, request, now=NOW)


def test_the_first_account_has_to_be_an_admin(session: Session) -> None:
    with pytest.raises(Refused, match="first account"):
        _add(session, "ann", Role.BILLING)
    _add(session, "ann", Role.ADMIN)
    _add(session, "bob", Role.BILLING)
    assert accounts_exist(session)


def test_the_last_admin_cannot_be_removed_or_demoted(session: Session) -> None:
    _add(session, "ann", Role.ADMIN)
    with pytest.raises(Refused, match="last admin"):
        remove_account(session, RemoveAccount(name="ann"))
    with pytest.raises(Refused, match="last admin"):
        save_account(session, SaveAccount(name="ann", new=False, account_role=Role.VIEWER), now=NOW)
    _add(session, "bob", Role.ADMIN)
    remove_account(session, RemoveAccount(name="ann"))
    assert [row.name for row in list_accounts(session).rows] == ["bob"]


def test_only_the_right_password_signs_in(session: Session) -> None:
    _add(session, "ann", Role.ADMIN)
    assert check_password(session, "ann", "long enough") is Role.ADMIN
    for name, password in [("ann", "wrong"), ("nobody", "long enough"), ("ann", "")]:
        with pytest.raises(Refused):
            check_password(session, name, password)


def test_an_account_without_password_signs_in_by_its_operating_system_user_only(session: Session) -> None:
    _add(session, "ann", Role.ADMIN)
    save_account(
        session, SaveAccount(name="cron", new=True, account_role=Role.BILLING, os_user="pbx"), now=NOW
    )
    assert account_of_os_user(session, "pbx") == ("cron", Role.BILLING)
    assert account_of_os_user(session, "") is None
    with pytest.raises(Refused):
        check_password(session, "cron", "")


def test_a_short_password_is_refused(session: Session) -> None:
    with pytest.raises(InvalidInput, match="password"):
        _add(session, "ann", Role.ADMIN, password="short")


def test_sessions_that_began_without_an_account_end_with_the_first_account() -> None:
    sessions = Sessions()
    token = sessions.open(Caller(operator="root", role=Role.ADMIN, account=False))
    assert sessions.caller(token, accounts_exist=False).operator == "root"
    with pytest.raises(NotSignedIn):
        sessions.caller(token, accounts_exist=True)


def test_a_closed_or_invented_token_is_nobodys() -> None:
    sessions = Sessions()
    token = sessions.open(Caller(operator="ann", role=Role.ADMIN, account=True))
    sessions.close_account("ann")
    for wrong in (token, "", "x" * 43):
        with pytest.raises(NotSignedIn):
            sessions.caller(wrong, accounts_exist=True)


def test_too_many_wrong_passwords_make_a_name_wait() -> None:
    sessions = Sessions()
    for _ in range(MAX_FAILURES):
        sessions.check_failures("ann")
        sessions.note_failure("ann")
    with pytest.raises(Refused, match="Too many"):
        sessions.check_failures("ann")
    sessions.check_failures("bob")


def test_settings_are_checked_and_a_new_site_has_billing_off(session: Session) -> None:
    assert not load_site(session, UTC).billing
    for name, value, expected in [
        ("billing", "YES", "on"),
        ("currency", "cny", "CNY"),
        ("low_balance", "1.5", "1.5"),
    ]:
        set_setting(session, SetSetting(name=name, value=value))
        assert expected
    site = load_site(session, UTC)
    assert (site.billing, site.currency, site.low_balance_micros) == (True, "CNY", 1_500_000)
    for name, value in [
        ("billing", "maybe"),
        ("currency", "XXQ"),
        ("low_balance", "1e9"),
        ("language", "xx"),
        ("x", "1"),
    ]:
        with pytest.raises(InvalidInput):
            set_setting(session, SetSetting(name=name, value=value))
