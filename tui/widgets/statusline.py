"""The lines around a screen: screens by number, state, keys, and a banner when the engine is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.message import Message
from textual.widgets import Static

from tui.terminal.text import clean
from tui.widgets.actions import Action, key_name
from tui.widgets.pieces import Piece, PieceLine


class TabLine(PieceLine):
    """`1 Overview  2 Extensions …`; the one in front stands out."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--here", "tabs--key"}

    @dataclass
    class Chosen(Message):
        """A screen was clicked."""

        mode: str

    def show(self, tabs: Sequence[tuple[str, str, str]], here: str) -> None:
        """`tabs`: mode, digit, title. Titles give way to digits alone where the line is short."""
        pieces: list[Piece] = []
        room = self.size.width or 80
        full = sum(cell_len(f"{digit} {title}") + 1 for _mode, digit, title in tabs) <= room
        for mode, digit, title in tabs:
            if mode == here:
                pieces.append(Piece(f" {digit} {title} ", "tabs--here", mode))
            else:
                pieces.append(Piece(f"{digit}", "tabs--key", mode))
                pieces.append(Piece(f" {title} " if full else " ", "", mode))
        self.set_pieces(pieces)

    def on_click(self, event: events.Click) -> None:
        if mode := self.piece_at(event.x):
            self.post_message(self.Chosen(mode))


class KeyLine(PieceLine):
    """The keys that matter here; what does not fit is found with `?`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--off"}

    @dataclass
    class Clicked(Message):
        """An action was clicked."""

        action: str

    def show(self, actions: Sequence[tuple[Action, str, bool]]) -> None:
        """`actions`: the action, its key, whether it may be used now. The last two are always kept."""
        room = self.size.width or 80
        parts = [(key_name(key), action.title, action.name, usable) for action, key, usable in actions]
        widths = [cell_len(key) + cell_len(title) + 3 for key, title, _name, _usable in parts]
        kept: list[int] = []
        used = sum(widths[-2:])
        for index in range(len(parts)):
            if index >= len(parts) - 2:
                kept.append(index)
            elif used + widths[index] <= room:
                kept.append(index)
                used += widths[index]
        pieces: list[Piece] = []
        for index in kept:
            key, title, name, usable = parts[index]
            pieces.append(Piece(f" {key} ", "keys--key" if usable else "keys--off", name))
            pieces.append(Piece(f"{title} ", "" if usable else "keys--off", name))
        self.set_pieces(pieces)

    def on_click(self, event: events.Click) -> None:
        if action := self.piece_at(event.x):
            self.post_message(self.Clicked(action))


class StatusLine(PieceLine):
    """Left: what the screen says (rows, marks). Right: how fresh it is, the engine, who is signed in."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--good",
        "status--warning",
        "status--error",
        "status--muted",
        "status--marked",
    }

    def show(self, left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]]) -> None:
        """Texts with the name of their style (`good`, `warning`, `error`, `muted`, `marked`, or '')."""
        width = self.size.width or 80
        rights = [
            Piece(f" {clean(text)} ", f"status--{style}" if style else "") for text, style in right if text
        ]
        room = max(0, width - sum(cell_len(piece.text) for piece in rights))
        lefts: list[Piece] = []
        for text, style in left:
            part = f" {clean(text)} " if text else ""
            if not part or room <= 0:
                continue
            if cell_len(part) > room:
                # Half an amount is worse than none: what comes after the first is left out whole.
                part = set_cell_size(part, room - 1).rstrip() if not lefts else ""
                part = set_cell_size(part + "…", room)
            lefts.append(Piece(part, f"status--{style}" if style else ""))
            room -= cell_len(part)
        self.set_pieces([*lefts, Piece(" " * max(0, room)), *rights])


class Banner(Static):
    """Says across the screen what is wrong; hidden while nothing is."""

    def __init__(self) -> None:
        super().__init__("", id="banner", markup=False)

    def say(self, text: str) -> None:
        """Shows `text`, or hides the banner where it is empty."""
        self.update(clean(text))
        self.set_class(bool(text), "-shown")
