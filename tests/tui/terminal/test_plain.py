"""Signs in plain ASCII."""

import ast

from rich.cells import cell_len

from tests.test_house import ROOT
from tui.terminal.plain import plain


def test_every_sign_that_screens_and_widgets_draw_has_a_plain_one():
    drawn = {
        sign
        for folder in ("screens", "widgets")
        for path in (ROOT / "tui" / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for sign in node.value
    }
    assert [sign for sign in sorted(drawn) if cell_len(sign) == 1 and not plain(sign).isascii()] == []


def test_signs_become_ascii_of_the_same_width_and_letters_stay():
    text = "│ ● live  ✗ 1010  Zoë 王芳  trunk… – ↑↓ ⏎ ▁▄█ 80×24 ▌╭─╮"
    assert plain(text) == "| * live  x 1010  Zoë 王芳  trunk~ - ^v <   # 80x24 |+-+"
    assert cell_len(plain(text)) == cell_len(text)
