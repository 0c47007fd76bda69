"""A site run from a shell: the real program against one real engine, in the order of a first day."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.open_folder import barred_list
from tests.tui.pty import Terminal

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"
EXPECTED = json.loads((OFFICE / "expected.json").read_text())
CALL_COLUMNS = (
    "started_at,answered_at,ended_at,extension,name,direction,dialled,trunk,disposition,duration,billsec,"
    "cost,rate,unrated,call_key,source,caller,rated_number,charged_seconds,leg,placed_by,passed_by,"
    "called_party,link_id,channel,account_code,destination,country"
)
RECHARGE_COLUMNS = "time,extension,name,balance_before,amount,balance_after,operator,note"


class Shell:
    """Runs the program on one site."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui.main", *arguments],
            env={**os.environ, "PBXMETER_HOME": str(self.home), **env},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def out(self, *arguments: str, stdin: str = "", **env: str) -> str:
        done = self.run(*arguments, stdin=stdin, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str, **env: str) -> Any:
        return json.loads(self.out(*arguments, "--json", **env))

    def refusal(self, *arguments: str, **env: str) -> str:
        done = self.run(*arguments, **env)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert done.stderr.splitlines()[-1].startswith("error: ")
        return done.stderr


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp("site")
    home.chmod(0o700)
    config = (OFFICE / "config.yaml").read_text()
    (home / "config.yaml").write_text(config.replace("lockout/barred.txt", str(barred_list(home))))
    shell = Shell(home)
    try:
        shell.out("extensions", "import", str(OFFICE / "extensions.csv"))
        shell.out("rates", "import", str(OFFICE / "rates.csv"))
        shell.out("settings", "set", "currency", "CNY")
        shell.out("settings", "set", "billing", "on")
        yield shell
    finally:
        shell.run("engine", "stop")


@pytest.fixture(scope="module")
def ingested(shell: Shell) -> Any:
    return shell.json("ingest", str(OFFICE / "Master.csv"))


def test_a_past_file_is_imported_once_and_told_in_figures(shell: Shell, ingested: Any) -> None:
    assert ingested["lines"] == ingested["stored"] == EXPECTED["rows"]
    assert ingested["charged"] == shell.json("calls", "list", "--where", "cost>0")["total"]
    assert Decimal(ingested["cost"]) == Decimal(EXPECTED["cost_micros"]) / 1_000_000
    again = shell.json("ingest", str(OFFICE / "Master.csv"))
    assert (again["stored"], again["charged"], again["cost"]) == (0, 0, "0.00")


@pytest.mark.usefixtures("ingested")
def test_calls_are_listed_by_extension_period_and_status(shell: Shell) -> None:
    unrated = shell.json("calls", "list", "--status", "unrated", "--limit", "5")
    assert (unrated["total"], len(unrated["rows"])) == (EXPECTED["by_reason"]["no rule"], 5)
    assert {row["unrated"] for row in unrated["rows"]} == {"no rule"}
    mine = shell.json("calls", "list", "--extension", "8012", "--limit", "0", "--direction", "outbound")
    assert {row["extension"] for row in mine["rows"]} == {"8012"}
    assert len(mine["rows"]) == mine["total"]
    cost = sum(Decimal(row["cost"]) for row in mine["rows"])
    assert cost == Decimal(mine["cost"]) == Decimal(EXPECTED["cost_micros_by_extension"]["8012"]) / 1_000_000
    assert all(row["started_at"].endswith("+08:00") for row in mine["rows"])
    day = shell.json("calls", "list", "--from", "2026-11-03", "--to", "2026-11-03", "--limit", "0")
    assert {row["started_at"][:10] for row in day["rows"]} == {"2026-11-03"}
    assert "no rule" in shell.out("calls", "list", "--status", "unrated")
    assert "error: not_found" in shell.refusal("calls", "list", "--extension", "nobody-has-this")


@pytest.mark.usefixtures("ingested")
def test_one_call_is_explained_with_the_line_that_the_pbx_wrote(shell: Shell) -> None:
    row = shell.json("calls", "list", "--status", "charged", "--limit", "1")["rows"][0]
    detail = shell.json("calls", "show", str(row["call_id"]))
    parts = detail["parts"]
    assert Decimal(parts["first_block"]) + Decimal(parts["cycles_cost"]) == Decimal(parts["cost"])
    assert parts["cost"] == row["cost"]
    assert row["dialled"] in detail["raw"]
    assert row["rate"] in shell.out("calls", "show", str(row["call_id"]))


