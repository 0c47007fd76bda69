"""Taking back by a key what was done last here, unless somebody changed it since.

Questions and texts are made when they are needed, in the language of that moment.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.api.extensions import Adjust, ExtensionRow, ListExtensions, RechargeRow, SetExtensions
from engine.api.site import GetSettings, SetSetting
from engine.domain.errors import PbxmeterError, Refused
from engine.domain.money import format_amount
from engine.domain.names import Role
from tui.link.connection import EngineLink
from tui.terminal.text import clean
from tui.text.i18n import _, ngettext, said

PAGE_ROWS = 1000
NAMED = 3
"""Extensions that a question names; of more it tells how many."""

Words = Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Reversible:
    """Something done that `reverse` takes back; it answers with a sentence that says what it did."""

    question: Words
    reverse: Callable[[], Awaitable[str]]
    role: Role = Role.BILLING


def named(extensions: Sequence[tuple[str, str]]) -> str:
    """Extensions, given as number and name, for a question: the first few, and how many more."""
    text = ", ".join(f"{number} {clean(name)}".rstrip() for number, name in extensions[:NAMED])
    more = len(extensions) - NAMED
    return ngettext("%s and %d more", "%s and %d more", more) % (text, more) if more > 0 else text


async def extension_rows(link: EngineLink, numbers: Sequence[str]) -> list[ExtensionRow]:
    """The rows of these extensions. Raises `PbxmeterError`."""
    rows: list[ExtensionRow] = []
    while True:
        page = await link.ask(ListExtensions(numbers=list(numbers), offset=len(rows), limit=PAGE_ROWS))
        rows += page.rows
        if not page.rows or len(rows) >= page.total:
            return rows


def extensions_as_before(
    link: EngineLink, before: Sequence[ExtensionRow], changes: Mapping[str, Any], *, question: Words
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


def setting_as_before(link: EngineLink, name: str, *, before: str, saved: str, question: Words) -> Reversible:
    """Gives a setting its former value."""

    async def reverse() -> str:
        if (await link.ask(GetSettings())).values.get(name) != saved:
            raise changed_since()
        await link.ask(SetSetting(name=name, value=before))
        return _("The setting is as it was.")

    return Reversible(question=question, reverse=reverse, role=Role.ADMIN)


def entries_taken_back(
    link: EngineLink, rows: Sequence[RechargeRow], *, reason: Words, question: Words
) -> Reversible:
    """Posts an adjustment of the opposite amount for each entry; never twice for the same one.

    `reason` makes what stands in the ledger; its text has a `%s` for the amount taken back.
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
                        reason=reason() % format_amount(row.amount_micros),
                        key=uuid.uuid5(uuid.NAMESPACE_OID, f"undo {link.home} {row.entry_id}").hex,
                    )
                )
            except PbxmeterError as error:
                if not done:
                    raise
                told = ngettext(
                    "%d adjustment was posted, then: %s", "%d adjustments were posted, then: %s", len(done)
                )
                told = told % (len(done), said(error.message))
                raise PbxmeterError(told, code=error.code) from error
            done.add(row.entry_id)
        return ngettext("Posted %d adjustment.", "Posted %d adjustments.", len(done)) % len(done)

    return Reversible(question=question, reverse=reverse, role=Role.ADMIN)


def changed_since() -> Refused:
    """Why something is not taken back."""
    return Refused(_("Somebody changed it since; it is left as it is."))
