"""A list of what happened, narrowed to a period."""

from textual import work

from tui.screens.list_screen import ListScreen
from tui.screens.period import ALL_TIME, Period, ask_period
from tui.terminal.fence import DIALOG_GROUP


class DatedList(ListScreen):
    """Has `tui.widgets.actions.PERIOD` among its actions, and asks for what lies in `period`."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen = self._listed = ALL_TIME

    @property
    def period(self) -> Period:
        """What was chosen, as of today."""
        return self._chosen.as_of(self.shell.now().date())

    @period.setter
    def period(self, period: Period) -> None:
        self._chosen = period

    def relist(self) -> None:
        self._listed = self.period
        super().relist()

    def reload(self) -> None:
        if self.period == self._listed:
            super().reload()
        else:
            self.relist()

    def filters(self) -> list[str]:
        return [self.period.label] if self.period.label else []

    def clear_filters(self) -> None:
        self.period = ALL_TIME

    @work(group=DIALOG_GROUP)
    async def action_period(self) -> None:
        chosen = await ask_period(self, self.period)
        if chosen is not None:
            self.period = chosen
            self.relist()
