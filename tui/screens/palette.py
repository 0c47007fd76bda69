"""`:` or ^P: every command by name, narrowed as one types."""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.screens.base import SiteScreen
from tui.screens.numbered import SCREENS
from tui.text.i18n import _
from tui.widgets.actions import key_name
from tui.widgets.entry import Entry

TITLE_CELLS = 14


@dataclass(frozen=True, kw_only=True)
class Command:
    """A choice: a screen or a part of one to go to, or an action, of another screen after going there."""

    title: str
    keys: str
    explanation: str
    english: tuple[str, str]
    """Label and help, found in every language: typing Chinese takes more than a keyboard."""

    mode: str = ""
    place: str = ""
    """A part of that screen."""
    action: str = ""


class PaletteScreen(ModalScreen[Command | None]):
    """Ends with the chosen command, None = none."""

    AUTO_FOCUS = "Entry"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("down", "go(1)", show=False),
        Binding("up", "go(-1)", show=False),
        Binding("pagedown", "go(8)", show=False),
        Binding("pageup", "go(-8)", show=False),
    ]

    def __init__(self, screen: SiteScreen) -> None:
        super().__init__()
        self._commands = [
            *(
                Command(
                    title=action.title,
                    keys=key_name(screen.key_of(action)),
                    explanation=action.explanation,
                    english=(action.label, action.help),
                    action=action.name,
                )
                for action in screen.all_actions()
                if action.name != "palette"
            ),
            *(
                Command(
                    title=_(entry.title),
                    keys=entry.digit,
                    explanation=_("Go to this screen."),
                    english=(entry.title, ""),
                    mode=entry.mode,
                )
                for entry in SCREENS
                if entry.mode != screen.SCOPE
            ),
        ]
        self._of_others: list[Command] | None = None
        self._site_screen = screen
        self._found: list[Command] = []

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog palette")
        dialog.border_title = _("Commands")
        dialog.border_subtitle = _("Enter: do it   Esc: close")
        with dialog:
            yield Entry(placeholder=_("Type a part of the name"))
            yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        self._narrow("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._narrow(event.value.strip())

    def _narrow(self, text: str) -> None:
        self._found = self._commands
        if text:
            if self._of_others is None:
                self._of_others = commands_of_others(self._site_screen)
            matcher = Matcher(text)
            scored = [(_score(matcher, command), command) for command in (*self._commands, *self._of_others)]
            scored = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
            self._found = [command for _score, command in scored]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._line(command)) for command in self._found])
        if not self._found:
            nothing = Content.styled(_("Nothing has a name like that."), "$text-muted")
            options.add_option(Option(nothing, disabled=True))
        options.highlighted = 0 if self._found else None

    @staticmethod
    def _line(command: Command) -> Content:
        text = "" if command.explanation == command.title else f"  {command.explanation}"
        return Content.assemble(
            (f"{command.keys:>6}  ", "$accent"),
            (set_cell_size(command.title, TITLE_CELLS), "bold"),
            (text, "$text-muted"),
        )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._found):
            self.dismiss(self._found[index])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._found[event.option_index])

    def action_go(self, by: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = max(0, min((options.highlighted or 0) + by, len(self._found) - 1))

    def action_close(self) -> None:
        self.dismiss(None)


def _score(matcher: Matcher, command: Command) -> float:
    """How well what was typed fits; 0 = not at all."""
    label, help_text = command.english
    return max(
        matcher.match(command.title) * 2,
        matcher.match(label) * 2,
        matcher.match(command.explanation),
        matcher.match(help_text),
    )


def commands_of_others(screen: SiteScreen) -> list[Command]:
    """What can be done on other screens without choosing a row there, and the parts of all; imports them."""
    titles = {mode: (digit, title) for mode, digit, title in screen.shell.tabs}
    parts = [
        Command(
            title=_(title),
            keys=entry.digit,
            explanation=_("%s: go to this part.") % titles[entry.mode][1],
            english=(title, ""),
            mode=entry.mode,
            place=name,
        )
        for entry in SCREENS
        for name, title in entry.places()
    ]
    return parts + [
        Command(
            title=action.title,
            keys=f"{titles[entry.mode][0]} {key_name(screen.shell.keys_of(entry.mode, action)[0])}",
            explanation=_("%s: %s") % (titles[entry.mode][1], action.explanation),
            english=(action.label, action.help),
            mode=entry.mode,
            action=action.name,
        )
        for entry in SCREENS
        if entry.mode != screen.SCOPE
        for action in entry.actions()
        if action.anywhere
    ]
