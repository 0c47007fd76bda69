"""A small office set up as an administrator does it: a config file, sheets and an account, all by command."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.open_folder import barred_list
from tests.tui.pty import Terminal

PBXMETER = Path(sys.executable).with_name("pbxmeter")
"""The program as it is installed."""

NAME, PASSWORD = "anna", "correct horse battery"

CONFIG = """\
site:
  timezone: UTC
numbering:
  extensions: '1\\d{3}'
  trunks: ['PJSIP/trunk_*']
sources:
  - path: Master.csv
    format: asterisk-csv
    timezone: UTC
lockout:
  - kind: file
    path: BARRED
"""

EXTENSIONS = """\
number,name,billing,payment,credit_limit
1001,Ada Alder,true,prepaid,5
1002,王芳,true,prepaid,5
1003,Adam Ash,true,prepaid,5
1004,Dora [/x] Dale,true,prepaid,5
1005,Ed Elm,true,postpaid,50
1006,Fay Fir,true,postpaid,50
1007,Gus Gum,false,postpaid,0
"""

RATES = """\
name,prefix,initial_fee,initial_seconds,price,cycle_seconds
Everything,,0,0,1.00,60
Mobile,01,0.30,60,0.20,60
"""


@dataclass(frozen=True)
class Office:
    """The site's folder, and the folders of whoever sits at a terminal."""

    home: Path
    exports: Path
    configuration: Path

    @classmethod
    def make(cls, folder: Path) -> "Office":
        """Billing on in CNY, seven extensions, two rules, one admin; no engine runs afterwards."""
        office = cls(folder / "home", folder / "exports", folder / "configuration")
        office.home.mkdir(mode=0o700)
        (office.home / "config.yaml").write_text(
            CONFIG.replace("BARRED", str(barred_list(office.home))), encoding="utf-8"
        )
        (office.home / "Master.csv").touch()
        for name, sheet in (("extensions", EXTENSIONS), ("rates", RATES)):
            path = folder / f"{name}.csv"
            path.write_text(sheet, encoding="utf-8")
            office.command(name, "import", str(path))
        office.command("settings", "set", "currency", "CNY")
        office.command("settings", "set", "billing", "on")
        office.command("users", "add", NAME, "--role", "admin", env={"PBXMETER_NEW_PASSWORD": PASSWORD})
        office.stop_engine()
        return office

    @property
    def env(self) -> dict[str, str]:
        return {"XDG_CONFIG_HOME": str(self.configuration), "PBXMETER_EXPORTS": str(self.exports)}

    def command(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """What a command prints; AssertionError with its words if it is refused."""
        done = subprocess.run(
            [str(PBXMETER), *arguments, "--home", str(self.home)],
            env={**os.environ, **self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def document(self, *arguments: str) -> Any:
        """What a command says in JSON, asked by the office's admin."""
        text = self.command(*arguments, "--json", "--user", NAME, env={"PBXMETER_PASSWORD": PASSWORD})
        return json.loads(text)

    def terminal(
        self, *options: str, cols: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
    ) -> Terminal:
        """The full-screen application on a terminal of its own, at its sign-in."""
        argv = [str(PBXMETER), "--home", str(self.home), *options]
        terminal = Terminal(argv, cols=cols, rows=rows, env={**self.env, **(env or {})}, keep_raw=True)
        terminal.wait_for("Sign in to pbxmeter", timeout=90)
        return terminal

    def signed_in(
        self, *options: str, cols: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
    ) -> Terminal:
        """As `terminal`, past the sign-in: the Overview is open."""
        terminal = self.terminal(*options, cols=cols, rows=rows, env=env)
        terminal.send(f"{NAME}\r{PASSWORD}\r".encode())
        terminal.wait_for("live", timeout=90)
        return terminal

    def extensions(self) -> dict[str, dict[str, Any]]:
        """Every extension as the command line tells of it, by number."""
        return {row["number"]: row for row in self.document("extensions", "list")["rows"]}

    def barred(self) -> list[str]:
        path = barred_list(self.home)
        return path.read_text(encoding="utf-8").split() if path.exists() else []

    def engine_pid(self) -> int:
        # Who is not signed in is not told; the lock file names whoever holds it.
        return int((self.home / "engine.lock").read_text(encoding="ascii").split()[0])

    def kill_engine(self) -> None:
        os.kill(self.engine_pid(), signal.SIGKILL)

    def stop_engine(self) -> None:
        subprocess.run(
            [str(PBXMETER), "engine", "stop", "--home", str(self.home)],
            env={**os.environ, **self.env},
            capture_output=True,
            timeout=60,
            check=False,
        )

    def append_call(
        self, extension: str, dialled: str, billsec: int, *, caller: str = "Test", trunk: str = "trunk_main"
    ) -> None:
        """Adds the line that Asterisk writes for an answered outbound call that has just ended."""
        end = datetime.now(UTC)
        answer = end - timedelta(seconds=billsec)
        moments = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (answer - timedelta(seconds=5), answer, end)]
        key = f"{end.timestamp():.6f}"
        # Each call has channels of its own.
        tail = key.replace(".", "")
        fields = [
            "", extension, dialled, "office", f'"{caller}" <{extension}>', f"PJSIP/{extension}-{tail}",
            f"PJSIP/{trunk}-{tail}", "Dial", f"PJSIP/{dialled}@{trunk}", *moments,
            str(billsec + 5), str(billsec), "ANSWERED", "DOCUMENTATION", key, "",
        ]  # fmt: skip
        with (self.home / "Master.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(fields)


def eventually(condition: Callable[[], object], *, what: str, seconds: float = 60) -> None:
    """Waits for something outside a terminal to become true; AssertionError if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)
