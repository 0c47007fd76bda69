"""pbxmeter config: check, edit and find the site's config.yaml."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from config.billing_source import bills_from_events, kind_name, other_kind
from config.new_site import shipped_text
from config.secret import read_secret
from config.settings import Settings, load_settings, parse_settings, secret_files
from engine.api.home import CONFIG_FILE
from engine.domain.errors import ConfigError, StorageError
from engine.domain.message import of_system
from tui.commands.command import Group, examples
from tui.commands.document import Json, json_text, print_document
from tui.commands.say import say, say_error
from tui.commands.session import Session
from tui.commands.sources import detected, print_detected
from tui.commands.table import print_pairs
from tui.text import i18n
from tui.text.i18n import N_, _


@click.group(cls=Group)
def config() -> None:
    """The file that describes the site: time zone, numbering, sources, lockout targets."""


@config.command("path", epilog=examples("config path"))
@click.pass_obj
def config_path(session: Session) -> None:
    """Prints where the file is."""
    path = session.folder / CONFIG_FILE
    if session.as_json:
        click.echo(json_text({"path": str(path), "exists": path.exists()}))
    else:
        click.echo(str(path))


@config.command(
    "check", epilog=examples("config check", "config check cdr-sample.csv --format formats/our-pbx.yaml")
)
@click.argument("sample", required=False)
@click.option(
    "--format", "format_name", metavar="NAME", default="", help=N_("A shipped format or a format file.")
)
@click.option("--timezone", metavar="ZONE", default="", help=N_("Of the times in the sample."))
@click.pass_context
def check_config(context: click.Context, sample: str | None, format_name: str, timezone: str) -> None:
    """Checks the whole file; with SAMPLE, shows the first rows of a CDR file as they would be read.

    Answers with 1 and file, line and key when something is wrong.
    """
    session = context.ensure_object(Session)
    if sample is None:
        if format_name or timezone:
            raise click.UsageError(_("--format and --timezone go with a SAMPLE file."))
        path = session.folder / CONFIG_FILE
        settings = load_settings(path)
        for name in secret_files(settings):
            read_secret(session.folder / name)
        _print_settings(session, path, settings)
        return
    result = detected(session, sample, form=format_name, timezone=timezone)
    if session.as_json:
        print_document(session, result)
    else:
        print_detected(result)
    if result.faults or not result.format:
        context.exit(1)


def _print_settings(session: Session, path: Path, settings: Settings) -> None:
    events = bills_from_events(settings, session.folder)
    bills = "what is imported first" if events is None else kind_name(events=events)
    unread = other_kind(settings, session.folder)
    if session.as_json:
        sources: list[Json] = [
            {
                "path": source.path,
                "format": source.format,
                "timezone": str(source.timezone or settings.site.timezone),
            }
            for source in settings.sources
        ]
        click.echo(
            json_text(
                {
                    "path": str(path),
                    "exists": path.exists(),
                    "timezone": str(settings.site.timezone),
                    "bills_from": bills,
                    "sources": sources,
                    "not_read": [source.path for source in unread],
                    "lockout_targets": len(settings.lockout),
                }
            )
        )
        return
    print_pairs(
        [
            (N_("file"), str(path) + ("" if path.exists() else _(" (not there yet: all defaults)"))),
            (N_("time zone"), str(settings.site.timezone)),
            (N_("extensions"), settings.numbering.extensions),
            (N_("trunks"), ", ".join(settings.numbering.trunks) or _("none: no call will be outbound")),
            *((N_("source"), f"{source.path} ({source.format})") for source in settings.sources),
            (N_("bills from"), bills),
            *(
                (
                    N_("not read"),
                    _("{path}: a site bills from CDRs or CEL, and the first source decides").format(
                        path=source.path
                    ),
                )
                for source in unread
            ),
            (N_("lockout"), _("{count} targets").format(count=len(settings.lockout))),
            (N_("result"), _("no errors")),
        ]
    )


@config.command("edit", epilog=examples("config edit"))
@click.pass_obj
def edit_config(session: Session) -> None:
    """Opens the file in $VISUAL or $EDITOR, checks what was written, and only then puts it in force.

    A new site starts from a commented example. When something is wrong, it is said and edited again, or
    the old file stays.
    """
    path = session.folder / CONFIG_FILE
    draft = path.with_name(f".{CONFIG_FILE}.{os.getpid()}.yaml")
    try:
        session.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else None
        mode = path.stat().st_mode & 0o777 if before is not None else 0o600
        draft.write_bytes(before if before is not None else shipped_text("example", i18n.language()).encode())
        draft.chmod(mode)
        try:
            _edit_until_sound(draft, session.folder)
            after = draft.read_bytes()
            changed = after != before
            if changed:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            "{filename}: {reason}.", filename=error.filename or path, reason=of_system(error)
        ) from error
    if session.as_json:
        click.echo(json_text({"path": str(path), "changed": changed}))
    else:
        say((_("{path}: checked and in force") if changed else "{path}: unchanged").format(path=path))
        if changed:
            _say_what_waits(path, before)


def _say_what_waits(path: Path, before: bytes | None) -> None:
    """Names the keys that a running engine does not take over."""
    try:
        old = parse_settings((before or b"").decode("utf-8-sig"), name=CONFIG_FILE, base=path.parent).engine
    except (ConfigError, UnicodeDecodeError):
        return
    new = load_settings(path).engine
    for key in ("socket_group", "memory_mb"):
        if getattr(old, key) != getattr(new, key):
            say(_("engine.{key} counts from the next start of the engine").format(key=key))


def _edit_until_sound(draft: Path, folder: Path) -> None:
    while True:
        _run_editor(draft)
        try:
            text = draft.read_bytes().decode("utf-8-sig")
            parse_settings(text, name=CONFIG_FILE, base=folder)
            return
        except UnicodeDecodeError as error:
            fault = ConfigError(
                "{config_file}: the file is not UTF-8 text (byte {start}).",
                config_file=CONFIG_FILE,
                start=error.start,
            )
        except ConfigError as error:
            fault = error
        if not sys.stdin.isatty():
            raise ConfigError("{fault} The old file stays in force.", fault=fault)
        say_error(fault.code, fault.message)
        if not click.confirm(_("Edit it again? (no = the old file stays)"), default=True, err=True):
            raise ConfigError("The old file stays in force.")


def _run_editor(draft: Path) -> None:
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        code = subprocess.run([*editor, str(draft)], check=False).returncode
    except OSError as error:
        raise StorageError(
            "The editor {editor!r} cannot be started: {reason}. Set EDITOR.",
            editor=editor[0],
            reason=of_system(error),
        ) from error
    if code:
        raise StorageError(
            "The editor {editor!r} ended with {exit_code}; the old file stays in force.",
            editor=editor[0],
            exit_code=code,
        )
