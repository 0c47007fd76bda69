"""pbxmeter lockouts: who is barred, and what the PBX knows of it."""

import click

from config.dialplans import FREEPBX_RELEASES, PBXS, Request, site_dialplan
from config.settings import load_settings
from engine.api.home import CONFIG_FILE
from engine.api.site import ListLockouts, Lockouts, SyncLockouts, TargetRow
from engine.domain.zones import to_local
from tui.commands.command import Group, examples
from tui.commands.document import json_text, print_document
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import local_time, print_table
from tui.text.i18n import N_, _, said


@click.group(cls=Group)
def lockouts() -> None:
    """Barred extensions and the targets that are told of them."""


@lockouts.command("list", epilog=examples("lockouts list", "lockouts list --json"))
@click.pass_obj
def list_lockouts(session: Session) -> None:
    """Lists targets and barred extensions."""
    _print(session, session.ask(ListLockouts()))


@lockouts.command("sync", epilog=examples("lockouts sync"))
@click.pass_obj
def sync_lockouts(session: Session) -> None:
    """Compares every target in full, now."""
    _print(session, session.ask(SyncLockouts(), doing="compare"))


@lockouts.command(
    "dialplan", epilog=examples("lockouts dialplan asterisk --trunk carrier", "lockouts dialplan freepbx")
)
@click.argument("pbx", type=click.Choice(PBXS), required=False)
@click.option(
    "--trunk", metavar="NAME", default="", help=N_("The PJSIP endpoint or gateway that leads outside.")
)
@click.option(
    "--fail",
    type=click.Choice(["closed", "open"]),
    default="closed",
    show_default=True,
    help=N_("What becomes of a call where nobody can tell whether its payer is barred."),
)
@click.option(
    "--release",
    type=click.Choice(FREEPBX_RELEASES),
    default=FREEPBX_RELEASES[-1],
    show_default=True,
    help=N_("Of FreePBX."),
)
@click.pass_obj
def print_dialplan(session: Session, pbx: str | None, trunk: str, fail: str, release: str) -> None:
    """Prints what the PBX needs to honour the bars of this site, emergency numbers first.

    It looks into the first lockout target of config.yaml that the PBX can read.
    """
    settings = load_settings(session.folder / CONFIG_FILE)
    request = Request(pbx=pbx or "", trunk=trunk, fail=fail, release=release)
    text = site_dialplan(settings, home=session.folder.absolute(), request=request)
    if session.as_json:
        click.echo(json_text({"dialplan": text}))
    else:
        click.echo(text, nl=False)


def _state(row: TargetRow) -> str:
    state = _("up to date") if row.state == "agrees" else _(row.state)
    return _("%s, dry run") % state if row.dry_run else state


def _print(session: Session, state: Lockouts) -> None:
    if session.as_json:
        print_document(session, state)
        return
    if state.targets:
        print_table(
            (N_("Target"), N_("State"), N_("Pending"), N_("Last compared"), N_("Message")),
            [
                (
                    row.target,
                    _state(row),
                    str(row.pending),
                    local_time(to_local(row.last_sync_at, session.zone) if row.last_sync_at else None),
                    said(row.message),
                )
                for row in state.targets
            ],
            right="Pending",
        )
    else:
        say(_("No lockout target is configured: the PBX is told of nobody."))
    click.echo()
    if not state.rows:
        say(_("nobody is barred"))
        return
    print_table(
        (N_("Extension"), N_("Name"), N_("Because"), N_("Available"), N_("Known to")),
        [
            (
                row.extension,
                row.name,
                _(row.reason),
                session.money(row.available_micros),
                ", ".join(row.taken),
            )
            for row in state.rows
        ],
        right="Available",
    )
