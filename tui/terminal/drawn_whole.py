"""A screen is drawn once it stands, and then at once.

Textual draws a new screen piece by piece while it is put together, and what has changed with its next frame.
Where the application holds drawing back (`batch_update`), it renders every piece all the same, for nothing.

`Screen._compositor_refresh` and `_on_timer_update` are Textual's own and not promised to stay; the versions
allowed in pyproject.toml are those this was tried with.
"""

from textual.screen import Screen, ScreenResultType


class DrawnWhole(Screen[ScreenResultType]):
    """A screen that is not rendered while drawing is held back."""

    def _compositor_refresh(self) -> None:
        if not self.app._batch_count:  # pyright: ignore[reportPrivateUsage] - told nowhere else
            super()._compositor_refresh()

    def draw(self) -> None:
        """Lays out and draws all of it now, without waiting for the next frame."""
        self._layout_required = self._repaint_required = False
        self._dirty_widgets.add(self)
        self._refresh_layout()
