"""The bench of ingest and rating: the floor, ours and what one would use instead, in one run.

python -m tests.bench.rating                              all of it: 1M and 10M rows, about an hour
python -m tests.bench.rating --rows 20000 --rules 100     one size only
python -m tests.bench.rating --rows 50000000 --rules 1000 --ingest-only     does memory stay the same?
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.files import Files
from tests.bench.machine import described
from tests.bench.measure import ROOT, Measured, measured, median
from tests.bench.tables import batch_table, run_table

ROWS: Final = (1_000_000, 10_000_000)
RULES: Final = (10, 1_000, 100_000)
PEER_RULES: Final = 1_000
MOST_PEER_ROWS: Final = 1_000_000
STEPS: Final = (10, 1)
"""Every how manyth price is changed before re-rating."""
BATCH_CALLS: Final = (1, 100, 1_000)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One line of a table."""

    label: str
    task: str
    arguments: dict[str, object]
    costs: str = ""
    """Cases of one word here must come to the same costs; '' = there are none."""
    root: Path = ROOT
    """The checkout whose code runs."""


class Bench:
    """Runs the cases on the files of a folder and prints the tables."""

    def __init__(self, files: Files, rounds: int | None, *, against: Path | None = None) -> None:
        """`against`: a checkout of another version, which imports the same files beside this one."""
        self._files = files
        self._rounds = rounds
        self._against = against

    def backlog(self, rows: int, rules: list[int], *, columns: int, full: bool) -> None:
        """Floor, ingest and, where the bench is `full`, re-rating and peers."""
        files = self._files
        cases = [self._floor(rows, columns)]
        for count in rules:
            cases.append(self._ours(rows, columns, count))
            if self._against is not None:
                cases.append(self._other_version(rows, columns, count, self._against))
            if full and count == self._main(rules):
                cases += [self._rerated(rows, count, step) for step in STEPS]
        if full and rows <= MOST_PEER_ROWS:
            cases += self._peers(files.calls(rows, columns), columns, self._main(rules))
        rounds = self._rounds or (3 if rows == MOST_PEER_ROWS else 1)
        print(f"\n{rows:,} rows of {columns} columns, medians of {rounds}\n")
        runs: dict[str, list[Measured]] = {case.label: [] for case in cases}
        for number in range(rounds):
            for case in cases:
                _say(f"round {number + 1} of {rounds}: {case.label}")
                runs[case.label].append(measured(case.task, case.arguments, root=case.root))
        _say("")
        found = {label: median(several) for label, several in runs.items()}
        print(run_table(found, rows=rows))
        if full and rows <= MOST_PEER_ROWS:
            for check in self._checks(files.calls(rows, columns), self._main(rules)):
                cases.append(check)
                found[check.label] = measured(check.task, check.arguments)
        self._compare(cases, found)

    def batches(self, rows: int, rules: int, rounds: int) -> None:
        """Small batches into the store that the backlog left."""
        store = str(self._store(rows, 21, rules))
        found = {
            calls: measured("batches", {"store": store, "calls": calls, "rounds": rounds})
            for calls in BATCH_CALLS
        }
        print(f"\nBatches into {rows:,} stored calls, {rules:,} rules, milliseconds, {rounds} of each\n")
        print(batch_table(found))

    def _main(self, rules: list[int]) -> int:
        return PEER_RULES if PEER_RULES in rules else rules[0]

    def _compare(self, cases: list[Case], found: dict[str, Measured]) -> None:
        for costs in sorted({case.costs for case in cases if case.costs}):
            digests = {
                found[case.label].digest for case in cases if case.costs == costs and found[case.label].digest
            }
            if len(digests) != 1:
                raise SystemExit(f"error: {costs}: the costs differ: {sorted(digests)}")
            print(f"Costs of {costs}: {digests.pop()}")

    def _store(self, rows: int, columns: int, rules: int) -> Path:
        return self._files.folder / f"store-{rows}-{columns}-{rules}.duckdb"

    def _floor(self, rows: int, columns: int) -> Case:
        arguments: dict[str, object] = {
            "calls": str(self._files.calls(rows, columns)),
            "columns": columns,
            "folder": str(self._files.folder),
        }
        return Case(label="floor: DuckDB, typed CREATE TABLE AS", task="floor", arguments=arguments)

    def _ours(self, rows: int, columns: int, rules: int) -> Case:
        files = self._files
        arguments: dict[str, object] = {
            "calls": str(files.calls(rows, columns)),
            "store": str(self._store(rows, columns, rules)),
            "extensions": str(files.extensions()),
            "rates": str(files.rates(rules)),
        }
        label = f"pbxmeter ingest, {rules:,} rules"
        return Case(label=label, task="ours", arguments=arguments, costs=f"{rules:,} rules")

    def _other_version(self, rows: int, columns: int, rules: int, root: Path) -> Case:
        """Its store is its own, and its costs may be others."""
        files = Files(self._files.folder / "against")
        arguments: dict[str, object] = {
            "calls": str(self._files.calls(rows, columns)),
            "store": str(files.folder / f"store-{rows}-{columns}-{rules}.duckdb"),
            "extensions": str(files.extensions()),
            "rates": str(files.rates(rules)),
        }
        return Case(
            label=f"the same by {root.name}, {rules:,} rules", task="ours", arguments=arguments, root=root
        )

    def _rerated(self, rows: int, rules: int, step: int) -> Case:
        arguments: dict[str, object] = {
            "store": str(self._store(rows, 21, rules)),
            "rates": str(self._files.raised_rates(rules, step)),
        }
        costs = f"{rules:,} rules, {_changed(step)}"
        return Case(label=f"pbxmeter re-rate, {costs}", task="rerate", arguments=arguments, costs=costs)

    def _checks(self, calls: Path, rules: int) -> list[Case]:
        """Plain Python by the changed sheets: what re-rating must come to. Not shown in the table."""
        files = self._files
        return [
            Case(
                label=f"check of {_changed(step)}",
                task="peers.python",
                arguments={
                    "calls": str(calls),
                    "extensions": str(files.extensions()),
                    "rates": str(files.raised_rates(rules, step)),
                },
                costs=f"{rules:,} rules, {_changed(step)}",
            )
            for step in STEPS
        ]

    def _peers(self, calls: Path, columns: int, rules: int) -> list[Case]:
        files = self._files
        sheets = {
            "calls": str(calls),
            "extensions": str(files.extensions()),
            "rates": str(files.rates(rules)),
        }
        placed = {**sheets, "folder": str(files.folder), "columns": columns}
        tasks: dict[str, tuple[str, dict[str, object]]] = {
            "polars, in memory, writing Parquet": ("polars", {**placed}),
            "plain Python, dict of prefixes, Decimal": ("python", {**sheets}),
            "SQLite, set-based": ("sqlite", {**placed}),
            "PostgreSQL, hash joins": ("postgres", {**sheets, "with_prefix": False}),
            "PostgreSQL, index of the prefix extension": ("postgres", {**sheets, "with_prefix": True}),
        }
        return [
            Case(label=label, task=f"peers.{task}", arguments=arguments, costs=f"{rules:,} rules")
            for label, (task, arguments) in tasks.items()
        ]


