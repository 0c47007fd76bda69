"""Asking for a day or moment to go to."""

from collections.abc import Sequence
from datetime import date

from engine.domain.zones import zone
from tui.text.i18n import _
from tui.widgets.field import Field
from tui.widgets.forms import Form
from tui.widgets.time_fields import MomentField


class JumpForm(Form[str]):
    """Ends with a moment as the filter language reads it."""

    def __init__(self, *, timezone: str, today: date) -> None:
        super().__init__(_("Go to"), submit=_("Go"))
        self.moment = MomentField(
            "moment", _("Day or moment"), where=zone(timezone), today=today, required=True
        )

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.moment]

    async def submit(self) -> str:
        return self.moment.value.replace(" ", "T")
