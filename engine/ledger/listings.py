"""Recharges and ledgers as lists and CSV."""

from datetime import datetime

from engine.api.extensions import (
    CsvText,
    EntryRow,
    ExportLedger,
    ExportRecharges,
    Ledger,
    ListLedger,
    ListRecharges,
    RechargeRow,
    Recharges,
)
from engine.domain.errors import Refused
from engine.domain.money import format_amount
from engine.domain.sheet import write_sheet
from engine.domain.site import Site
from engine.domain.zones import isoformat, parse_moment
from engine.store import Session

MAX_ROWS = 1_000_000
"""In one answer, which is one document: about 150 MB of CSV."""
MAX_PAGE_ENTRIES = 100_000
RECHARGE_COLUMNS = (
    "time",
    "extension",
    "name",
    "balance_before",
    "amount",
    "balance_after",
    "operator",
    "note",
)
LEDGER_COLUMNS = ("time", "extension", "kind", "amount", "balance_after", "operator", "note")


def period(site: Site, since: str, until: str) -> tuple[datetime, datetime]:
    """The naive UTC bounds of a typed period; empty = open. Raises `InvalidInput` naming the field."""
    first = parse_moment(since, site.zone, field="from") if since else datetime.min
    last = parse_moment(until, site.zone, field="to", end=True) if until else datetime.max
    return first, last


def list_recharges(session: Session, site: Site, request: ListRecharges) -> Recharges:
    """One page, with the totals of all that match."""
    since, until = period(site, request.since, request.until)
    rows, (total, amount) = session.page(
        RechargeRow,
        "ledger.recharge_page",
        "total",
        "amount_total",
        since=since,
        until=until,
        text=request.text,
        sort=request.sort,
        descending=request.descending,
        limit=min(request.limit, MAX_ROWS),
        offset=request.offset,
    )
    return Recharges(rows=rows, total=total, amount_micros=amount)


def export_recharges(session: Session, site: Site, request: ExportRecharges) -> CsvText:
    """Recharges of a period, in the order asked for. Raises `Refused` for more than `MAX_ROWS`."""
    found = list_recharges(
        session,
        site,
        ListRecharges(
            since=request.since,
            until=request.until,
            text=request.text,
            sort=request.sort,
            descending=request.descending,
            limit=MAX_ROWS,
        ),
    )
    _refuse_more(found.total)
    lines = (
        (
            isoformat(row.posted_at, site.zone),
            row.extension,
            row.name,
            format_amount(row.balance_before_micros),
            format_amount(row.amount_micros),
            format_amount(row.balance_after_micros),
            row.operator,
            row.note,
        )
        for row in found.rows
    )
    return CsvText(text=write_sheet(RECHARGE_COLUMNS, lines), rows=len(found.rows))


def list_ledger(session: Session, site: Site, request: ListLedger) -> Ledger:
    """One page of an extension's entries, newest first."""
    return _entries(session, site, request, limit=min(request.limit, MAX_PAGE_ENTRIES), offset=request.offset)


def export_ledger(session: Session, site: Site, request: ExportLedger) -> CsvText:
    """One extension's entries of a period, oldest first. Raises `Refused` for more than `MAX_ROWS`."""
    found = _entries(session, site, request, limit=MAX_ROWS)
    _refuse_more(found.total)
    rows = found.rows
    lines = (
        (
            isoformat(row.posted_at, site.zone),
            request.number,
            row.kind,
            format_amount(row.amount_micros),
            format_amount(row.balance_after_micros),
            row.operator,
            row.note,
        )
        for row in reversed(rows)
    )
    return CsvText(text=write_sheet(LEDGER_COLUMNS, lines), rows=len(rows))


def _refuse_more(total: int) -> None:
    if total > MAX_ROWS:
        raise Refused(
            "{total:,} rows are more than {max_rows:,} in one file; choose a shorter period.",
            total=total,
            max_rows=MAX_ROWS,
        )


def _entries(
    session: Session, site: Site, request: ListLedger | ExportLedger, *, limit: int, offset: int = 0
) -> Ledger:
    since, until = period(site, request.since, request.until)
    rows, (total,) = session.page(
        EntryRow,
        "ledger.entry_page",
        "total",
        number=request.number,
        since=since,
        until=until,
        limit=limit,
        offset=offset,
    )
    return Ledger(rows=rows, total=total)
