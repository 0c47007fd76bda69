"""Of every change of the screen, only the cells that differ are sent: what counts on a slow line.

`App._display` and `CompositorUpdate` are Textual's own and not promised to stay; the versions allowed in
pyproject.toml are those this was tried with, and the tests tell when it no longer holds.
"""

from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from textual._compositor import CompositorUpdate
from textual.app import App, ReturnType
from textual.screen import Screen

from tui.terminal.shown import ShownScreen


class LeanOutput(App[ReturnType]):
    """Mixed into the application, before `App` in the order of its bases."""

    _shown: ShownScreen | None = None

    def shown_screen(self) -> ShownScreen:
        """What the terminal shows, at its present size."""
        size = self.size
        shown = self._shown
        if shown is None or (shown.width, shown.height) != (size.width, size.height):
            shown = self._shown = ShownScreen(size.width, size.height)
        return shown

    def redraw(self) -> None:
        """Writes every cell anew: mends a terminal on which something else wrote."""
        self.shown_screen().forget()
        self.screen.refresh()

    def on_resize(self) -> None:
        """Also after the program was stopped and goes on: the terminal has been somebody else's meanwhile."""
        self.redraw()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate):
            renderable = _LeanUpdate(renderable, self.shown_screen)
        elif renderable is not None and self._shown is not None:
            self._shown.forget()
        super()._display(screen, renderable)


class _LeanUpdate(CompositorUpdate):
    """Stands for another update. Rendered once, just before it is written."""

    def __init__(self, update: CompositorUpdate, shown: Callable[[], ShownScreen]) -> None:
        self._update = update
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Part of the base class; the application writes `render_segments`."""
        yield Segment(self.render_segments(console))

    def render_segments(self, console: Console) -> str:
        text = self._update.render_segments(console)
        return self._shown().change(text)
