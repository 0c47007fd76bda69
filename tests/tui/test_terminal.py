"""The application in a pseudo-terminal: keys in one write, sizes, terminals that cannot, hang-ups."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.api.client import connect
from engine.api.session import SaveAccount
from engine.api.site import StopEngine
from engine.domain.names import Role
from tests.tui.pty import Terminal
from tests.tui.site import Site

MODULE = [sys.executable, "-m", "tests.tui.apps.application"]


def _terminal(site: Site, *more: str, env: Mapping[str, str] | None = None) -> Terminal:
    return Terminal([*MODULE, str(site.home), *more], env=env)


def test_what_is_typed_ahead_in_one_write_arrives_in_order(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2/dor\r")
        terminal.wait_for(lambda text: "1 row" in text and "Dora" in text)
        terminal.send(b"r100\x7f5\r")
        terminal.wait_for("Adds CN¥105.00 to the balance of 1004")
        terminal.send(b"paid at the desk\r")
        terminal.wait_for("Recharged 1004 with CN¥105.00")
    assert site.extension("1004").balance_micros == 105_000_000


def test_what_is_typed_while_connecting_waits_for_the_first_screen(own_site: Site):
    own_site.stop()
    with _terminal(own_site) as terminal:
        terminal.wait_for("Connecting to the engine")
        terminal.send(b"2/dorx\x7f\r")
        terminal.wait_for(lambda text: "1 row" in text and "Dora" in text)


def test_what_is_typed_while_connecting_waits_for_signing_in_too(own_site: Site):
    own_site.client.call(
        SaveAccount(name="anna", new=True, account_role=Role.ADMIN, password="correct horse")
    )
    with _terminal(own_site) as terminal:
        terminal.wait_for("Connecting to the engine")
        terminal.send(b"anna\rcorrect horse\r2/dor\r")
        terminal.wait_for(lambda text: "1 row" in text and "Dora" in text)


def test_leaving_while_connecting_does_not_wait(own_site: Site):
    own_site.stop()
    with _terminal(own_site) as terminal:
        terminal.wait_for("Connecting to the engine")
        terminal.send(b"2/dor\x11")
        assert terminal.wait_exit() == 0
        assert "Dora" not in terminal.text()


def test_alt_and_a_digit_goes_to_a_screen_while_a_text_is_typed(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2/dor")
        terminal.wait_for("Dora")
        terminal.send(b"\x1b3")
        terminal.wait_for("everything")
        terminal.send(b"\x1b2")
        terminal.wait_for(lambda text: "/ dor" in text and "Dora" in text)


def test_errors_that_go_into_a_file_leave_the_screen_where_it_is(site: Site, tmp_path: Path):
    line = f"{shlex.join([*MODULE, str(site.home)])} 2>{shlex.quote(str(tmp_path / 'errors'))}"
    with Terminal(["sh", "-c", line]) as terminal:
        terminal.wait_for("live")
        terminal.send(b"q")
        assert terminal.wait_exit() == 0
    assert (tmp_path / "errors").read_bytes() == b""


def test_two_terminals_see_each_others_recharges(site: Site):
    with _terminal(site) as one, _terminal(site, "--slow-link") as other:
        one.wait_for("live")
        other.wait_for("live")
        one.send(b"2")
        one.wait_for("Ada Alder")
        other.send(b"2r61.25\r\r")
        other.wait_for("Recharged 1001 with CN¥61.25")
        one.wait_for("61.25")


def test_a_pasted_column_of_numbers_is_a_list_in_a_field_and_nothing_outside_of_one(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2")
        terminal.wait_for("Ada Alder")
        terminal.paste("r99\n\n7q\n")
        terminal.send(b"6e")
        terminal.wait_for("Which extensions")
        terminal.send(b"\x15")
        terminal.paste("1001\n1002\r\n1010\n")
        terminal.wait_for("1001 1002 1010")
        terminal.send(b"\r")
        terminal.wait_for("1001 1002 1010 · outbound")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (b"2/100\x7f\x7f\x7fdora\r" + b"jkjkjkjk" + b"G" * 8 + b"r", "Recharge 1004"),
        (b"2" + b"j" * 10 + b"k" * 12 + b"jj" + b"/x\x1b" + b"r1\x7f23.5\x1b[D\x1b[D4", "Adds CN¥234.50"),
        (b"5/cost>1\r\x1b/cost>" + b"9" * 12 + b"\x7f" * 12 + b"2\x1b6vvv5", "Rule or rea"),
        (
            b"7jjjjjjkkkkkk\x1b1\t\t2345672345671" + b"?\x1b?\x1b" * 3 + b":ledger\x1b?",
            "Calls appear here as",
        ),
        (b"6bbbbbooooo" + b"mmm" + b"vvv" + b"dd" + b"p\x1bp\x1bp\x1be", "Which extensions"),
    ],
    ids=["filter", "amount", "filters", "screens", "statistics"],
)
def test_dozens_of_keys_in_one_write_are_all_handled_in_their_order(site: Site, keys: bytes, shown: str):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(keys)
        terminal.wait_for(shown)


def test_leaving_ends_with_0_and_gives_the_terminal_back(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(b"q")
        assert terminal.wait_exit() == 0


def test_a_lost_connection_leaves_no_process_behind(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.hang_up()
        terminal.wait_exit()


def test_a_terminal_that_shrinks_to_40_by_10_and_grows_again_shows_the_same(site: Site):
    with _terminal(site) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2")
        terminal.wait_for("Ada Alder")
        terminal.resize(40, 10)
        terminal.wait_for("40×10")
        terminal.send(b"3")
        terminal.resize(60, 15)
        terminal.wait_for("60×15")
        terminal.resize(80, 24)
        terminal.wait_for("Ada Alder")


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_after_a_stop_the_screen_is_drawn_anew(site: Site, stop: signal.Signals):
    with _terminal(site) as terminal:
        before = _rates(terminal)
        terminal.process.send_signal(stop)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        terminal.overwrite("\x1b[H\x1b[2Jthe shell wrote this")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for(lambda text: text == before)


def test_refreshing_mends_what_something_else_wrote_over_the_screen(site: Site):
    with _terminal(site) as terminal:
        before = _rates(terminal)
        terminal.overwrite("\x1b[5;5HBroadcast message")
        terminal.send(b"\x1b[15~")
        terminal.wait_for(lambda text: text == before)


def _rates(terminal: Terminal) -> str:
    """The text of the screen of rates, at rest."""
    terminal.wait_for("live")
    terminal.send(b"3")
    terminal.wait_for("everything")
    terminal.wait_quiet()
    return terminal.text()


def test_a_terminal_with_16_colours_and_no_unicode_gets_plain_signs(site: Site):
    with _terminal(site, env={"TERM": "linux", "COLORTERM": ""}) as terminal:
        terminal.wait_for("* live")
        terminal.send(b"2")
        text = terminal.wait_for("Ada Alder")
        assert "●" not in text


def test_with_16_colours_what_stands_on_a_colour_has_one_of_its_own(site: Site):
    """What the terminal's own colour would be on it, nobody knows: it may be dark or light."""
    with _terminal(site, env={"TERM": "xterm", "COLORTERM": ""}) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2")
        terminal.wait_for("Ada Alder")
        styles = {style for row in terminal.styled_rows() for text, style in row if text.strip()}
        grounds = {ground: ink for ink, ground, _flags in (style.split("/") for style in styles)}
    assert len(grounds) > 1
    assert [ground for ground, ink in grounds.items() if ground != "default" and ink == "default"] == []


