"""pbxmeter demo: a throwaway site with two weeks of calls that end now, and calls that go on."""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import click

from config.lockout import HOME_LIST
from engine.api.calls import CallCount, CallFilter, CountCalls, GetStatistics, StatRow
from engine.api.extensions import ImportExtensions, Recharge
from engine.api.home import CONFIG_FILE
from engine.api.operation import ImportResult
from engine.api.rates import ImportRates
from engine.api.session import Greet
from engine.api.site import ListLockouts, ListSources, LockoutRow, SetSetting, StopEngine
from engine.domain.errors import EngineDown, PbxmeterError, StorageError
from engine.domain.message import Message, clauses, of_system
from tui.commands.command import Command, examples
from tui.commands.document import print_document
from tui.commands.engine import ended
from tui.commands.say import say
from tui.commands.session import FullScreen, Session
from tui.commands.table import print_pairs, print_table
from tui.text.i18n import N_, _, said

_FOLLOWED_FILE = "Master.csv"
_READ_SECONDS = 120.0
_TOP_EXTENSIONS = 5


@click.command(cls=Command, epilog=examples("demo", "demo --keep /tmp/site", "demo --json < /dev/null"))
@click.option(
    "--keep", metavar="DIR", help=N_("Build the site in this new or empty folder, and leave it there.")
)
@click.pass_obj
def demo(session: Session, keep: str | None) -> None:
    """Builds a throwaway site with sample data.

    On a terminal it opens the application and keeps writing calls into the followed file; elsewhere it
    prints what the sample yields and ends. The site, its engine included, is removed afterwards.
    """
    if session.home is not None:
        raise click.UsageError(_("demo makes a folder of its own: --home does not go with it; see --keep."))
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not session.as_json
    with _throwaway_home(keep) as home, _readable_folder(keep) as folder:
        session.home = str(home)
        # A site in the making knows no accounts: the caller is its admin.
        session.user = session.password_file = None
        try:
            lines = build_site(session, barred_list=f"{folder}/barred.txt" if folder else HOME_LIST)
            if interactive and session.full_screen is not None:
                _open_application(session, session.full_screen)
            else:
                _print_summary(session, lines)
        finally:
            _stop_engine(session)


def build_site(session: Session, *, barred_list: str = HOME_LIST) -> int:
    """Writes the sample office into the session's home and has it read; answers with its lines."""
    from sample_cdr import site

    home = session.folder
    office = site.office_until_now()
    (home / CONFIG_FILE).write_bytes(office.config.replace(HOME_LIST.encode(), barred_list.encode()))
    session.connect()
    _imported(session.ask(ImportExtensions(content=office.extensions, apply=True)), "extensions")
    _imported(session.ask(ImportRates(content=office.rates, apply=True)), "rates")
    for name, value in (("currency", "CNY"), ("low_balance", "10"), ("billing", "on")):
        session.ask(SetSetting(name=name, value=value))
    # The engine greeted before it had a currency.
    session.greeting = session.ask(Greet())
    for number, amount in office.recharges:
        session.ask(Recharge(numbers=[number], amount_micros=amount, note="Deposit", key=f"demo-{number}"))
    part = home / "part"
    part.write_bytes(b"".join(office.lines))
    part.replace(home / _FOLLOWED_FILE)
    _wait_until_read(session, len(office.lines))
    return len(office.lines)


def _imported(result: ImportResult, what: str) -> None:
    if not result.applied:
        fault = result.faults[0]
        raise StorageError(
            "The sample {what} were refused: line {line}, {column}: {reason}",
            what=what,
            line=fault.line,
            column=fault.column,
            reason=fault.reason,
        )


