"""The columns that the lines of a file have: by the format, or by the header of the file."""

import pyarrow as pa

from config.expressions import Column
from config.format_model import Format
from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.parse.framing import UTF8_BOM
from engine.parse.split import NO_LAYOUT, Splitter, layout_number
from engine.parse.timestamps import read_time

_LOOK_AHEAD_LINES = 20
MAX_FURTHER = 15
"""Unknown columns that a new release may append: fewer than another record, glued on, would have."""


class Layouts:
    """The layouts of one file, for a header belongs to its file."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._splitter = Splitter(form)
        fixed = form.by_shape
        self.by_count = {place if fixed else len(layout): layout for place, layout in enumerate(form.layouts)}
        """The columns by their number, or by the layout's; those of the header once it is known."""
        self.further = 0
        """The most columns that the format does not know: behind its longest layout, or in a header."""
        self.header: bytes | None = None
        """The header of the file; empty = the file lacks it; None = none was seen, or none is needed."""

    @property
    def needs_header(self) -> bool:
        """Whether a header must be known before a piece from the middle of a file can be read."""
        return self._form.header and self.header is None

    def header_of(self, head: bytes) -> bytes | None:
        """The header line in the first bytes of a file; None = there is none, or not all of it yet."""
        if not self._form.header:
            return None
        start = len(UTF8_BOM) if head.startswith(UTF8_BOM) else 0
        while start < len(head):
            end = head.find(b"\n", start)
            if end < 0:
                return None
            line = head[start:end].rstrip(b"\r")
            if line.strip():
                return line
            start = end + 1
        return None

    def titles(self, header_line: bytes) -> list[str]:
        """The names of columns as a header has them."""
        fields, _ = self._splitter.split(header_line)
        return [title.decode("utf-8", "replace").strip() for title in fields or []]

    def is_header(self, line: bytes) -> bool:
        """Whether a line names every column that the format needs."""
        layout = self._named(self.titles(line))
        return not set(self._form.required) - set(layout)

    def _named(self, titles: list[str]) -> list[str]:
        layout: list[str] = []
        for title in titles:
            name = self._form.names.get(title.lower(), "")
            layout.append("" if name in layout else name)
        return layout

    def resume(self, header_line: bytes) -> bool:
        """Takes the first line of the file; whether it is a header, for some files lack theirs.

        Raises `InvalidInput` naming the columns that it lacks where the format knows no file without one.
        """
        line = header_line.removeprefix(UTF8_BOM).rstrip(b"\r\n")
        titles = self.titles(line)
        layout = self._named(titles)
        missing = self.missing(layout)
        if not missing:
            self.by_count = {len(layout): tuple(layout)}
            self.further = sum(title.lower() not in self._form.names for title in titles)
            self.header = line
            return True
        if self._is_record(titles):
            self.header = b""
            return False
        shown = ", ".join(titles)[:200]
        raise InvalidInput(
            "The first line is not a header of {name}: it lacks {missing}. It reads: {shown!r}",
            name=self._form.name,
            missing=", ".join(missing),
            shown=shown,
            field="format",
        )

    def _is_record(self, texts: list[str]) -> bool:
        """Whether the first line of a file without a header is a record: its time is one."""
        start = self._form.call.start or self._form.call.end
        for layout in self._form.layouts:
            if len(layout) == len(texts):
                named = dict(zip(layout, texts, strict=True))
                text = named.get(start.name, "") if isinstance(start, Column) else ""
                return read_time(text, self._form.times.formats) is not None
        return False

    def missing(self, layout: list[str]) -> list[str]:
        """The titles of needed columns that a header lacks."""
        titled = {column: title for title, column in reversed(self._form.names.items())}
        return [titled[name] for name in self._form.required if name not in layout]

    def of(self, count: int) -> tuple[str, ...] | None:
        """The layout of so many columns; None = there is none."""
        found = self.by_count.get(count)
        if found is None and self._form.further and not self._form.header:
            longest = max(self.by_count.values(), key=len)
            beyond = count - len(longest)
            if 0 < beyond <= MAX_FURTHER:
                self.further = max(self.further, beyond)
                return (*longest, *[""] * beyond)
        return found

    def number(self, line: bytes) -> int:
        """The number under which a line's layout would be found; 0 or less = it is none."""
        if self._form.by_shape:
            return layout_number(line.decode("utf-8", "replace").rstrip(), self._form)
        fields, _ = self._splitter.split(line)
        return len(fields or [])

    def likely(self, text: pa.Array) -> int:
        """The number of columns that the first of these lines have."""
        for line in text.slice(0, _LOOK_AHEAD_LINES).to_pylist():
            number = self.number(line.rstrip(b"\r"))
            if self.of(number) is not None:
                return number
        return next(iter(self.by_count))

    def miscounted(self, columns: int) -> Message:
        """Why a line of so many columns is none of the format; 0 = it cannot be told how many it has."""
        if not columns:
            return Message("is not written as the format says")
        if columns == NO_LAYOUT:
            if self._form.records == "pattern":
                return Message("has another pattern than the format")
            return Message(
                "has text behind the last column, or where columns are apart: it is of another pattern"
            )
        known = sorted(self.by_count)
        if len(known) == 1:
            return Message("has {columns} columns, not {known}", columns=columns, known=known[0])
        if known[-1] - known[0] < len(known):
            return Message(
                "has {columns} columns, not {known} to {known2}",
                columns=columns,
                known=known[0],
                known2=known[-1],
            )
        counts = ", ".join(str(count) for count in known)
        return Message("has {columns} columns, not one of {counts}", columns=columns, counts=counts)
