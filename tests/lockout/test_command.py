"""The target `command`: real programs, their exit codes, and what they are given."""

import os
import re
import stat
import subprocess
import textwrap
import threading
from pathlib import Path

import pytest

from config.lockout import CommandTarget
from engine.domain.errors import PbxmeterError
from engine.lockout.command import BarringCommand
from engine.lockout.target import Wanted

BARRED = {"1001": "locked", "*": "over limit"}


def program(folder: Path, text: str) -> str:
    path = folder / "set-barred"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def told(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def command(
    run: tuple[str, ...], *, whole_list: bool = False, seconds: int = 20, dry_run: bool = False
) -> BarringCommand:
    return BarringCommand(
        CommandTarget(run=run, shown=run[0], whole_list=whole_list, seconds=seconds, dry_run=dry_run)
    )


def each(folder: Path, text: str = "", **kind: bool) -> BarringCommand:
    run = program(folder, text or f'echo "$1 $2 $3" >>{folder}/log')
    return command((run, "{extension}", "{state}", "why={reason}"), **kind)


def wanted(barred: dict[str, str], *, known: dict[str, str] | None = None, anew: bool = False) -> Wanted:
    return Wanted(barred=barred, known=known or {}, full=True, anew=anew)


def test_it_is_run_for_each_change_with_state_and_reason(tmp_path: Path) -> None:
    target = each(tmp_path)
    assert target.reconcile(wanted(BARRED, known={"1009": "locked"})).held == BARRED
    assert sorted(told(tmp_path)) == ["* barred why=over limit", "1001 barred why=locked", "1009 free why="]
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert len(told(tmp_path)) == 3
    target.reconcile(wanted({"1001": "over limit", "*": "over limit"}))
    assert told(tmp_path)[3:] == ["1001 barred why=over limit"]


def test_what_it_took_before_the_engine_was_started_is_not_told_again_unless_somebody_asks(
    tmp_path: Path,
) -> None:
    target = each(tmp_path)
    target.reconcile(wanted(BARRED, known=BARRED))
    assert told(tmp_path) == []
    target.reconcile(wanted(BARRED, known=BARRED, anew=True))
    assert len(told(tmp_path)) == 2


def test_no_shell_sees_the_arguments(tmp_path: Path) -> None:
    run = program(tmp_path, f"printf '%s\\n' \"$@\" >>{tmp_path}/log")
    target = command((run, "$(touch /tmp/x)", "; rm -rf {extension}", "{state}"))
    target.reconcile(wanted({"*": "locked"}))
    assert told(tmp_path) == ["$(touch /tmp/x)", "; rm -rf *", "barred"]


def test_the_whole_list_comes_on_standard_input(tmp_path: Path) -> None:
    target = command((program(tmp_path, f"cat >{tmp_path}/log"),), whole_list=True)
    assert target.reconcile(wanted(BARRED)).held == BARRED
    assert told(tmp_path) == ["*\tover limit", "1001\tlocked"]
    target.reconcile(wanted({}))
    assert told(tmp_path) == []


def test_a_list_that_nobody_reads_does_not_block(tmp_path: Path) -> None:
    many = {str(number): "locked" for number in range(1000, 50_000)}
    target = command((program(tmp_path, "exit 0"),), whole_list=True)
    assert target.reconcile(wanted(many)).held == many


def test_one_that_fails_is_named_with_its_last_words_and_the_others_are_told(tmp_path: Path) -> None:
    target = each(
        tmp_path,
        f'[ "$1" = 1001 ] && {{ echo "no such\033[31m phone" >&2; exit 7; }}; echo $1 >>{tmp_path}/log',
    )
    outcome = target.reconcile(wanted({"1001": "locked", "1002": "locked"}))
    assert (outcome.failed, outcome.held, told(tmp_path)) == (True, {"1002": "locked"}, ["1002"])
    assert str(outcome.message).endswith("set-barred ended with 7 for 1001: no such [31m phone")
    assert target.reconcile(wanted({"1002": "locked"})).failed is False


def test_after_three_failures_in_a_row_the_rest_waits(tmp_path: Path) -> None:
    target = each(tmp_path, f"echo $1 >>{tmp_path}/log; exit 1")
    many = {str(number): "locked" for number in range(1000, 1100)}
    assert target.reconcile(wanted(many)).failed
    assert len(told(tmp_path)) == 3


def test_one_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    run = program(tmp_path, f"sleep 600 & echo $! >{tmp_path}/log; sleep 600")
    target = command((run, "{extension}", "{state}"), seconds=2)
    outcome = target.reconcile(wanted({"1001": "locked"}))
    assert "did not end within 2 s for 1001" in str(outcome.message)
    (child,) = told(tmp_path)
    assert any(_is_gone(child) or pause.wait(0.01) for pause in [threading.Event()] * 3000)


def _is_gone(process: str) -> bool:
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


def test_output_without_an_end_fills_no_memory(tmp_path: Path) -> None:
    target = each(tmp_path, "head -c 30000000 /dev/zero | tr '\\0' x; exit 3")
    message = str(target.reconcile(wanted({"1001": "locked"})).message)
    assert "ended with 3" in message
    assert len(message) < 400


def test_it_sees_nothing_of_the_engines_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBXMETER_PASSWORD", "hidden")
    target = each(tmp_path, f"env >{tmp_path}/log")
    target.reconcile(wanted({"1001": "locked"}))
    assert not any("hidden" in line for line in told(tmp_path))
    assert f"HOME={os.environ['HOME']}" in told(tmp_path)


def test_a_program_that_is_missing_is_said(tmp_path: Path) -> None:
    target = command((str(tmp_path / "none"),), whole_list=True)
    with pytest.raises(PbxmeterError, match="none cannot be started: No such file or directory"):
        target.reconcile(wanted({}))


def test_a_dry_run_runs_nothing(tmp_path: Path) -> None:
    target = each(tmp_path, dry_run=True)
    outcome = target.reconcile(wanted(BARRED, known={"1009": "locked"}))
    assert str(outcome.plan) == "Dry run: would bar 2: *, 1001. Dry run: would free 1: 1009."
    assert told(tmp_path) == []


def test_the_examples_of_the_documents_are_shell_scripts_that_parse() -> None:
    text = (Path(__file__).parents[2] / "docs" / "lockout.md").read_text()
    blocks = re.findall(r"((?:^    .*\n|^\n)+)", text, re.MULTILINE)
    scripts = [textwrap.dedent(block).strip() for block in blocks if "#!/bin/sh" in block]
    assert len(scripts) == 3
    for script in scripts:
        done = subprocess.run(["/bin/sh", "-n"], input=script, capture_output=True, text=True)
        assert done.stderr == ""
