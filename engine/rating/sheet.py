"""The rate list as a CSV sheet: importing replaces the list, all or nothing.

Rules are recognised by their name; where several share one, the first line of that name is the first rule
of that name, and so on. The order of the lines is the order of the rules. An empty cell, or a column left
out, is the field's default. Lines and cells are read by `engine.domain.sheet`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from engine.api.extensions import CsvText
from engine.api.operation import Fault, ImportResult
from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.domain.rates import Rate, rate_faults
from engine.domain.sheet import Faults, SheetLine, read_sheet, write_sheet
from engine.rating.changes import ListChange, compared
from engine.rating.check import list_remarks
from engine.rating.columns import COLUMNS, RATE_COLUMNS
from engine.rating.versions import Listed, add_list, add_versions, last_numbers, listed_rates
from engine.store import Session

MAX_SHEET_REMARKS = 200
"""Remarks that a preview tells."""


def import_rates(
    session: Session, content: bytes, *, apply: bool, operator: str, now: datetime
) -> ImportResult:
    """Compares a sheet with the list and, with `apply`, replaces the list; runs in the writer's transaction.

    A sheet with any fault changes nothing, and its faults are in the result. A sheet without rules is
    refused where the list has some.
    """
    faults = Faults()
    rates = list(read_rates(content, faults))
    before = listed_rates(session)
    if not rates and before and not faults.count:
        faults.add(
            1,
            "",
            Message(
                "the sheet holds no rules; it would remove all {count:,} of the list.", count=len(before)
            ),
        )
    if faults.count:
        return ImportResult(
            applied=False,
            added=0,
            changed=0,
            removed=0,
            unchanged=0,
            faults=[
                Fault(line=line, column=column, reason=reason) for line, column, reason in faults.summary()
            ],
            preview=[],
        )
    change = compared(before, rates)
    if apply and change.differs:
        _replace(session, change, operator=operator, now=now)
    return ImportResult(
        applied=apply,
        added=change.added,
        changed=change.changed,
        removed=change.removed,
        unchanged=change.unchanged,
        faults=[],
        preview=change.preview,
        remarks=[] if apply else _new_remarks(before, rates),
    )


def _new_remarks(before: Sequence[Listed], rates: Sequence[Rate]) -> list[Fault]:
    """What is odd about rules of the sheet that was not about a rule of that name."""
    after = [Listed(0, 0, position, rate) for position, rate in enumerate(rates, 1)]
    names = {listed.position: listed.rate.name for listed in before}
    known = {(remark.kind, names.get(remark.position or 0)) for remark in list_remarks(before)}
    found = [
        Fault(line=remark.position, column=rates[remark.position - 1].name, reason=remark.text)
        for remark in list_remarks(after)
        if remark.position and (remark.kind, rates[remark.position - 1].name) not in known
    ]
    return found[:MAX_SHEET_REMARKS]


def export_rates(session: Session) -> CsvText:
    """The list as a sheet that imports back to the same."""
    columns = list(COLUMNS.values())
    rates = [listed.rate for listed in listed_rates(session)]
    lines = ([column.format(getattr(rate, column.field)) for column in columns] for rate in rates)
    return CsvText(text=write_sheet(RATE_COLUMNS, lines), rows=len(rates))


def read_rates(content: bytes, faults: Faults) -> Iterator[Rate]:
    """The rules of a sheet in the order of its lines; lines with faults yield none."""
    known: dict[str, dict[str, object]] = {name: {} for name in RATE_COLUMNS}
    for line in read_sheet(content, columns=RATE_COLUMNS, required=["name"], faults=faults):
        rate = _read_rate(line, known, faults)
        if rate is not None:
            yield rate


def _read_rate(line: SheetLine, known: dict[str, dict[str, object]], faults: Faults) -> Rate | None:
    """One rule; `known` remembers what cells meant, by column: most repeat."""
    values: dict[str, Any] = {"name": ""}
    unread: set[str] = set()
    for name, text in line.cells.items():
        if not text:
            continue
        column = COLUMNS[name]
        try:
            values[column.field] = known[name][text]
        except KeyError:
            try:
                values[column.field] = known[name][text] = column.parse(text)
            except InvalidInput as error:
                faults.refuse(line.number, error)
                unread.add(name)
    rate = Rate(**values)
    # What could not be read stands at its default, which breaks no law.
    broken = rate_faults(rate)
    for fault in broken:
        faults.refuse(line.number, fault)
    return None if broken or unread else rate


def _replace(session: Session, change: ListChange, *, operator: str, now: datetime) -> None:
    last_version, last_rate, _ = last_numbers(session)
    versions: list[tuple[int, int, Rate]] = []
    rules: list[tuple[int, int, bool]] = []
    for rate_id, version_id, rate in change.rules:
        if rate_id is None:
            last_rate += 1
        if version_id is None:
            last_version += 1
            versions.append((last_version, rate_id or last_rate, rate))
        rules.append((rate_id or last_rate, version_id or last_version, rate.enabled))
    add_versions(session, versions, operator=operator, now=now)
    session.run("rates.clear_list")
    add_list(session, rules)
