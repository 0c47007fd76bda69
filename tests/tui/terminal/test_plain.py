"""Signs in plain ASCII."""

from rich.cells import cell_len

from tui.terminal.plain import plain


def test_signs_become_ascii_of_the_same_width_and_letters_stay():
    text = "│ ● live  ✗ 1010  Zoë 王芳  trunk… – ↑↓ ⏎ ▁▄█ 80×24 ▌╭─╮"
    assert plain(text) == "| * live  x 1010  Zoë 王芳  trunk~ - ^v <   # 80x24 |+-+"
    assert cell_len(plain(text)) == cell_len(text)
