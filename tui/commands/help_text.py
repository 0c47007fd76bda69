"""Help texts in the language of the screens: looked up when shown, and wrapped by cells.

Click wraps by characters, at blanks; Chinese has no blanks, and its characters take two cells.
"""

import re
from collections.abc import Sequence
from inspect import cleandoc

import click

from tui.terminal import wrapping
from tui.text import i18n
from tui.text.i18n import N_, _

EXAMPLES = N_("Examples:")

_COLUMN_MAX, _SPACING = 30, 2
"""How click lays out a list of options."""

_REMARK = re.compile(r"\S(\s{3,})(\S.*)$")


class InLanguage(click.Command):
    """A command whose help is in the language of the screens."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The translated docstring."""
        text = self._translated_help()
        if not text:
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(wrapped(text, formatter.width - formatter.current_indent))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The examples under a translated heading."""
        if not self.epilog:
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n".join(_example(line) for line in self.epilog.split("\n")))

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence."""
        text = self._translated_help()
        if not text:
            return super().get_short_help_str(limit)
        return text.partition("\n")[0].partition("。")[0] + "。"

    def _translated_help(self) -> str:
        """'' = English will do."""
        english = cleandoc(self.help or "")
        text = _(english)
        return "" if text == english else text


def write_list(formatter: click.HelpFormatter, rows: Sequence[tuple[str, str]]) -> None:
    """Writes terms and what they mean, the meanings translated."""
    column = min(max(len(term) for term, _text in rows), _COLUMN_MAX) + _SPACING
    width = max(formatter.width - column - 2, 10)
    formatter.write_dl([(term, _meaning(text, width)) for term, text in rows])


def wrapped(text: str, width: int) -> str:
    """Paragraphs broken into lines of at most `width` cells, marked so that click leaves them alone."""
    paragraphs = [" ".join(paragraph.split("\n")) for paragraph in text.split("\n\n")]
    return "\n\n".join("\b\n" + "\n".join(wrapping.wrapped(paragraph, width)) for paragraph in paragraphs)


def _meaning(text: str, width: int) -> str:
    if i18n.language() == "en":
        return text
    help_text, gap, extra = text.partition("  [")
    return wrapped(_(help_text) + gap + extra, width)


def _example(line: str) -> str:
    """A line of the examples; what stands far behind the command is a remark."""
    if line == EXAMPLES:
        return _(EXAMPLES)
    remark = _REMARK.search(line)
    return line if remark is None else line[: remark.end(1)] + _(remark[2])
