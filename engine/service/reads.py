"""Operations that only read."""

from engine.access import accounts, audit
from engine.api.calls import (
    CallCount,
    CallDetail,
    CallPage,
    CountCalls,
    ExportCalls,
    GetCall,
    GetHeat,
    GetOverview,
    GetStatistics,
    Heat,
    ListCalls,
    Overview,
    Statistics,
)
from engine.api.destinations import Destinations, ExportDestinations, ListDestinations
from engine.api.extensions import (
    BarPreview,
    CsvText,
    ExportExtensions,
    ExportLedger,
    ExportRecharges,
    Extensions,
    Ledger,
    ListExtensions,
    ListLedger,
    ListRecharges,
    PreviewBarred,
    Recharges,
)
from engine.api.rates import CheckRates, ExportRates, ListRates, RateRemarks, Rates, RateTest, TestRate
from engine.api.session import Accounts, AuditTrail, ListAccounts, ListAudit
from engine.api.site import ListLockouts, ListQuarantine, ListSources, Lockouts, QuarantinePage, Sources
from engine.domain.zones import utc_now
from engine.ledger import bar_preview, extension_sheet, extensions, listings
from engine.lockout import barred
from engine.pipeline import quarantine, sources
from engine.rating import check, destinations, explain, rules, sheet
from engine.reports import calls, export, overview, statistics
from engine.service.registry import Reading, reads, streams

streams(ExportCalls)(export.export_calls)


@reads(ListAccounts)
def list_accounts(at: Reading, op: ListAccounts) -> Accounts:
    return accounts.list_accounts(at.session)


@reads(ListAudit)
def list_audit(at: Reading, op: ListAudit) -> AuditTrail:
    return audit.list_audit(at.session, op)


@reads(ListExtensions)
def list_extensions(at: Reading, op: ListExtensions) -> Extensions:
    return extensions.list_extensions(at.session, at.site, op)


@reads(ExportExtensions, exports=True)
def export_extensions(at: Reading, op: ExportExtensions) -> CsvText:
    return extension_sheet.export_extensions(at.session, at.site, op)


@reads(PreviewBarred)
def preview_barred(at: Reading, op: PreviewBarred) -> BarPreview:
    return bar_preview.preview_barred(at.session, at.site, op)


@reads(ListRecharges)
def list_recharges(at: Reading, op: ListRecharges) -> Recharges:
    return listings.list_recharges(at.session, at.site, op)


@reads(ExportRecharges, exports=True)
def export_recharges(at: Reading, op: ExportRecharges) -> CsvText:
    return listings.export_recharges(at.session, at.site, op)


@reads(ListLedger)
def list_ledger(at: Reading, op: ListLedger) -> Ledger:
    return listings.list_ledger(at.session, at.site, op)


@reads(ExportLedger, exports=True)
def export_ledger(at: Reading, op: ExportLedger) -> CsvText:
    return listings.export_ledger(at.session, at.site, op)


@reads(ListRates)
def list_rates(at: Reading, op: ListRates) -> Rates:
    return rules.list_rates(at.session, op, remarks=at.service.state.remarks(at.session))


@reads(ExportRates, exports=True)
def export_rates(at: Reading, op: ExportRates) -> CsvText:
    return sheet.export_rates(at.session)


@reads(ListDestinations)
def list_destinations(at: Reading, op: ListDestinations) -> Destinations:
    return destinations.list_destinations(at.session, op)


@reads(ExportDestinations, exports=True)
def export_destinations(at: Reading, op: ExportDestinations) -> CsvText:
    return destinations.export_destinations(at.session)


@reads(TestRate)
def test_rate(at: Reading, op: TestRate) -> RateTest:
    return explain.test_rate(at.session, op, site=at.site, now=utc_now())


@reads(CheckRates)
def check_rates(at: Reading, op: CheckRates) -> RateRemarks:
    return check.check_rates(at.session, op)


@reads(ListCalls)
def list_calls(at: Reading, op: ListCalls) -> CallPage:
    return calls.list_calls(at.session, at.site, op)


@reads(CountCalls)
def count_calls(at: Reading, op: CountCalls) -> CallCount:
    return calls.count_calls(at.session, at.site, op)


@reads(GetCall)
def get_call(at: Reading, op: GetCall) -> CallDetail:
    return calls.get_call(at.session, at.site, op)


@reads(GetStatistics)
def get_statistics(at: Reading, op: GetStatistics) -> Statistics:
    return statistics.get_statistics(at.session, at.site, op)


@reads(GetHeat)
def get_heat(at: Reading, op: GetHeat) -> Heat:
    return statistics.get_heat(at.session, at.site, op)


@reads(GetOverview)
def get_overview(at: Reading, op: GetOverview) -> Overview:
    return overview.get_overview(
        at.session,
        at.site,
        op,
        now=utc_now(),
        alarms=at.service.alarms(),
        sources=sources.source_states(at.service.ingest_loop),
        targets=at.service.targets(),
    )


@reads(ListSources)
def list_sources(at: Reading, op: ListSources) -> Sources:
    return sources.list_sources(at.session, at.service.ingest_loop, op)


@reads(ListQuarantine)
def list_quarantine(at: Reading, op: ListQuarantine) -> QuarantinePage:
    return quarantine.list_quarantine(at.session, op)


@reads(ListLockouts)
def list_lockouts(at: Reading, op: ListLockouts) -> Lockouts:
    return barred.list_lockouts(at.session, at.site, at.service.targets())
