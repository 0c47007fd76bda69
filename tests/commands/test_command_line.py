"""What holds for every command: help, exit codes, where shared options may stand, what is imported."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from engine.domain.filters import FIELDS
from tui.commands.command import Group
from tui.commands.program import BROKEN_PIPE, cli, run_command


def every_command(group: Group, *path: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name)
        if isinstance(command, Group):
            yield from every_command(command, *path, name)


def pbxmeter(*arguments: str, home: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **env}
    if home is not None:
        environment["PBXMETER_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "tui.main", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


assert isinstance(cli, Group)


@pytest.mark.parametrize("path", list(every_command(cli)), ids=" ".join)
def test_every_command_has_help_and_the_single_ones_an_example(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*path, "-h"]) == 0
    text = capsys.readouterr().out
    assert "--json" in text
    assert "--home" in text
    if "Commands:" not in text:
        assert f"pbxmeter {path[0]}" in text.partition("Examples:")[2] or path == ("restore",)


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "extensions set",
        "extensions set 8001",
        "recharge 5 8001 --nte x",
        "rates test 8001 9123",
        "calls list --status fast",
        "stats --by century",
        "rerate --from 2026",
        "config check --format asterisk-csv",
        "demo --home /tmp/x",
        "users add anna --role viewer --no-password",
    ],
)
def test_a_mistyped_line_is_a_usage_error(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["--home", str(tmp_path), *line.split()]) == 2 or line.startswith("demo")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Usage:" in printed.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("recharge 1e9999 8001", "error: invalid: amount: '1e9999' is not an amount."),
        ("recharge 12,5 8001", "error: invalid: amount: '12,5' is not an amount. Write the decimal sign"),
        ("recharge -5 8001", "error: invalid: amount: '-5' must not be negative."),
        ("recharge 0 8001", "error: invalid: amount: a recharge must be more than 0."),
        ("recharge 5 8010-8001", "error: invalid: number: the range 8010-8001 runs backwards."),
        ("extensions set 8001 --credit-limit NaN", "error: invalid: credit_limit: 'NaN' is not an amount."),
        ("extensions import /nowhere/x.csv", "error: storage: /nowhere/x.csv: the file cannot be read"),
    ],
)
def test_a_refusal_says_why_in_one_line_before_any_engine_is_asked(
    line: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    assert run_command([*line.split(), "--home", str(home)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)
    assert printed.err.count("\n") == 1
    assert not home.exists()


def test_every_field_of_the_filter_language_is_explained_by_a_command_and_in_the_documentation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(["calls", "filters"]) == 0
    printed = capsys.readouterr().out
    written = (Path(__file__).parents[2] / "docs" / "filters.md").read_text(encoding="utf-8")
    for field in FIELDS:
        for text in (printed, written):
            assert field.example in text
            assert field.meaning in text
        assert all(f"`{name}`" in written for name in (field.name, *field.aliases))


def test_shared_options_stand_before_and_after_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(tmp_path)
    for line in (
        ["--home", home, "--json", "config", "path"],
        ["config", "--home", home, "path", "--json"],
        ["config", "path", "--json", "--home", home],
    ):
        assert run_command(line) == 0
        assert f'"path": "{home}/config.yaml"' in capsys.readouterr().out


def test_without_an_engine_status_is_refused_and_starts_none(tmp_path: Path) -> None:
    done = pbxmeter("engine", "status", "--json", home=tmp_path)
    assert done.returncode == 1
    assert '"running": false' in done.stdout
    assert done.stderr.startswith("error: engine_down: ")
    assert list(tmp_path.iterdir()) == []


def test_with_json_a_refusal_ends_with_its_code_template_and_fields(tmp_path: Path) -> None:
    done = pbxmeter("engine", "status", "--json", home=tmp_path)
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (error["code"], error["template"]) == ("engine_down", "No engine answers in {home}.")
    assert error["text"] == error["template"].format(**error["fields"])
    assert error["fields"]["home"].endswith(tmp_path.name)


def test_the_application_alone_needs_a_terminal(tmp_path: Path) -> None:
    done = pbxmeter(home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr


def test_commands_import_neither_textual_nor_pyarrow_before_they_ask() -> None:
    code = (
        "import sys, tui.commands.program as program; program.run_command(['calls', 'export', '-h']);"
        "sys.exit(' '.join({'textual', 'pyarrow', 'duckdb', 'babel', 'numpy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_calls_the_program(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["completion", shell]) == 0
    assert "_PBXMETER_COMPLETE" in capsys.readouterr().out


def test_words_are_completed_by_the_program_itself(tmp_path: Path) -> None:
    env = {"COMP_WORDS": "pbxmeter rates ", "COMP_CWORD": "2", "_PBXMETER_COMPLETE": "bash_complete"}
    assert "plain,check" in pbxmeter(home=tmp_path, **env).stdout


@pytest.mark.parametrize("line", ["completion bash", "rates import --help"])
def test_a_reader_that_has_gone_is_no_refusal(line: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tui.main", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.close()
    assert program.stderr is not None
    assert program.stderr.read() == b""
    assert program.wait(30) == BROKEN_PIPE
