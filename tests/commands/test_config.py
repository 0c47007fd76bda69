"""config check, edit and path: no engine is needed for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.commands.program import run_command

GOOD = "sources: []\nsite:\n  timezone: UTC\n"


def edit(home: Path, editor: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tui.main", "config", "edit", "--home", str(home)],
        env={**os.environ, "EDITOR": editor, "VISUAL": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_wrong_key_is_refused_with_file_line_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text("site:\n  timezon: UTC\n")
    assert run_command(["config", "check", "--home", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: config: {tmp_path}/config.yaml:2: site.timezon")
    assert error.count("\n") == 1


def test_a_sound_file_is_told_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text(GOOD)
    assert run_command(["config", "check", "--home", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["timezone"], document["sources"], document["exists"]) == ("UTC", [], True)


def test_a_secret_that_others_can_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("lockout: [{kind: asterisk-ami, secret_file: ami.secret}]\n")
    assert run_command(["config", "check", "--home", str(tmp_path)]) == 1
    assert "ami.secret: the secret cannot be read: No such file" in capsys.readouterr().err
    (tmp_path / "ami.secret").write_text("hush\n")
    (tmp_path / "ami.secret").chmod(0o644)
    assert run_command(["config", "check", "--home", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "others may read the secret (mode 0644)" in error
    assert "hush" not in error
    (tmp_path / "ami.secret").chmod(0o600)
    assert run_command(["config", "check", "--home", str(tmp_path)]) == 0


def test_what_the_editor_wrote_comes_into_force_when_it_is_sound(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(GOOD)
    (tmp_path / "config.yaml").chmod(0o640)
    done = edit(tmp_path, "sed -i s/UTC/Asia.Shanghai/;s/Asia.S/Asia\\/S/")
    done = edit(tmp_path, "sed -i s,UTC,Asia/Shanghai,") if done.returncode else done
    assert (done.returncode, done.stderr) == (0, "")
    assert "Shanghai" in (tmp_path / "config.yaml").read_text()
    assert (tmp_path / "config.yaml").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_what_counts_only_from_the_next_start_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(GOOD)
    done = edit(tmp_path, "sed -i s,UTC,Asia/Shanghai,")
    assert "next start" not in done.stdout
    script = tmp_path / "add"
    script.write_text("#!/bin/sh\nprintf 'engine:\\n  socket_group: pbxmeter\\n' >> \"$1\"\n")
    script.chmod(0o700)
    done = edit(tmp_path, str(script))
    assert done.returncode == 0
    assert "engine.socket_group counts from the next start of the engine" in done.stdout


def test_a_fault_keeps_the_old_file_and_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(GOOD)
    done = edit(tmp_path, "sed -i s/timezone/tymezone/")
    assert done.returncode == 1
    assert done.stderr.startswith("error: config: config.yaml:3: site.tymezone")
    assert "old file stays in force" in done.stderr
    assert (tmp_path / "config.yaml").read_text() == GOOD
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("editor", ["/nowhere/editor", "false"])
def test_an_editor_that_fails_changes_nothing(tmp_path: Path, editor: str) -> None:
    (tmp_path / "config.yaml").write_text(GOOD)
    done = edit(tmp_path, editor)
    assert done.returncode == 1
    assert done.stderr.startswith("error: storage: The editor")
    assert (tmp_path / "config.yaml").read_text() == GOOD
