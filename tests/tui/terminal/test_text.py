"""Nothing that strangers wrote is obeyed by the terminal."""

import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.tui.pty import Terminal
from tests.tui.terminal.corpus import CORPUS
from tui.terminal.text import HostileTextFilter, clean

ROOT = Path(__file__).parents[3]
HOSTILE_APP = [sys.executable, "-m", "tests.tui.apps.hostile"]


def _has_hostile(text: str) -> bool:
    return any(
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and not "\u0600" <= character <= "\u0605"
        and character not in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
        for character in text
        if not "\U00013430" <= character <= "\U0001343f" and not "\U0001bca0" <= character <= "\U0001d17a"
    )


@pytest.mark.parametrize("text", CORPUS)
def test_cleaned_text_holds_no_control_or_format_characters(text: str) -> None:
    assert not _has_hostile(clean(text))


@given(st.text(st.characters()))
def test_no_control_or_format_character_gets_through(text: str) -> None:
    assert not _has_hostile(clean(text))
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["", "O'Brien [/x]", "王小明", "Zoë", "नमस्ते", "한국어", "😀"])
def test_harmless_text_is_returned_as_it_is(text: str) -> None:
    assert clean(text) is text or clean(text) == text


def test_newline_and_tab_become_blanks_and_the_rest_becomes_visible() -> None:
    assert clean("a\tb\nc\x1bd") == "a b c·d"


def test_the_line_filter_keeps_the_width_of_what_it_cleans() -> None:
    for text in CORPUS:
        (cleaned,) = HostileTextFilter().apply([Segment(text, Style())], Color(0, 0, 0))
        assert cell_len(cleaned.text) == cell_len(text)
        assert not _has_hostile(cleaned.text)


def test_the_line_filter_leaves_harmless_segments_and_control_codes_alone() -> None:
    segments = [Segment("abc", Style(bold=True)), Segment("\x1b[2J", None, [(1,)])]  # type: ignore[list-item]
    assert HostileTextFilter().apply(segments, Color(0, 0, 0)) is segments


def test_the_line_filter_takes_hostile_links_away() -> None:
    style = Style(link="http://x/\x1b]52;c;aGk=\x07", bold=True)
    (cleaned,) = HostileTextFilter().apply([Segment("abc", style)], Color(0, 0, 0))
    assert cleaned.style is not None
    assert cleaned.style.link is None
    assert cleaned.style.bold


# What Textual itself writes: colours, cursor moves, modes, the keyboard protocol, the pointer's shape.
_OWN_SEQUENCES = re.compile(rb"\x1b\[[0-9;:?<>=]*(?:\$p|[A-Za-z])|\x1b\[6n|\x1b7|\x1b8|\x1b\]22;[a-z]+\x07")


def test_nothing_hostile_reaches_the_terminal_from_any_widget() -> None:
    corpus = [text.replace("\ud800\udfff", "") for text in CORPUS]
    with Terminal([*HOSTILE_APP, json.dumps(corpus)], cwd=ROOT, cols=150, rows=50, keep_raw=True) as terminal:
        terminal.wait_for("shown")
        terminal.wait_quiet(0.4)
        raw = bytes(terminal.raw)
    assert raw.count(b"PWNED") > 40
    left = _OWN_SEQUENCES.sub(b"", raw).decode()
    assert not _has_hostile(left.replace("\r", "").replace("\n", "")), re.findall(
        r".{20}[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f].{20}", left
    )
    assert b"\x1b[2J" not in raw.split(b"PWNED", 1)[1]
    assert b"\x1b[31m" not in raw
