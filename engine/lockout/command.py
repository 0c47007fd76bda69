"""A program of the site's own that bars and frees extensions; its exit code is all that is known of them."""

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from typing import IO

from config.lockout import CommandTarget
from engine.domain.message import NOTHING, Message, of_system
from engine.lockout.target import Outcome, TargetError, Wanted, planned
from engine.lockout.wire import shown

FAILURES_IN_A_ROW = 3
"""After so many, the others are left for the next try."""
MOST_OUTPUT = 2000
LOOK_SECONDS = 0.1
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class BarringCommand:
    """Runs an argument list, never a shell: for each change, or with the whole list on standard input."""

    remote = True

    def __init__(self, settings: CommandTarget) -> None:
        self.name = settings.name
        self.dry_run = settings.dry_run
        self._settings = settings
        self._held: dict[str, str] | None = None
        self._closed = False

    def reconcile(self, wanted: Wanted) -> Outcome:
        """Runs it for what differs from what it took before; when asked to, for everything.

        Raises `TargetError` where the whole list was not taken.
        """
        barred = dict(wanted.barred)
        held = dict(wanted.known) if self._held is None else self._held
        put = {key: reason for key, reason in barred.items() if wanted.anew or held.get(key) != reason}
        drop = frozenset(held).difference(barred)
        if self.dry_run:
            return Outcome(held=held, plan=planned(put, drop))
        if self._settings.whole_list:
            if put or drop or wanted.anew or self._held is None:
                self._run({}, listing="".join(f"{key}\t{reason}\n" for key, reason in sorted(barred.items())))
            self._held = barred
            return Outcome(held=barred)
        self._held = held
        return self._tell(held, put, drop)

    def lost(self) -> bool:
        """Never: there is no connection."""
        return False

    def close(self) -> None:
        """Lets the run in hand be the last."""
        self._closed = True

    def _tell(self, held: dict[str, str], put: dict[str, str], drop: frozenset[str]) -> Outcome:
        """Runs it for each change; one that fails is tried again later, and does not hold up the others."""
        fault, failures = NOTHING, 0
        changes = [(key, "barred", reason) for key, reason in put.items()] + [
            (key, "free", "") for key in drop
        ]
        for key, state, reason in changes:
            if self._closed or failures >= FAILURES_IN_A_ROW:
                break
            try:
                self._run({"{extension}": key, "{state}": state, "{reason}": reason}, listing="")
            except TargetError as error:
                fault, failures = fault or error.message, failures + 1
                continue
            failures = 0
            if state == "barred":
                held[key] = reason
            else:
                held.pop(key, None)
        return Outcome(held=dict(held), message=fault, failed=bool(fault))

    def _run(self, fields: dict[str, str], *, listing: str) -> None:
        """Raises `TargetError` where it does not start, takes too long, or ends with a code that is not 0."""
        arguments = [_filled(argument, fields) for argument in self._settings.run]
        with tempfile.TemporaryFile() as given:
            given.write(listing.encode())
            given.seek(0)
            try:
                process = subprocess.Popen(
                    arguments,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env={"PATH": PATH, "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")},
                    start_new_session=True,
                )
            except OSError as error:
                raise TargetError(
                    "{program} cannot be started: {reason}.", program=arguments[0], reason=of_system(error)
                ) from error
        assert process.stdout is not None
        try:
            said = _output(process, process.stdout, seconds=self._settings.seconds)
        finally:
            # What it has left behind ends with it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()
        about = fields.get("{extension}", "") or Message("the whole list")
        if said is None:
            raise TargetError(
                "{program} did not end within {seconds} s for {about}.",
                program=arguments[0],
                seconds=self._settings.seconds,
                about=about,
            )
        if process.returncode:
            raise TargetError(
                "{program} ended with {status} for {about}: {said}",
                program=arguments[0],
                status=process.returncode,
                about=about,
                said=shown(said) or Message("it said nothing"),
            )


def _filled(argument: str, fields: dict[str, str]) -> str:
    for name, value in fields.items():
        argument = argument.replace(name, value)
    return argument


def _output(process: "subprocess.Popen[bytes]", pipe: IO[bytes], *, seconds: float) -> str | None:
    """The last line that it wrote; None = it did not end in time."""
    deadline, tail = time.monotonic() + seconds, b""
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if select.select([pipe], [], [], 0 if ended else LOOK_SECONDS)[0]:
            data = os.read(pipe.fileno(), 65_536)
            tail = (tail + data)[-MOST_OUTPUT:]
            if data:
                continue
            # Closed, but it may still be at work.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            ended = process.poll() is not None
        if ended:
            lines = tail.decode("utf-8", "replace").split("\n")
            return next((line for line in reversed(lines) if line.strip()), "")
    return None