@pytest.mark.usefixtures("ingested")
def test_csv_and_parquet_exports_hold_the_same_calls(shell: Shell, tmp_path: Path) -> None:
    text = shell.out("calls", "export", "--direction", "outbound")
    assert text.splitlines()[0] == CALL_COLUMNS
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == EXPECTED["outbound"]
    assert sum(Decimal(row["cost"]) for row in rows) == Decimal(EXPECTED["cost_micros"]) / 1_000_000
    assert shell.json("calls", "export", "--direction", "outbound") == {"rows": rows}
    target = tmp_path / "calls.parquet"
    written = shell.json("calls", "export", "--direction", "outbound", "-o", str(target))
    assert written == {"path": str(target), "rows": EXPECTED["outbound"]}
    table = pq.read_table(target)
    assert table.column_names == CALL_COLUMNS.split(",")
    assert [str(cost) for cost in table.column("cost").to_pylist()] == [
        f"{Decimal(row['cost']):.6f}" for row in rows
    ]
    assert table.column("call_key").to_pylist() == [row["call_key"] for row in rows]
    assert table.column("started_at").to_pylist() == [
        datetime.fromisoformat(row["started_at"]).astimezone(UTC) for row in rows
    ]


@pytest.mark.usefixtures("ingested")
def test_extensions_are_found_by_state_and_exported_to_import_back(shell: Shell, tmp_path: Path) -> None:
    barred = shell.json("extensions", "list", "--state", "barred")
    assert [row["number"] for row in barred["rows"]] == EXPECTED["barred"]
    assert "over limit" in shell.out("extensions", "list", "8012")
    sheet = tmp_path / "extensions.csv"
    shell.out("extensions", "export", "-o", str(sheet))
    header, *_rows = sheet.read_text("utf-8").splitlines()
    assert header == (
        "number,name,billing,payment,credit_limit,locked,balance,available,total_recharged,barred"
    )
    columns = [line.rsplit(",", 4)[0] for line in sheet.read_text("utf-8").splitlines()]
    done = shell.run("extensions", "import", "-", "--dry-run", "--json", stdin="\n".join(columns) + "\n")
    result = json.loads(done.stdout)
    assert (result["added"], result["changed"], result["applied"]) == (0, 0, False)


def test_a_bad_sheet_is_refused_with_line_and_column(shell: Shell) -> None:
    done = shell.run("rates", "import", "-", stdin="name,prefix,price\nA,9,1\nB,9x,1,5\nC,9,abc\n")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "line 4, column price: " in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: invalid: ")


def test_ranges_of_extensions_change_together(shell: Shell) -> None:
    assert shell.json("extensions", "set", "8018-8020", "--lock") == {"changed": 3}
    assert [row["number"] for row in shell.json("extensions", "list", "--state", "locked")["rows"]] == [
        *("8017", "8018", "8019", "8020"),
    ]
    assert shell.json("extensions", "set", "8018-8020", "--unlock", "--credit-limit", "12.5") == {
        "changed": 3
    }
    row = shell.json("extensions", "list", "8019")["rows"][0]
    assert (row["credit_limit"], row["locked"]) == ("12.50", False)
    assert "9999" in shell.refusal("extensions", "set", "9999", "--lock")


@pytest.mark.usefixtures("ingested")
def test_a_recharge_with_its_key_is_booked_once_for_all(shell: Shell) -> None:
    first = shell.json("recharge", "25.50", "8012,8016", "--note", "cash", "--key", "k-1")
    assert [row["amount"] for row in first["rows"]] == ["25.50", "25.50"]
    again = shell.json("recharge", "25.50", "8012,8016", "--note", "cash", "--key", "k-1")
    assert (again["repeated"], again["rows"], again["key"]) == (True, first["rows"], "k-1")
    assert "error: " in shell.refusal("recharge", "30", "8012", "--key", "k-1")
    # An empty variable of a script must not become a new key.
    assert "key: " in shell.refusal("recharge", "30", "8012", "--key", "")
    assert "nobody" not in shell.refusal("recharge", "5", "8012", "9998")
    listed = shell.json("recharges", "list", "8012")
    assert (listed["total"], listed["amount"]) == (1, "25.50")
    assert listed["rows"][0]["note"] == "cash"
    export = list(csv.DictReader(io.StringIO(shell.out("recharges", "export"))))
    assert ",".join(export[0]) == RECHARGE_COLUMNS
    assert {row["extension"] for row in export} == {"8012", "8016"}


