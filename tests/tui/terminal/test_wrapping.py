"""Where lines of Chinese are broken."""

from collections.abc import Iterator

import pytest
import rich._wrap
from textual.content import Content

from tui.terminal.wrapping import wrap_wide_text, wrapped


@pytest.fixture
def between_wide_characters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rich._wrap, "words", rich._wrap.words)
    wrap_wide_text()
    yield


@pytest.mark.parametrize(
    ("text", "cells", "lines"),
    [
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("⚠ 标出值得留意的规则", 12, ["⚠ 标出值得留", "意的规则"]),
        ("哪条规则胜出及原因。", 18, ["哪条规则胜出及原", "因。"]),
        ("删除规则“Mobile”吗？", 12, ["删除规则", "“Mobile”吗？"]),
        ("请按 q 退出后运行", 9, ["请按 q 退", "出后运行"]),
        ("", 9, [""]),
    ],
)
def test_lines_end_between_wide_characters_and_no_closing_sign_begins_one(
    between_wide_characters: None, text: str, cells: int, lines: list[str]
):
    assert wrapped(text, cells) == lines
    assert [line.plain.rstrip() for line in Content(text).wrap(cells)] == lines


def test_what_is_longer_than_a_line_is_cut(between_wide_characters: None):
    assert [line.plain for line in Content("a" * 25).wrap(10)] == ["a" * 10, "a" * 10, "a" * 5]
