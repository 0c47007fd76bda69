"""CDR formats as data: `config/formats/*.yaml` and a site's own format files. See docs/formats.md."""

import functools
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from config.document import Value, parse_document, read_text
from config.expressions import Column, Expression, Kind, columns_of, parse_expression
from engine.domain.call_columns import FORMAT_TEXTS
from engine.domain.errors import ConfigError, InvalidInput
from engine.domain.message import N_, of_system
from engine.domain.zones import zone

Records = Literal["delimited", "unescaped", "fixed", "json", "xml"]

FORMAT_NAMES = (
    "asterisk-csv",
    "asterisk-custom",
    "freepbx-export",
    "freeswitch-csv",
    "freeswitch-asterisk-csv",
    "freeswitch-json",
    "freeswitch-xml",
    "grandstream-ucm",
    "3cx",
    "yeastar",
    "cisco-cucm",
    "avaya-ipo",
    "panasonic",
    "generic-csv",
)

TIME_FORMATS = (
    "YYYY-MM-DD HH:MM:SS",
    "YYYY/MM/DD HH:MM:SS",
    "DD/MM/YYYY HH:MM:SS",
    "MM/DD/YYYY HH:MM:SS",
    "DD.MM.YYYY HH:MM:SS",
    "MM/DD/YYYY hh:MM:SS AM",
    "DD/MM/YYYY hh:MM:SS AM",
    "MM/DD/YY hh:MMAM",
    "DD/MM/YY hh:MMAM",
    "ISO 8601",
    "epoch",
    "epoch milliseconds",
    "epoch microseconds",
)