def test_a_balance_is_corrected_by_a_signed_amount(shell: Shell) -> None:
    moved = shell.json("adjust", "-0.5", "8001", "--reason", "booked twice")
    row = moved["rows"][0]
    assert Decimal(row["balance_after"]) - Decimal(row["balance_before"]) == Decimal("-0.5")
    assert "error: " in shell.refusal("adjust", "1", "8001", "--reason", "")


def test_a_rule_is_added_moved_tested_changed_and_removed(shell: Shell) -> None:
    options = ["--prefix", "977", "--price", "0.05", "--price-seconds", "60", "--cycle-seconds", "1"]
    added = shell.json("rates", "set", "Satellite", *options, "--position", "1")
    assert (added["added"], added["rate"]["price_seconds"]) == (True, 60)
    assert shell.json("rates", "list", "--limit", "1")["rows"][0]["name"] == "Satellite"
    test = shell.json("rates", "test", "8003", "97712345", "--seconds", "1020", "--at", "2026-11-04 12:00")
    assert (test["rate"]["name"], test["parts"]["cost"]) == ("Satellite", "0.85")
    assert test["candidates"][0]["won"] is True
    shell.out("rates", "set", "Satellite", "--price", "1", "--price-seconds", "")
    text = shell.out("rates", "test", "8003", "97712345", "--seconds", "2", "--at", "2026-11-04 12:00")
    assert "2.00 CNY" in text
    assert shell.out("rates", "move", "Satellite", "99999") != "moved: Satellite to position 99999\n"
    assert shell.out("rates", "move", "Satellite", "2") == "moved: Satellite to position 2\n"
    assert shell.json("rates", "list", "Satellite")["rows"][0]["position"] == 2
    assert "number_length" in shell.refusal("rates", "set", "Satellite", "--number-length", "2")
    assert shell.json("rates", "remove", "Satellite") == {"changed": 1}
    assert "error: not_found" in shell.refusal("rates", "remove", "Satellite")


def test_a_sheet_goes_out_and_comes_back_the_same(shell: Shell, tmp_path: Path) -> None:
    sheet = tmp_path / "rates.csv"
    shell.out("rates", "export", "-o", str(sheet))
    result = shell.json("rates", "import", str(sheet), "--dry-run")
    assert (result["added"], result["changed"], result["removed"]) == (0, 0, 0)
    assert result["unchanged"] > 10
    assert "remark" in shell.out("rates", "check").lower()


def test_a_preview_says_how_many_changes_it_does_not_list(shell: Shell) -> None:
    sheet = "number\n" + "".join(f"77{number:04d}\n" for number in range(250))
    lines = shell.out("extensions", "import", "-", "--dry-run", stdin=sheet).splitlines()
    assert lines[-3].startswith("+ ")
    assert lines[-2:] == [
        "… and 50 more",
        "extensions: nothing was changed; an import would be: 250 added, 0 changed, 0 removed, 0 unchanged",
    ]


@pytest.mark.usefixtures("ingested")
def test_statistics_add_up_to_the_whole(shell: Shell) -> None:
    stats = shell.json("stats", "--by", "all", "--per", "extension")
    assert stats["total"]["calls"] == EXPECTED["outbound"]
    assert Decimal(stats["total"]["cost"]) == Decimal(EXPECTED["cost_micros"]) / 1_000_000
    costs = {row["extension"]: row["cost"] for row in stats["rows"]}
    assert Decimal(costs["8030"]) == Decimal(EXPECTED["cost_micros_by_extension"]["8030"]) / 1_000_000
    assert "2026-11-03" in shell.out("stats", "--by", "day", "--extensions", "8003,8004")
    sheet = shell.out("stats", "--by", "all", "--per", "extension", "-o", "-").splitlines()
    assert sheet[0] == "period,extension,calls,answered,duration,average_duration,cost"
    assert {line.split(",")[1]: line.split(",")[-1] for line in sheet[1:]} == costs


