"""Dialogs with fields: errors at the field as one types, and what will happen before it happens.

A form is a class with its fields as attributes:

    class RechargeForm(Form[Recharged]):
        def __init__(self, numbers):
            super().__init__(_("Recharge"), submit=_("Recharge"))
            self.amount = MoneyField("amount", _("Amount"), least=1)

        def fields(self):
            return [self.amount]

        def consequence(self):          # called while every field is right
            return _("Adds %s.") % self.shell.money.money(self.amount.value)

        async def submit(self):         # errors leave the form as it was
            return await self.ask(Recharge(...))

    result = await self.app.push_screen_wait(RechargeForm(numbers))     # None = went back
"""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.api.operation import Operation
from engine.domain.errors import InvalidInput, PbxmeterError
from tui.terminal.fence import DIALOG_GROUP
from tui.terminal.text import clean
from tui.text.i18n import _, said
from tui.widgets.dialogs import Confirm
from tui.widgets.field import Field
from tui.widgets.shell import Shell, shell_of

T = TypeVar("T")
R = TypeVar("R")


class Form(ModalScreen["T | None"], Generic[T]):
    """Fields in a dialog; ends with what `submit` returned, or None when the operator went back."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("enter", "enter", show=False),
        Binding("f2,ctrl+j,ctrl+enter", "submit", show=False),
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
    ]

    def __init__(self, title: str, *, submit: str = "", intro: str = "") -> None:
        """`submit` says in a word what F2 does; `intro` stands above the fields."""
        super().__init__()
        self._title = title
        self._submit = submit or _("Save")
        self._intro = intro
        self._submitting = False

    @property
    def shell(self) -> Shell:
        return shell_of(self)

    # What a form gives

    def fields(self) -> Sequence[Field[object]]:
        """The fields from top to bottom, the same ones at every call."""
        raise NotImplementedError

    def consequence(self) -> str:
        """What submitting will do, in a sentence; only asked while all fields are right."""
        return ""

    async def submit(self) -> T:
        """Does it. Raises `PbxmeterError`; an `InvalidInput` is shown at the field of that key."""
        raise NotImplementedError

    def extra(self) -> ComposeResult:
        """Widgets between the fields and the sentence."""
        yield from ()

    def field_changed(self) -> None:
        """Called after every change of a field."""

    async def ask(self, operation: Operation[R]) -> R:
        """The engine's answer. Raises `PbxmeterError`."""
        return await self.shell.link.ask(operation)

    # What every form does

    @property
    def changed(self) -> bool:
        """Whether something was typed that going back would lose."""
        return any(field.differs for field in self.fields())

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog form")
        dialog.border_title = Content(clean(self._title))
        with dialog:
            if self._intro:
                yield Static(clean(self._intro), classes="dialog-text", markup=False)
            with VerticalScroll(classes="form-fields", can_focus=False):
                yield from cast("Sequence[Widget]", self.fields())
            yield from self.extra()
            yield Static("", id="form-message", markup=False)
            yield Static(
                _("F2 or Enter in the last field: %s   Tab ↑ ↓: fields   Esc: back") % self._submit,
                classes="dialog-keys",
                markup=False,
            )

    def on_mount(self) -> None:
        for field in self.fields():
            field.show_error("")
        self.focus_first()
        self.show_consequence()

    def focus_first(self) -> None:
        """Where typing begins: the first field."""
        first = next(iter(self.fields()), None)
        if first is not None:
            first.focus_editor()

    @on(Field.Changed)
    def _changed(self, message: Field.Changed) -> None:
        message.stop()
        self.field_changed()
        self.show_consequence()

    def show_consequence(self) -> None:
        """Shows below the fields what submitting will do, or what is wrong with a field."""
        for field in self.fields():
            try:
                _value = field.value if field.on else None
            except InvalidInput as error:
                self.say(_labelled(field, said(error.message)) if field.touched else "", error=True)
                return
        try:
            self.say(self.consequence())
        except InvalidInput as error:
            self.say(_labelled(*self._fault(error)), error=True)

    def say(self, text: str, *, error: bool = False) -> None:
        """Shows a sentence below the fields."""
        line = self.query_one("#form-message", Static)
        line.update(clean(text))
        line.set_class(error, "-error")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        event.widget.scroll_visible(animate=False)

    # Keys

    @on(Input.Submitted)
    def _input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_enter()

    def action_enter(self) -> None:
        chain = [widget for widget in self.focus_chain if widget.can_focus]
        if not chain or self.focused is chain[-1]:
            self.action_submit()
        else:
            self.focus_next()

    def action_step(self, by: int) -> None:
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_back(self) -> None:
        if not self.changed:
            self.dismiss(None)
        elif not self._submitting:
            self._ask_back()

    @work(group=DIALOG_GROUP, exclusive=True)
    async def _ask_back(self) -> None:
        if await self.app.push_screen_wait(
            Confirm(_("Go back without doing it? What you typed here is lost."), yes=_("Go back"))
        ):
            self.dismiss(None)

    def action_submit(self) -> None:
        if self._submitting:
            return
        wrong = [field for field in self.fields() if field.check() is not None]
        if wrong:
            wrong[0].focus_editor()
            error = wrong[0].check()
            self.say(_labelled(wrong[0], said(error.message)) if error is not None else "", error=True)
            return
        self._submitting = True
        self._run_submit()

    @work(group=DIALOG_GROUP)
    async def _run_submit(self) -> None:
        try:
            result = await self.submit()
        except GoBack:
            self.show_consequence()
        except InvalidInput as error:
            self._show_refusal(error)
        except PbxmeterError as error:
            self.say(said(error.message), error=True)
        else:
            self.dismiss(result)
        finally:
            self._submitting = False

    def _show_refusal(self, error: InvalidInput) -> None:
        field, text = self._fault(error)
        if field is not None:
            field.show_error(text)
            field.focus_editor()
        self.say(_labelled(field, text), error=True)

    def _fault(self, error: InvalidInput) -> tuple[Field[object] | None, str]:
        """The field that is at fault, None = none of these, and what is wrong with it."""
        field = next((field for field in self.fields() if field.key == error.field), None)
        text = said(error.message)
        return field, text if field is None else text.removeprefix(f"{error.field}: ")

    async def confirm(self, question: str, *, yes: str = "", warning: str = "") -> None:
        """Asks, with No as the default; a No goes back to the form. For use in `submit`."""
        if not await self.app.push_screen_wait(Confirm(question, yes=yes or self._submit, warning=warning)):
            raise GoBack("")


def _labelled(field: Field[object] | None, text: str) -> str:
    return text if field is None else _("%s: %s") % (field.label, text)


class GoBack(PbxmeterError):
    """The operator said no; the form stays as it is."""
