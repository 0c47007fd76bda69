"""Who comes in: by operating-system user, by password, and how passwords change."""

import logging

from engine.access import accounts, audit
from engine.access.guesses import Guess, name_key, record_guess
from engine.access.os_users import owners
from engine.access.passwords import LINE, hash_new_password, password_fits
from engine.access.sessions import Caller
from engine.api.identity import Identity
from engine.api.session import ChangePassword, Nothing, ResetPassword, SignedIn, SignIn
from engine.domain.errors import NotSignedIn, PbxmeterError, Refused
from engine.domain.names import Role
from engine.domain.zones import utc_now
from engine.service.context import ServiceContext
from engine.store import Session

log = logging.getLogger(__name__)


def identify(service: ServiceContext, os_user: str) -> Identity:
    """Who an operating-system user is that may open the socket; an empty token = sign in by password."""
    service.asked()
    proof = service.sessions.proof(os_user)
    with service.database.reading() as session:
        exist = accounts.accounts_exist(session)
        account = accounts.account_of_os_user(session, os_user)
    if not exist and os_user in owners(service.home):
        caller = Caller(operator=os_user, role=Role.ADMIN, account=False, os_user=os_user)
    elif account is not None and account.enabled:
        caller = _caller(account, os_user)
        _record_success(service, account.name, os_user)
    else:
        return Identity(token="", operator=os_user, accounts_exist=exist, proof=proof)
    try:
        token = service.sessions.open(caller)
    except NotSignedIn:
        # The account, or the first one, changed at this moment: whoever it was signs in by name.
        return Identity(token="", operator=os_user, accounts_exist=True, proof=proof)
    return Identity(token=token, operator=caller.operator, accounts_exist=exist, proof=proof)


def sign_in(service: ServiceContext, request: SignIn) -> SignedIn:
    """A session by name and password. Raises `Refused` when they do not fit, or were tried too often."""
    os_user = service.sessions.os_user(request.proof)
    with service.database.reading() as session:
        account = accounts.find_account(session, request.name[:65])
        familiar = os_user in owners(service.home) or (
            account is not None and accounts.is_familiar(session, account, os_user)
        )
    _check_password(service, request.name, request.password, account, familiar=familiar, os_user=os_user)
    assert account is not None
    if os_user and not familiar:
        service.writer.submit(lambda session: accounts.note_familiar(session, account.name, os_user))
    token = service.sessions.open(_caller(account, os_user))
    _record_success(service, account.name, os_user)
    return SignedIn(token=token, operator=account.name, role=account.role)


def change_password(service: ServiceContext, request: ChangePassword, caller: Caller, token: str) -> Nothing:
    """Changes the caller's own password. Raises `Refused` for a wrong old one."""
    with service.database.reading() as session:
        account = accounts.find_account(session, caller.operator) if caller.account else None
    if account is None or not account.password_hash:
        raise Refused("Your account has no password; an admin can give it one.")
    _check_password(
        service, account.name, request.old_password, account, familiar=True, os_user=caller.os_user
    )
    password_hash = hash_new_password(request.password)

    def change(session: Session) -> int:
        generation = accounts.change_own_password(session, caller, password_hash)
        audit.record(session, request, operator=caller.operator, now=utc_now())
        return generation

    def after(_session: Session, generation: int) -> None:
        service.sessions.renew(token, generation=generation)

    service.writer.run(change, after=after)
    return Nothing()


def reset_password(service: ServiceContext, request: ResetPassword) -> Nothing:
    """Lets an account in again on the word of the home's owner. Raises `Refused` for anybody else."""
    os_user = service.sessions.os_user(request.proof)
    if os_user not in owners(service.home):
        raise Refused(
            "Only root and the system user who owns the home may reset a password; admins set one with "
            "`pbxmeter users set NAME --password`.",
            code="role",
        )
    password_hash = hash_new_password(request.password)

    def change(session: Session) -> None:
        accounts.reset_password(session, request.name, password_hash)
        session.run("access.forgive_guesses", name_key=name_key(request.name))
        audit.record(session, request, operator=os_user, now=utc_now())

    service.writer.run(change)
    service.door.guesses.forgive(request.name)
    return Nothing()


def _caller(account: accounts.Account, os_user: str) -> Caller:
    return Caller(
        operator=account.name, role=account.role, account=True, generation=account.generation, os_user=os_user
    )


def _check_password(
    service: ServiceContext,
    name: str,
    password: str,
    account: accounts.Account | None,
    *,
    familiar: bool,
    os_user: str,
) -> None:
    """Raises `Refused` unless the password is right; counted before it is looked at."""
    guesses = service.door.guesses
    with LINE.place():
        try:
            guess = guesses.begin(name, familiar=familiar)
        except Refused:
            _record_refusals(service, account, os_user)
            raise
        fits = False
        try:
            fits = password_fits(
                password, account.password_hash if account is not None and account.enabled else ""
            )
        finally:
            (guesses.right if fits else guesses.wrong)(guess)
    if not fits:
        _record_failure(service, guess, account, os_user)
        raise Refused("Wrong user name or password.", code="wrong_password")


def _record_success(service: ServiceContext, name: str, os_user: str) -> None:
    if service.door.news(name, os_user):
        # Nobody waits for it: signing in goes on while much is being written.
        service.writer.submit(
            lambda session: audit.record_sign_in(
                session, name=name, os_user=os_user, outcome="done", now=utc_now()
            )
        )


def _record_failure(
    service: ServiceContext, guess: Guess, account: accounts.Account | None, os_user: str
) -> None:
    def change(session: Session) -> None:
        record_guess(session, guess, now=utc_now())
        audit.record_sign_in(
            session, name=_known(account), os_user=os_user, outcome="wrong_password", now=utc_now()
        )

    try:
        service.writer.run(change)
    except PbxmeterError as error:
        # It counts in memory all the same.
        log.warning("A wrong password is not in the audit trail: %s", error)


def _record_refusals(service: ServiceContext, account: accounts.Account | None, os_user: str) -> None:
    count = service.door.refusals()
    if count:
        service.writer.submit(
            lambda session: audit.record_sign_in(
                session,
                name=_known(account),
                os_user=os_user,
                outcome="too_many_guesses",
                refused=count,
                now=utc_now(),
            )
        )


def _known(account: accounts.Account | None) -> str:
    """A name nobody has may be a password typed into the wrong field: it is not written down."""
    return account.name if account is not None else ""
