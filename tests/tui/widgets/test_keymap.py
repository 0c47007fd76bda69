"""Key maps: what is read, and what of it is used."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.domain.errors import InvalidInput
from tui.screens.numbered import SCREENS
from tui.widgets.keymap import Entry, Keymap, fitted, is_key, read_entries

SCREEN = {
    "calls": "5,alt+5",
    "list.down": "down,j",
    "list.find": "slash,f3",
    "extensions.recharge": "r,f6",
    "extensions.edit": "e,f4",
}
OTHER = {"calls": "5,alt+5", "list.find": "slash,f3", "list.down": "down,j", "calls.export": "x,f8"}


def of(*lines: tuple[str, str]) -> Keymap:
    entries = [Entry(name, tuple(keys.split(",")), line) for line, (name, keys) in enumerate(lines, 1)]
    return fitted(entries, [SCREEN, OTHER])


def written(tmp_path: Path, text: str) -> list[Entry]:
    path = tmp_path / "keys.yaml"
    path.write_text(text, encoding="utf-8")
    return read_entries(path)


def test_lines_are_read_with_their_numbers_and_characters_become_names(tmp_path: Path):
    assert written(tmp_path, "# mine\nextensions.recharge: f6, R\nlist.find: '?'\nshell.quit: 7\n") == [
        Entry("extensions.recharge", ("f6", "R"), 2),
        Entry("list.find", ("question_mark",), 3),
        Entry("shell.quit", ("7",), 4),
    ]
    assert written(tmp_path, "") == written(tmp_path, "# nothing\n") == read_entries(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b\nlist.find: [a\n", "keys.yaml, line 3: "),
        ("a: b\nlist.find:\n  - f6\n", "keys.yaml, line 2: write a text of keys"),
        ("- a\n", "keys.yaml: write one line for each action"),
        ("a: \x07\n", "keys.yaml: "),
    ],
)
def test_what_is_no_key_map_is_refused_with_its_line(tmp_path: Path, text: str, said: str):
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, text)
    assert str(refused.value).startswith(said)


def test_keys_are_replaced_and_may_be_exchanged():
    assert of(("extensions.recharge", "e"), ("extensions.edit", "r")) == Keymap(
        {"extensions.recharge": "e", "extensions.edit": "r"}
    )


@pytest.mark.parametrize(
    ("lines", "used", "faults"),
    [
        ([("extensions.rechrage", "r")], {}, ["line 1: there is no extensions.rechrage"]),
        ([("list.find", "ctrl+zz,f")], {"list.find": "f"}, ["line 1: there is no key ctrl+zz"]),
        ([("list.find", "")], {}, ["line 1: there is no key"]),
        (
            [("extensions.recharge", "f12,e")],
            {"extensions.recharge": "f12"},
            ["line 1: e is the key of extensions.edit already"],
        ),
        ([("list.find", "x")], {}, ["line 1: x is the key of calls.export already"]),
        ([("calls.export", "5")], {}, ["line 1: 5 is the key of calls already"]),
        (
            [("list.find", "w"), ("list.down", "w")],
            {"list.find": "w"},
            ["line 2: w is the key of list.find already"],
        ),
        (
            # What gave its key away takes it back when its own line comes to nothing.
            [("extensions.recharge", "e"), ("extensions.edit", "nonsense")],
            {},
            ["line 1: e is the key of extensions.edit already", "line 2: there is no key nonsense"],
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_line_and_left_out(
    lines: Sequence[tuple[str, str]], used: dict[str, str], faults: Sequence[str]
):
    found = of(*lines)
    assert found.keys == used
    assert len(found.faults) == len(faults)
    for fault, expected in zip(found.faults, faults, strict=True):
        assert f"keys.yaml, {expected}" in fault


def test_every_key_of_every_screen_is_a_key():
    for entry in SCREENS:
        keys = [key for given in entry.keys().values() for key in given.split(",")]
        assert [key for key in keys if not is_key(key)] == []


@pytest.mark.parametrize("name", ["foo+bar", "ctrl+zz", "", "pgdn", "F6", "ctrl+"])
def test_what_no_terminal_sends_is_no_key(name: str):
    assert not is_key(name)
