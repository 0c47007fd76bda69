"""Changing the password of one's own account."""

from collections.abc import Sequence

from engine.api.session import ChangePassword
from engine.domain.errors import InvalidInput
from tui.text.i18n import _
from tui.widgets.field import Field
from tui.widgets.fields import TextField
from tui.widgets.forms import Form

MAX_SHOWN = 200


class OwnPasswordForm(Form[str]):
    """Ends with the new password once it is in force."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Password of %s") % name,
            submit=_("Change"),
            intro=_("Your other sessions end. This one goes on."),
        )
        self.old = TextField(
            "old_password", _("Present one"), required=True, password=True, max_length=MAX_SHOWN
        )
        self.password = TextField(
            "password", _("New one"), required=True, password=True, max_length=MAX_SHOWN
        )
        self.again = TextField(
            "again", _("New one again"), required=True, password=True, max_length=MAX_SHOWN
        )

    def fields(self) -> Sequence[Field[object]]:
        return [self.old, self.password, self.again]

    def consequence(self) -> str:
        if self.password.value and self.again.value and self.password.value != self.again.value:
            raise InvalidInput(_("The two passwords differ."), field="again")
        return ""

    async def submit(self) -> str:
        if self.password.value != self.again.value:
            raise InvalidInput(_("The two passwords differ."), field="again")
        await self.ask(ChangePassword(old_password=self.old.value, password=self.password.value))
        return self.password.value
