"""Asking for a day or moment to go to."""

from collections.abc import Sequence

from engine.domain.errors import InvalidInput
from engine.domain.zones import parse_moment, zone
from tui.i18n import _
from tui.widgets.fields import Field, TextField
from tui.widgets.forms import Form


class JumpForm(Form[str]):
    """Ends with a moment as the filter language reads it."""

    def __init__(self, *, timezone: str) -> None:
        super().__init__(_("Go to"), submit=_("Go"))
        self._zone = zone(timezone)
        hint = _("2026-01, 2026-01-31 or with time")
        self.moment = TextField("moment", _("Day or moment"), required=True, hint=hint, max_length=40)

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.moment]

    async def submit(self) -> str:
        text = self.moment.value
        try:
            parse_moment(text, self._zone, field="moment")
        except InvalidInput as error:
            raise InvalidInput(
                _("Write 2026-01-31, 2026-01, or 2026-01-31 18:30."), field="moment"
            ) from error
        return text.replace(" ", "T")
