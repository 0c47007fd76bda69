"""The bench of the application on a pseudo-terminal, against real engines, in one run.

python -m tests.bench.terminal                        10,000 and 10 million calls; the sites are made once
python -m tests.bench.terminal --rows 100000000       another large site
"""

import argparse
import re
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.api.client import Client, connect
from tests.bench.machine import described
from tests.bench.terminal_cells import changed_cells, least_bytes, seen
from tests.bench.terminal_session import Answer, Session
from tests.bench.terminal_site import site, stop

SMALL_ROWS: Final = 10_000
LARGE_ROWS: Final = 10_000_000
IDLE_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 3.0

MINIMAL: Final = (sys.executable, "-m", "tests.bench.terminal_minimal")
APPLICATION: Final = (sys.executable, "-m", "tui.main")

COMPILED: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""What is imported is kept compiled, even where the environment says otherwise."""

DOWN, PAGE_DOWN, PAGE_UP, END, HOME = b"\x1b[B", b"\x1b[6~", b"\x1b[5~", b"\x1b[F", b"\x1b[H"
KEYS: Final = (("Down", DOWN, b""), ("Page down", PAGE_DOWN, b""), ("End", END, HOME))
"""Name, key, and what is pressed in between."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table."""

    label: str
    measured: str
    goal: str
    reached: bool


@contextmanager
def application(home: Path) -> Iterator[Session]:
    """The application over a site."""
    env = {"PBXMETER_HOME": str(home), "PBXMETER_LANGUAGE": "en"}
    with Session(APPLICATION, env={**env, **COMPILED}) as session:
        yield session


def starts(home: Path, rounds: int) -> list[Line]:
    """First paint and first data against the first paint of a minimal application, in turns.

    A start before all others compiles the program, as installing does, and is not measured.
    """
    minimal: list[float] = []
    paint: list[float] = []
    data: list[float] = []
    with application(home) as session:
        session.wait_for(_has_data)
    for _round in range(rounds):
        with Session(MINIMAL, env=COMPILED) as session:
            minimal.append(session.wait_for(lambda text: "ready" in text))
        with application(home) as session:
            paint.append(session.wait_for(str.strip))
            data.append(session.wait_for(_has_data))
    base = statistics.median(minimal)
    return [
        _ratio("first paint, × that of a minimal Textual application", paint, base, 1.3),
        _ratio("first data, × that first paint", data, base, 2.0),
    ]


def _has_data(text: str) -> bool:
    """The overview with its sums and calls."""
    return "live" in text and "CN¥" in text


def _ratio(label: str, seconds: list[float], base: float, goal: float) -> Line:
    middle = statistics.median(seconds)
    return Line(
        label=label,
        measured=f"{middle / base:.2f} ({middle:.2f} s / {base:.2f} s)",
        goal=f"{goal:g}",
        reached=middle / base <= goal,
    )


def keys(small: Session, large: Session, rows: int, presses: int) -> list[Line]:
    """Each key on both sites in turns, from the key to the last byte; processor time on the large one."""
    lines: list[Line] = []
    for name, key, between in KEYS:
        found: dict[Session, list[Answer]] = {small: [], large: []}
        for _press in range(presses):
            for session, answers in found.items():
                answers.append(session.press(key))
                if between:
                    session.press(between)
        times = {session: statistics.median(a.seconds for a in answers) for session, answers in found.items()}
        ratio = times[large] / times[small]
        lines.append(
            Line(
                label=f"{name}, key to last byte at {_short(rows)} calls, × the same at {_short(SMALL_ROWS)}",
                measured=f"{ratio:.2f} ({times[large] * 1000:.1f} ms / {times[small] * 1000:.1f} ms)",
                goal="1.2",
                reached=ratio <= 1.2,
            )
        )
        if name == "Page down":
            cpu = 1000 * statistics.median(answer.cpu_seconds for answer in found[large])
            lines.append(
                Line(label="Page down, CPU", measured=f"{cpu:.1f} ms", goal="10 ms", reached=cpu <= 10)
            )
    return lines


