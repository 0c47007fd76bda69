"""The filter of the calls as it is typed: what can come next, and what is wrong, below its line."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from engine.domain.zones import zone
from tui.screens.calls.filter import FilterSuggester, fault, hints
from tui.screens.dated_list import DatedList
from tui.terminal.text import clean
from tui.text.i18n import N_


class TypedFilterList(DatedList):
    """A list with a filter of fields; half a word leaves it as it is."""

    FILTER_HINT: ClassVar[str] = N_("ext:1001-1050 trunk:carrier cost>5 2026-01 unrated")

    def __init__(self) -> None:
        super().__init__()
        self._fault = ""

    def above(self) -> ComposeResult:
        yield Static("", id="filter-hints", markup=False)

    def on_mount(self) -> None:
        entry = self.filter_line.entry
        entry.suggester = FilterSuggester()
        super().on_mount()

    @property
    def timezone(self) -> str:
        """The site's zone."""
        return self.shell.greeting.timezone if self.shell.greeting is not None else "UTC"

    @on(Input.Changed, "#filter-entry")
    def _hint(self, event: Input.Changed) -> None:
        text = event.value
        self._fault = fault(text, zone(self.timezone))
        begun = text.strip() and not text[-1:].isspace() and hints(text)
        if self._fault and not begun:
            self._say(self._fault, error=True)
        elif self.filter_line.entry.has_focus:
            self._say(hints(text) or self._fault, error=False)
        else:
            self._say("", error=False)

    def action_find(self) -> None:
        super().action_find()
        self._say(hints(self.filter_line.entry.value), error=False)

    def _say(self, text: str, *, error: bool) -> None:
        line = self.query_one("#filter-hints", Static)
        line.update(clean(text))
        line.set_class(bool(text), "-shown")
        line.set_class(error, "-error")

    def _apply_filter(self) -> None:
        if fault(self.filter_line.entry.value.strip(), zone(self.timezone)):
            # Half a word is what one sees while typing: the list stays as it is.
            return
        super()._apply_filter()

    @on(Input.Submitted, "#filter-entry")
    def _submitted(self, event: Input.Submitted) -> None:
        wrong = fault(event.value.strip(), zone(self.timezone))
        if wrong:
            # Not to be kept: the line stays open, with what is wrong below it.
            event.stop()
            event.prevent_default()
        self._say(wrong, error=bool(wrong))

    def clear_filters(self) -> None:
        super().clear_filters()
        self._say("", error=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if event.widget is self.table:
            self.filter_line.show(self.filters())
            self._say("", error=False)
