"""The red line of a form: how many its change would bar at once, asked of the engine while one types."""

from textual import work
from textual.widgets import Static

from engine.api.extensions import BarPreview, PreviewBarred
from engine.domain.errors import PbxmeterError
from tui.link.connection import EngineLink
from tui.text.i18n import _, ngettext


def barred_text(found: BarPreview) -> str:
    """Who would be barred for want of money, and what helps; '' = nobody. A lock tells it itself."""
    count = found.without_money
    if not count:
        return ""
    if found.extensions == 1:
        said = _("It has nothing available and will be barred at once.")
    else:
        said = ngettext(
            "%d of %d has nothing available and will be barred at once.",
            "%d of %d have nothing available and will be barred at once.",
            count,
        ) % (count, found.extensions)
    return said + " " + _("Give a credit limit or money first.")


class BarWarning(Static):
    """Shown only while the change would bar somebody."""

    def __init__(self) -> None:
        super().__init__("", id="bar-warning", markup=False)

    def look(self, link: EngineLink, change: PreviewBarred | None) -> None:
        """Asks about a change; None = nothing is changed that could bar anybody."""
        if change is None:
            self.workers.cancel_node(self)
            self._show("")
        else:
            self._ask(link, change)

    @work(exclusive=True)
    async def _ask(self, link: EngineLink, change: PreviewBarred) -> None:
        try:
            self._show(barred_text(await link.ask(change)))
        except PbxmeterError:
            # Submitting asks again, and tells what is wrong.
            self._show("")

    def _show(self, text: str) -> None:
        self.update(text)
        self.set_class(bool(text), "-shown")
