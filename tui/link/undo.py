"""What can be taken back by a key: the last reversible thing done here, unless somebody changed it since."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.api.extensions import Adjust, ExtensionRow, ListExtensions, RechargeRow, SetExtensions
from engine.api.rates import SwitchRates
from engine.domain.errors import PbxmeterError
from engine.domain.money import format_amount
from engine.domain.names import Role
from tui.link.connection import EngineLink
from tui.text.i18n import ngettext
from tui.text.sentences import said

PAGE_ROWS = 1000


@dataclass(frozen=True, kw_only=True)
class Reversible:
    """Something done that `reverse` takes back; it answers with a sentence that says what it did."""

    question: str
    reverse: Callable[[], Awaitable[str]]
    role: Role = Role.BILLING


async def extension_rows(link: EngineLink, numbers: Sequence[str]) -> list[ExtensionRow]:
    """The rows of these extensions. Raises `PbxmeterError`."""
    rows: list[ExtensionRow] = []
    while True:
        page = await link.ask(ListExtensions(numbers=list(numbers), offset=len(rows), limit=PAGE_ROWS))
        rows += page.rows
        if not page.rows or len(rows) >= page.total:
            return rows


def extensions_as_before(
    link: EngineLink, before: Sequence[ExtensionRow], changes: Mapping[str, Any], *, question: str
) -> Reversible:
    """Puts the properties named in `changes` back to what they were in `before`.

    An extension in which one of them is no longer what `changes` made of it was changed by somebody since,
    and is left alone.
    """

    async def reverse() -> str:
        now = {row.number: row for row in await extension_rows(link, [row.number for row in before])}
        groups: dict[tuple[Any, ...], list[str]] = {}
        left = 0
        for row in before:
            present = now.get(row.number)
            if present is None or any(getattr(present, name) != value for name, value in changes.items()):
                left += 1
                continue
            groups.setdefault(tuple(getattr(row, name) for name in changes), []).append(row.number)
        restored = 0
        for values, numbers in groups.items():
            await link.ask(SetExtensions(numbers=numbers, **dict(zip(changes, values, strict=True))))
            restored += len(numbers)
        text = ngettext("Put %d extension back.", "Put %d extensions back.", restored) % restored
        if left:
            text += (
                " "
                + ngettext(
                    "%d was changed by somebody since and left alone.",
                    "%d were changed by somebody since and left alone.",
                    left,
                )
                % left
            )
        return text

    return Reversible(question=question, reverse=reverse)


def rates_switched_back(
    link: EngineLink, rate_ids: Sequence[int], *, enabled: bool, question: str
) -> Reversible:
    """Switches rules back on, or off, as `enabled` says."""

    async def reverse() -> str:
        await link.ask(SwitchRates(rate_ids=list(rate_ids), enabled=enabled))
        return ngettext("Switched %d rule back.", "Switched %d rules back.", len(rate_ids)) % len(rate_ids)

    return Reversible(question=question, reverse=reverse)


def entries_taken_back(
    link: EngineLink, rows: Sequence[RechargeRow], *, reason: str, question: str
) -> Reversible:
    """Posts an adjustment of the opposite amount for each entry; never twice for the same one.

    `reason` is what stands in the ledger; it has a `%s` for the amount taken back.
    """
    done: set[int] = set()

    async def reverse() -> str:
        for row in rows:
            if row.entry_id in done:
                continue
            try:
                await link.ask(
                    Adjust(
                        number=row.extension,
                        amount_micros=-row.amount_micros,
                        reason=reason % format_amount(row.amount_micros),
                        key=uuid.uuid5(uuid.NAMESPACE_OID, f"undo {link.home} {row.entry_id}").hex,
                    )
                )
            except PbxmeterError as error:
                if not done:
                    raise
                told = ngettext(
                    "%d adjustment was posted, then: %s", "%d adjustments were posted, then: %s", len(done)
                )
                raise PbxmeterError(told % (len(done), said(error.message)), code=error.code) from error
            done.add(row.entry_id)
        return ngettext("Posted %d adjustment.", "Posted %d adjustments.", len(done)) % len(done)

    return Reversible(question=question, reverse=reverse, role=Role.ADMIN)
