"""pbxmeter rates: the rule list, sheets, tests and checks."""

from typing import Any

import click

from engine.api.rates import (
    CheckRates,
    ExportRates,
    ImportRates,
    ListRates,
    MoveRate,
    RateRow,
    RateTest,
    RemoveRates,
    RewriteStep,
    SaveRate,
    TestRate,
)
from engine.domain.errors import InvalidInput, NotFound
from engine.domain.message import sentences
from engine.domain.names import Unrated
from engine.domain.rates import (
    MAX_RATE_SECONDS,
    Rate,
    format_time_of_day,
    format_weekdays,
    rate_faults,
)
from tui.commands.command import Group, examples
from tui.commands.document import print_document, rate_document
from tui.commands.files import read_sheet
from tui.commands.options import LIMIT
from tui.commands.rate_fields import changed_rate
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.sheets import print_csv, print_import
from tui.commands.table import local_time, print_pairs, print_table, yes
from tui.text.i18n import N_, _, ngettext, said

_PAGE_ROWS = 1000


@click.group(cls=Group)
def rates() -> None:
    """The rules that say what calls cost, in their order."""


@rates.command("list", epilog=examples("rates list", "rates list 900", "rates list --json"))
@click.argument("text", required=False, default="")
@click.option("--limit", metavar="N", type=LIMIT, default=0, help=N_("At most so many; 0 = all."))
@click.pass_obj
def list_rates(session: Session, text: str, limit: int) -> None:
    """Lists rules in order; TEXT is part of a name or the start of a prefix."""
    rows, total = _rules(session, text, limit)
    if session.as_json:
        print_document(session, {"rows": rows, "total": total})
        return
    print_table(
        (
            N_("Pos"),
            N_("Rule"),
            N_("On"),
            N_("Prefix"),
            N_("Length"),
            N_("First block"),
            N_("Price"),
            N_("Window"),
            N_("Days"),
            N_("Valid"),
            N_("Extensions"),
        ),
        [_cells(session, row) for row in rows],
        right="Pos|Length",
    )


def _cells(session: Session, row: RateRow) -> tuple[str, ...]:
    rate = row.rate
    first = ""
    if rate.initial_fee_micros or rate.initial_seconds:
        first = f"{session.money(rate.initial_fee_micros)} / {rate.initial_seconds} s"
    price = f"{session.money(rate.price_micros)} / {rate.price_seconds or rate.cycle_seconds} s"
    if rate.price_seconds not in (None, rate.cycle_seconds):
        price += " " + _("by {cycle_seconds} s").format(cycle_seconds=rate.cycle_seconds)
    window = ""
    if rate.start_second != rate.end_second:
        window = f"{format_time_of_day(rate.start_second)}-{format_time_of_day(rate.end_second)}"
    valid = f"{rate.valid_from or ''}..{rate.valid_to or ''}" if rate.valid_from or rate.valid_to else ""
    chosen = _("all") if rate.extensions is None else _("{count} chosen").format(count=len(rate.extensions))
    length = str(rate.number_length) if rate.number_length else _("any")
    days = format_weekdays(rate.weekdays)
    return (
        *(str(row.position), rate.name, yes(rate.enabled), rate.prefix, length, first, price),
        *(window, days, valid, chosen),
    )


def _rules(session: Session, text: str, limit: int = 0) -> tuple[list[RateRow], int]:
    """The rules that `text` finds, at most `limit` (0 = all), and how many there are."""
    rows: list[RateRow] = []
    total = 1
    while len(rows) < (min(total, limit) if limit else total):
        size = min(_PAGE_ROWS, limit - len(rows)) if limit else _PAGE_ROWS
        page = session.ask(ListRates(text=text, offset=len(rows), limit=size))
        rows += page.rows
        total = page.total if page.rows else len(rows)
    return rows, total


def _rule(session: Session, name: str) -> RateRow | None:
    """The rule of exactly that name. Raises `InvalidInput` when several have it."""
    found = [row for row in _rules(session, name)[0] if row.rate.name == name]
    if len(found) > 1:
        raise InvalidInput.in_field(
            "name",
            "{count} rules are called {name!r}; give them names of their own in a sheet first.",
            count=len(found),
            name=name,
        )
    return found[0] if found else None


def _known_rule(session: Session, name: str) -> RateRow:
    row = _rule(session, name)
    if row is None:
        raise NotFound("name: no rule is called {name!r}. See pbxmeter rates list.", name=name)
    return row


