"""A list of what happened, narrowed to a period."""

from textual import work

from tui.screens.list_screen import ListScreen
from tui.screens.period import ALL_TIME, Period, ask_period
from tui.terminal.fence import DIALOG_GROUP


class DatedList(ListScreen):
    """Has `tui.actions.PERIOD` among its actions, and asks for what lies in `period`."""

    def __init__(self) -> None:
        super().__init__()
        self.period: Period = ALL_TIME

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
