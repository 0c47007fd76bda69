"""How sources and lockout targets are, in words and signs, and a line that tells of them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message

from engine.api.site import SourceState, TargetRow
from tui.text.i18n import N_, _
from tui.widgets.pieces import Piece, PieceLine


class Health(Struct, frozen=True):
    """One state."""

    word: str
    sign: str
    ascii_sign: str
    style: str
    """A style of rows and status lines."""

    def glyph(self, *, ascii_only: bool) -> str:
        return self.ascii_sign if ascii_only else self.sign

    def text(self, *, ascii_only: bool) -> str:
        """Sign and word."""
        return f"{self.glyph(ascii_only=ascii_only)} {_(self.word)}"


SOURCE_HEALTH: Mapping[SourceState, Health] = {
    "error": Health(N_("error"), "✗", "x", "error"),
    "waiting": Health(N_("waiting"), "○", "o", "warning"),
    "catching up": Health(N_("catching up"), "◐", "%", "accent"),
    "following": Health(N_("following"), "●", "*", "good"),
}
"""The gravest first."""

TARGET_HEALTH: Mapping[str, Health] = {
    "down": Health(N_("down"), "✗", "x", "error"),
    "behind": Health(N_("behind"), "◐", "%", "warning"),
    "agrees": Health(N_("up to date"), "●", "*", "good"),
}


class HealthLine(PieceLine):
    """`Sources ● 2 following   Lockout ✗ 1 down  ● 1 up to date`, the gravest first; alarms say which."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"health--{health}" for health in ("title", "good", "warning")
    } | {
        "health--error",
        "health--accent",
    }

    DEFAULT_CSS = """
    HealthLine {
        height: 1;
        & > .health--title { color: $text-muted; }
        & > .health--good { color: $success; }
        & > .health--accent { color: $accent; }
        & > .health--warning { color: $warning; text-style: bold; }
        & > .health--error { color: $error; text-style: bold; }
    }
    """

    @dataclass
    class Clicked(Message):
        """Sources or targets were clicked."""

        what: str
        """`sources` or `lockout`."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ascii_only = ascii_only

    def show(self, sources: Sequence[SourceState], targets: Sequence[TargetRow]) -> None:
        pieces = [_title(_("Sources"), "sources", cells=12)]
        for state, health in SOURCE_HEALTH.items():
            if count := sources.count(state):
                pieces.append(self._piece(health, f"{count} {_(health.word)}", "sources"))
        if not sources:
            pieces.append(Piece(_("none") + "  ", "health--warning", "sources"))
        pieces.append(_title(_("Lockout"), "lockout", cells=9))
        for state, health in TARGET_HEALTH.items():
            if count := sum(target.state == state for target in targets):
                pieces.append(self._piece(health, f"{count} {_(health.word)}", "lockout"))
        if not targets:
            pieces.append(Piece(_("no target"), "health--title", "lockout"))
        self.set_pieces(pieces)

    def _piece(self, health: Health, text: str, target: str) -> Piece:
        return Piece(
            f"{health.glyph(ascii_only=self._ascii_only)} {text}  ", f"health--{health.style}", target
        )

    def on_click(self, event: events.Click) -> None:
        if what := self.piece_at(event.x):
            self.post_message(self.Clicked(what))


def _title(text: str, target: str, *, cells: int) -> Piece:
    return Piece(f" {text}" + " " * max(1, cells - 1 - cell_len(text)), "health--title", target)
