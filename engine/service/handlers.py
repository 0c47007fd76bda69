"""Which function answers which operation: reads, changes in the writer's turn, and long work."""

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from engine.access import accounts, audit, settings
from engine.access.sessions import Caller
from engine.api import calls as calls_api
from engine.api import extensions as extensions_api
from engine.api import rates as rates_api
from engine.api import session as session_api
from engine.api import site as site_api
from engine.api.operation import Operation, Progress
from engine.domain.errors import InvalidInput, NotSignedIn, Refused
from engine.domain.names import Role
from engine.domain.site import Site
from engine.domain.zones import utc_now
from engine.ledger import extension_sheet, extensions, listings, operations
from engine.lockout.barred import list_lockouts
from engine.pipeline import quarantine, sources
from engine.rating import check, explain, rules, sheet
from engine.reports import calls, export, overview, statistics
from engine.service import engine_status, tasks
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
        sources=sources.source_states(service.ingestor),
        targets=service.targets(),
    ),
    site_api.GetSettings: lambda service, session, site, op: site_api.Settings(
        values=settings.setting_values(session),
        config_path=str(service.home / "config.yaml"),
        config_text=service.config_text(),
        config_error=service.config_error(),
    ),
    site_api.ListSources: lambda service, session, site, op: sources.list_sources(
        session, service.ingestor, op
    ),
    site_api.ListQuarantine: lambda service, session, site, op: quarantine.list_quarantine(session, op),
    site_api.ListLockouts: lambda service, session, site, op: list_lockouts(session, site, service.targets()),
    site_api.GetStatus: lambda service, session, site, op: engine_status.engine_status(session, service),
}

CHANGES: dict[type, Change] = {
    session_api.SaveAccount: lambda session, op, who: accounts.save_account(session, op, now=utc_now()),
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

STREAMS: dict[type, Callable[[Session, Site, Any], pa.RecordBatchReader]] = {
    calls_api.ExportCalls: export.export_calls,
}

OWN: set[type] = {
    session_api.Greet,
    session_api.SignIn,
    session_api.SignOut,
    session_api.GetPreferences,
    session_api.SetPreference,
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
            return READS[kind](service, session, service.state.site, operation)
    if kind in CHANGES:
        return _change(service, operation, caller)
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
    return TASKS[type(operation)](service, operation, _name(caller), progress, cancelled)


def _name(caller: Caller | None) -> str:
    return caller.operator if caller is not None else ""


def _change(service: ServiceContext, operation: Operation[Any], caller: Caller | None) -> Any:
    kind, operator = type(operation), _name(caller)

    def change(session: Session) -> Any:
        result = CHANGES[kind](session, operation, operator)
        if getattr(operation, "apply", True):
            audit.record(session, operation, operator=operator, now=utc_now())
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

    result = service.writer.run(change, after=after)
    if isinstance(operation, session_api.SaveAccount | session_api.RemoveAccount):
        service.sessions.close_account(operation.name)
    return result


def _touched(operation: Operation[Any]) -> list[str]:
    numbers: Iterable[str] = getattr(operation, "numbers", None) or [getattr(operation, "number", "")]
    return [number for number in numbers if number][:1000]


def _own(service: ServiceContext, operation: Operation[Any], caller: Caller | None, token: str) -> Any:
    if isinstance(operation, session_api.Greet):
        return engine_status.greeting(service, token)
    if isinstance(operation, session_api.SignIn):
        return _sign_in(service, operation)
    if isinstance(operation, session_api.SignOut):
        service.sessions.close(token)
        return session_api.Nothing()
    if isinstance(operation, site_api.StopEngine):
        service.stop()
        return session_api.Nothing()
    if caller is None:
        raise NotSignedIn("Sign in first.")
    if isinstance(operation, session_api.SetPreference):
        return service.writer.run(
            lambda session: settings.set_preference(session, operation, operator=caller.operator)
        )
    with service.database.reading() as session:
        return settings.preferences(session, caller.operator)


def _sign_in(service: ServiceContext, operation: session_api.SignIn) -> session_api.SignedIn:
    service.sessions.check_failures(operation.name)
    try:
        with service.database.reading() as session:
            role = accounts.check_password(session, operation.name, operation.password)
    except Refused:
        service.sessions.note_failure(operation.name)
        raise
    token = service.sessions.open(Caller(operator=operation.name, role=role, account=True))
    return session_api.SignedIn(token=token, operator=operation.name, role=role)
