"""The operator's own keys, as the application uses them."""

from collections.abc import Callable, Mapping, Sequence

from engine.domain.errors import InvalidInput
from tui.actions import Action
from tui.keymap import fitted, keymap_path, read_entries
from tui.notices import Notices


class OwnKeys(Notices):
    """Mixed into the application."""

    def __init__(self) -> None:
        super().__init__()
        self.keymap: Mapping[str, str] = {}

    def take_keymap(self, screens: Callable[[], Sequence[Mapping[str, str]]]) -> None:
        """Gives actions the keys of the key map, and tells what is wrong with it.

        `screens` is asked for the keys of each screen, by action, only where there is a key map.
        """
        try:
            entries = read_entries(keymap_path())
        except InvalidInput as error:
            self.tell(error)
            return
        if not entries:
            return
        keymap = fitted(entries, screens())
        self.keymap = keymap.keys
        self.set_keymap(dict(keymap.keys))
        if keymap.faults:
            self.warn(" ".join(keymap.faults))

    def keys_of(self, scope: str, action: Action) -> list[str]:
        """The keys of an action of the screen of that scope, after the operator's key map."""
        return self.keymap.get(f"{scope}.{action.name}", action.keys).split(",")
