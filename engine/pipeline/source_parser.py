"""The parser of a source: one per source, format and header."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.document import read_text
from config.format_file import parse_format
from config.format_model import Format
from config.formats import FORMAT_NAMES, load_format
from config.settings import Numbering, Settings, Source
from engine.api.message_json import from_json
from engine.domain.errors import InvalidInput
from engine.domain.message import NOTHING, Message
from engine.parse.parser import Parser
from engine.parse.schema import Parsed
from engine.tail.piece import Piece

FORMAT_SUFFIXES = (".yaml", ".yml")
DEFAULT_FORMAT = "asterisk-csv"
MANY_BAD_LINES = 1000
"""From so many on, a source of which more than half of the latest lines are bad is not read any further."""
LATEST_LINES = 20_000
PROBE_BYTES = 1 << 20
"""The start of a long first piece, read before the rest: it shows whether most lines are bad."""
LONG_BYTES = 8 << 20


class SourceParser:
    """Parses pieces of one source's files."""

    def __init__(
        self,
        format_name: str,
        *,
        home: Path,
        numbering: Numbering,
        source_zone: ZoneInfo,
        site_zone: ZoneInfo,
        zone_is_settled: bool = False,
        form: Format | None = None,
    ) -> None:
        """A zone that is settled holds though the format may name another: earlier lines were read in it.

        `form` None = loaded by its name. Raises `ConfigError` when the format cannot be loaded.
        """
        self.format_name = format_name
        form = form or load_format(format_name, home)
        if zone_is_settled:
            form = replace(form, times=replace(form.times, zone=None))
        self.form = form
        self.timezone = (form.times.zone or source_zone).key
        """The IANA zone of times without an offset; kept with what is stored."""
        self._lines = self._bad = 0
        self._stuck = ""
        self.notes: list[Message] = []
        """What is other than expected in the piece read last, as sentences."""
        self.zone_doubt = NOTHING
        """Why the zone of the times cannot be right; '' = nothing contradicts it."""
        self._parser = Parser(
            self.form,
            numbering=numbering,
            source_zone=source_zone,
            site_zone=site_zone,
        )

    def parse(self, piece: Piece, *, most_calls: int | None = None) -> Parsed:
        """Calls and bad lines of a piece; where lines are calls, no more than `most_calls` of them.

        Raises `InvalidInput` when the file as a whole is of no use, and when most lines are bad: a format
        that does not fit would fill the disk. The parser stays like that until it is replaced.
        """
        if self._stuck:
            raise InvalidInput(self._stuck, field="format")
        if not piece.first:
            self._parser.begin(piece.header, piece.data)
        header = None if piece.first else self._parser.header_of(piece.header)
        if header is not None:
            self._parser.resume(header)
        if not self._lines and len(piece.data) > LONG_BYTES:
            start = piece.data[:PROBE_BYTES]
            probed = self._parser.parse(start, base_offset=piece.base_offset, first=piece.first)
            self._refuse_mostly_bad(probed, lines=probed.lines, bad=probed.rejects.num_rows)
        parsed = self._parser.parse(
            piece.data,
            base_offset=piece.base_offset,
            first=piece.first,
            final=piece.final,
            whole=piece.whole,
            most_calls=most_calls,
            written_at=datetime.fromtimestamp(piece.written_at, UTC).replace(tzinfo=None)
            if piece.written_at
            else None,
        )
        self.notes = self._parser.notes
        self.zone_doubt = self._parser.zone_doubt
        self._weigh(parsed)
        return parsed

    @property
    def whole_files(self) -> bool:
        """Whether a file is one document, written once: one file per call."""
        return self.form.records in ("json", "xml")

    def _weigh(self, parsed: Parsed) -> None:
        if self._lines > LATEST_LINES:
            self._lines //= 2
            self._bad //= 2
        self._lines += parsed.lines
        self._bad += parsed.rejects.num_rows
        self._refuse_mostly_bad(parsed, lines=self._lines, bad=self._bad)

    def _refuse_mostly_bad(self, parsed: Parsed, *, lines: int, bad: int) -> None:
        if bad > MANY_BAD_LINES and bad * 2 > lines:
            told = parsed.rejects["message"].slice(0, 1).to_pylist()
            self._stuck = Message(
                "{bad:,} of the latest {lines:,} lines cannot be read as {format_name} (such as: "
                "{first}). The file is not read any further until its format is changed in "
                "config.yaml or mended; nothing is lost. `pbxmeter sources detect FILE` proposes a "
                "format.",
                bad=bad,
                lines=lines,
                format_name=self.format_name,
                first=from_json(told[0]) if told else NOTHING,
            )
            raise InvalidInput(self._stuck, field="format")

    def knows_header(self, head: bytes) -> bool:
        """Whether single lines can be read, given the first bytes of their file."""
        if head:
            self._parser.begin(head)
        header = self._parser.header_of(head)
        if header is not None:
            self._parser.resume(header)
        return not self._parser.needs_header

    def parse_whole(self, data: bytes) -> Parsed:
        """All lines of a file."""
        return self._parser.parse(data, base_offset=0, first=True, final=True)

    def parse_line(self, raw: bytes, *, base_offset: int) -> Parsed:
        """One line on its own, as found in quarantine."""
        return self._parser.parse(raw, base_offset=base_offset, first=False, final=True)


def given_format(name: str, text: bytes, settings: Settings, home: Path) -> Format:
    """The format that a client names, or whose text it sends. Raises `InvalidInput`, `ConfigError`."""
    if text:
        return parse_format(read_text(name, text), name=name, file=name)
    form = site_format(name, settings, home)
    if form is None:
        known = ", ".join(FORMAT_NAMES)
        raise InvalidInput(
            "{name}: there is no such format. Shipped formats are {known}; one of your own is a "
            "file that you can read, or a .yaml file in the home folder.",
            name=name,
            known=known,
            field="format",
        )
    return form


def site_format(name: str, settings: Settings, home: Path) -> Format | None:
    """A shipped format, one that config.yaml names, or a format file in the home; None = none of them.

    No other file is opened: the engine may read what the client may not. Raises `ConfigError`.
    """
    if name not in FORMAT_NAMES and name not in {source.format for source in settings.sources}:
        place = (home / name).resolve()
        if not place.is_relative_to(home.resolve()) or place.suffix not in FORMAT_SUFFIXES:
            return None
    return load_format(name, home)


def parser_of(source: Source, settings: Settings, home: Path) -> SourceParser:
    """The parser of a configured source."""
    return SourceParser(
        source.format,
        home=home,
        numbering=settings.numbering,
        source_zone=source.timezone or settings.site.timezone,
        site_zone=settings.site.timezone,
    )


def source_for(path: str, settings: Settings) -> Source | None:
    """The configured source whose path or glob fits a file, else the only one there is."""
    for source in settings.sources:
        if Path(path).match(source.path) or path == source.path:
            return source
    return settings.sources[0] if len(settings.sources) == 1 else None
