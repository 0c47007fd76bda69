"""The tables of the bench, as Markdown."""

from collections.abc import Iterable, Mapping

from tests.bench.measure import Measured


def run_table(found: Mapping[str, Measured], *, rows: int) -> str:
    """One line a case; the first case is the floor, and ratios are to it."""
    floor = next(iter(found.values()))
    lines: list[tuple[str, ...]] = [
        ("", "seconds", "rows/s", "× floor", "CPU s", "× floor's CPU", "peak RSS", "remarks")
    ]
    for label, run in found.items():
        if run.skipped:
            lines.append((label, *[""] * 6, f"not measured: {run.skipped}"))
            continue
        lines.append(
            (
                label,
                f"{run.seconds:.2f}",
                f"{rows / run.seconds:,.0f}",
                f"{run.seconds / floor.seconds:.2f}",
                f"{run.cpu_seconds:.2f}",
                f"{run.cpu_seconds / floor.cpu_seconds:.2f}",
                f"{run.peak_bytes / 2**30:.2f} GiB",
                _remarks(run),
            )
        )
    return _markdown(lines)


def batch_table(found: Mapping[int, Measured]) -> str:
    """One line a size of batches; the ratio is of medians, to the empty commits between the same batches."""
    lines: list[tuple[str, ...]] = [
        ("calls", "batch p50", "p99", "of it storing p50", "p99", "empty commit p50", "p99", "batch × commit")
    ]
    for calls, run in found.items():
        facts = run.facts
        lines.append(
            (
                f"{calls:,}",
                *(
                    f"{facts[f'{name}_{quantile}']:.2f}"
                    for name in ("batch", "store", "commit")
                    for quantile in ("p50", "p99")
                ),
                f"{facts['batch_p50'] / facts['commit_p50']:.1f}",
            )
        )
    return _markdown(lines)


def _remarks(run: Measured) -> str:
    if "changed" in run.facts:
        return f"{run.facts['examined']:,.0f} examined, {run.facts['changed']:,.0f} changed"
    if "file_bytes" in run.facts:
        return f"{run.facts['file_bytes'] / 2**20:,.0f} MiB stored"
    return ""


def _markdown(lines: Iterable[tuple[str, ...]]) -> str:
    head, *body = lines
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *body))