def bytes_of_pages(session: Session, presses: int) -> Line:
    """Bytes of a page down against what the changed cells cost."""
    ratios: list[float] = []
    counts: list[int] = []
    cells: list[int] = []
    for _press in range(presses):
        before = seen(session.cells())
        answer = session.press(PAGE_DOWN)
        after = seen(session.cells())
        if least := least_bytes(before, after):
            ratios.append(answer.bytes / least)
            counts.append(answer.bytes)
            cells.append(changed_cells(before, after))
    ratio = statistics.median(ratios)
    return Line(
        label="bytes of a page down, × what its changed cells cost",
        measured=f"{ratio:.2f} ({statistics.median(counts):,.0f} B, {statistics.median(cells):,.0f} cells)",
        goal="1.2",
        reached=ratio <= 1.2,
    )


def idle(name: str, session: Session) -> Line:
    """Bytes that are written while nothing happens."""
    # A list tells its place beside the scrollbar for a moment after it was scrolled.
    session.idle(SETTLE_SECONDS)
    rate = session.idle(IDLE_SECONDS)
    return Line(label=f"idle on {name}", measured=f"{rate:.0f} B/s", goal="0 B/s", reached=rate == 0)


def memory(session: Session, rows: int) -> Line:
    """What the process holds after all of the above."""
    size = session.resident_bytes() / 2**20
    return Line(
        label=f"memory (RSS) at {_short(rows)} calls",
        measured=f"{size:.0f} MiB",
        goal="150 MB",
        reached=size * 2**20 <= 150e6,
    )


def _short(rows: int) -> str:
    return f"{rows // 1_000_000}M" if rows >= 1_000_000 else f"{rows // 1000}k"


def measure(folder: Path, rows: int, rounds: int, presses: int) -> list[Line]:
    """All of it."""
    homes = [site(folder, SMALL_ROWS), site(folder, rows)]
    # Somebody has to be there, or the engines end while one is measured.
    clients: list[Client] = [connect(home) for home in homes]
    try:
        _say("starts")
        lines = starts(homes[1], rounds)
        with application(homes[0]) as small, application(homes[1]) as large:
            for session in (small, large):
                session.wait_for(_has_data)
            lines.append(idle("the overview", large))
            for session in (small, large):
                _show_calls(session)
            _say("keys")
            lines += keys(small, large, rows, presses)
            _say("bytes")
            large.press(HOME)
            lines.append(bytes_of_pages(large, presses))
            lines.append(idle("the list of calls", large))
            lines.append(memory(large, rows))
    finally:
        for home, client in zip(homes, clients, strict=True):
            client.close()
            stop(home)
    _say("")
    return lines


def _show_calls(session: Session) -> None:
    session.type(b"5")
    session.wait_for(_counted)
    session.settle()


def _counted(text: str) -> bool:
    """The list of calls with their exact number."""
    return re.search(r"\d calls ", text.splitlines()[-2]) is not None


def table(lines: list[Line]) -> str:
    """As Markdown."""
    head = ["| | measured | goal | |", "| --- | ---: | ---: | --- |"]
    return "\n".join(
        [
            *head,
            *(f"| {x.label} | {x.measured} | {x.goal} | {'✓' if x.reached else 'missed'} |" for x in lines),
        ]
    )


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}\r", end="", file=sys.stderr, flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.terminal")
    parser.add_argument("--rows", type=int, default=LARGE_ROWS, help="of the large site; default: 10M")
    parser.add_argument("--rounds", type=int, default=7, help="of starting; default: 7")
    parser.add_argument("--presses", type=int, default=40, help="of each key; default: 40")
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="for the sites; default: .bench")
    options = parser.parse_args()
    print(described())
    print(table(measure(options.folder, options.rows, options.rounds, options.presses)))


if __name__ == "__main__":
    main()
