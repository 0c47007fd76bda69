"""Keys sent to a real terminal in one write are handled in the order they were typed."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.pty import Terminal

ROOT = Path(__file__).parents[3]
APP = [sys.executable, "-m", "tests.tui.apps.ordered"]
BACKSPACE = b"\x7f"


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with Terminal(APP, cwd=ROOT) as terminal:
        terminal.wait_for("ready")
        terminal.wait_quiet()
        yield terminal


def test_a_corrected_amount_is_the_amount_typed(terminal: Terminal) -> None:
    terminal.send(b"r100" + BACKSPACE + b"5\r")
    terminal.wait_for("amount=105")


def test_a_filter_typed_ahead_does_not_run_hot_keys(terminal: Terminal) -> None:
    terminal.send(b"/al1\r")
    assert "hot" not in terminal.wait_for("filter=al1")


def test_keys_after_a_filter_go_to_the_screen_again(terminal: Terminal) -> None:
    terminal.send(b"/al1\ra1")
    assert "filter=al1" in terminal.wait_for("hot 2")


def test_an_arrow_between_digits_moves_before_the_next_digit(terminal: Terminal) -> None:
    terminal.send(b"r13\x1b[D2\x1b[H0\x1b[F4\r")
    terminal.wait_for("amount=01234")


def test_keys_reach_the_dialog_a_worker_opens(terminal: Terminal) -> None:
    terminal.send(b"w12" + BACKSPACE + b"3\ra")
    assert "hot 1" in terminal.wait_for(lambda text: "worked=13" in text and "hot" in text)


def test_keys_reach_the_dialog_a_worker_opens_after_asking_for_a_while(terminal: Terminal) -> None:
    terminal.send(b"s7a\rl")
    assert "hot 1" in terminal.wait_for(lambda text: "slow=7a" in text and "hot" in text)


def test_keys_reach_a_dialog_opened_while_keys_were_held(terminal: Terminal) -> None:
    terminal.send(b"h7a\rl")
    assert "hot 1" in terminal.wait_for(lambda text: "held=7a" in text and "hot" in text)


def test_keys_typed_before_the_first_paint_are_handled_in_order() -> None:
    with Terminal(APP, cwd=ROOT) as terminal:
        terminal.wait_for(lambda _text: terminal.received_bytes > 0)
        terminal.send(b"/al1\r")
        assert "hot" not in terminal.wait_for("filter=al1")


def test_an_enter_that_the_terminal_turned_into_a_line_feed_is_an_enter(terminal: Terminal) -> None:
    terminal.send(b"/al1\n")
    assert "hot" not in terminal.wait_for("filter=al1")


def test_keys_typed_after_quit_do_no_harm(terminal: Terminal) -> None:
    terminal.send(b"qq/al1\r")
    assert terminal.wait_exit() == 0
    assert "Traceback" not in terminal.text()


def test_keys_reach_the_second_dialog_of_a_worker(terminal: Terminal) -> None:
    terminal.send(b"t1\r2" + BACKSPACE + b"3\r")
    terminal.wait_for("two=1+3")


def test_a_dialog_left_and_opened_again_takes_only_its_own_keys(terminal: Terminal) -> None:
    terminal.send(b"r9\x1b\x1b")
    terminal.wait_for("amount=")
    terminal.send(b"r5\r/x\r")
    terminal.wait_for("filter=x")


def test_a_thousand_keys_in_one_write_arrive_in_order(terminal: Terminal) -> None:
    typed = "".join(str(number % 10) + ("x\x7f" if number % 7 == 0 else "") for number in range(1000))
    terminal.send(b"r" + typed.encode() + b"\r")
    wanted = "".join(str(number % 10) for number in range(1000))
    terminal.wait_for(lambda text: "amount=" + wanted in text.replace("\n", ""))


def test_a_paste_stays_between_the_keys_around_it(terminal: Terminal) -> None:
    terminal.send(b"r1\x1b[200~234\x1b[201~5" + BACKSPACE + b"6\r")
    terminal.wait_for("amount=12346")


def test_mouse_and_wheel_work(terminal: Terminal) -> None:
    terminal.click(3, 0)
    terminal.wait_for("clicked 3,0")
    terminal.wheel_down(3, 0)
    terminal.wait_for("wheel")


def test_a_click_typed_after_keys_comes_after_them(terminal: Terminal) -> None:
    terminal.send(b"/al1\r\x1b[<0;4;1M\x1b[<0;4;1ma")
    assert "hot 1" in terminal.wait_for(lambda text: "clicked 3,0" in text and "hot" in text)


def test_a_resize_reaches_the_application(terminal: Terminal) -> None:
    terminal.resize(100, 30)
    terminal.wait_for("size 100x30")


def test_quit_typed_ahead_ends_the_application(terminal: Terminal) -> None:
    terminal.send(b"r5\rq")
    assert terminal.wait_exit() == 0
