"""A bar on the terminal for long work: how far, how fast, how long still."""

import sys
import time
from shutil import get_terminal_size
from types import TracebackType

from engine.api.operation import Progress
from tui.text.i18n import _

_REDRAW_SECONDS = 0.1
_BAR_CELLS = 24


class Bar:
    """Drawn on standard error while the block lasts, if that is a terminal and `doing` says what is done."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._shown = False
        self._enabled = bool(doing) and sys.stderr.isatty()
        self._began = time.monotonic()
        self._drawn = 0.0

    def show(self, report: Progress) -> None:
        """Draws the state of the work, at most ten times a second."""
        now = time.monotonic()
        if not self._enabled or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        self._shown = True
        line = f"{self._doing} {progress_text(report, seconds=now - self._began)}"
        sys.stderr.write("\r" + line[: get_terminal_size().columns - 1] + "\x1b[K")
        sys.stderr.flush()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress_text(report: Progress, *, seconds: float) -> str:
    """Bar, percentage, amount, rate and the time left, of work that has taken so many seconds."""
    done, total = report.done, report.total
    parts: list[str] = []
    if total > 0:
        share = min(1.0, done / total)
        filled = round(share * _BAR_CELLS)
        parts.append(f"[{'#' * filled}{'.' * (_BAR_CELLS - filled)}] {share:4.0%}")
        parts.append(_("%s of %s") % (_quantity(done, report.unit), _quantity(total, report.unit)))
    else:
        parts.append(_quantity(done, report.unit))
    if report.rows_per_second > 0:
        parts.append(_("{rows_per_second:,.0f} rows/s").format(rows_per_second=report.rows_per_second))
    if 0 < done < total:
        parts.append(_("%s left") % duration_text(round(seconds * (total - done) / done)))
    if report.note:
        parts.append(report.note)
    return "  ".join(parts)


def duration_text(seconds: int) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def bytes_text(count: int) -> str:
    """`512 B`, `1.4 MB`: powers of 1,000."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1000
    return _("{size:,.1f} GB").format(size=size)


def _quantity(count: int, unit: str) -> str:
    return bytes_text(count) if unit == "bytes" else f"{count:,} {_(unit)}"
