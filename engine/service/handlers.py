"""Which function answers which operation: reads, changes in the writer's turn, and long work."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

import msgspec
import pyarrow as pa

from engine.access import accounts, audit, settings
from engine.access.passwords import hash_new_password
from engine.access.sessions import Caller
from engine.api import calls as calls_api
from engine.api import destinations as destinations_api
from engine.api import extensions as extensions_api
from engine.api import rates as rates_api
from engine.api import session as session_api
from engine.api import site as site_api
from engine.api.operation import Operation, Progress
from engine.domain.errors import EngineDown, InvalidInput, NotSignedIn, PbxmeterError, StorageError
from engine.domain.names import Role
from engine.domain.site import Site
from engine.domain.zones import utc_now
from engine.ledger import bar_preview, extension_sheet, extensions, listings, operations
from engine.lockout.barred import list_lockouts
from engine.pipeline import quarantine, sources
from engine.rating import check, destinations, explain, rules, sheet
from engine.reports import calls, export, overview, statistics
from engine.service import engine_status, sign_in, tasks
from engine.service.audited import subjects
from engine.service.context import ServiceContext
from engine.service.work import Cancellation
from engine.store import Session

LEAST_ROLE = Role.VIEWER

Read = Callable[[ServiceContext, Session, Site, Any], Any]
Change = Callable[[Session, Any, str], Any]


READS: dict[type, Read] = {
    session_api.ListAccounts: lambda service, session, site, op: accounts.list_accounts(session),
    session_api.ListAudit: lambda service, session, site, op: audit.list_audit(session, op),
    extensions_api.ListExtensions: lambda service, session, site, op: extensions.list_extensions(
        session, site, op
    ),
    extensions_api.ExportExtensions: lambda service, session, site, op: extension_sheet.export_extensions(
        session, site, op
    ),
    extensions_api.PreviewBarred: lambda service, session, site, op: bar_preview.preview_barred(
        session, site, op
    ),
    extensions_api.ListRecharges: lambda service, session, site, op: listings.list_recharges(
        session, site, op
    ),
    extensions_api.ExportRecharges: lambda service, session, site, op: listings.export_recharges(
        session, site, op
    ),
    extensions_api.ListLedger: lambda service, session, site, op: listings.list_ledger(session, site, op),
    extensions_api.ExportLedger: lambda service, session, site, op: listings.export_ledger(session, site, op),
    rates_api.ListRates: lambda service, session, site, op: rules.list_rates(
        session, op, remarks=service.state.remarks(session)
    ),
    rates_api.ExportRates: lambda service, session, site, op: sheet.export_rates(session),
    rates_api.TestRate: lambda service, session, site, op: explain.test_rate(
        session, op, site=site, now=utc_now()
    ),
    destinations_api.ListDestinations: lambda service, session, site, op: destinations.list_destinations(
        session, op
    ),
    destinations_api.ExportDestinations: lambda service, session, site, op: destinations.export_destinations(
        session
    ),
    rates_api.CheckRates: lambda service, session, site, op: check.check_rates(session, op),
    calls_api.ListCalls: lambda service, session, site, op: calls.list_calls(session, site, op),
    calls_api.CountCalls: lambda service, session, site, op: calls.count_calls(session, site, op),
    calls_api.GetCall: lambda service, session, site, op: calls.get_call(session, site, op),
    calls_api.GetStatistics: lambda service, session, site, op: statistics.get_statistics(session, site, op),
    calls_api.GetHeat: lambda service, session, site, op: statistics.get_heat(session, site, op),
    calls_api.GetOverview: lambda service, session, site, op: overview.get_overview(
        session,
        site,
        op,
        now=utc_now(),
        alarms=service.alarms(),
        sources=sources.source_states(service.ingest_loop),
        targets=service.targets(),
    ),
    site_api.ListSources: lambda service, session, site, op: sources.list_sources(
        session, service.ingest_loop, op
    ),
    site_api.ListQuarantine: lambda service, session, site, op: quarantine.list_quarantine(session, op),
    site_api.ListLockouts: lambda service, session, site, op: list_lockouts(session, site, service.targets()),
}

CHANGES: dict[type, Change] = {
    session_api.RemoveAccount: lambda session, op, who: accounts.remove_account(session, op),
    extensions_api.SetExtensions: lambda session, op, who: extensions.set_extensions(
        session, op, operator=who, now=utc_now()
    ),
    extensions_api.ImportExtensions: lambda session, op, who: extension_sheet.import_extensions(
        session, op.content, apply=op.apply, operator=who, now=utc_now()
    ),
    extensions_api.Recharge: lambda session, op, who: operations.recharge(
        session, op, operator=who, now=utc_now()
    ),
    extensions_api.Adjust: lambda session, op, who: operations.adjust(
        session, op, operator=who, now=utc_now()
    ),
    rates_api.SaveRate: lambda session, op, who: rules.save_rate(session, op, operator=who, now=utc_now()),
    rates_api.RemoveRates: lambda session, op, who: rules.remove_rates(session, op),
    rates_api.SwitchRates: lambda session, op, who: rules.switch_rates(session, op),
    rates_api.MoveRate: lambda session, op, who: rules.move_rate(session, op),
    rates_api.ImportRates: lambda session, op, who: sheet.import_rates(
        session, op.content, apply=op.apply, operator=who, now=utc_now()
    ),
    destinations_api.ImportDestinations: lambda session, op, who: destinations.import_destinations(
        session, op.content, apply=op.apply
    ),
    site_api.SetSetting: lambda session, op, who: settings.set_setting(session, op),
}

MOVES_MONEY = {
    extensions_api.SetExtensions,
    extensions_api.ImportExtensions,
    extensions_api.Recharge,
    extensions_api.Adjust,
}
CHANGES_RATES = {
    rates_api.SaveRate,
    rates_api.RemoveRates,
    rates_api.SwitchRates,
    rates_api.MoveRate,
    rates_api.ImportRates,
}

TASKS: dict[type, tasks.Task] = {
    site_api.Ingest: tasks.ingest,
    site_api.DetectSource: tasks.detect_source,
    site_api.RetryQuarantine: tasks.retry_quarantine,
    site_api.SyncLockouts: tasks.sync_lockouts,
    site_api.Verify: tasks.verify_books,
    site_api.Backup: tasks.backup,
    rates_api.Rerate: tasks.rerate,
}

EXPORTS = {
    extensions_api.ExportExtensions,
    extensions_api.ExportRecharges,
    extensions_api.ExportLedger,
    rates_api.ExportRates,
    destinations_api.ExportDestinations,
    calls_api.ExportCalls,
}
"""What takes data out in bulk: noted in the audit."""

STREAMS: dict[type, Callable[[Session, Site, Any], pa.RecordBatchReader]] = {
    calls_api.ExportCalls: export.export_calls,
}

OWN: set[type] = {
    session_api.Greet,
    session_api.SignIn,
    session_api.SignOut,
    session_api.SaveAccount,
    session_api.ChangePassword,
    session_api.ResetPassword,
    session_api.GetPreferences,
    session_api.SetPreference,
    site_api.GetSettings,
    site_api.GetStatus,
    site_api.StopEngine,
}

OPERATIONS: dict[str, type[Operation[Any]]] = {
    kind.__name__: kind for kind in (*READS, *CHANGES, *TASKS, *STREAMS, *OWN)
}


def answer(service: ServiceContext, operation: Operation[Any], caller: Caller | None, token: str) -> Any:
    """The result of an operation that takes no long time. Raises `PbxmeterError`."""
    kind = type(operation)
    # Who has just written config.yaml expects the next command to know it.
    service.settings()
    if kind in READS:
        with service.database.reading() as session:
            found = READS[kind](service, session, service.state.site, operation)
        if kind in EXPORTS:
            note_done(service, operation, caller)
        return found
    if kind in CHANGES:
        try:
            return _change(service, operation, caller)
        except PbxmeterError as error:
            note_refused(service, operation, caller, error)
            raise
    return _own(service, operation, caller, token)


def stream(
    service: ServiceContext, operation: Operation[Any]
) -> tuple[pa.RecordBatchReader, Callable[[], None]]:
    """The rows of an operation, and what frees them. Raises `PbxmeterError`."""
    maker = STREAMS.get(type(operation))
    if maker is None:
        raise InvalidInput(f"{type(operation).__name__} is no stream.")
    service.settings()
    session = service.database.session()
    try:
        return maker(session, service.state.site, operation), session.close
    except BaseException:
        session.close()
        raise


def work(
    service: ServiceContext,
    operation: Operation[Any],
    caller: Caller | None,
    progress: Callable[[Progress], None],
    cancelled: Cancellation,
) -> Any:
    """The result of long work, done in the calling thread. Raises `PbxmeterError`."""
    kind = type(operation)
    if kind is site_api.Ingest:
        note_done(service, operation, caller, outcome=audit.BEGUN)
    try:
        result = TASKS[kind](service, operation, _name(caller), progress, cancelled)
    except PbxmeterError as error:
        if kind is not site_api.DetectSource:
            note_refused(service, operation, caller, error)
        raise
    if kind in (site_api.Verify, site_api.SyncLockouts):
        found = {"clean": result.clean, "findings": len(result.findings)} if kind is site_api.Verify else {}
        note_done(service, operation, caller, detail=found).result()
    return result


def note_done(
    service: ServiceContext,
    operation: Operation[Any],
    caller: Caller | None,
    *,
    outcome: str = audit.DONE,
    detail: Mapping[str, object] | None = None,
) -> "Future[None]":
    """Has the audit hold what changed nothing in the store; the future ends when it does."""
    fields = {
        name: f"{len(value)} bytes" if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(operation).items()
        if value
    }

    def change(session: Session) -> None:
        audit.note(
            session,
            type(operation).__name__,
            now=utc_now(),
            operator=_name(caller),
            role=_role(caller),
            outcome=outcome,
            detail=fields | dict(detail or {}),
        )

    return service.writer.submit(change)


def note_role(service: ServiceContext, kind: type, caller: Caller, error: PbxmeterError) -> None:
    """Has the audit hold an operation that the caller's role does not allow."""
    now = utc_now()
    times = service.refusals.heard(caller.operator, kind.__name__, error.code, now=now)
    if times:
        service.writer.submit(
            lambda session: audit.note(
                session,
                kind.__name__,
                now=now,
                operator=caller.operator,
                role=caller.role.value,
                outcome=error.code,
                detail={"times": times} if times > 1 else {},
            )
        )


