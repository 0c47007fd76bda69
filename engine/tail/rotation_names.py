"""Names that log rotation gives, and their order in time."""

import re
from dataclasses import dataclass

_COMPRESSED = r"(?P<packed>\.gz|\.bz2|\.xz)?"
_STAMP = (
    r"[.-](?:"
    r"(?P<number>\d{1,5})"
    r"|(?P<date>(?:\d{4}-\d{2}-\d{2}|\d{8})(?:[-_.T]?\d{1,2}(?:[-:_]?\d{2}){0,2})?(?:[.-]\d+)?)"
    r"|(?P<epoch>\d{10})"
    r")"
)


@dataclass(frozen=True, slots=True)
class Rotated:
    """A rotated name taken apart."""

    base: str
    """The name it had while it was written."""
    number: int | None
    """1 = the newest; None = the name holds a date."""
    date: str
    """Digits that sort by time; '' = the name holds a number."""


def rotated(name: str, base: str) -> Rotated | None:
    """`name` as a rotated form of `base`, as Master.csv.1, Master.csv-20260101.gz, Master-20260101.csv."""
    found = re.fullmatch(re.escape(base) + _STAMP + _COMPRESSED, name)
    stem, dot, extension = base.rpartition(".")
    if found is None and dot:
        found = re.fullmatch(re.escape(stem) + _STAMP + re.escape(dot + extension) + _COMPRESSED, name)
    return None if found is None else _taken_apart(found, base)


_ANY = re.compile(r"(?P<base>.+?)" + _STAMP + r"(?P<extension>\.[A-Za-z]\w*?)??" + _COMPRESSED)


def rotated_from(name: str) -> Rotated | None:
    """`name` as a rotated form of some base; None = it does not look like one."""
    found = _ANY.fullmatch(name)
    return None if found is None else _taken_apart(found, found["base"] + (found["extension"] or ""))


def _taken_apart(found: re.Match[str], base: str) -> Rotated:
    if found["number"] is not None:
        return Rotated(base, int(found["number"]), "")
    return Rotated(base, None, re.sub(r"\D", "", found["date"] or found["epoch"]))


def newest_first(files: list[tuple[Rotated, int]]) -> list[int]:
    """Indexes of (name, mtime) in order of rotation, newest first.

    Names decide where all are numbered or all dated, because clocks jump; modification times where they mix.
    """
    order = list(range(len(files)))
    if all(name.number is not None for name, _ in files):
        return sorted(order, key=lambda index: (files[index][0].number or 0, -files[index][1]))
    if all(name.date for name, _ in files):
        return sorted(order, key=lambda index: (files[index][0].date, files[index][1]), reverse=True)
    return sorted(order, key=lambda index: files[index][1], reverse=True)
