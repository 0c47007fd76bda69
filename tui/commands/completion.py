"""pbxmeter completion: what a shell needs to complete command lines."""

import click
from click.shell_completion import get_completion_class

from tui.commands.command import Command, examples

COMPLETE_VARIABLE = "_PBXMETER_COMPLETE"


@click.command(
    cls=Command,
    epilog=examples(
        "completion bash > /etc/bash_completion.d/pbxmeter",
        "completion zsh > ~/.zfunc/_pbxmeter",
        "completion fish > ~/.config/fish/completions/pbxmeter.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Prints the completion script of a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root().command
    click.echo(kind(root, {}, "pbxmeter", COMPLETE_VARIABLE).source())
