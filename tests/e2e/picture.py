"""What an application shows, as an SVG picture that looks the same wherever it is opened.

Textual's own export counts on a font from the network and on `textLength`; here every run of text stands at
its own cell, wide characters each at theirs, and block elements are drawn as rectangles.
"""

import re
from collections.abc import Iterator
from html import escape

from rich.cells import cell_len
from rich.style import Style
from textual.app import App

CELL, LINE, FONT = 8.43, 17.0, 14
"""Pixels: a cell's width and height, and the font's size; DejaVu Sans Mono is 0.602 of its size wide."""

MARGIN, TITLE = 10.0, 26.0
BACKGROUND, FOREGROUND, BAR = "#121212", "#e0e0e0", "#2b2b2b"
FONTS = "'DejaVu Sans Mono','Noto Sans Mono',Menlo,Consolas,'Noto Sans Mono CJK SC',monospace"

_PIECE = re.compile(r"\S+(?: \S+)*")
_EIGHTHS_UP = "▁▂▃▄▅▆▇█"
_EIGHTHS_RIGHT = "▏▎▍▌▋▊▉"
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def picture(app: App[object], *, title: str = "pbxmeter") -> str:
    """The screen in front, in a window's frame."""
    columns, rows = app.size
    width, height = columns * CELL + 2 * MARGIN, rows * LINE + TITLE + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}" '
        f'font-family="{FONTS}" font-size="{FONT}" fill="{FOREGROUND}" xml:space="preserve">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.1f}" height="{height:.1f}" rx="7" fill="{BAR}"/>',
        *(
            f'<circle cx="{16 + 18 * place}" cy="13" r="5.5" fill="{colour}"/>'
            for place, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
        ),
        f'<text x="{width / 2:.1f}" y="18" text-anchor="middle" font-weight="bold">{escape(title)}</text>',
        f'<g transform="translate({MARGIN} {TITLE})">',
        f'<rect width="{columns * CELL:.1f}" height="{rows * LINE:.1f}" fill="{BACKGROUND}"/>',
    ]
    # What was composed is not shown by anything public.
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    for row, strip in enumerate(strips):
        column = 0
        for segment in strip:
            if not segment.control:
                parts += _drawn(segment.text, segment.style or Style(), column, row)
                column += cell_len(segment.text)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _drawn(text: str, style: Style, column: int, row: int) -> Iterator[str]:
    colour, ground = _colour(style.color, FOREGROUND), _colour(style.bgcolor, BACKGROUND)
    if style.reverse:
        colour, ground = ground, colour
    top = row * LINE
    if ground != BACKGROUND:
        # Half a pixel more each way, so that no line shows between neighbours.
        yield _box(column * CELL, top, cell_len(text) * CELL + 0.4, LINE + 0.4, ground)
    looks = f' fill="{colour}"' + (' font-weight="bold"' if style.bold else "")
    looks += (' font-style="italic"' if style.italic else "") + (' opacity="0.6"' if style.dim else "")
    looks += ' text-decoration="underline"' if style.underline else ""
    for place, piece in _pieces(text):
        left = (column + place) * CELL
        if _is_block(piece[0]):
            for offset, sign in enumerate(piece):
                yield _block(sign, left + offset * CELL, top, colour)
        else:
            cells = cell_len(piece) * CELL
            yield (
                f'<text x="{left:.1f}" y="{top + LINE * 0.76:.1f}" textLength="{cells:.1f}" '
                f'lengthAdjust="spacingAndGlyphs"{looks}>{escape(piece)}</text>'
            )


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Runs of narrow characters, runs of blocks, and wide characters one by one, each with its first cell."""
    for match in _PIECE.finditer(text):
        at = cell_len(text[: match.start()])
        run, began = "", at
        for sign in match.group():
            wide = cell_len(sign) > 1
            if run and (wide or cell_len(run[-1]) > 1 or _is_block(sign) != _is_block(run[-1])):
                yield began, run
                run = ""
            if not run:
                began = at
            run += sign
            at += cell_len(sign)
        if run.strip():
            yield began, run


def _is_block(sign: str) -> bool:
    return sign in _EIGHTHS_UP or sign in _EIGHTHS_RIGHT or sign in _SHADES


def _block(sign: str, left: float, top: float, colour: str) -> str:
    if sign in _SHADES:
        return _box(left, top, CELL + 0.4, LINE + 0.4, colour, opacity=_SHADES[sign])
    if sign in _EIGHTHS_UP:
        tall = LINE * (_EIGHTHS_UP.index(sign) + 1) / 8
        return _box(left, top + LINE - tall, CELL + 0.4, tall + 0.4, colour)
    return _box(left, top, CELL * (_EIGHTHS_RIGHT.index(sign) + 1) / 8, LINE + 0.4, colour)


def _box(left: float, top: float, width: float, height: float, colour: str, *, opacity: float = 1) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    faint = "" if opacity == 1 else f' opacity="{opacity}"'
    return f'<rect {place} fill="{colour}"{faint}/>'


def _colour(colour: object, default: str) -> str:
    from rich.color import Color

    if not isinstance(colour, Color) or colour.is_default:
        return default
    return colour.get_truecolor().hex