def test_without_colours_what_is_chosen_is_in_reverse(site: Site):
    with _terminal(site, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("live")
        terminal.send(b"2")
        terminal.wait_for("Ada Alder")
        rows = terminal.styled_rows()
    styles = {style for row in rows for _text, style in row}
    assert {style.rpartition("/")[0] for style in styles} == {"default/default"}
    assert [text for text, style in rows[0] if "r" in style] == [" 2 Extensions "]
    assert "Ada Alder" in "".join(text for text, style in rows[2] if "r" in style)


def test_a_dumb_terminal_is_told_what_to_do(site: Site):
    with _terminal(site, env={"TERM": "dumb"}) as terminal:
        terminal.wait_for("xterm-256color")
        assert terminal.wait_exit() == 1


def test_without_a_terminal_the_application_says_so(site: Site):
    ended = subprocess.run(
        [*MODULE, str(site.home)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "must be a terminal" in ended.stderr


def test_the_guide_of_a_new_site_opens_the_sample_office_instead(tmp_path: Path):
    environment = {"TMPDIR": str(tmp_path), "PBXMETER_HOME": str(tmp_path / "home")}
    with Terminal([sys.executable, "-m", "tui.main", "--slow-link"], env=environment) as terminal:
        terminal.wait_for("Which", 60)
        terminal.send(b"\x1b[B\r")
        terminal.wait_for("open the sample office?")
        terminal.send(b"y")
        terminal.wait_for(lambda text: "pbxmeter-demo" in text or "A week ago" in text, 60)
        terminal.wait_for("● 1 following", 60)
        terminal.send(b"2")
        terminal.wait_for("30 rows")
        terminal.send(b"q")
        assert terminal.wait_exit(60) == 0
    assert not list(tmp_path.glob("pbxmeter-demo-*"))
    connect(tmp_path / "home").call(StopEngine())
