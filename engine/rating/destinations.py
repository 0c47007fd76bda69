"""Destinations of rated numbers: the prefixes that ship, and the site's own, which come before them.

The longest prefix that a number begins with names it. The store keeps the site's prefixes, and what all of
them come to: spans of numbers in the order of text, each from its `low` to the next one's, so that one
comparison finds the destination of a number, however many prefixes there are. Nothing of it is kept with a
call: lists, filters and statistics of past calls follow the table as it is.
"""

import re
from collections.abc import Mapping, Sequence

import pyarrow as pa

from config.destinations import shipped_destinations
from engine.api.destinations import DestinationRow, Destinations, ListDestinations
from engine.api.extensions import CsvText
from engine.api.operation import Fault, ImportResult
from engine.domain.errors import InvalidInput
from engine.domain.message import Message, as_it_is
from engine.domain.numbers import MAX_NUMBER
from engine.domain.sheet import Faults, SheetLine, read_sheet, write_sheet
from engine.store import Session

COLUMNS = ("prefix", "name", "country")
MAX_PREFIXES = 100_000
MAX_NAME = 100
MAX_PREVIEW = 200
MAX_LISTED = 100_000

Table = Mapping[str, tuple[str, str]]
"""Name and country by prefix."""

_PREFIX = re.compile(rf"[0-9*#+]{{0,{MAX_NUMBER}}}")
_COUNTRY = re.compile(r"(?:[A-Za-z]{2})?")
_SCHEMA = pa.schema([("prefix", pa.string()), ("name", pa.string()), ("country", pa.string())])


def spans(table: Table) -> list[tuple[str, str, str]]:
    """(low, name, country) in order: numbers from `low` up to the next one's; no name = no destination."""
    found: list[tuple[str, str, str]] = []
    open_prefixes: list[str] = []

    def begin(low: str, prefix: str | None) -> None:
        name, country = ("", "") if prefix is None else table[prefix]
        if found and found[-1][0] == low:
            found.pop()
        if (found[-1][1:] if found else ("", "")) != (name, country):
            found.append((low, name, country))

    def close_until(number: str | None) -> None:
        while open_prefixes and (number is None or not number.startswith(open_prefixes[-1])):
            ended = open_prefixes.pop()
            if ended:
                begin(_behind(ended), open_prefixes[-1] if open_prefixes else None)

    for prefix in sorted(table):
        close_until(prefix)
        begin(prefix, prefix)
        open_prefixes.append(prefix)
    close_until(None)
    return found


def _behind(prefix: str) -> str:
    """The first text that sorts behind all that begin with a prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def follow_destinations(session: Session) -> None:
    """Brings the spans in line with what ships and with the site's prefixes."""
    wanted = spans(shipped_destinations() | own_destinations(session))
    if session.rows("destinations.spans") == wanted:
        return
    session.run("destinations.clear_spans")
    table = pa.Table.from_pylist(
        [{"prefix": low, "name": name, "country": country} for low, name, country in wanted], schema=_SCHEMA
    )
    with session.bound(destination_spans=table):
        session.run("destinations.add_spans")


def own_destinations(session: Session) -> dict[str, tuple[str, str]]:
    """The site's."""
    rows = session.records(tuple[str, str, str], "destinations.own")
    return {prefix: (name, country) for prefix, name, country in rows}


def destination_of(session: Session, number: str) -> tuple[str, str]:
    """Name and country of a number; '' = none."""
    found = session.records(tuple[str, str, str], "destinations.of_numbers", numbers=[number])
    return found[0][1:] if found else ("", "")


def list_destinations(session: Session, request: ListDestinations) -> Destinations:
    """What is in force, by prefix. Raises `InvalidInput` for a bad limit."""
    if not 1 <= request.limit <= MAX_LISTED:
        raise InvalidInput.in_field("limit", "must lie between 1 and {most}.", most=f"{MAX_LISTED:,}")
    own = own_destinations(session)
    text = request.text.strip().lower()
    rows = [
        DestinationRow(prefix=prefix, name=name, country=country, own=prefix in own)
        for prefix, (name, country) in sorted((shipped_destinations() | own).items())
        if prefix.startswith(text) or text in name.lower() or text == country.lower()
    ]
    return Destinations(rows=rows[: request.limit], total=len(rows))