def _changed(step: int) -> str:
    return "every price changed" if step == 1 else "a tenth of the prices changed"


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}\r", end="", file=sys.stderr, flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rating")
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="default: 1M and 10M")
    parser.add_argument(
        "--rules", type=int, nargs="+", default=list(RULES), help="default: 10, 1,000, 100,000"
    )
    parser.add_argument("--ingest-only", action="store_true", help="no re-rating, no peers, no batches")
    parser.add_argument("--rounds", type=int, help="of each case; default: 3 for 1M rows, else 1")
    parser.add_argument(
        "--batches", type=int, metavar="N", help="of each size; default: 200, for small files 20"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "pbxmeter-bench", help="for the files"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="a checkout of another version, to import with as well",
    )
    options = parser.parse_args()
    bench = Bench(Files(options.folder), options.rounds, against=options.against)
    print(described())
    for rows in options.rows:
        bench.backlog(rows, options.rules, columns=21, full=not options.ingest_only)
        if options.ingest_only:
            continue
        if rows == MOST_PEER_ROWS:
            bench.backlog(rows, [PEER_RULES], columns=18, full=False)
        batches = options.batches or (200 if rows >= MOST_PEER_ROWS else 20)
        bench.batches(rows, PEER_RULES if PEER_RULES in options.rules else options.rules[0], batches)


if __name__ == "__main__":
    main()
