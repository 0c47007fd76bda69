"""Passwords guessed from many processes: how many are looked at, and whether the owner still gets in.

python -m tests.reliability.guesses [--guesses N] [--processes N]

Half of the guesses go at one account, the others at names that nobody has; they come from strangers, as
those of a system user do that the account never signed in from. All fall within an hour.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from engine.api.client import Client, Credentials, connect, start_engine
from engine.api.session import SaveAccount, SignIn
from engine.api.site import StopEngine
from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tests.reliability.figures import percentile

OWNER = Credentials(name="owner", password="correct horse battery")
LOOKED_AT = "wrong_password"


def guess(home: Path, guesses: int, number: int) -> Counter[str]:
    """Guesses as a stranger; what became of them, by code, and those at the owner that were looked at."""
    outcomes: Counter[str] = Counter()
    with Client(home) as client:
        for turn in range(guesses):
            name = OWNER.name if turn % 2 else f"name {number} {turn}"
            try:
                # No proof of where it comes from: a stranger.
                client.call(SignIn(name=name, password=f"guess {number} {turn}"))
                outcomes["signed in"] += 1
            except PbxmeterError as error:
                outcomes[error.code] += 1
                outcomes["of the owner"] += error.code == LOOKED_AT and name == OWNER.name
    return outcomes


def _sign_in_seconds(home: Path, credentials: Credentials | None) -> float:
    begun = time.perf_counter()
    with Client(home, credentials=credentials):
        return time.perf_counter() - begun


def _run(home: Path, guesses: int, processes: int) -> None:
    command = [sys.executable, "-m", "tests.reliability.guesses", "--home", str(home)]
    begun = time.perf_counter()
    workers = [
        subprocess.Popen(
            [*command, "--guesses", str(guesses // processes), "--number", str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    by_password: list[float] = []
    by_user: list[float] = []
    while any(worker.poll() is None for worker in workers):
        by_password.append(_sign_in_seconds(home, OWNER))
        by_user.append(_sign_in_seconds(home, None))
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    outcomes: Counter[str] = Counter()
    for worker in workers:
        outcomes.update(json.loads(worker.communicate()[0]))
    at_owner = outcomes.pop("of the owner", 0)
    print(f"{outcomes.total():,} guesses from {processes} processes in {seconds:.0f} s: {dict(outcomes)}")
    print(f"looked at within the hour: {outcomes[LOOKED_AT]} in all, {at_owner} of the owner's account")
    for way, times in (("by password", by_password), ("by system user", by_user)):
        print(
            f"the owner signs in {way}, {len(times)} times meanwhile: "
            f"median {percentile(times, 0.5) * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms"
        )


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--guesses", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.home is not None:
        print(json.dumps(guess(options.home, options.guesses, options.number)))
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        start_engine(home, stay=True)
        with connect(home, start=False) as client:
            me = client.operator
            client.call(
                SaveAccount(
                    name=OWNER.name,
                    new=True,
                    account_role=Role.ADMIN,
                    password=OWNER.password,
                    os_user=me,
                )
            )
            client.sign_in(OWNER)
            try:
                _run(home, options.guesses, options.processes)
            finally:
                client.sign_in(OWNER)
                client.call(StopEngine())
                while (home / "run" / "engine.sock").exists():
                    time.sleep(0.05)


if __name__ == "__main__":
    main()