@pytest.mark.usefixtures("ingested")
def test_rating_the_month_anew_with_the_same_rules_changes_nothing(shell: Shell) -> None:
    result = shell.json("rerate", "--from", "2026-11", "--to", "2026-11", "--apply")
    assert (result["changed"], result["amount"], result["applied"]) == (0, "0.00", True)
    assert "to: the end" in shell.refusal("rerate", "--from", "2026-12", "--to", "2026-11", "--apply")


@pytest.mark.usefixtures("ingested")
def test_the_books_agree_and_what_was_done_is_in_the_audit(shell: Shell) -> None:
    report = shell.json("verify")
    assert report["clean"] is True
    assert report["findings"] == []
    assert any("echarge" in row["action"] for row in shell.json("audit")["rows"])


def test_barred_extensions_are_told_with_their_target(shell: Shell) -> None:
    state = shell.json("lockouts", "sync")
    assert "8017" in [row["extension"] for row in state["rows"]]
    assert [row["state"] for row in state["targets"]] == ["agrees"]
    assert "8017" in shell.out("lockouts", "list")


def test_bad_lines_are_listed_and_exported(shell: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b'"only","three","fields \x1b[2J"\n')
    assert shell.json("ingest", str(bad), "--format", "asterisk-csv")["quarantined"] == 1
    listed = shell.json("quarantine", "list", "bad.csv")
    assert listed["total"] == 1
    assert "three" in listed["rows"][0]["raw"]
    assert "\x1b" not in shell.out("quarantine", "list")
    assert shell.out("quarantine", "export", "bad.csv").startswith("id,path,offset,line,field,reason,raw,")
    assert shell.json("quarantine", "retry")["still_bad"] >= 1


def test_sources_are_shown_and_an_unknown_file_is_recognised(shell: Shell) -> None:
    state = shell.json("sources")
    assert [(row["path"], row["format"]) for row in state["rows"]] == [("Master.csv", "asterisk-csv")]
    assert state["watching"] == "notified"
    assert "Lines/s" in shell.out("sources")
    state = shell.json("sources", "--files", "--limit", "1")
    assert (len(state["files"]), state["files_total"] >= 1) == (1, True)
    found = shell.json("sources", "detect", str(OFFICE / "Master.csv"))
    assert found["format"] == "asterisk-csv"
    assert "trunk" in " ".join(found["trunks"])
    assert "asterisk-csv" in shell.out("config", "check", str(OFFICE / "Master.csv"))


def test_an_unreadable_file_is_refused(shell: Shell) -> None:
    assert "/nowhere/Master.csv" in shell.refusal("ingest", "/nowhere/Master.csv")


def test_settings_are_told_and_wrong_values_refused(shell: Shell) -> None:
    assert shell.json("settings", "get")["currency"] == "CNY"
    assert shell.out("settings", "get", "billing") == "on\n"
    done = shell.run("settings", "set", "currency", "CNY")
    assert "nothing is converted" in done.stderr
    assert "error: invalid" in shell.refusal("settings", "set", "currency", "XQQ")
    assert "error: invalid" in shell.refusal("settings", "set", "billing", "perhaps")


def test_on_a_terminal_a_currency_is_changed_only_after_a_yes(shell: Shell) -> None:
    argv = [sys.executable, "-m", "tui.main", "--home", str(shell.home), "settings", "set", "currency", "EUR"]
    with Terminal(argv, cols=100, rows=12) as terminal:
        terminal.wait_for("Change CNY to EUR? [y/N]")
        terminal.send(b"\r")
        terminal.wait_for("error: refused: The currency stays CNY.")
        assert terminal.wait_exit() == 1


def test_ctrl_c_at_a_question_ends_quietly(shell: Shell) -> None:
    argv = [
        sys.executable,
        "-m",
        "tui.main",
        "--home",
        str(shell.home),
        "users",
        "add",
        "eve",
        "--role",
        "viewer",
    ]
    with Terminal(argv, cols=100, rows=12) as terminal:
        terminal.wait_for("New password of eve:")
        terminal.send(b"secret words\r")
        terminal.wait_for("Repeat")
        assert "secret" not in terminal.text()
        terminal.send(b"\x03")
        assert terminal.wait_exit() == 130
        assert "Traceback" not in terminal.text()
    assert shell.json("users", "list")["rows"] == []


