"""Which extensions the statistics count."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui.screens.extensions.field import ExtensionsField
from tui.text.i18n import _
from tui.widgets.field import Field
from tui.widgets.forms import Form


@dataclass(frozen=True)
class Chosen:
    """The extensions; None = all."""

    numbers: tuple[str, ...] | None


class ExtensionsForm(Form[Chosen]):
    """Ends with the choice."""

    def __init__(self, chosen: Sequence[str] | None) -> None:
        super().__init__(_("Which extensions"), submit=_("Show"))
        self.extensions = ExtensionsField("extensions", _("Extensions"), chosen)

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.extensions]

    async def submit(self) -> Chosen:
        return Chosen(self.extensions.value)