MAX_COLUMNS = 512
MAX_LAYOUTS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """How times are written."""

    formats: tuple[str, ...]
    """Tried in this order, each a member of TIME_FORMATS."""
    zone: ZoneInfo | None
    """None = the source's."""
    epoch: Expression | None
    """A UTC epoch not after the start: tells the two readings of a repeated hour apart. None = none known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFields:
    """Where each part of a call is found. None = worked out from the others."""

    start: Expression | None
    """None = end less duration."""
    answer: Expression | None
    """None = start + duration - billsec of answered calls."""
    end: Expression | None
    """None = start + duration."""
    duration: Expression | None
    """None = ring + billsec where ring is given, else end - start."""
    ring: Expression | None
    billsec: Expression | None
    """None = end - answer of answered calls."""
    answered: Expression
    extension: Expression
    forwarder: Expression | None
    """The extension that passed the call on; None = this format does not tell."""
    caller_name: Expression
    outbound: Expression
    inbound: Expression
    internal: Expression
    joins: Expression | None
    """Holds where an application joined the two channels, at no meeting place. None = records are no
    parts of legs."""
    dial_data: Expression
    """What Dial was given; '' = the format does not tell."""
    texts: dict[str, Expression]
    """By the columns of a call that are stored as the format tells them, `FORMAT_TEXTS`."""

    def expressions(self) -> list[Expression]:
        """All that are given."""
        found = [getattr(self, name) for name in self.__slots__ if name != "texts"]
        given = [cast(Expression, expression) for expression in found if expression is not None]
        return [*given, *self.texts.values()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Segments:
    """Records that together are one call: they follow each other and agree in `same`."""

    same: tuple[str, ...]
    more: Expression
    """Holds on every record but the last of its call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One way of writing CDR files."""

    name: str
    title: str
    records: Records
    delimiter: str
    quote: str
    """One character, doubled inside a quoted field; '' = none."""
    header: bool
    """The first line names the columns."""
    names: dict[str, str]
    """With a header: its names in small letters, to column names."""
    required: tuple[str, ...]
    """With a header: columns that must be there."""
    layouts: tuple[tuple[str, ...], ...]
    """Without a header: columns by position, one layout per number of columns."""
    widths: tuple[int, ...]
    """Fixed width: characters of each column of the only layout."""
    surplus: str
    """Unescaped: the column whose text may itself hold separators; '' = none."""
    ignore: tuple[str, ...]
    """Lines that start so are no calls and no faults."""
    times: Times
    call: CallFields
    key: tuple[tuple[str, ...], ...]
    """Candidates in order; the first whose columns are all there and not empty is the key, else the line."""
    segments: Segments | None

    def used(self) -> set[str]:
        """The columns that are read at all."""
        found = {name for candidate in self.key for name in candidate}
        expressions = self.call.expressions()
        if self.times.epoch is not None:
            expressions.append(self.times.epoch)
        if self.segments is not None:
            expressions.append(self.segments.more)
            found |= set(self.segments.same)
        return found.union(*(columns_of(expression) for expression in expressions))


def format_names() -> tuple[str, ...]:
    """The shipped formats, the most common first."""
    return FORMAT_NAMES


@functools.lru_cache(maxsize=32)
def _shipped(name: str) -> Format:
    place = files("config") / "formats" / f"{name}.yaml"
    return parse_format(read_text(name, place.read_bytes()), name=name, file=f"config/formats/{name}.yaml")


def load_format(name_or_path: str, base: Path | None = None) -> Format:
    """A shipped format by name, or the format file at a path relative to `base`.

    Raises `ConfigError` naming file, line and key.
    """
    if name_or_path in FORMAT_NAMES:
        return _shipped(name_or_path)
    path = (base or Path()) / name_or_path
    try:
        content = path.read_bytes()
    except OSError as error:
        known = ", ".join(FORMAT_NAMES)
        raise ConfigError(
            "{path}: the format file cannot be read: {reason}. Shipped formats are {known}.",
            path=path,
            reason=of_system(error),
            known=known,
        ) from error
    return parse_format(read_text(str(path), content), name=name_or_path, file=str(path))


_KEYS = (
    "title", "records", "delimiter", "quote", "header", "columns", "layouts", "more", "widths", "surplus",
    "ignore", "times", "call", "key", "segments",
)  # fmt: skip


def parse_format(text: str, *, name: str, file: str) -> Format:
    """The format in a YAML text; `file` names it in errors. Raises `ConfigError`."""
    root = parse_document(text, name=file)
    keys = root.mapping(_KEYS)
    records = (
        cast(Records, keys["records"].choice(get_args(Records), N_("kind")))
        if "records" in keys
        else "delimited"
    )
    header = "header" in keys and keys["header"].boolean()
    names, required = _header_names(keys, root) if header else ({}, ())
    layouts = () if header else _layouts(keys, root, records)
    known = set(names.values()) if header else {column for layout in layouts for column in layout}
    fields = _Fields(None if records in ("json", "xml") else known)
    if "call" not in keys:
        root.fail("call is missing.")
    delimiter = _character(keys["delimiter"]) if "delimiter" in keys else ","
    quote = _character(keys["quote"]) if "quote" in keys and keys["quote"].text(empty=True) else ""
    if quote == delimiter:
        keys["quote"].fail("is the delimiter as well.")
    return Format(
        name=name,
        title=keys["title"].text() if "title" in keys else name,
        records=records,
        delimiter=delimiter,
        quote=quote,
        header=header,
        names=names,
        required=required,
        layouts=layouts,
        widths=_widths(keys, layouts) if records == "fixed" else (),
        surplus=fields.column(keys["surplus"]) if "surplus" in keys else "",
        ignore=keys["ignore"].texts() if "ignore" in keys else (),
        times=fields.times(keys["times"] if "times" in keys else root.fail("times is missing.")),
        call=fields.call(keys["call"]),
        key=tuple(fields.columns(item) for item in keys["key"].items()) if "key" in keys else (),
        segments=fields.segments(keys["segments"]) if "segments" in keys else None,
    )


def _character(value: Value) -> str:
    text = value.text(empty=True)
    if len(text) != 1 or not text.isascii() or text in "\r\n\x00":
        value.fail("must be one ASCII character.")
    return text


def _header_names(keys: dict[str, Value], root: Value) -> tuple[dict[str, str], tuple[str, ...]]:
    """`columns` of a format with a header: column → its names there, the required ones marked by `!`."""
    if "columns" not in keys:
        root.fail("columns is missing: each column and its names in the header.")
    names: dict[str, str] = {}
    required: list[str] = []
    for column, value in keys["columns"].mapping().items():
        _column_name(value, column)
        aliases = value.texts() if value.is_list else (value.text(),)
        for alias in aliases:
            plain = alias.removesuffix("!")
            if plain.lower() in names:
                value.fail("the header name {plain!r} stands for two columns.", plain=plain)
            names[plain.lower()] = column
            if alias != plain and column not in required:
                required.append(column)
    if not required:
        keys["columns"].fail("mark at least one column as required with a `!` after its name.")
    return names, tuple(required)


def _column_name(value: Value, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}", name):
        value.fail("{name!r} is not a column name; letters, digits, _ . and - make one.", name=name)
    return name


def _layouts(keys: dict[str, Value], root: Value, records: Records) -> tuple[tuple[str, ...], ...]:
    if records in ("json", "xml"):
        return ()
    if "layouts" not in keys:
        root.fail("layouts is missing: the columns by position.")
    layouts: dict[int, tuple[str, ...]] = {}
    for item in keys["layouts"].items():
        layout = tuple(_column_name(part, part.text()) for part in item.items())
        if not 1 <= len(layout) <= MAX_COLUMNS:
            item.fail("must name 1 to {max_columns} columns.", max_columns=MAX_COLUMNS)
        if len(set(layout)) != len(layout):
            item.fail("names a column twice.")
        if len(layout) in layouts:
            item.fail(
                "a layout of {count} columns was given before; only their number tells them apart.",
                count=len(layout),
            )
        layouts[len(layout)] = layout
    if not 1 <= len(layouts) <= MAX_LAYOUTS:
        keys["layouts"].fail("must hold 1 to {max_layouts} layouts.", max_layouts=MAX_LAYOUTS)
    if "more" in keys:
        base = max(layouts.values(), key=len)
        for item in keys["more"].items():
            base = (*base, _column_name(item, item.text()))
            if len(set(base)) != len(base) or len(base) in layouts or len(base) > MAX_COLUMNS:
                item.fail("is a column twice, or gives a number of columns that a layout has.")
            layouts[len(base)] = base
    return tuple(layouts.values())


def _widths(keys: dict[str, Value], layouts: tuple[tuple[str, ...], ...]) -> tuple[int, ...]:
    if "widths" not in keys or len(layouts) != 1:
        keys["records"].fail("fixed needs one layout and its widths.")
    widths = tuple(item.integer(least=1, most=1000) for item in keys["widths"].items())
    if len(widths) != len(layouts[0]):
        keys["widths"].fail(
            "has {count} widths for {count2} columns.", count=len(widths), count2=len(layouts[0])
        )
    return widths


_TEXTS = (
    *("start", "answer", "end", "duration", "ring", "billsec", "extension", "forwarder", "caller_name"),
    "dial_data",
    *FORMAT_TEXTS,
)
_TRUTHS = ("answered", "outbound", "inbound", "internal", "joins")


class _Fields:
    """Reads expressions over a known set of columns; None = any column may be named."""

    def __init__(self, known: set[str] | None) -> None:
        self._known = known

    def expression(self, value: Value, kind: Kind) -> Expression:
        try:
            expression = parse_expression(value.text(numbers=True, empty=True), kind)
        except InvalidInput as error:
            value.fail(error.message)
        if self._known is not None:
            for name in sorted(columns_of(expression) - self._known):
                value.fail("{name!r} is not a column of this format.", name=name)
        return expression

    def column(self, value: Value) -> str:
        expression = self.expression(value, "text")
        if not isinstance(expression, Column):
            value.fail("must be a column.")
        return expression.name

    def columns(self, value: Value) -> tuple[str, ...]:
        found = tuple(self.column(item) for item in value.items())
        if not found:
            value.fail("must name at least one column.")
        return found

    def times(self, value: Value) -> Times:
        keys = value.mapping(("format", "zone", "epoch"))
        formats = keys["format"] if "format" in keys else value.fail("format is missing.")
        items = formats.items() if formats.is_list else [formats]
        where = None
        if "zone" in keys and keys["zone"].text() != "source":
            try:
                where = zone(keys["zone"].text())
            except InvalidInput:
                keys["zone"].fail("must be source, or an IANA name such as UTC.")
        return Times(
            formats=tuple(item.choice(TIME_FORMATS, N_("time format")) for item in items)
            or formats.fail("must name at least one time format."),
            zone=where,
            epoch=self.expression(keys["epoch"], "text") if "epoch" in keys else None,
        )

    def call(self, value: Value) -> CallFields:
        keys = value.mapping(_TEXTS + _TRUTHS)
        found = {name: self.expression(keys[name], "text") for name in _TEXTS if name in keys}
        found |= {name: self.expression(keys[name], "truth") for name in _TRUTHS if name in keys}
        for name in ("answered", "disposition", "extension", "dialled", "outbound"):
            if name not in found:
                value.fail("{name} is missing.", name=name)
        if not {"start", "end"} & found.keys() or not {"duration", "ring", "end"} & found.keys():
            value.fail("start or end is missing, or nothing tells how long the call was.")
        if not {"billsec", "answer"} & found.keys():
            value.fail("billsec or answer is missing.")
        nothing = parse_expression("''", "text")
        never = parse_expression("present('')", "truth")
        return CallFields(
            start=found.get("start"),
            answer=found.get("answer"),
            end=found.get("end"),
            duration=found.get("duration"),
            ring=found.get("ring"),
            billsec=found.get("billsec"),
            answered=found["answered"],
            extension=found["extension"],
            forwarder=found.get("forwarder"),
            caller_name=found.get("caller_name", nothing),
            outbound=found["outbound"],
            inbound=found.get("inbound", never),
            internal=found.get("internal", never),
            joins=found.get("joins"),
            dial_data=found.get("dial_data", nothing),
            texts={name: found.get(name, nothing) for name in FORMAT_TEXTS},
        )

    def segments(self, value: Value) -> Segments:
        keys = value.mapping(("same", "more"))
        if "same" not in keys or "more" not in keys:
            value.fail("same and more are both needed.")
        return Segments(same=self.columns(keys["same"]), more=self.expression(keys["more"], "truth"))
