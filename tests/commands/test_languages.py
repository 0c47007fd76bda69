"""The command line in Chinese: sentences, tables and help are; what programs read never changes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from tui.commands.program import cli
from tui.text import i18n

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("site")
    home.chmod(0o700)
    (home / "config.yaml").write_bytes((OFFICE / "config.yaml").read_bytes())
    try:
        assert _run(home, "rates", "import", str(OFFICE / "rates.csv")).returncode == 0
        assert _run(home, "extensions", "set", "8003", "--create", "--billing", "on").returncode == 0
        yield home
    finally:
        _run(home, "engine", "stop")


_MOMENT = re.compile(r'"last_sync_at": "[^"]*"')


def test_a_refusal_is_in_chinese_behind_its_code(home: Path):
    done = _run(home, "recharge", "12,5", "8003", PBXMETER_LANGUAGE="zh_CN")
    assert done.returncode == 1
    assert done.stderr == ("error: invalid: amount: '12,5' 不是金额。小数点请写成点，如 12.5。\n")


def test_a_site_without_a_language_speaks_that_of_the_operators_locale(home: Path):
    assert _run(home, "settings", "get", "language").stdout == "auto\n"
    assert _run(home, "lockouts", "list", LC_ALL="zh_CN.UTF-8").stdout.rstrip().endswith("没有限呼分机")
    assert _run(home, "lockouts", "list", LC_ALL="C.UTF-8").stdout.rstrip().endswith("nobody is barred")


def test_the_sites_setting_decides_unless_the_operator_chose(home: Path):
    try:
        assert _run(home, "settings", "set", "language", "en").returncode == 0
        chinese = _run(home, "lockouts", "list", LC_ALL="zh_CN.UTF-8").stdout
        assert chinese.rstrip().endswith("nobody is barred")
        assert _run(home, "settings", "set", "language", "zh_CN").returncode == 0
        assert _run(home, "lockouts", "list").stdout.rstrip().endswith("没有限呼分机")
        english = _run(home, "lockouts", "list", PBXMETER_LANGUAGE="en").stdout
        assert english.rstrip().endswith("nobody is barred")
    finally:
        assert _run(home, "settings", "set", "language", "auto", PBXMETER_LANGUAGE="en").returncode == 0


def test_why_rules_won_and_lost_is_told_in_chinese(home: Path):
    test = ("rates", "test", "8003", "948162787", "--seconds", "125")
    shown = _run(home, *test, PBXMETER_LANGUAGE="zh_CN").stdout
    assert "8003 拨打 948162787，125 秒" in shown
    assert "序号  规则" in shown
    assert "胜出" in shown
    assert not any(word in shown for word in ("prefix", "fits", "won", "lost", "cycles"))


def test_what_programs_read_is_the_same_in_every_language(home: Path):
    for command in (
        ("extensions", "list", "--json"),
        ("extensions", "export"),
        ("rates", "list", "--json"),
        ("rates", "export"),
        ("rates", "check", "--json"),
        ("sources", "--json"),
        ("lockouts", "list", "--json"),
        ("settings", "get"),
        ("calls", "export"),
    ):
        english = _run(home, *command, PBXMETER_LANGUAGE="en")
        chinese = _run(home, *command, PBXMETER_LANGUAGE="zh_CN")
        assert english.returncode == chinese.returncode == 0
        if "sources" in command:
            english_row, chinese_row = (json.loads(done.stdout)["rows"][0] for done in (english, chinese))
            assert english_row.keys() == chinese_row.keys()
            assert english_row["message"] == chinese_row["message"]
        else:
            # A target is compared again in between on a busy machine.
            assert _MOMENT.sub("", chinese.stdout) == _MOMENT.sub("", english.stdout)


def test_help_is_in_chinese_and_no_line_is_wider_than_eighty_cells():
    i18n.install("zh_CN")
    try:
        for words in _commands():
            shown = CliRunner().invoke(cli, [*words, "--help"], terminal_width=80).output
            assert shown.startswith("用法：")
            described, _, _ = shown.partition("示例：")
            for line in described.split("\n")[1:]:
                assert cell_len(line) <= 80 or len(line.split()) == 1, line
            assert "Options" not in shown.replace("[OPTIONS]", "")
            assert " the " not in shown, f"English in the help of {' '.join(words)}:\n{shown}"
    finally:
        i18n.install("en")


def test_usage_errors_are_in_chinese(home: Path):
    done = _run(home, "rates", "frob", PBXMETER_LANGUAGE="zh_CN")
    assert done.returncode == 2
    assert "没有命令 'frob'。" in done.stderr


def _commands() -> list[list[str]]:
    found: list[list[str]] = [[]]
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        found.append([name])
        if isinstance(command, click.Group):
            found += [[name, inner] for inner in command.list_commands(context)]
    return found


def _run(home: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LC_") and name not in ("LANG", "LANGUAGE", i18n.CHOICE)
    }
    return subprocess.run(
        [sys.executable, "-m", "tui.main", *arguments],
        env={**plain, "LC_ALL": "C.UTF-8", "PBXMETER_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=120,
    )
