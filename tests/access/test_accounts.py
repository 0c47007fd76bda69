"""Accounts and settings."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from engine.access.accounts import (
    account_of_os_user,
    accounts_exist,
    find_account,
    is_current,
    is_familiar,
    list_accounts,
    note_familiar,
    remove_account,
    save_account,
)
from engine.access.sessions import Caller
from engine.access.settings import load_site, set_setting
from engine.api.session import RemoveAccount, SaveAccount
from engine.api.site import SetSetting
from engine.domain.errors import InvalidInput, Refused
from engine.domain.names import Role
from engine.store import Session
from tests.stores import NOW, UTC, opened


@pytest.fixture
def session(tmp_path: Path) -> Generator[Session]:
    """A new store."""
    with opened(tmp_path) as session:
        yield session


def _add(session: Session, name: str, role: Role, **fields: Any) -> None:
    request = SaveAccount(name=name, new=True, account_role=role, **fields)
    password_hash = None if "os_user" in fields else "a hash"
    save_account(session, request, password_hash=password_hash, now=NOW)


def _change(session: Session, name: str, **fields: Any) -> None:
    save_account(session, SaveAccount(name=name, new=False, **fields), now=NOW)


def test_the_first_account_has_to_be_an_admin_who_can_sign_in(session: Session) -> None:
    with pytest.raises(Refused, match="first account"):
        _add(session, "ann", Role.BILLING)
    with pytest.raises(Refused, match="first account"):
        _add(session, "ann", Role.ADMIN, enabled=False)
    _add(session, "ann", Role.ADMIN)
    _add(session, "bob", Role.BILLING)
    assert accounts_exist(session)


def test_the_last_admin_cannot_be_removed_or_demoted(session: Session) -> None:
    _add(session, "ann", Role.ADMIN)
    with pytest.raises(Refused, match="last admin"):
        remove_account(session, RemoveAccount(name="ann"))
    with pytest.raises(Refused, match="last admin"):
        _change(session, "ann", account_role=Role.VIEWER)
    _add(session, "bob", Role.ADMIN)
    remove_account(session, RemoveAccount(name="ann"))
    assert [row.name for row in list_accounts(session).rows] == ["bob"]


def test_an_admin_nobody_can_sign_in_as_does_not_count_as_the_last_one(session: Session) -> None:
    _add(session, "ann", Role.ADMIN, os_user="daemon")
    with pytest.raises(Refused, match="last admin"):
        _change(session, "ann", os_user="")
    with pytest.raises(Refused, match="last admin"):
        _change(session, "ann", enabled=False)
    _add(session, "off", Role.ADMIN, enabled=False)
    with pytest.raises(Refused, match="last admin"):
        remove_account(session, RemoveAccount(name="ann"))
    # Its system user was taken off the host after it got the account.
    _add(session, "gone", Role.ADMIN)
    gone = find_account(session, "gone")
    assert gone is not None
    session.run(
        "access.change_account",
        name="gone",
        role="admin",
        password_hash="",
        os_user="nobody-here",
        enabled=True,
        generation=1,
    )
    with pytest.raises(Refused, match="last admin"):
        _change(session, "ann", account_role=Role.BILLING)
    _change(session, "off", enabled=True)
    _change(session, "ann", account_role=Role.BILLING)


def test_a_system_user_has_to_be_on_the_host_and_has_one_account(session: Session) -> None:
    _add(session, "ann", Role.ADMIN)
    with pytest.raises(InvalidInput, match="no system user nobodyhere") as caught:
        _add(session, "cron", Role.BILLING, os_user="nobodyhere")
    assert caught.value.field == "os_user"
    _add(session, "cron", Role.BILLING, os_user="daemon")
    with pytest.raises(Refused, match="signs in as cron already"):
        _add(session, "copy", Role.BILLING, os_user="daemon")
    with pytest.raises(Refused, match="signs in as cron already"):
        _change(session, "ann", os_user="daemon")
    _change(session, "cron", os_user="daemon", account_role=Role.VIEWER)
    found = account_of_os_user(session, "daemon")
    assert found is not None
    assert (found.name, found.role) == ("cron", Role.VIEWER)
    assert account_of_os_user(session, "") is None


def test_every_change_of_an_account_ends_the_sessions_before_it(session: Session) -> None:
    _add(session, "boss", Role.ADMIN)

    def caller() -> Caller:
        account = find_account(session, "ann")
        assert account is not None
        return Caller(operator="ann", role=account.role, account=True, generation=account.generation)

    _add(session, "ann", Role.ADMIN)
    for change in (
        lambda: _change(session, "ann", account_role=Role.VIEWER),
        lambda: save_account(
            session, SaveAccount(name="ann", new=False, password="x"), password_hash="new", now=NOW
        ),
        lambda: _change(session, "ann", os_user="daemon"),
        lambda: _change(session, "ann", enabled=False),
    ):
        before = caller()
        assert is_current(session, before)
        change()
        assert not is_current(session, before)
    assert not is_current(session, caller()), "a disabled account has no sessions"
    _change(session, "ann", enabled=True)
    before = caller()
    remove_account(session, RemoveAccount(name="ann"))
    _add(session, "ann", Role.ADMIN)
    assert not is_current(session, before), "nor does a namesake inherit them"


def test_where_an_account_signed_in_from_is_remembered_until_it_is_removed(session: Session) -> None:
    _add(session, "boss", Role.ADMIN)
    _add(session, "ann", Role.ADMIN, os_user="daemon")
    ann = find_account(session, "ann")
    assert ann is not None
    assert [is_familiar(session, ann, user) for user in ("daemon", "nobody", "")] == [True, False, False]
    for _again in range(2):
        note_familiar(session, "ann", "nobody")
    assert is_familiar(session, ann, "nobody")
    remove_account(session, RemoveAccount(name="ann"))
    assert not is_familiar(session, ann, "nobody")


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