def _wait_until_read(session: Session, lines: int) -> None:
    deadline = time.monotonic() + _READ_SECONDS
    while True:
        rows = session.ask(ListSources()).rows
        if sum(row.lines for row in rows) >= lines:
            return
        if time.monotonic() > deadline:
            found = clauses(Message("{state} {fault}", state=row.state, fault=row.message) for row in rows)
            raise StorageError(
                "The sample was not read within {read_seconds:.0f} s: {found}",
                read_seconds=_READ_SECONDS,
                found=found,
            )
        time.sleep(0.05)


def _print_summary(session: Session, lines: int) -> None:
    calls = session.ask(CountCalls())
    charged = session.ask(CountCalls(filter=CallFilter(status="charged")))
    unrated = session.ask(CountCalls(filter=CallFilter(status="unrated")))
    by_extension = session.ask(GetStatistics(by="all", per="extension")).rows
    top = sorted(by_extension, key=lambda row: (-row.cost_micros, row.key))[:_TOP_EXTENSIONS]
    barred = session.ask(ListLockouts()).rows
    if session.as_json:
        print_document(
            session,
            {
                "lines": lines,
                "calls": calls.calls,
                "charged": charged.calls,
                "unrated": unrated.calls,
                "cost_micros": calls.cost_micros,
                "currency": session.greeting.currency,
                "top": [
                    {
                        "extension": row.key,
                        "name": row.label,
                        "calls": row.calls,
                        "cost_micros": row.cost_micros,
                    }
                    for row in top
                ],
                "barred": [row.extension for row in barred],
            },
        )
        return
    _print_figures(session, calls, charged, unrated)
    _print_top(session, top, barred)


def _print_figures(session: Session, calls: CallCount, charged: CallCount, unrated: CallCount) -> None:
    print_pairs(
        [
            (N_("calls"), f"{calls.calls:,}"),
            (N_("charged"), f"{charged.calls:,}"),
            (N_("unrated"), _("{calls:,} (no rule)").format(calls=unrated.calls)),
            (N_("cost"), session.money_named(calls.cost_micros)),
        ]
    )


def _print_top(session: Session, top: list[StatRow], barred: list[LockoutRow]) -> None:
    click.echo()
    print_table(
        (N_("Extension"), N_("Name"), N_("Calls"), N_("Cost")),
        [(row.key, row.label, f"{row.calls:,}", session.money(row.cost_micros)) for row in top],
        right="Calls|Cost",
    )
    click.echo()
    numbers = ", ".join(f"{row.extension} ({_(row.reason)})" for row in barred)
    print_pairs([(N_("barred"), numbers or _("nobody"))])


def _open_application(session: Session, full_screen: FullScreen) -> None:
    from sample_cdr import site

    with site.live_calls(session.folder / _FOLLOWED_FILE):
        full_screen(session.folder, slow_link=session.slow_link, mouse=session.mouse)


def _stop_engine(session: Session) -> None:
    """Ends the engine of the site, if one was started, and waits until it has gone."""
    try:
        session.connect(start=False)
        session.ask(StopEngine())
    except EngineDown:
        return
    except PbxmeterError as error:
        say(
            _("The engine of the demo was not told to end: {reason}").format(reason=said(error.message)),
            err=True,
        )
    ended(session.folder)


@contextmanager
def _throwaway_home(keep: str | None) -> Generator[Path]:
    """A private folder, gone after the block unless it is kept; also when the process is told to end."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if keep is not None:
        home = Path(keep).absolute()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(home.iterdir()):
                raise StorageError("{keep}: the folder is not empty; name a new one.", keep=keep)
        except OSError as error:
            raise StorageError("{keep}: {reason}.", keep=keep, reason=of_system(error)) from error
        yield home
        return
    home = Path(tempfile.mkdtemp(prefix="pbxmeter-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _readable_folder(keep: str | None) -> Generator[Path | None]:
    """A folder for the barred list that everybody can read, unlike the home; None for a site that stays.

    It is not where temporary files of the user are: that folder may be private, too.
    """
    folder = None
    if keep is None:
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="pbxmeter-demo-list-", dir="/tmp"))
            folder.chmod(0o755)
    try:
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _end(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
