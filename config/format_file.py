"""Format files: a YAML text to a checked `Format`."""

import re
from typing import cast

from config.document import Value, parse_document
from config.event_fields import NO_CALL, event_fields
from config.expressions import Column, Expression, Kind, columns_of, parse_expression, size_of, substituted
from config.format_model import MAX_COLUMNS, SEPARATOR, CallFields, Format, Records, Segments, Times
from config.time_formats import check_time_formats
from engine.domain.call_columns import FORMAT_TEXTS
from engine.domain.errors import InvalidInput
from engine.domain.zones import zone

MAX_LAYOUTS = 64

MAX_SIZE = 1000
"""Columns, texts and functions of one expression: definitions of definitions grow fast."""

_KEYS = (
    "title", "records", "delimiter", "quote", "header", "columns", "layouts", "more", "further", "widths",
    "patterns", "surplus", "ignore", "define", "times", "call", "event", "identity", "segments",
)  # fmt: skip


def parse_format(text: str, *, name: str, file: str) -> Format:
    """The format in a YAML text; `file` names it in errors. Raises `ConfigError`."""
    root = parse_document(text, name=file)
    keys = root.mapping(_KEYS)
    records = (
        cast(
            Records,
            keys["records"].choice(("delimited", "unescaped", "fixed", "pattern", "json", "xml"), "kind"),
        )
        if "records" in keys
        else "delimited"
    )
    header = "header" in keys and keys["header"].boolean()
    names, required = _header_names(keys, root) if header else ({}, ())
    patterns = _patterns(keys) if records == "pattern" else ()
    layouts = tuple(tuple(groups) for _, groups in patterns)
    if not patterns and ("layouts" in keys or not header):
        layouts = _layouts(keys, root, records)
    known = set(names.values()) | {column for layout in layouts for column in layout} - {SEPARATOR}
    if header and known - set(names.values()):
        keys["layouts"].fail("{values!r} is not one of the columns.", values=min(known - set(names.values())))
    fields = _Fields(None if records in ("json", "xml") else known)
    if "define" in keys:
        fields.define(keys["define"])
    if ("call" in keys) == ("event" in keys):
        root.fail("call and event are both given.") if "call" in keys else root.fail("call is missing.")
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
        patterns=tuple(pattern for pattern, _ in patterns),
        further="further" in keys and keys["further"].boolean(),
        surplus=fields.column(keys["surplus"]) if "surplus" in keys else "",
        ignore=keys["ignore"].texts() if "ignore" in keys else (),
        times=fields.times(keys["times"] if "times" in keys else root.fail("times is missing.")),
        call=fields.call(keys["call"] if "call" in keys else parse_document(NO_CALL, name=name)),
        identity=fields.columns(keys["identity"]) if "identity" in keys else (),
        segments=fields.segments(keys["segments"]) if "segments" in keys else None,
        event=event_fields(keys["event"], fields.expression) if "event" in keys else None,
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
        named = [name for name in layout if records != "fixed" or name != SEPARATOR]
        if len(set(named)) != len(named):
            item.fail("names a column twice.")
        # Layouts of fixed width are told apart by where their columns stand.
        number = len(layouts) if records == "fixed" else len(layout)
        if number in layouts:
            item.fail(
                "a layout of {count} columns was given before; only their number tells them apart.",
                count=len(layout),
            )
        layouts[number] = layout
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


def _patterns(keys: dict[str, Value]) -> list[tuple[str, list[str]]]:
    """Each regular expression and the names of its groups."""
    if "patterns" not in keys:
        keys["records"].fail("pattern needs patterns: regular expressions with named groups.")
    found: list[tuple[str, list[str]]] = []
    for item in keys["patterns"].items():
        pattern = item.regex()
        groups = re.findall(r"\(\?P<([A-Za-z_][A-Za-z0-9_]*)>", pattern)
        if not groups or len(set(groups)) != len(groups):
            item.fail("needs named groups such as (?P<number>[0-9]+), each name once.")
        found.append((pattern, groups))
    if not 1 <= len(found) <= MAX_LAYOUTS:
        keys["patterns"].fail("must be 1 to {max_layouts} regular expressions.", max_layouts=MAX_LAYOUTS)
    return found