def note_refused(
    service: ServiceContext, operation: Operation[Any], caller: Caller | None, error: PbxmeterError
) -> None:
    """Has the audit hold a refusal: of each kind one a minute, with how many there were."""
    now = utc_now()
    times = service.refusals.heard(_name(caller), type(operation).__name__, error.code, now=now)
    # A lost database takes no more, and a stopping engine neither.
    if not times or isinstance(error, EngineDown | StorageError):
        return

    def change(session: Session) -> None:
        audit.record(
            session,
            operation,
            operator=_name(caller),
            role=_role(caller),
            now=now,
            outcome=error.code,
            times=times,
        )

    service.writer.submit(change)


def _name(caller: Caller | None) -> str:
    return caller.operator if caller is not None else ""


def _role(caller: Caller | None) -> str:
    return caller.role.value if caller is not None else ""


def _change(
    service: ServiceContext, operation: Operation[Any], caller: Caller | None, make: Change | None = None
) -> Any:
    kind, operator = type(operation), _name(caller)
    make = make or CHANGES[kind]

    def change(session: Session) -> Any:
        before = subjects(session, operation)
        result = make(session, operation, operator)
        # A key that was known has moved nothing: there is no second recharge to note.
        if getattr(operation, "apply", True) and not getattr(result, "repeated", False):
            audit.record(
                session,
                operation,
                operator=operator,
                role=_role(caller),
                now=utc_now(),
                result=result,
                changes=audit.differences(before, subjects(session, operation, result)),
            )
        return result

    def after(session: Session, _result: Any) -> None:
        if not getattr(operation, "apply", True):
            return
        if kind in MOVES_MONEY:
            service.balances_moved(_touched(operation))
        elif kind in CHANGES_RATES:
            service.rates_changed(session)
        else:
            service.settings_changed(session)

    return service.writer.run(change, after=after)


