"""What the sections of the settings have in common."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar, cast

from textual.containers import Vertical
from textual.widgets import Static

from engine.api.operation import Operation
from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tui.screens.base import SiteScreen
from tui.screens.task import Cancelled, run_operation
from tui.terminal.text import clean
from tui.text.i18n import _
from tui.widgets.columns import Column
from tui.widgets.shell import Shell, shell_of
from tui.widgets.table import WindowedTable

R = TypeVar("R")


class Section(Vertical):
    """One page of the settings."""

    NAME: ClassVar[str] = ""
    """Its mark in the list of sections."""

    TITLE_TEXT: ClassVar[str] = ""
    ACTIONS: ClassVar[tuple[str, ...]] = ()
    """Names of the screen's actions that belong here."""

    ROLE: ClassVar[Role | None] = None
    """The least role that may look."""

    def __init__(self) -> None:
        super().__init__(classes="section", id=f"section-{self.NAME}")

    @property
    def shell(self) -> Shell:
        return shell_of(self)

    @property
    def settings(self) -> SiteScreen:
        """The screen around it."""
        return cast("SiteScreen", self.screen)

    @property
    def allowed(self) -> bool:
        """Whether the operator may look."""
        return self.ROLE is None or self.shell.may(self.ROLE)

    def refuse(self, text: str) -> None:
        """Says why nothing is shown, in the page, too: an empty list would tell something else."""
        self.shell.warn(text)
        for table in self.query(WindowedTable):
            table.placeholder = text
            table.refresh()

    async def ask(self, operation: Operation[R]) -> R:
        """The engine's answer. Raises `PbxmeterError`."""
        return await self.settings.ask(operation)

    async def run(self, title: str, operation: Operation[R]) -> R | None:
        """The result of a long operation; None = it was stopped or refused, and the operator told so."""
        try:
            return await run_operation(self.settings, title, operation)
        except Cancelled:
            self.shell.warn(_("Stopped."))
        except PbxmeterError as error:
            self.shell.tell(error)
        return None

    async def load(self) -> None:
        """Asks the engine for what is shown, and shows it. Raises `PbxmeterError`."""

    def status(self) -> str:
        """For the status line."""
        return ""

    async def change(self) -> None:
        """What Enter and `e` do here."""

    def focus_content(self) -> None:
        """Goes from the list of sections into the page."""
        for widget in self.query("*"):
            if widget.can_focus and widget.display:
                widget.focus()
                return

    def say(self, selector: str, text: str) -> None:
        """Writes into one of the page's texts."""
        line = self.query_one(selector, Static)
        line.update("\n".join(clean(part) for part in text.split("\n")))
        line.set_class(bool(text), "-shown")

    def table(self, name: str, columns: Sequence[tuple[str, str, int, str]], *, empty: str) -> WindowedTable:
        """A table; each column is key, title, width, how: `r` right, `$` never cut, `*` all the rest."""
        return WindowedTable(
            [
                Column(
                    key=key,
                    title=title,
                    width=width,
                    min_width=min(width, 6),
                    align="right" if "r" in how else "left",
                    flex="*" in how,
                    whole="$" in how,
                    sortable=False,
                )
                for key, title, width, how in columns
            ],
            placeholder=empty,
            loading_text=_("Asking the engine…"),
            ascii_only=self.shell.ascii_only,
            id=name,
        )
