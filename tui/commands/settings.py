"""pbxmeter settings: what an operator switches at run time."""

import sys

import click

from engine.api.extensions import PreviewBarred
from engine.api.site import GetSettings, SetSetting
from engine.domain.errors import NotFound, Refused
from tui.commands.barring import tell_of_barring
from tui.commands.command import Group, examples
from tui.commands.document import print_document
from tui.commands.say import say
from tui.commands.session import Session
from tui.commands.table import print_pairs
from tui.terminal.clean import clean
from tui.text.i18n import N_, _, said

_ON = ("on", "true", "yes", "1")
NAMES = ("billing", "currency", "low_balance", "language")


@click.group(cls=Group)
def settings() -> None:
    """Billing on or off, currency, low balance, language."""


@settings.command("get", epilog=examples("settings get", "settings get billing"))
@click.argument("key", required=False)
@click.pass_obj
def get_settings(session: Session, key: str | None) -> None:
    """Prints all settings, or the value of one."""
    found = session.ask(GetSettings())
    values = found.values
    if key is not None:
        if key not in values:
            raise NotFound(
                "key: there is no setting {key!r}; known are {values}.", key=key, values=", ".join(values)
            )
        values = {key: values[key]}
    if session.as_json:
        print_document(session, values)
    elif key is not None:
        click.echo(clean(values[key]))
    else:
        print_pairs([*values.items(), (N_("config"), found.config_path)], as_they_are=True)
        if found.config_error:
            say(
                _("config.yaml is not in force: {config_error}").format(
                    config_error=said(found.config_error)
                ),
                err=True,
            )


@settings.command(
    "set",
    epilog=examples("settings set billing on", "settings set currency CNY", "settings set low_balance 10"),
)
@click.argument("key", type=click.Choice(NAMES))
@click.argument("value")
@click.option(
    "--yes", is_flag=True, help=N_("Do not ask before the currency is changed or somebody is barred.")
)
@click.pass_obj
def set_setting(session: Session, key: str, value: str, yes: bool) -> None:
    """Changes one setting.

    billing: on or off. currency: an ISO 4217 code; a label, no amount is converted. low_balance: extensions
    with no more than this available are shown as low; 0 = none. language: en, zh_CN, or auto = by each
    operator's locale.
    """
    if key == "currency":
        _tell_what_a_currency_is(session, value, ask=not yes and sys.stdin.isatty())
    if key == "billing" and value.strip().lower() in _ON:
        tell_of_barring(session, PreviewBarred(site_billing=True), ask=not yes)
    session.ask(SetSetting(name=key, value=value))
    stored = session.ask(GetSettings()).values
    if session.as_json:
        print_document(session, {key: stored[key]})
    else:
        click.echo(clean(f"{key}: {stored[key]}"))


def _tell_what_a_currency_is(session: Session, value: str, *, ask: bool) -> None:
    note = _("The currency is a label: every amount keeps its number, nothing is converted.")
    say(note, err=True)
    present = session.greeting.currency
    if (
        ask
        and value != present
        and not click.confirm(
            _("Change {present} to {clean}?").format(present=present, clean=clean(value)), err=True
        )
    ):
        raise Refused("The currency stays {present}.", present=present)
