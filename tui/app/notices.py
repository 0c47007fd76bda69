"""What the application tells in passing: what was done and how to take it back, and what went wrong.

Notices stand in the top line, over the names of the screens, where they cover no keys of a screen or dialog.
Esc puts them away at once, any other key once there was time to read them; the key does what it always does.
"""

import time
from typing import TYPE_CHECKING, Literal

from textual import events, work
from textual.app import App

from engine.domain.errors import PbxmeterError
from engine.domain.names import Role
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import _, flowing, said
from tui.widgets.actions import key_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui.link.undo import Reversible

Severity = Literal["information", "warning", "error"]

NOTICE_SECONDS = 6.0
READ_SECONDS = 1.0
"""A notice younger than this is only put away by Esc: the key was on its way before it came."""

_SIGNS: dict[Severity, str] = {"information": "✓", "warning": "!", "error": "✗"}
_ASCII_SIGNS: dict[Severity, str] = {"information": "*", "warning": "!", "error": "x"}


class Notices(App[int]):
    """Mixed into the application, behind the fence that puts keys in order."""

    ascii_only: bool
    keymap: "Mapping[str, str]"
    _reversible: "Reversible | None" = None
    _noticed_at = 0.0

    def may(self, role: Role) -> bool:
        """Whether the operator has at least this role."""
        raise NotImplementedError

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and self._noticed_at:
            read = time.monotonic() - self._noticed_at >= READ_SECONDS
            if read or event.key == "escape":
                self._put_away()
        await super().on_event(event)

    def _put_away(self) -> None:
        self._noticed_at = 0.0
        self.clear_notifications()
        # Textual would leave what held them, and those after them would find no room.
        for screen in self.screen_stack:
            screen.query("ToastHolder").remove()

    def done(self, text: str, *, undo: str = "", reversible: "Reversible | None" = None) -> None:
        """A notice that says what was done, and how to take it back: by hand, or with the undo key.

        The undo key takes back this or nothing, never what was done before it.
        """
        if self.can_undo(reversible):
            undo = key_name(self.keymap.get("shell.undo", "u").partition(",")[0])
        self.notify(flowing([text, _("Undo: %s.") % undo]) if undo else text)

    def can_undo(self, reversible: "Reversible | None") -> bool:
        """Whether the undo key takes this back from now on; if not, it takes nothing back."""
        self._reversible = reversible if reversible is not None and self.may(reversible.role) else None
        return self._reversible is not None

    def forget_reversible(self) -> None:
        """Something was changed: what was done before it is no longer the last. For any thread."""
        self._reversible = None

    @work(group=DIALOG_GROUP)
    async def undo(self, reload: "Callable[[], None]") -> None:
        """Asks, then takes back what was done last, if it can be; `reload` shows what there is then."""
        from tui.widgets.dialogs import Confirm

        last = self._reversible
        if last is None:
            self.warn(_("There is nothing to undo: what was done last cannot be taken back by this key."))
            return
        if not await self.push_screen_wait(Confirm(last.question(), yes=_("Undo"))):
            return
        try:
            text = await last.reverse()
        except PbxmeterError as error:
            # What is left of it can be tried again.
            self._reversible = last
            self.tell(error)
            return
        self._reversible = None
        self.notify(text)
        reload()

    def warn(self, text: str) -> None:
        """A notice about something that was not done."""
        self.notify(text, severity="warning")

    def tell(self, error: PbxmeterError) -> None:
        """A notice with an error's message."""
        self.notify(said(error.message), severity="error", timeout=NOTICE_SECONDS * 2)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """As Textual's, with text made safe and never read as markup."""
        self._noticed_at = time.monotonic()
        sign = (_ASCII_SIGNS if self.ascii_only else _SIGNS)[severity]
        super().notify(
            f"{sign} {clean(message)}",
            title=clean(title),
            severity=severity,
            timeout=timeout or NOTICE_SECONDS,
            markup=markup,
        )
