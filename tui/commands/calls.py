"""pbxmeter calls: list, show, export."""

from collections.abc import Iterator
from typing import Any

import click

from engine.api.calls import CallCursor, CallDetail, CallRow, CallSort, CountCalls, GetCall, ListCalls
from engine.domain.filters import FIELDS
from engine.domain.message import Message
from engine.domain.names import Unrated
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.export import export_calls_to
from tui.commands.options import LIMIT, call_filter, which_calls
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_pairs, print_table
from tui.export.call_files import FileFormat
from tui.text.i18n import N_, _

_PAGE_ROWS = 1000
_SORTS = ("time", "extension", "dialled", "trunk", "billsec", "cost")


@click.group(cls=Group)
def calls() -> None:
    """Calls that the PBX recorded, and what they cost."""


@calls.command(
    "list",
    epilog=examples(
        "calls list --from 2026-01-31 --extension 8001",
        "calls list --status unrated --limit 0",
        "calls list --where 'cost>5 trunk:carrier' --sort cost --json",
    ),
)
@which_calls
@click.option("--sort", type=click.Choice(_SORTS), default="time", show_default=True)
@click.option("--ascending", is_flag=True, help=N_("Smallest or oldest first."))
@click.option("--limit", metavar="N", type=LIMIT, default=100, show_default=True, help=N_("0 = all."))
@click.pass_obj
def list_calls(session: Session, sort: CallSort, ascending: bool, limit: int, **typed: Any) -> None:
    """Lists calls, newest first."""
    chosen = call_filter(session, **typed)
    count = session.ask(CountCalls(filter=chosen))
    wanted = min(limit, count.calls) if limit else count.calls
    rows: list[CallRow] = []
    after: CallCursor | None = None
    while len(rows) < wanted:
        page = session.ask(
            ListCalls(
                filter=chosen,
                sort=sort,
                descending=not ascending,
                after=after,
                limit=min(_PAGE_ROWS, wanted - len(rows)),
            )
        )
        rows += page.rows
        after = page.last
        if after is None or not page.rows:
            break
    if session.as_json:
        print_document(
            session,
            {"rows": rows, "total": count.calls, "billsec": count.billsec, "cost_micros": count.cost_micros},
        )
        return
    print_table(
        (
            N_("Call"),
            N_("Started"),
            N_("Extension"),
            N_("Name"),
            N_("Direction"),
            N_("Dialled"),
            N_("Destination"),
            N_("Trunk"),
            N_("Talk"),
            N_("Cost"),
            N_("Rate or reason"),
        ),
        [_cells(session, row) for row in rows],
        right="Call|Talk|Cost",
    )
    cost = session.money_named(count.cost_micros)
    say(
        _("{calls:,} calls, {billsec:,} s, {cost}").format(
            calls=count.calls, billsec=count.billsec, cost=cost
        )
        if len(rows) == count.calls
        else _("{count:,} of {calls:,} calls, {billsec:,} s, {cost}; --limit 0 lists all").format(
            count=len(rows), calls=count.calls, billsec=count.billsec, cost=cost
        ),
        err=True,
    )


@calls.command("filters", epilog=examples("calls filters", "calls list --where 'outbound cost>5 2026-01'"))
@click.pass_obj
def list_filters(session: Session) -> None:
    """Explains the filter language: what `--where` and `/` on the Calls screen understand.

    Words and fields, separated by blanks, must all fit. A word alone is part of an extension, a name or a
    number; a leading minus turns a term round; a list with commas fits when one of its values does; blanks
    and commas stand in quotes.
    """
    if session.as_json:
        document = [
            {
                "field": field.name,
                "aliases": list(field.aliases),
                "operators": list(field.operators),
                "words": list(field.words),
                "meaning": field.meaning,
                "example": field.example,
            }
            for field in FIELDS
        ]
        print_document(session, document)
        return
    print_table((N_("Example"), N_("Finds")), [(field.example, _(field.meaning)) for field in FIELDS])


def _cells(session: Session, row: CallRow) -> tuple[str, ...]:
    return (
        str(row.call_id),
        local_time(row.started_local),
        row.extension,
        row.name,
        _(row.direction.value),
        f"←{row.other_party}" if row.other_party else row.dialled,
        row.destination,
        row.trunk,
        f"{row.billsec} s",
        session.money(row.cost_micros) if row.unrated is None else "",
        row.rate if row.unrated is None else _(row.unrated.value),
    )


