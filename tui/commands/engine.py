"""pbxmeter engine: run, start, stop, status."""

import fcntl
import os
import sys
import time
from pathlib import Path

import click

from engine.api.home import LOCK_FILE, LOG_FILE
from engine.api.identity import ask_identity
from engine.api.site import EngineStatus, GetStatus, StopEngine
from engine.domain.errors import EngineDown, Refused
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import json_text, print_document
from tui.commands.progress import bytes_text
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_pairs, print_table
from tui.text.i18n import N_, _, said

STOP_SECONDS = 60.0


accept_loss_option = click.option(
    "--accept-loss",
    is_flag=True,
    help=N_("Go on with a database that has not all that was acknowledged; the audit keeps what is missing."),
)


@click.group(cls=Group)
def engine() -> None:
    """The process that owns the database and follows the CDR files."""


@engine.command("run", epilog=examples("engine run --home /var/lib/pbxmeter"))
@accept_loss_option
@click.pass_obj
def run_engine(session: Session, accept_loss: bool) -> None:
    """Runs it in the foreground until it is told to end, for systemd."""
    sys.stdout.flush()
    argv = [sys.executable, "-m", "engine.daemon", "run", "--home", str(session.folder)]
    argv += ["--accept-loss"] if accept_loss else []
    os.execv(sys.executable, argv)  # noqa: S606 - our own module in place of this process


@engine.command("start", epilog=examples("engine start"))
@click.option(
    "--new-database", is_flag=True, help=N_("Begin with an empty database where the old one is gone.")
)
@accept_loss_option
@click.pass_obj
def start_engine(session: Session, new_database: bool, accept_loss: bool) -> None:
    """Starts it in the background where none runs; it stays until it is stopped.

    An engine that a command or the application starts by itself ends a while after its last client.
    """
    try:
        session.connect(start=False)
    except EngineDown:
        # The client brings pyarrow, which most commands of this group do without.
        from engine.api.client import start_engine as start

        start(session.folder, stay=True, new_database=new_database, accept_loss=accept_loss)
        session.connect(start=False)
    else:
        if new_database:
            raise Refused("The engine runs, and has a database.")
    _print_status(session, session.ask(GetStatus()))


@engine.command("stop", epilog=examples("engine stop"))
@click.pass_obj
def stop_engine(session: Session) -> None:
    """Ends it after the work in hand, and waits until it has ended."""
    session.connect(start=False)
    session.ask(StopEngine())
    if not ended(session.folder):
        raise EngineDown(
            "The engine has not ended within {stop_seconds:.0f} s. See {folder}.",
            stop_seconds=STOP_SECONDS,
            folder=session.folder / LOG_FILE,
        )
    if session.as_json:
        click.echo(json_text({"stopped": True}))
    else:
        say(_("stopped"))


@engine.command("status", epilog=examples("engine status", "engine status --json"))
@click.pass_obj
def engine_status(session: Session) -> None:
    """Says how it is; answers with 1 when none runs."""
    try:
        session.connect(start=False)
    except EngineDown:
        if session.as_json:
            click.echo(json_text({"running": False, "home": str(session.folder)}))
        raise
    _print_status(session, session.ask(GetStatus()))


def ended(home: Path) -> bool:
    """Waits until the engine of the home that was told to end has closed everything; False = it has not."""
    deadline = time.monotonic() + STOP_SECONDS
    while _answers(home) or _locked(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _answers(home: Path) -> bool:
    try:
        ask_identity(home)
    except EngineDown:
        return False
    return True


def _locked(home: Path) -> bool:
    """Whether a process holds the lock of the home; an engine keeps it until its database is closed."""
    try:
        with (home / LOCK_FILE).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _print_status(session: Session, status: EngineStatus) -> None:
    if session.as_json:
        print_document(session, status, running=True)
        return
    print_pairs(
        [
            (
                N_("engine"),
                (
                    _("running, process {pid}, in the background")
                    if status.background
                    else _("running, process {pid}")
                ).format(pid=status.pid),
            ),
            (N_("version"), f"{status.version}, DuckDB {status.duckdb}"),
            (N_("started"), local_time(to_local(status.started_at, session.zone))),
            (N_("home"), status.home),
            (
                N_("database"),
                _("{bytes_text}, {calls:,} calls").format(
                    bytes_text=bytes_text(status.database_bytes), calls=status.calls
                ),
            ),
            (N_("clients"), str(status.clients)),
        ]
    )
    click.echo()
    print_table(
        (N_("Thread"), N_("State"), N_("Restarts"), N_("Last error")),
        [(row.name, _(row.state), str(row.restarts), said(row.error)) for row in status.threads],
        right="Restarts",
    )