@rates.command("import", epilog=examples("rates import rates.csv --dry-run", "rates import - < rates.csv"))
@click.argument("file")
@click.option("--dry-run", is_flag=True, help=N_("Say what would change, and change nothing."))
@click.pass_context
def import_rates(context: click.Context, file: str, dry_run: bool) -> None:
    """Replaces the list by a CSV sheet; - reads standard input.

    Columns: name,enabled,prefix,number_length,initial_fee,initial_seconds,price,price_seconds,cycle_seconds,
    start_time,end_time,weekdays,valid_from,valid_to,extensions; all but name may be left out. The order of
    the lines is the order of the rules. All lines or none are taken.
    """
    session = context.ensure_object(Session)
    result = session.ask(ImportRates(content=read_sheet(file), apply=not dry_run), doing="import")
    context.exit(print_import(session, result, what="rates", dry_run=dry_run))


@rates.command("export", epilog=examples("rates export -o rates.csv"))
@click.option("-o", "--output", metavar="FILE", help=N_("Write this file; default: standard output."))
@click.pass_obj
def export_rates(session: Session, output: str | None) -> None:
    """Writes the list as a CSV sheet that imports back to the same.

    Texts are written as they are; spreadsheets may take names that begin with = + - @ for formulas.
    """
    print_csv(session, lambda: session.ask(ExportRates()), output)


