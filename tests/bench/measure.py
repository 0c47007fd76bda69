"""A measurement: one task in a fresh process, with its wall time, processor time and peak memory."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(kw_only=True)
class Measured:
    """What one run of a task took, and what it says about its outcome."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """User and system, of the process and of those it started and has waited for."""
    peak_bytes: int = 0
    """The largest resident size of a single process."""
    digest: str = ""
    """Of the costs in the order of the lines; '' = the task rates nothing."""
    facts: dict[str, float] = field(default_factory=dict[str, float])
    skipped: str = ""
    """Why the task cannot run here; '' = it did."""

    @contextmanager
    def timed(self) -> Generator[None]:
        """Measures the block; what follows it counts for nothing."""
        cpu, start = _cpu_seconds(), time.perf_counter()
        yield
        self.seconds = time.perf_counter() - start
        self.cpu_seconds = _cpu_seconds() - cpu
        self.peak_bytes = 1024 * max(_usage(who).ru_maxrss for who in _WHO)


Task = Callable[..., Measured]
"""Takes its arguments by keyword, as JSON holds them."""


def measured(task: str, arguments: Mapping[str, object], *, root: Path = ROOT) -> Measured:
    """Runs `tests.bench.TASK.run` of a checkout in its own process. CalledProcessError when it fails."""
    command = [sys.executable, "-m", "tests.bench.measure", task, json.dumps(arguments)]
    done = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def median(runs: list[Measured]) -> Measured:
    """Medians of the times, the largest peak. Raises ValueError where the runs do not agree on the costs."""
    if len({run.digest for run in runs}) != 1:
        raise ValueError("the same task came to different costs")
    return Measured(
        seconds=statistics.median(run.seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        peak_bytes=max(run.peak_bytes for run in runs),
        digest=runs[0].digest,
        facts={name: statistics.median(run.facts[name] for run in runs) for name in runs[0].facts},
        skipped=runs[0].skipped,
    )


_WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _usage(who: int) -> resource.struct_rusage:
    return resource.getrusage(who)


def _cpu_seconds() -> float:
    return sum(_usage(who).ru_utime + _usage(who).ru_stime for who in _WHO)


def main() -> None:
    """In the process of its own: runs the task named and prints what it measured."""
    run: Task = import_module(f"tests.bench.{sys.argv[1]}").run
    print(json.dumps(asdict(run(**json.loads(sys.argv[2])))))


if __name__ == "__main__":
    main()
