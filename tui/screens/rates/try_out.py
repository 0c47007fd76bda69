"""What would this call cost: a box that answers as one types, alone or below a rule that is being edited."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Static

from engine.api.rates import Candidate, RateTest, TestRate
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.rates import Rate
from tui.screens.calls.text import REASONS
from tui.screens.rates.text import first_block_text, prefix_text, price_text
from tui.terminal.text import clean
from tui.text.format import MoneyStyle, stamp
from tui.text.i18n import _, ngettext, said
from tui.widgets.entry import Entry
from tui.widgets.shell import shell_of
from tui.widgets.time_fields import DurationField

PAUSE_SECONDS = 0.2


@dataclass(kw_only=True)
class Question:
    """An imagined call, as typed."""

    extension: str = ""
    dialled: str = ""
    seconds: str = "125"
    at: str = ""
    """'' = now."""

    def concern(self, rate: Rate) -> None:
        """Makes it a call that the rule is about, where it is none."""
        if not self.dialled.startswith(rate.prefix) or not self.dialled:
            self.dialled = rate.prefix.ljust(rate.number_length or len(rate.prefix) + 1, "5")
        if rate.extensions is not None and self.extension not in rate.extensions:
            self.extension = rate.extensions[0]


Draft = Callable[[], tuple[Rate, int | None] | None]
"""The rule under work and its number in the list; None = without one. Raises `InvalidInput`."""


def no_draft() -> tuple[Rate, int | None] | None:
    """Asks for the list as it is."""
    return None


class TryBox(Vertical):
    """Four entries and the answer below them."""

    def __init__(self, question: Question, *, draft: Draft = no_draft, losers: int = 50) -> None:
        """`losers`: how many losing rules are told of at most."""
        super().__init__(classes="try")
        self.question = question
        self._draft = draft
        self._losers = losers
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        question = self.question
        with Horizontal(classes="try-line"):
            yield Static(_("What if"), classes="try-title", markup=False)
            yield Entry(question.extension, placeholder=_("ext."), id="try-extension", max_length=32)
            yield Static(_("dials"), markup=False)
            yield Entry(question.dialled, placeholder=_("number"), id="try-dialled", max_length=64)
            yield Static(_("for"), markup=False)
            yield Entry(question.seconds, placeholder=_("90 or 1:30"), id="try-seconds", max_length=12)
            yield Static(_("at"), markup=False)
            yield Entry(question.at, placeholder=_("now"), id="try-at", max_length=19)
        yield Static("", classes="try-answer", markup=False)

    def on_mount(self) -> None:
        self.ask_soon()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        match event.input.id:
            case "try-extension":
                self.question.extension = event.value.strip()
            case "try-dialled":
                self.question.dialled = event.value.strip()
            case "try-seconds":
                self.question.seconds = event.value.strip()
            case _:
                self.question.at = event.value.strip()
        self.ask_soon()

    def ask_soon(self) -> None:
        """Asks the engine once nobody types for a moment."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_SECONDS, self._ask)

    @work(exclusive=True, group="try")
    async def _ask(self) -> None:
        shell = shell_of(self)
        question = self.question
        if not question.dialled:
            self._say(
                Content.styled(_("Type the number to dial, outside-line prefix included."), "$text-muted")
            )
            return
        try:
            seconds = DurationField("billsec", "").read(question.seconds)
            draft = self._draft()
            answer = await shell.link.ask(
                TestRate(
                    extension=question.extension,
                    dialled=question.dialled,
                    billsec=seconds or 0,
                    at=question.at or stamp(shell.now()),
                    draft=draft[0] if draft is not None else None,
                    draft_id=draft[1] if draft is not None else None,
                )
            )
        except InvalidInput as error:
            self._say(Content.styled(clean(said(error.message)), "$warning"))
        except PbxmeterError as error:
            self._say(Content.styled(clean(said(error.message)), "$error"))
        else:
            self._say(answer_text(answer, shell.money, losers=self._losers, drafted=draft is not None))

    def _say(self, text: Content) -> None:
        for line in self.query(".try-answer").results(Static):
            line.update(text)


def answer_text(answer: RateTest, money: MoneyStyle, *, losers: int, drafted: bool) -> Content:
    """Cost, its parts, the winner and who lost, line by line."""
    parts, rate = answer.parts, answer.rate
    lines: list[Content] = []
    winner = next((candidate for candidate in answer.candidates if candidate.won), None)
    if parts.unrated is not None or rate is None or winner is None:
        reason = _(REASONS[parts.unrated]) if parts.unrated is not None else ""
        lines.append(
            Content.assemble(
                (_("No cost: %s") % reason, "bold $warning"), f"   {stamp(answer.answered_local)}"
            )
        )
    else:
        text = money.money(parts.cost_micros)
        cycles = ngettext("%d cycle", "%d cycles", parts.cycles) % parts.cycles
        sums = f" = {first_block_text(rate, money)} + {cycles} × {price_text(rate, money)}"
        if parts.cycles:
            sums += f" ({money.number(parts.cycles_micros)})"
        lines.append(
            Content.assemble(
                (text, "bold $success"), sums, (f"   {stamp(answer.answered_local)}", "$text-muted")
            )
        )
        lines.append(
            Content.assemble(
                (_("Wins: "), "$text-muted"),
                (_candidate(winner, drafted=drafted), "bold"),
                f"  {clean(said(winner.reason))}",
            )
        )
    if answer.rated_number != answer.dialled or answer.destination:
        way = " → ".join([answer.dialled, *(step.after for step in answer.steps if not step.remark)])
        lines.append(
            Content.assemble((_("Rated as: "), "$text-muted"), f"{clean(way)}  {clean(answer.destination)}")
        )
    others = [candidate for candidate in answer.candidates if not candidate.won]
    for candidate in others[:losers]:
        lines.append(
            Content.assemble(
                (_("Loses: "), "$text-muted"),
                f"{_candidate(candidate, drafted=drafted)}  ",
                (clean(said(candidate.reason)), "$text-muted"),
            )
        )
    if len(others) > losers:
        more = len(others) - losers
        lines.append(Content.styled(ngettext("and %d more", "and %d more", more) % more, "$text-muted"))
    return Content("\n").join(lines)


def _candidate(candidate: Candidate, *, drafted: bool) -> str:
    place = _("this rule") if drafted and not candidate.rate_id else f"{candidate.position}."
    return f"{place} {clean(candidate.name)} [{prefix_text(candidate.prefix)}]"


class TryScreen(ModalScreen[None]):
    """The box as a dialog of its own."""

    CSS_PATH = "rate_editor.tcss"
    AUTO_FOCUS = "#try-dialled"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("enter", "app.focus_next", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog try-dialog")
        dialog.border_title = _("What would this call cost?")
        with dialog:
            with VerticalScroll(can_focus=False):
                yield TryBox(self._question)
            yield Static(
                _("Answers as you type   Tab ↑ ↓: fields   Esc: back"), classes="dialog-keys", markup=False
            )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def action_close(self) -> None:
        self.dismiss(None)