@rates.command("check", epilog=examples("rates check", "rates check --json"))
@click.option("--limit", metavar="N", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.pass_obj
def check_rates(session: Session, limit: int) -> None:
    """Looks for rules that can never win, pairs decided by their order alone, gaps in the day, and billed
    extensions that no rule covers."""
    remarks = session.ask(CheckRates(limit=limit), doing="check")
    if session.as_json:
        print_document(session, remarks)
        return
    if not remarks.rows:
        say(_("nothing to remark"))
        return
    print_table(
        (N_("Pos"), N_("Kind"), N_("Remark")),
        [
            ("" if row.position is None else str(row.position), _(row.kind), said(row.text))
            for row in remarks.rows
        ],
        right="Pos",
    )
    if remarks.total > len(remarks.rows):
        say(
            _("{count:,} of {total:,} remarks; --limit shows more").format(
                count=len(remarks.rows), total=remarks.total
            ),
            err=True,
        )


@rates.command(
    "set",
    epilog=examples(
        "rates set Local --prefix 9 --number-length 9 --price 0.1 --cycle-seconds 60",
        "rates set Night --prefix 900 --price 0.02 --start-time 22:00 --end-time 06:00 --position 1",
        "rates set Promotion --enabled off",
        "rates set Rooms --extensions 8021-8030 --initial-fee 0.5",
    ),
)
@click.argument("name")
@click.option("--rename", metavar="NAME", help=N_("Give the rule another name."))
@click.option("--enabled", type=click.Choice(["on", "off"]), help=N_("Off = never matches."))
@click.option("--prefix", metavar="DIGITS", help=N_("What the dialled number begins with; '' = anything."))
@click.option("--number-length", type=int, metavar="N", help=N_("Length of the dialled number; 0 = any."))
@click.option("--initial-fee", metavar="AMOUNT", help=N_("Price of the first block."))
@click.option("--initial-seconds", type=int, metavar="N", help=N_("Length of the first block."))
@click.option("--price", metavar="AMOUNT", help=N_("Price of every started cycle after the first block."))
@click.option("--price-seconds", metavar="N", help=N_("What the price is for; '' = one cycle."))
@click.option(
    "--cycle-seconds", type=int, metavar="N", help=N_("How calls are counted: every started N seconds.")
)
@click.option("--start-time", metavar="HH:MM", help=N_("Start of the window, local time."))
@click.option(
    "--end-time", metavar="HH:MM", help=N_("Its end, excluded; equal to the start = the whole day.")
)
@click.option("--weekdays", metavar="DAYS", help=N_("all, or mon,tue,...: when the window starts."))
@click.option("--valid-from", metavar="DATE", help=N_("First day; '' = always."))
@click.option("--valid-to", metavar="DATE", help=N_("First day no longer covered; '' = for ever."))
@click.option("--extensions", metavar="A,B", help=N_("all, or numbers and ranges."))
@click.option(
    "--position", type=click.IntRange(1, 10**9), metavar="N", help=N_("Its place in the list, 1 = first.")
)
@click.pass_obj
def set_rate(session: Session, name: str, position: int | None, **typed: Any) -> None:
    """Adds the rule NAME, or changes it where it exists; what is not given stays as it is.

    Past calls keep their price; see pbxmeter rerate.
    """
    existing = _rule(session, name)
    rate = changed_rate(existing.rate if existing else Rate(name=name), **typed)
    faults = rate_faults(rate)
    if faults:
        raise InvalidInput(sentences(fault.message for fault in faults), field=faults[0].field)
    rate_id = existing.rate_id if existing else None
    if existing is None or rate != existing.rate:
        rate_id = session.ask(SaveRate(rate_id=rate_id, rate=rate)).rate_id
    assert rate_id is not None
    if position is not None:
        session.ask(MoveRate(rate_id=rate_id, position=position))
    if session.as_json:
        print_document(session, {"rate_id": rate_id, "added": existing is None, "rate": rate_document(rate)})
    else:
        say(
            _("changed: {name}").format(name=rate.name)
            if existing
            else _("added: {name}").format(name=rate.name)
        )


@rates.command("remove", epilog=examples("rates remove Promotion 'Local at night'"))
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.pass_obj
def remove_rates(session: Session, names: tuple[str, ...]) -> None:
    """Takes rules out of the list, all or none. Past calls keep their price."""
    rate_ids = [_known_rule(session, name).rate_id for name in dict.fromkeys(names)]
    result = session.ask(RemoveRates(rate_ids=rate_ids))
    if session.as_json:
        print_document(session, result)
    else:
        say(
            ngettext("removed: {changed} rule", "removed: {changed} rules", result.changed).format(
                changed=result.changed
            )
        )


@rates.command("move", epilog=examples("rates move 'Local at night' 1"))
@click.argument("name")
@click.argument("position", type=click.IntRange(1, 10**9))
@click.pass_obj
def move_rate(session: Session, name: str, position: int) -> None:
    """Puts a rule at POSITION, 1 = first; the others keep their order."""
    result = session.ask(MoveRate(rate_id=_known_rule(session, name).rate_id, position=position))
    if session.as_json:
        print_document(session, result)
    else:
        say(
            _("moved: {name} to position {position}").format(
                name=name, position=_known_rule(session, name).position
            )
        )


@rates.command(
    "test",
    epilog=examples(
        "rates test 8003 948162787 --seconds 125",
        "rates test 8003 900491711234567 --seconds 60 --at '2026-11-14 23:30' --json",
    ),
)
@click.argument("extension")
@click.argument("dialled")
@click.option(
    "--seconds", metavar="N", type=click.IntRange(0, MAX_RATE_SECONDS), required=True, help=N_("Talk time.")
)
@click.option("--at", metavar="TIME", default="", help=N_("When it is answered, local time; default: now."))
@click.option("--trunk", is_flag=True, help=N_("The number is one that Dial was given for a trunk."))
@click.option("--with-switches", is_flag=True, help=N_("Charge nothing where billing is off."))
@click.pass_obj
def test_rate(
    session: Session, extension: str, dialled: str, seconds: int, at: str, trunk: bool, with_switches: bool
) -> None:
    """Says what an outbound call would cost: the winner, why, the parts of the cost, and who lost and why."""
    result = session.ask(
        TestRate(
            extension=extension,
            dialled=dialled,
            billsec=seconds,
            at=at,
            assume_billed=not with_switches,
            origin="trunk" if trunk else "dialled",
        )
    )
    if session.as_json:
        print_document(session, result)
    else:
        _print_test(session, result)


def rewrite_text(step: RewriteStep) -> str:
    """An entry of `numbering.rewrite` and what it made, or why it was passed over."""
    made = said(step.remark) if step.remark else f"{step.before} → {step.after}"
    to = step.to or "''"
    return f"{step.match} → {to}: {made}"


def _print_test(session: Session, test: RateTest) -> None:
    parts = test.parts
    pairs = [
        (
            N_("call"),
            _("{extension} dials {dialled}, {billsec} s").format(
                extension=test.extension, dialled=test.dialled, billsec=test.billsec
            ),
        ),
        (N_("answered"), local_time(test.answered_local)),
    ]
    pairs += [(_("rewrite {place}").format(place=step.place), rewrite_text(step)) for step in test.steps]
    if test.rated_number != test.dialled:
        pairs.append((N_("rated as"), test.rated_number))
    if test.destination:
        pairs.append((N_("destination"), f"{test.destination}  {test.country}"))
    if parts.unrated is None and test.rate is not None:
        cycle = test.rate.cycle_seconds
        pairs += [
            (N_("rate"), test.rate.name),
            (N_("first block"), session.money(parts.first_block_micros)),
            (
                N_("cycles"),
                _("{cycles} of {cycle} s, together {money}").format(
                    cycles=parts.cycles, cycle=cycle, money=session.money(parts.cycles_micros)
                ),
            ),
            (N_("cost"), session.money_named(parts.cost_micros)),
        ]
    else:
        pairs.append(
            (
                N_("cost"),
                _("none: {reason}").format(
                    reason=_(parts.unrated.value if parts.unrated else Unrated.NO_RULE.value)
                ),
            )
        )
    print_pairs(pairs)
    if test.candidates:
        click.echo()
        print_table(
            ("", N_("Pos"), N_("Rule"), N_("Prefix"), N_("Why")),
            [
                (
                    (_("won") if row.won else _("lost")),
                    str(row.position),
                    row.name,
                    row.prefix,
                    said(row.reason),
                )
                for row in test.candidates
            ],
            right="Pos",
        )
