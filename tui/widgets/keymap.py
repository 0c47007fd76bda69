"""The operator's key map: a file that gives actions other keys, checked before any of it is used."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from textual.keys import Keys, _character_to_key  # pyright: ignore[reportPrivateUsage] - the names of keys

from engine.domain.errors import InvalidInput
from tui.text.i18n import _
from tui.widgets.actions import key_name

KEYMAP_FILE = "keys.yaml"
MODIFIERS = ("ctrl", "alt", "shift", "super")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the file: an action's id and the keys that replace its own, by Textual's names."""

    action: str
    keys: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Keymap:
    """What of a file is used, and what is wrong with the rest."""

    keys: Mapping[str, str]
    """Keys with commas between them, by action."""

    faults: Sequence[str] = ()


def keymap_path() -> Path:
    """The operator's own key map: `~/.config/pbxmeter/keys.yaml`."""
    return Path(platformdirs.user_config_dir("pbxmeter")) / KEYMAP_FILE


def read_entries(path: Path) -> list[Entry]:
    """The lines of a key map; none when there is no such file. Raises `InvalidInput` naming file and line."""
    if not path.exists():
        return []
    import yaml

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise InvalidInput(
            "{name}, line {line}: {problem}. It is in {parent}.",
            name=path.name,
            line=line,
            problem=error.problem,
            parent=path.parent,
        ) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(
            "{name}: {error}. It is in {parent}.", name=path.name, error=error, parent=path.parent
        ) from error
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise InvalidInput(
            "{name}: write one line for each action, such as `extensions.recharge: r,f6`.", name=path.name
        )
    found: list[Entry] = []
    for name, keys in root.value:
        line = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode) or not isinstance(keys, yaml.ScalarNode):
            raise InvalidInput(
                "{name}, line {line}: write a text of keys, such as `r,f6`.", name=path.name, line=line
            )
        given = tuple(_named(key.strip()) for key in str(keys.value).split(","))
        found.append(Entry(str(name.value), given, line))
    return found


def fitted(entries: Sequence[Entry], screens: Sequence[Mapping[str, str]]) -> Keymap:
    """The key map without what cannot be: actions and keys that do not exist, keys that others have.

    `screens` gives for each screen the keys of all that can be done there, by id. A key stays with the action
    that has it unless the file gives that one other keys.
    """
    faults: list[tuple[int, str]] = []
    wanted: dict[str, Entry] = {}
    for entry in entries:
        if not any(entry.action in screen for screen in screens):
            faults.append((entry.line, _("there is no %s; docs/keys.md names them all.") % entry.action))
            continue
        unknown = [key for key in entry.keys if not is_key(key)]
        if unknown:
            faults.append((entry.line, _("there is no key %s.") % ", ".join(unknown)))
        wanted[entry.action] = Entry(
            entry.action, tuple(key for key in entry.keys if key not in unknown), entry.line
        )
    while (clash := _clash(wanted, screens)) is not None:
        entry, key, holder = clash
        faults.append((entry.line, _("%s is the key of %s already.") % (key_name(key), holder)))
        wanted[entry.action] = Entry(entry.action, tuple(k for k in entry.keys if k != key), entry.line)
    return Keymap(
        {name: ",".join(entry.keys) for name, entry in wanted.items() if entry.keys},
        tuple(_("%s, line %d: %s") % (KEYMAP_FILE, line, fault) for line, fault in sorted(faults)),
    )


def is_key(name: str) -> bool:
    """Whether a key of that name can be pressed."""
    *modifiers, last = name.split("+")
    if any(modifier not in MODIFIERS for modifier in modifiers):
        return False
    return len(last) == 1 or last in _NAMES


def _named(key: str) -> str:
    """The name of a key that was written as its character."""
    return _character_to_key(key) if len(key) == 1 else key


_NAMES = {str(key.value) for key in Keys if "<" not in key.value} | {
    _character_to_key(chr(code)) for code in range(33, 127) if unicodedata.category(chr(code))[0] in "PS"
}


def _clash(
    wanted: Mapping[str, Entry], screens: Sequence[Mapping[str, str]]
) -> tuple[Entry, str, str] | None:
    """An entry, one of its keys, and the action of the same screen that keeps it.

    Those that the file leaves alone keep their keys, and of two lines the first.
    """
    for screen in screens:
        holders: dict[str, str] = {}
        changed = {name: wanted[name] for name in screen if name in wanted and wanted[name].keys}
        for name in (name for name in screen if name not in changed):
            for key in screen[name].split(","):
                holders.setdefault(key, name)
        for name, entry in sorted(changed.items(), key=lambda item: item[1].line):
            for key in entry.keys:
                if holders.setdefault(key, name) != name:
                    return entry, key, holders[key]
    return None
