"""A small application behind the fence: a filter, an amount, a dialog opened by a worker."""

import asyncio
from typing import ClassVar

from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.terminal.fence import DIALOG_GROUP, OrderedKeys
from tui.terminal.text import CleanLines


class Amount(ModalScreen[str]):
    """Asks for an amount; Enter gives it back, Escape an empty one."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Back")]

    def compose(self) -> ComposeResult:
        yield Input(id="amount")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_give_up(self) -> None:
        self.dismiss("")


class Ordered(OrderedKeys[None], CleanLines[None], App[None]):
    AUTO_FOCUS = ""
    CSS = "Amount { align: center middle; } #filter { display: none; } #filter.open { display: block; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter"),
        Binding("r", "recharge", "Recharge"),
        Binding("s", "slow_recharge", "Slowly"),
        Binding("w", "worker_recharge", "By worker"),
        Binding("h", "held_recharge", "Held"),
        Binding("t", "two", "Two amounts"),
        Binding("a,l,1", "hot", "Hot key"),
        Binding("q", "quit", "Quit"),
    ]

    def compose(self) -> ComposeResult:
        yield Static("ready", id="said", markup=False)
        yield Static("", id="hot", markup=False)
        yield Input(id="filter")
        yield Static("", id="size", markup=False)

    def on_mount(self) -> None:
        self.hot = 0

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#size", Static).update(f"size {event.size.width}x{event.size.height}")

    def say(self, text: str) -> None:
        self.query_one("#said", Static).update(text)

    def action_hot(self) -> None:
        self.hot += 1
        self.query_one("#hot", Static).update(f"hot {self.hot}")

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.add_class("open")
        field.focus()

    @on(Input.Submitted, "#filter")
    def filtered(self, event: Input.Submitted) -> None:
        self.say(f"filter={event.value}")
        event.input.remove_class("open")
        self.set_focus(None)

    def on_click(self, event: events.Click) -> None:
        self.say(f"clicked {event.screen_x},{event.screen_y}")

    def on_mouse_scroll_down(self) -> None:
        self.say("wheel")

    def action_recharge(self) -> None:
        self.push_screen(Amount(), lambda amount: self.say(f"amount={amount}"))

    @work(group=DIALOG_GROUP)
    async def action_slow_recharge(self) -> None:
        await asyncio.sleep(0.4)
        self.say(f"slow={await self.push_screen_wait(Amount())}")

    @work
    async def action_worker_recharge(self) -> None:
        await asyncio.to_thread(lambda: None)
        self.say(f"worked={await self.push_screen_wait(Amount())}")

    @work
    async def action_held_recharge(self) -> None:
        with self.keys_held():
            await asyncio.sleep(0.6)
            amount = self.push_screen(Amount(), wait_for_dismiss=True)
        self.say(f"held={await amount}")

    @work
    async def action_two(self) -> None:
        first = await self.push_screen_wait(Amount())
        second = await self.push_screen_wait(Amount())
        self.say(f"two={first}+{second}")


if __name__ == "__main__":
    Ordered().run()
