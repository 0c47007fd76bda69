"""Named SQL: the statements and conditions of `engine/sql/*.sql`, loaded once.

A file holds blocks headed `-- name: NAME`, each with a line of description, and conditions headed
`-- condition: NAME`. A statement that can be narrowed has `/*where*/` in its WHERE clause; conditions
are put there, joined by AND, each with parameters of its own. Nothing else is ever
put into a statement: values are bound.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"^-- (?P<kind>name|condition): (?P<name>\w+)\s*$", re.MULTILINE)
_PARAMETER = re.compile(r"\$(\w+)")
_WRITES = re.compile(
    r"\b(?:INSERT(?: OR \w+)? INTO|DELETE FROM|UPDATE)\s+(?P<table>\w+)"
    r"(?P<money>\s+SET\s+(?:balance|total_recharged)_micros\b)?"
)


@dataclass(frozen=True)
class Condition:
    """One condition of a WHERE clause, with the values it binds.

    `name` is a condition of the statement's own area, or `area.name`. `negated` keeps the rows that do not
    meet it, those where it is NULL included.
    """

    name: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    negated: bool = False


@cache
def _area(area: str) -> dict[tuple[str, str], str]:
    text = files("engine").joinpath("sql", f"{area}.sql").read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    blocks: dict[tuple[str, str], str] = {}
    for head, end in zip(heads, ends, strict=True):
        key = (head["kind"], head["name"])
        if key in blocks:
            raise ValueError(f"engine/sql/{area}.sql defines {key[0]} {key[1]} twice")
        blocks[key] = text[head.end() : end].strip().rstrip(";")
    return blocks


def statement(name: str) -> str:
    """The text of statement `area.name`."""
    area, _, local = name.partition(".")
    try:
        return _area(area)["name", local]
    except KeyError:
        raise KeyError(f"engine/sql/{area}.sql has no statement {local}") from None


@cache
def tables_written(name: str) -> frozenset[str]:
    """The tables that statement `area.name` changes. Moving a balance does not change an extension."""
    found = _WRITES.finditer(statement(name))
    return frozenset(write["table"] for write in found if write["money"] is None)


def narrowed(name: str, conditions: Sequence[Condition]) -> tuple[str, dict[str, object]]:
    """Statement `area.name` with the conditions in place of `/*where*/`, and the values to bind."""
    area = name.partition(".")[0]
    clauses: list[str] = []
    bound: dict[str, object] = {}
    for number, condition in enumerate(conditions):
        owner, _, local = condition.name.rpartition(".")
        text = _PARAMETER.sub(rf"$c{number}_\1", _area(owner or area)["condition", local])
        clauses.append(f"NOT coalesce(({text}), false)" if condition.negated else f"({text})")
        bound |= {f"c{number}_{key}": value for key, value in condition.values.items()}
    return statement(name).replace("/*where*/", " AND ".join(clauses) or "true"), bound


def migrations() -> list[tuple[int, str]]:
    """Every migration as (number, SQL), in order."""
    folder = files("engine").joinpath("sql", "migrations")
    found = [entry for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)]
    return sorted((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in found)
