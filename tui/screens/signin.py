"""Signing in by name and password, where accounts exist and the operating-system user has none."""

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from tui.text.i18n import _
from tui.widgets.field import Field
from tui.widgets.fields import TextField
from tui.widgets.forms import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.api.client import Credentials


class SignInScreen(Form["Credentials"]):
    """Ends with what was typed; whether it fits, the engine says. None = leave."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def __init__(self, *, home: str, reason: str = "", again: bool = False, name: str = "") -> None:
        """`again`: the session ended while the application was in use. `name` was typed before."""
        intro = _("Your session ended. What you typed elsewhere is kept.") if again else home
        super().__init__(_("Sign in to pbxmeter"), submit=_("Sign in"), intro=intro)
        self._reason = reason
        self._name_known = bool(name)
        self.name_field = TextField("name", _("User name"), name, required=True)
        self.password = TextField("password", _("Password"), required=True, password=True)

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> "Sequence[Field[object]]":
        return [self.name_field, self.password]

    def focus_first(self) -> None:
        """The password where the name is known: what is typed there is not shown."""
        (self.password if self._name_known else self.name_field).focus_editor()

    def on_mount(self) -> None:
        # Textual calls the form's own handler after this one.
        if self._reason:
            self.call_after_refresh(lambda: self.say(self._reason, error=True))

    async def submit(self) -> "Credentials":
        from engine.api.client import Credentials

        return Credentials(name=self.name_field.value, password=self.password.value)
