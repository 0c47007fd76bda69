"""pbxmeter audit, verify, backup, restore."""

import subprocess
import sys
from pathlib import Path

import click
import msgspec

from engine.api.operation import Failed
from engine.api.restore import Restored
from engine.api.session import ListAudit
from engine.api.site import Backup, Verify
from engine.domain.errors import PbxmeterError, StorageError, error_from_wire
from engine.domain.message import Message
from engine.domain.zones import to_local
from tui.commands.command import Command, examples
from tui.commands.document import print_document
from tui.commands.progress import bytes_text
from tui.commands.say import say, say_error
from tui.commands.session import Session
from tui.commands.table import local_time, print_pairs, print_table
from tui.text.audited import sentence
from tui.text.i18n import N_, _


@click.command(cls=Command, epilog=examples("audit", "audit --limit 1000 --json"))
@click.option("--limit", metavar="N", type=click.IntRange(1, 1_000_000), default=200, show_default=True)
@click.pass_obj
def audit(session: Session, limit: int) -> None:
    """Lists what was done and tried last, and by whom; --json has every field."""
    trail = session.ask(ListAudit(limit=limit))
    if session.as_json:
        print_document(session, trail)
        return
    print_table(
        (N_("Time"), N_("Operator"), N_("Role"), N_("What")),
        [
            (local_time(to_local(row.done_at, session.zone)), row.operator, row.role, sentence(row))
            for row in trail.rows
        ],
    )


@click.command(cls=Command, epilog=examples("verify"))
@click.pass_context
def verify(context: click.Context) -> None:
    """Checks the books: balances against entries, charges against calls and their rules, entries against
    operations, lines of every file, and all of it against the chain of what was done.

    Answers with 1 when something does not agree.
    """
    session = context.ensure_object(Session)
    result = session.ask(Verify(), doing="verify")
    if session.as_json:
        print_document(session, result)
    else:
        print_pairs(
            [
                (N_("extensions"), f"{result.extensions:,}"),
                (N_("entries"), f"{result.entries:,}"),
                (N_("calls"), f"{result.calls:,}"),
                (N_("files"), f"{result.files:,}"),
                *(
                    (
                        N_("duplicates"),
                        _("{path}: {duplicates} of {lines} lines").format(
                            path=file.path, duplicates=f"{file.duplicates:,}", lines=f"{file.lines:,}"
                        ),
                    )
                    for file in result.duplicates
                ),
                (N_("books"), (_("agree") if result.clean else _("do not agree"))),
                *((N_("finding"), finding) for finding in result.findings),
            ]
        )
    if not result.clean:
        say_error(
            "unclean",
            Message("{count:,} findings; the books do not agree.", count=len(result.findings)),
        )
        context.exit(1)


@click.command(cls=Command, epilog=examples("backup", "backup /mnt/backups"))
@click.argument("folder", metavar="[DIR]", default="")
@click.pass_obj
def backup(session: Session, folder: str) -> None:
    """Writes a backup while work goes on; default: backups/ in the home folder.

    It is a folder with a consistent copy of the database, config.yaml and the site's own formats. Passwords
    that config.yaml keeps in files of their own are not in it. The engine writes it, so its user must be
    allowed to write there.
    """
    result = session.ask(Backup(folder=str(Path(folder).absolute()) if folder else ""), doing="backup")
    if session.as_json:
        print_document(session, result)
    else:
        say(f"{result.path}: {bytes_text(result.bytes)}")


@click.command(
    cls=Command,
    epilog=examples(
        "restore backups/pbxmeter-20260131-020000", "restore --dry-run backups/pbxmeter-20260131-020000"
    ),
)
@click.argument("file")
@click.option("--dry-run", is_flag=True, help=N_("Only look at the backup and say what is in it."))
@click.option("--force", is_flag=True, help=N_("Also a backup whose books do not agree."))
@click.pass_obj
def restore(session: Session, file: str, dry_run: bool, force: bool) -> None:
    """Puts a backup in the place of the database; the engine must not run.

    The backup is checked first: what it is, and whether its books agree. What was there before is kept
    beside it. config.yaml and formats of the backup are put back where the home has none.
    """
    source = Path(file).absolute()
    argv = [sys.executable, "-m", "engine.daemon", "restore", "--home", str(session.folder)]
    argv += ["--dry-run"] * dry_run + ["--force"] * force + ["--", str(source)]
    # Our own module; the file's name is one argument.
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _refusal(done.stdout)
    result = msgspec.json.decode(done.stdout, type=Restored)
    if session.as_json:
        print_document(session, result)
    else:
        _print_restored(result)


def _refusal(answer: str) -> PbxmeterError:
    try:
        failed = msgspec.json.decode(answer, type=Failed)
    except msgspec.DecodeError:
        return StorageError("The backup could not be restored.")
    return error_from_wire(failed.kind, failed.code, failed.message, failed.field)


def _print_restored(result: Restored) -> None:
    returned = [account.name for account in result.accounts if account.returns]
    print_pairs(
        [
            (N_("extensions"), f"{result.extensions:,}"),
            (N_("entries"), f"{result.entries:,}"),
            (N_("calls"), f"{result.calls:,}"),
            (
                N_("newest call"),
                _("{local_time} UTC").format(local_time=local_time(result.newest_call_at))
                if result.newest_call_at
                else "",
            ),
            *((N_("account"), f"{account.name} ({account.role})") for account in result.accounts),
            (N_("books"), (_("agree") if result.clean else _("do not agree"))),
            *((N_("finding"), finding) for finding in result.findings),
        ]
    )
    if returned:
        say(
            _("Accounts that were removed since, and can sign in with this backup: {returned}.").format(
                returned=", ".join(returned)
            )
        )
    if not result.restored:
        say(_("Nothing was changed: this was a look only."))
        return
    say(_("{file} is in force now.").format(file=result.file))
    if result.kept:
        say(_("What was there before is kept as {kept}.").format(kept=result.kept))
    if result.written:
        say(_("Put back as well: {written}.").format(written=", ".join(result.written)))
    if result.differing:
        say(
            _("Left as they are here, though the backup has them otherwise: {differing}.").format(
                differing=", ".join(result.differing)
            )
        )
    if result.secrets:
        say(
            _("No backup holds files with passwords; write them anew: {secrets}.").format(
                secrets=", ".join(result.secrets)
            )
        )
