"""The operator's own keys: a file that gives actions other keys, and what in it names no action."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import platformdirs

from engine.domain.errors import InvalidInput
from tui.actions import SHELL_ACTIONS, Action
from tui.i18n import _
from tui.notices import Notices

KEYMAP_FILE = "keys.yaml"


def keymap_path() -> Path:
    """The operator's own key map: `~/.config/pbxmeter/keys.yaml`."""
    return Path(platformdirs.user_config_dir("pbxmeter")) / KEYMAP_FILE


def read_keymap(path: Path) -> Mapping[str, str]:
    """Action ids and the keys that replace theirs; empty when there is no such file.

    Raises `InvalidInput` naming file and entry.
    """
    if not path.exists():
        return {}
    import yaml

    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path.name}: {error}. It is in {path.parent}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidInput(
            f"{path.name}: write one line for each action, such as `extensions.recharge: r,f6`."
        )
    keymap: dict[str, str] = {}
    for name, keys in content.items():
        if not isinstance(name, str) or not isinstance(keys, (str, int)):
            raise InvalidInput(f"{path.name}: {name!r} needs a text of keys, such as `r,f6`.")
        keymap[name] = str(keys)
    return keymap


class OwnKeys(Notices):
    """Mixed into the application."""

    def __init__(self) -> None:
        super().__init__()
        self.keymap: Mapping[str, str] = {}
        self._refused_keys: set[str] = set()

    def take_keymap(self, scopes: Iterable[str]) -> None:
        """Reads the key map and tells what is wrong with it; `scopes` are those of the screens."""
        try:
            self.keymap = read_keymap(keymap_path())
        except InvalidInput as error:
            self.tell(error)
            return
        self.set_keymap(dict(self.keymap))
        known = {"shell", "list", *scopes}
        self._refuse_keys([name for name in self.keymap if name.partition(".")[0] not in known])
        self.check_keymap("shell", [action.name for action in SHELL_ACTIONS])

    def keys_of(self, scope: str, action: Action) -> list[str]:
        """The keys of an action of the screen of that scope, after the operator's key map."""
        return [key.strip() for key in self.keymap.get(f"{scope}.{action.name}", action.keys).split(",")]

    def check_keymap(self, scope: str, names: Collection[str]) -> None:
        """Tells of entries of the key map whose action the screen of that scope does not have."""
        entries = [name for name in self.keymap if name.partition(".")[0] == scope]
        self._refuse_keys([name for name in entries if name.partition(".")[2] not in names])

    def _refuse_keys(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self._refused_keys]
        self._refused_keys.update(unknown)
        if unknown:
            told = _("%s: there is no %s. docs/keys.md names them all.")
            self.warn(told % (keymap_path().name, ", ".join(unknown)))
