"""Long work in a dialog: how far it is, how long still, and a way to stop it."""

import time
from collections.abc import Callable
from threading import Event
from typing import ClassVar, Generic, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.api.operation import Operation, Progress
from engine.domain.errors import PbxmeterError
from tui.terminal.text import clean
from tui.text.format import duration, size_of
from tui.text.i18n import N_, _
from tui.widgets.blocks import eighths, lying
from tui.widgets.shell import Shell, shell_of

R = TypeVar("R")

Report = Callable[[Progress], None]
"""Told of progress by the work, in its thread; raises when the operator wants it to stop."""

BAR_CELLS = 50
REDRAW_SECONDS = 0.1

_UNITS = {"calls": N_("calls"), "rows": N_("rows"), "rules": N_("rules"), "lines": N_("lines")}


class Cancelled(PbxmeterError):
    """The operator stopped it."""

    code = "cancelled"


class TaskScreen(ModalScreen["R | PbxmeterError"], Generic[R]):
    """Runs `task` in a thread; ends with its result or its error."""

    CSS_PATH = "task.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,c", "cancel", show=False)]

    def __init__(self, title: str, task: Callable[[Report], R], *, hint: str = "") -> None:
        """`hint` says what stopping means."""
        super().__init__()
        self._title = title
        self._doing = task
        self._hint = hint
        self._stop = Event()
        self._began = time.monotonic()
        self._drawn = 0.0

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog task")
        dialog.border_title = Content(clean(self._title))
        with dialog:
            yield Static("", id="task-bar", markup=False)
            yield Static(_("Asking the engine…"), id="task-text", markup=False)
            yield Static(_("Esc: stop") + f"   {self._hint}", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        self._run()

    @work(thread=True, group="task", exit_on_error=False)
    def _run(self) -> None:
        try:
            result: R | PbxmeterError = self._doing(self._report)
        except PbxmeterError as error:
            result = error
        self.app.call_from_thread(self.dismiss, result)

    def _report(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise Cancelled(_("Stopped."))
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self.app.call_from_thread(self._show, progress)

    def _show(self, progress: Progress) -> None:
        if self._stop.is_set():
            return
        seconds = time.monotonic() - self._began
        bar = ""
        if progress.total > 0:
            done = min(progress.done, progress.total)
            ascii_only = shell_of(self).ascii_only
            bar = lying(eighths(done, progress.total, BAR_CELLS), ascii_only=ascii_only).ljust(BAR_CELLS)
            bar += f" {done * 100 // progress.total:3d}%"
        self.query_one("#task-bar", Static).update(bar)
        self.query_one("#task-text", Static).update(progress_text(progress, seconds))

    def action_cancel(self) -> None:
        self._stop.set()
        self.query_one("#task-text", Static).update(_("Stopping…"))


def progress_text(progress: Progress, seconds: float) -> str:
    """How much is done, how fast, and how long it still takes."""
    done, total = progress.done, progress.total
    parts = [_quantity(done, progress.unit)]
    if total > 0:
        parts = [_("%s of %s") % (_quantity(done, ""), _quantity(total, progress.unit))]
    if progress.rows_per_second > 0:
        parts.append(_("%s a second") % f"{progress.rows_per_second:,.0f}")
    if 0 < done < total and seconds > 1:
        parts.append(_("%s left") % duration(round(seconds * (total - done) / done)))
    if progress.note:
        parts.append(clean(progress.note))
    return "   ".join(parts)


def _quantity(count: int, unit: str) -> str:
    if unit == "bytes":
        return size_of(count)
    return f"{count:,} {_(_UNITS.get(unit, unit))}".strip()


async def run_task(shell: Shell, title: str, task: Callable[[Report], R], *, hint: str = "") -> R:
    """The task's result, with the dialog over all that is shown meanwhile. Raises its `PbxmeterError`."""
    result = await shell.push_screen_wait(TaskScreen[R](title, task, hint=hint))
    if isinstance(result, PbxmeterError):
        raise result
    return result


async def run_operation(over: DOMNode, title: str, operation: Operation[R], *, hint: str = "") -> R:
    """The result of one long operation of the engine. Raises `PbxmeterError`."""
    shell = shell_of(over)
    return await run_task(shell, title, lambda report: shell.link.call(operation, progress=report), hint=hint)