def test_the_engine_tells_how_it_is(shell: Shell) -> None:
    status = shell.json("engine", "status")
    assert status["running"] is True
    assert status["home"] == str(shell.home)
    assert f"process {status['pid']}" in shell.out("engine", "start")


def test_what_bars_is_said_first_and_asked_on_a_terminal_only(shell: Shell, tmp_path: Path) -> None:
    shell.run("settings", "set", "billing", "on", "--yes")
    shell.out("extensions", "set", "8701-8703", "--create")
    warning = "3 of 3 have nothing available and will be barred at once."
    argv = [sys.executable, "-m", "tui.main", "extensions", "set", "8701-8703", "--billing", "on"]
    with Terminal(argv, env={"PBXMETER_HOME": str(shell.home)}) as terminal:
        terminal.wait_for("Do it all the same? [y/N]", timeout=60)
        terminal.send(b"\r")
        terminal.wait_for("Nothing was changed.", timeout=60)
    assert not shell.json("extensions", "list", "8701")["rows"][0]["billing"]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("number,billing,locked\n8701,on,\n8702,,on\n")
    done = shell.run("extensions", "import", str(sheet), "--dry-run")
    assert "1 of 2 has nothing available and will be barred at once." in done.stderr
    assert "1 of 2 will be barred at once by a lock." in done.stderr
    done = shell.run("extensions", "set", "8701-8703", "--billing", "on", "--json")
    assert (done.returncode, json.loads(done.stdout)["changed"]) == (0, 3)
    assert warning in done.stderr
    shell.out("settings", "set", "billing", "off")
    argv = [sys.executable, "-m", "tui.main", "settings", "set", "billing", "on"]
    with Terminal(argv, env={"PBXMETER_HOME": str(shell.home)}) as terminal:
        terminal.wait_for("Do it all the same? [y/N]", timeout=60)
        terminal.send(b"n\r")
        terminal.wait_for("Nothing was changed.", timeout=60)
    assert shell.json("settings", "get", "billing") == {"billing": "off"}
    assert "will be barred at once" in shell.run("settings", "set", "billing", "on").stderr
    shell.out("extensions", "set", "8701-8703", "--billing", "off")


def test_the_dialplan_of_the_site_is_printed(shell: Shell) -> None:
    text = shell.out("lockouts", "dialplan", "asterisk", "--trunk", "carrier")
    assert f"'${{WHO}}' {barred_list(shell.home)})" in text
    assert "exten => 110,1,Dial(PJSIP/${EXTEN}@carrier)" in text
    assert shell.json("lockouts", "dialplan")["dialplan"].startswith(";")
    hook = shell.out("lockouts", "dialplan", "freepbx", "--release", "16", "--fail", "open")
    assert "[macro-dialout-trunk-predial-hook]" in hook
    assert "MacroExit()" in hook
    assert "fails open" in hook
    assert "names no target of the kind freeswitch-esl" in shell.refusal("lockouts", "dialplan", "freeswitch")


def test_the_status_lists_the_threads_of_the_engine(shell: Shell) -> None:
    threads = {row["name"]: row for row in shell.json("engine", "status")["threads"]}
    assert {"writer", "ingest", "watch", "flight", "identity"} <= set(threads)
    assert f"lockout file {barred_list(shell.home)}" in threads
    assert {(row["state"], row["restarts"], row["error"]) for row in threads.values()} == {
        ("running", 0, None)
    }
    assert "identity" in shell.out("engine", "status")


