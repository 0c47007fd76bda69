"""The columns that the lines of a file have: by the format, or by the header of the file."""

import pyarrow as pa

from config.formats import Format
from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.parse.framing import UTF8_BOM
from engine.parse.split import Splitter

_LOOK_AHEAD_LINES = 20


class Layouts:
    """The layouts of one file, for a header belongs to its file."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._splitter = Splitter(form)
        self.by_count = {len(layout): layout for layout in form.layouts}
        """The columns by their number; those of the header once it is known."""
        self.header: bytes | None = None
        """The header of the file; None = none was seen, or none is needed."""

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

    def resume(self, header_line: bytes) -> None:
        """Takes the header of the file; raises `InvalidInput` naming the columns that it lacks."""
        line = header_line.removeprefix(UTF8_BOM).rstrip(b"\r\n")
        titles = self.titles(line)
        layout: list[str] = []
        for title in titles:
            name = self._form.names.get(title.lower(), "")
            layout.append("" if name in layout else name)
        titled = {column: title for title, column in reversed(self._form.names.items())}
        missing = [titled[name] for name in self._form.required if name not in layout]
        if missing:
            shown = ", ".join(titles)[:200]
            raise InvalidInput(
                "The first line is not a header of {name}: it lacks {missing}. It reads: {shown!r}",
                name=self._form.name,
                missing=", ".join(missing),
                shown=shown,
                field="format",
            )
        self.by_count = {len(layout): tuple(layout)}
        self.header = line

    def of(self, count: int) -> tuple[str, ...] | None:
        """The layout of so many columns; None = there is none."""
        if self._form.records == "fixed":
            return next(iter(self.by_count.values()))
        return self.by_count.get(count)

    def likely(self, text: pa.Array) -> int:
        """The number of columns that the first of these lines have."""
        for line in text.slice(0, _LOOK_AHEAD_LINES).to_pylist():
            fields, _ = self._splitter.split(line.rstrip(b"\r"))
            if fields is not None and self.of(len(fields)) is not None:
                return next(n for n, layout in self.by_count.items() if layout is self.of(len(fields)))
        return next(iter(self.by_count))

    def miscounted(self, columns: int) -> Message:
        """Why a line of so many columns is none of the format; 0 = it cannot be told how many it has."""
        if not columns:
            return Message("is not written as the format says")
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
