"""Operations that are neither plain reads nor plain changes: sessions, passwords, the engine itself."""

from engine.access import accounts, audit, settings
from engine.access.passwords import hash_new_password
from engine.api.session import (
    ChangePassword,
    GetPreferences,
    Greet,
    Greeting,
    Nothing,
    Preferences,
    ResetPassword,
    SaveAccount,
    SetPreference,
    SignedIn,
    SignIn,
    SignOut,
)
from engine.api.site import EngineStatus, GetSettings, GetStatus, Settings, StopEngine
from engine.domain.names import Role
from engine.domain.zones import utc_now
from engine.service import engine_status, sign_in
from engine.service.change import change, name_of, role_of
from engine.service.registry import Asking, Changing, answers, site_settings


@answers(Greet)
def greet(at: Asking, op: Greet) -> Greeting:  # noqa: ARG001 - one shape for all
    return engine_status.greeting(at.service, at.token)


@answers(SignIn)
def sign_in_by_password(at: Asking, op: SignIn) -> SignedIn:
    return sign_in.sign_in(at.service, op)


@answers(ResetPassword)
def reset_password(at: Asking, op: ResetPassword) -> Nothing:
    return sign_in.reset_password(at.service, op)


@answers(SignOut)
def sign_out(at: Asking, op: SignOut) -> Nothing:  # noqa: ARG001 - one shape for all
    at.service.sessions.close(at.token)
    return Nothing()


@answers(GetStatus)
def get_status(at: Asking, op: GetStatus) -> EngineStatus:  # noqa: ARG001 - one shape for all
    with at.service.database.reading() as session:
        return engine_status.engine_status(session, at.service, at.token)


@answers(StopEngine)
def stop_engine(at: Asking, op: StopEngine) -> Nothing:
    at.service.writer.run(
        lambda session: audit.record(
            session, op, operator=name_of(at.caller), role=role_of(at.caller), now=utc_now()
        )
    )
    at.service.stop()
    return Nothing()


@answers(SaveAccount)
def save_account(at: Asking, op: SaveAccount) -> Nothing:
    # Hashing takes a while and may wait: it is done before the writer's turn.
    password_hash = None if op.password is None else hash_new_password(op.password)

    def make(turn: Changing, op: SaveAccount) -> Nothing:
        return accounts.save_account(turn.session, op, password_hash=password_hash, now=turn.now)

    return change(at.service, op, at.known, make, site_settings)


@answers(ChangePassword)
def change_password(at: Asking, op: ChangePassword) -> Nothing:
    return sign_in.change_password(at.service, op, at.known, at.token)


@answers(GetSettings)
def get_settings(at: Asking, op: GetSettings) -> Settings:  # noqa: ARG001 - one shape for all
    caller = at.known
    with at.service.database.reading() as session:
        values = settings.setting_values(session)
    return Settings(
        values=values,
        config_path=str(at.service.home / "config.yaml"),
        config_text=at.service.config_text() if caller.role.includes(Role.ADMIN) else "",
        config_error=at.service.config_error(),
    )


@answers(SetPreference)
def set_preference(at: Asking, op: SetPreference) -> Nothing:
    operator = at.known.operator
    return at.service.writer.run(lambda session: settings.set_preference(session, op, operator=operator))


@answers(GetPreferences)
def get_preferences(at: Asking, op: GetPreferences) -> Preferences:  # noqa: ARG001 - one shape for all
    operator = at.known.operator
    with at.service.database.reading() as session:
        return settings.preferences(session, operator)