def _widths(keys: dict[str, Value], layouts: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The widths of each layout; those of the only one may stand without brackets of their own."""
    if "widths" not in keys:
        keys["records"].fail("fixed needs the widths of its layouts.")
    given = keys["widths"].items()
    lists = [item.items() for item in given] if given and given[0].is_list else [given]
    if len(lists) != len(layouts):
        keys["widths"].fail(
            "are given for {count} layouts, not {count2}.", count=len(lists), count2=len(layouts)
        )
    found: list[tuple[int, ...]] = []
    for widths, layout in zip(lists, layouts, strict=True):
        if len(widths) != len(layout):
            keys["widths"].fail(
                "has {count} widths for {count2} columns.", count=len(widths), count2=len(layout)
            )
        found.append(tuple(item.integer(least=1, most=1000) for item in widths))
    return tuple(found)


_TEXTS = (
    *("start", "answer", "end", "duration", "ring", "billsec", "extension", "forwarder", "caller_name"),
    *("dial_data", "near_device"),
    *FORMAT_TEXTS,
)
_TRUTHS = (
    *("answered", "outbound", "inbound", "internal", "joins"),
    *("near_trunk", "far_trunk", "own_leg"),
)


class _Fields:
    """Reads expressions over a known set of columns; None = any column may be named."""

    def __init__(self, known: set[str] | None) -> None:
        self._known = known
        self._definitions: dict[str, Expression] = {}

    def define(self, value: Value) -> None:
        """Takes names for expressions, which may name each other but not themselves."""
        waiting: dict[str, tuple[Value, Expression]] = {}
        for name, item in value.mapping().items():
            _column_name(item, name)
            if self._known is not None and name in self._known:
                item.fail("is a column already.")
            waiting[name] = item, self._parsed(item, "text")
        while waiting:
            ready = [name for name, (_, one) in waiting.items() if not columns_of(one) & waiting.keys()]
            if not ready:
                name = min(waiting)
                around = ", ".join(sorted(waiting))
                waiting[name][0].fail("is defined by itself, in a circle: {around}.", around=around)
            for name in ready:
                item, expression = waiting.pop(name)
                self._definitions[name] = self._resolved(item, expression)

    def expression(self, value: Value, kind: Kind) -> Expression:
        return self._resolved(value, self._parsed(value, kind))

    def _parsed(self, value: Value, kind: Kind) -> Expression:
        try:
            return parse_expression(value.text(numbers=True, empty=True), kind)
        except InvalidInput as error:
            value.fail(error.message)

    def _resolved(self, value: Value, expression: Expression) -> Expression:
        expression = substituted(expression, self._definitions)
        if size_of(expression) > MAX_SIZE:
            value.fail("is made of more than {max_size} parts, definitions included.", max_size=MAX_SIZE)
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
        written = tuple(item.text() for item in items) or formats.fail("must name at least one time format.")
        try:
            check_time_formats(written)
        except InvalidInput as error:
            formats.fail(error.message)
        return Times(
            formats=written,
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
            near_trunk=found.get("near_trunk"),
            far_trunk=found.get("far_trunk"),
            near_device=found.get("near_device"),
            own_leg=found.get("own_leg"),
            texts={name: found.get(name, nothing) for name in FORMAT_TEXTS},
        )

    def segments(self, value: Value) -> Segments:
        keys = value.mapping(("same", "more"))
        if "same" not in keys or "more" not in keys:
            value.fail("same and more are both needed.")
        return Segments(same=self.columns(keys["same"]), more=self.expression(keys["more"], "truth"))