def test_from_the_first_account_on_everyone_signs_in(shell: Shell) -> None:
    secret = "correct horse battery"
    shell.out("users", "add", "anna", "--role", "admin", PBXMETER_NEW_PASSWORD=secret)
    try:
        assert "error: not_signed_in" in shell.refusal("extensions", "list")
        assert "error: " in shell.refusal(
            "extensions", "list", "--user", "anna", PBXMETER_PASSWORD="wrong one"
        )
        key = shell.home / "secret"
        key.write_text(secret + "\n")
        rows = shell.json("--user", "anna", "--password-file", str(key), "users", "list")["rows"]
        assert [(row["name"], row["role"]) for row in rows] == [("anna", "admin")]
        viewer = ["users", "add", "vic", "--role", "viewer", "--password-stdin", "--user", "anna"]
        shell.out(*viewer, stdin=secret + "\n", PBXMETER_PASSWORD=secret)
        denied = shell.refusal("recharge", "5", "8001", "--user", "vic", PBXMETER_PASSWORD=secret)
        assert "error: role: " in denied
        shell.out("users", "remove", "vic", "--user", "anna", PBXMETER_PASSWORD=secret)
        assert "error: refused" in shell.refusal(
            "users", "remove", "anna", "--user", "anna", PBXMETER_PASSWORD=secret
        )
        unknown = ["users", "add", "cron", "--role", "viewer", "--os-user", "nobodyhere", "--no-password"]
        told = shell.refusal(*unknown, "--user", "anna", PBXMETER_PASSWORD=secret)
        assert "no system user nobodyhere" in told
    finally:
        shell.run("engine", "stop", "--user", "anna", PBXMETER_PASSWORD=secret)


def test_a_lost_password_is_set_anew_with_the_engine_running_or_not(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home")
    first, second, third = "correct horse", "battery staple", "quite another"
    shell.out("users", "add", "anna", "--role", "admin", "--password-stdin", stdin=first)
    shell.out(
        "users",
        "add",
        "bob",
        "--role",
        "admin",
        "--password-stdin",
        "--user",
        "anna",
        stdin=first,
        PBXMETER_PASSWORD=first,
    )
    try:
        assert shell.out("users", "reset-password", "anna", stdin=f"{second}\n") == "reset: anna\n"
        shell.out("users", "set", "bob", "--disable", "--user", "anna", PBXMETER_PASSWORD=second)
        denied = shell.refusal("users", "list", "--user", "bob", PBXMETER_PASSWORD=first)
        assert "error: wrong_password: Wrong user name or password." in denied
        shell.out("engine", "stop", "--user", "anna", PBXMETER_PASSWORD=second)
        argv = [sys.executable, "-m", "tui.main", "--home", str(shell.home), "users", "reset-password", "bob"]
        with Terminal(argv, cols=100, rows=12) as terminal:
            terminal.wait_for("New password of bob:")
            terminal.send(third.encode() + b"\r")
            terminal.wait_for("Repeat")
            terminal.send(third.encode() + b"\r")
            terminal.wait_for("reset: bob")
            assert third not in terminal.text()
            assert terminal.wait_exit() == 0
        rows = shell.json("users", "list", "--user", "bob", PBXMETER_PASSWORD=third)["rows"]
        assert [(row["name"], row["enabled"]) for row in rows] == [("anna", True), ("bob", True)]
        short = shell.run("users", "reset-password", "anna", stdin="short\n")
        assert "at least 8 characters" in short.stderr
        # One's own, with the present one on the first line, or as one signed in.
        shell.out("users", "password", "--user", "bob", stdin=f"{first}\n", PBXMETER_PASSWORD=third)
        shell.out("users", "list", "--user", "bob", PBXMETER_PASSWORD=first)
        audit = shell.out("audit", "--user", "bob", "--json", PBXMETER_PASSWORD=first)
        assert audit.count("ResetPassword") == 2
        assert not any(secret in audit for secret in (first, second, third))
    finally:
        shell.run("engine", "stop", "--user", "bob", PBXMETER_PASSWORD=first)


def test_a_backup_is_put_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shell = Shell(home)
    try:
        shell.out("extensions", "set", "8001", "--create", "--name", "Before")
        made = shell.json("backup", str(tmp_path / "copies"))
        assert Path(made["path"]).stat().st_size == made["bytes"]
        shell.out("extensions", "set", "8001", "--name", "After")
        assert "error: " in shell.refusal("restore", made["path"])
        assert shell.json("engine", "stop") == {"stopped": True}
        shell.out("restore", made["path"])
        assert shell.json("extensions", "list")["rows"][0]["name"] == "Before"
    finally:
        shell.run("engine", "stop")