def _touched(operation: Operation[Any]) -> list[str]:
    numbers: Iterable[str] = getattr(operation, "numbers", None) or [getattr(operation, "number", "")]
    return [number for number in numbers if number][:1000]


def _own(service: ServiceContext, operation: Operation[Any], caller: Caller | None, token: str) -> Any:
    if isinstance(operation, session_api.Greet):
        return engine_status.greeting(service, token)
    if isinstance(operation, session_api.SignIn):
        return sign_in.sign_in(service, operation)
    if isinstance(operation, session_api.ResetPassword):
        return sign_in.reset_password(service, operation)
    if isinstance(operation, session_api.SignOut):
        service.sessions.close(token)
        return session_api.Nothing()
    if isinstance(operation, site_api.GetStatus):
        with service.database.reading() as session:
            return engine_status.engine_status(session, service, token)
    if isinstance(operation, site_api.StopEngine):
        service.writer.run(
            lambda session: audit.record(
                session, operation, operator=_name(caller), role=_role(caller), now=utc_now()
            )
        )
        service.stop()
        return session_api.Nothing()
    if caller is None:
        raise NotSignedIn("Sign in first.")
    if isinstance(operation, session_api.SaveAccount):
        return _save_account(service, operation, caller)
    if isinstance(operation, session_api.ChangePassword):
        return sign_in.change_password(service, operation, caller, token)
    if isinstance(operation, site_api.GetSettings):
        return _get_settings(service, caller)
    if isinstance(operation, session_api.SetPreference):
        return service.writer.run(
            lambda session: settings.set_preference(session, operation, operator=caller.operator)
        )
    with service.database.reading() as session:
        return settings.preferences(session, caller.operator)


def _save_account(service: ServiceContext, operation: session_api.SaveAccount, caller: Caller) -> Any:
    # Hashing takes a while and may wait: it is done before the writer's turn.
    password = operation.password
    password_hash = None if password is None else hash_new_password(password)
    return _change(
        service,
        operation,
        caller,
        lambda session, op, who: accounts.save_account(
            session, op, password_hash=password_hash, now=utc_now()
        ),
    )


def _get_settings(service: ServiceContext, caller: Caller) -> site_api.Settings:
    with service.database.reading() as session:
        values = settings.setting_values(session)
    return site_api.Settings(
        values=values,
        config_path=str(service.home / "config.yaml"),
        config_text=service.config_text() if caller.role.includes(Role.ADMIN) else "",
        config_error=service.config_error(),
    )