def _number(row: CallRow) -> Iterator[tuple[str, str]]:
    """The number that was rated where it is another one, and where it leads."""
    if row.rated_number != row.dialled:
        yield N_("rated as"), row.rated_number or _(Unrated.NUMBER_UNKNOWN.value)
    if row.destination:
        yield N_("destination"), f"{row.destination}  {row.country}"


def _leg(detail: CallDetail) -> Iterator[tuple[str, str]]:
    """Which leg the record is a part of, and who made it."""
    if detail.row.unrated is Unrated.PART_OF_ANOTHER:
        yield _("part of another"), _("leg {leg}").format(leg=detail.leg)
    elif detail.charged_seconds != detail.row.billsec and detail.charged_seconds:
        yield (
            "charged",
            _("{charged_seconds} s, from the leg's first answer to its last end").format(
                charged_seconds=detail.charged_seconds
            ),
        )
    if detail.end_assumed:
        yield "end", _("assumed: the event that ends the channel was never written")
    if len(detail.records) > 1:
        yield "records", ", ".join(str(number) for number in detail.records)
    if detail.row.caller and detail.row.caller != detail.row.extension:
        yield "caller", detail.row.caller
    if detail.placed_by not in ("", detail.row.extension):
        yield _("placed by"), detail.placed_by
    if detail.passed_by:
        yield _("passed on by"), detail.passed_by


@calls.command("show", epilog=examples("calls show 4711", "calls show 4711 --json"))
@click.argument("call_id", type=click.IntRange(1, 2**62), metavar="CALL")
@click.pass_obj
def show_call(session: Session, call_id: int) -> None:
    """Shows why a call costs what it costs, and the line the PBX wrote; CALL is the number in the list."""
    detail = session.ask(GetCall(call_id=call_id))
    if session.as_json:
        print_document(session, detail)
        return
    row, parts = detail.row, detail.parts
    cost = (
        session.money_named(row.cost_micros)
        if row.unrated is None
        else _("none: {reason}").format(reason=_(row.unrated.value))
    )
    pairs: list[tuple[str, str | Message]] = [
        (N_("call"), f"{row.call_id}  {detail.call_key}"),
        (N_("started"), local_time(row.started_local)),
        (N_("answered"), local_time(detail.answered_local)),
        (N_("extension"), f"{row.extension}  {row.name}"),
        (N_("dialled"), f"{row.dialled}  {_(row.direction.value)}  {row.trunk}"),
        *_number(row),
        (
            N_("disposition"),
            _("{disposition}, {billsec} s of talk, {duration} s in all").format(
                disposition=row.disposition, billsec=row.billsec, duration=row.duration
            ),
        ),
        (N_("cost"), cost),
        *_leg(detail),
    ]
    if detail.rate is not None:
        pairs += [
            (N_("rate"), detail.rate.name),
            (N_("first block"), session.money(parts.first_block_micros)),
            (
                N_("cycles"),
                _("{cycles}, together {money}").format(
                    cycles=parts.cycles, money=session.money(parts.cycles_micros)
                ),
            ),
        ]
    pairs += [(N_("ledger"), entry) for entry in detail.entries]
    pairs += [
        (
            N_("source"),
            _("{source} at byte {line_offset}").format(source=detail.source, line_offset=detail.line_offset),
        ),
        (N_("line"), detail.raw or detail.raw_missing),
    ]
    print_pairs(pairs)


@calls.command(
    "export",
    epilog=examples(
        "calls export --from 2026-01 -o january.csv",
        "calls export --format parquet -o calls.parquet",
        "calls export --status unrated | column -s, -t | less -S",
    ),
)
@which_calls
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet", "xlsx"]),
    help=N_("Default: by the file's name."),
)
@click.option(
    "--limit", metavar="N", type=LIMIT, default=0, help=N_("At most so many, oldest first; 0 = all.")
)
@click.pass_obj
def export_calls(
    session: Session, output: str | None, file_format: FileFormat | None, limit: int, **typed: Any
) -> None:
    """Writes calls, oldest first, as CSV, Parquet or a spreadsheet (XLSX, at most 1,048,575 calls).

    A file appears whole or not at all, with your own rights. Texts are written as the PBX wrote them:
    spreadsheets may take names in CSV that begin with = + - @ for formulas. In Parquet, times are instants in
    UTC and cost is a decimal of 19 digits, 6 of them decimals; in XLSX, times are the site's.
    """
    named = (output or "").rpartition(".")[2].lower()
    chosen = file_format or ("parquet" if named == "parquet" else "xlsx" if named == "xlsx" else "csv")
    export_calls_to(session, call_filter(session, **typed), output=output, file_format=chosen, limit=limit)
