"""The operator's own keys, as the application uses them."""

from collections.abc import Callable, Mapping, Sequence

from engine.domain.errors import InvalidInput
from tui.app.notices import Notices
from tui.terminal.escapes import take_escapes
from tui.text.i18n import said
from tui.widgets.actions import Action
from tui.widgets.keymap import fitted, keymap_path, read_entries


class OwnKeys(Notices):
    """Mixed into the application."""

    def __init__(self) -> None:
        super().__init__()
        self.keymap: Mapping[str, str] = {}
        self._keymap_faults = ""

    def take_keymap(self, screens: Callable[[], Sequence[Mapping[str, str]]]) -> None:
        """Gives actions the keys of the key map.

        `screens` is asked for the keys of each screen, by action, only where there is a key map.
        """
        try:
            entries = read_entries(keymap_path())
        except InvalidInput as error:
            self._keymap_faults = said(error.message)
            return
        if not entries:
            return
        keymap = fitted(entries, screens())
        self.keymap = keymap.keys
        self.set_keymap(dict(keymap.keys))
        take_escapes([key for keys in keymap.keys.values() for key in keys.split(",")])
        self._keymap_faults = " ".join(keymap.faults)

    def tell_of_keymap(self) -> None:
        """A notice of what is wrong with the key map, once there is somebody who reads it."""
        if self._keymap_faults:
            self.warn(self._keymap_faults)

    def keys_of(self, scope: str, action: Action) -> list[str]:
        """The keys of an action of the screen of that scope, after the operator's key map."""
        return self.keymap.get(f"{scope}.{action.name}", action.keys).split(",")