def export_destinations(session: Session) -> CsvText:
    """The site's prefixes as a sheet."""
    rows = sorted((prefix, *entry) for prefix, entry in own_destinations(session).items())
    return CsvText(text=write_sheet(COLUMNS, rows), rows=len(rows))


def import_destinations(session: Session, content: bytes, *, apply: bool) -> ImportResult:
    """Compares a sheet with the site's prefixes and, with `apply`, replaces them.

    A sheet with any fault changes nothing, and its faults are in the result. A sheet without prefixes is
    refused where the site has some.
    """
    faults = Faults()
    wanted = _read(content, faults)
    before = own_destinations(session)
    if not wanted and before and not faults.count:
        faults.add(
            1,
            "",
            Message(
                "the sheet holds no prefixes; it would remove all {count} of the site.",
                count=f"{len(before):,}",
            ),
        )
    added = [prefix for prefix in wanted if prefix not in before]
    changed = [prefix for prefix in wanted if prefix in before and wanted[prefix] != before[prefix]]
    removed = [prefix for prefix in before if prefix not in wanted]
    applied = apply and not faults.count
    if applied and (added or changed or removed):
        _replace(session, wanted)
    return ImportResult(
        applied=applied,
        added=len(added),
        changed=len(changed),
        removed=0 if faults.count else len(removed),
        unchanged=len(wanted) - len(added) - len(changed),
        faults=[
            Fault(line=fault.line, column=fault.column, reason=fault.reason) for fault in faults.summary()
        ],
        preview=[] if faults.count else _preview(before, wanted, added, changed, removed),
    )


def _preview(
    before: Table, wanted: Table, added: Sequence[str], changed: Sequence[str], removed: Sequence[str]
) -> list[Message]:
    lines = (
        [f"+ {_shown(prefix, wanted)}" for prefix in added[:MAX_PREVIEW]]
        + [f"~ {_shown(prefix, before)} → {' '.join(wanted[prefix])}" for prefix in changed[:MAX_PREVIEW]]
        + [f"- {_shown(prefix, before)}" for prefix in removed[:MAX_PREVIEW]]
    )
    return [as_it_is(line) for line in lines[:MAX_PREVIEW]]


def _shown(prefix: str, table: Table) -> str:
    return " ".join((prefix or "''", *table[prefix])).rstrip()


def _read(content: bytes, faults: Faults) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    first: dict[str, int] = {}
    for line in read_sheet(content, columns=COLUMNS, required=("prefix", "name"), faults=faults):
        prefix = line.cells["prefix"]
        if first.setdefault(prefix, line.number) != line.number:
            faults.add(
                line.number,
                "prefix",
                Message(
                    "{cell!r} stands in line {line} already.", cell=prefix[:MAX_NUMBER], line=first[prefix]
                ),
            )
            continue
        if len(first) > MAX_PREFIXES:
            faults.add(
                line.number, "", Message("at most {most} prefixes are taken.", most=f"{MAX_PREFIXES:,}")
            )
            break
        if entry := _entry(line, faults):
            found[prefix] = entry
    return found


def _entry(line: SheetLine, faults: Faults) -> tuple[str, str] | None:
    prefix, name, country = (line.cells.get(column, "") for column in COLUMNS)
    before = faults.count
    if not _PREFIX.fullmatch(prefix):
        faults.add(
            line.number,
            "prefix",
            Message(
                "{cell!r} is not a prefix: at most {most} digits, *, # and +.",
                cell=prefix[:40],
                most=MAX_NUMBER,
            ),
        )
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        faults.add(
            line.number, "name", Message("must be 1 to {most} characters that can be printed.", most=MAX_NAME)
        )
    if not _COUNTRY.fullmatch(country):
        faults.add(
            line.number,
            "country",
            Message("{cell!r} is not a country: two letters, or empty.", cell=country[:40]),
        )
    return None if faults.count > before else (name, country.upper())


def _replace(session: Session, wanted: Table) -> None:
    session.run("destinations.clear_own")
    table = pa.Table.from_pylist(
        [{"prefix": prefix, "name": name, "country": country} for prefix, (name, country) in wanted.items()],
        schema=_SCHEMA,
    )
    with session.bound(destination_sheet=table):
        session.run("destinations.add_own")
    follow_destinations(session)
