"""Taking back by a key what was done last to the rate list, unless somebody changed it since."""

from collections.abc import Sequence

from engine.api.rates import (
    ExportRates,
    ImportRates,
    ListRates,
    MoveRate,
    RateRow,
    RemoveRates,
    SaveRate,
    SwitchRates,
)
from engine.domain.errors import PbxmeterError
from engine.domain.rates import Rate
from tui.link.connection import EngineLink
from tui.link.undo import PAGE_ROWS, Reversible, changed_since
from tui.terminal.text import clean
from tui.text.i18n import _, ngettext


def rules_switched_back(link: EngineLink, rows: Sequence[RateRow], *, enabled: bool) -> Reversible:
    """Switches rules back on, or off, as `enabled` says."""

    def question() -> str:
        who = _("“%s”") % clean(rows[0].rate.name) if len(rows) == 1 else _("%d rules") % len(rows)
        return (_("Switch %s on again?") if enabled else _("Switch %s off again?")) % who

    async def reverse() -> str:
        await link.ask(SwitchRates(rate_ids=[row.rate_id for row in rows], enabled=enabled))
        return ngettext("Switched %d rule back.", "Switched %d rules back.", len(rows)) % len(rows)

    return Reversible(question=question, reverse=reverse)


def rule_as_before(link: EngineLink, before: RateRow, saved: Rate) -> Reversible:
    """Gives an edited rule the version it had; `saved` is what the edit made of it."""

    def question() -> str:
        return _("Put the rule “%s” back to what it was?") % clean(before.rate.name)

    async def reverse() -> str:
        if (await rule_in_list(link, before.rate_id)).rate != saved:
            raise changed_since()
        await link.ask(SaveRate(rate_id=before.rate_id, rate=before.rate))
        return _("The rule “%s” is as it was.") % clean(before.rate.name)

    return Reversible(question=question, reverse=reverse)


def rule_taken_out(link: EngineLink, added: RateRow) -> Reversible:
    """Removes an added rule."""

    def question() -> str:
        return _("Remove the rule “%s” again?") % clean(added.rate.name)

    async def reverse() -> str:
        if (await rule_in_list(link, added.rate_id)).rate != added.rate:
            raise changed_since()
        await link.ask(RemoveRates(rate_ids=[added.rate_id]))
        return _("Removed the rule “%s”.") % clean(added.rate.name)

    return Reversible(question=question, reverse=reverse)


def rule_moved_back(link: EngineLink, before: RateRow, position: int) -> Reversible:
    """Puts a rule that was moved to `position` back to where it was."""

    def question() -> str:
        return _("Move the rule “%s” back to number %d?") % (clean(before.rate.name), before.position)

    async def reverse() -> str:
        if (await rule_in_list(link, before.rate_id)).position != position:
            raise changed_since()
        await link.ask(MoveRate(rate_id=before.rate_id, position=before.position))
        return _("The rule “%s” is number %d again.") % (clean(before.rate.name), before.position)

    return Reversible(question=question, reverse=reverse)


async def rules_as_before(link: EngineLink, before: str, *, removed: int) -> Reversible | None:
    """Puts the whole list back to the sheet `before`; to be made right after the change.

    None for a list that was empty, as a sheet without rules is no list, and where the engine is lost.
    """
    if before.count("\n") < 2:
        return None
    try:
        after = (await link.ask(ExportRates())).text
    except PbxmeterError:
        return None

    def question() -> str:
        return ngettext("Put %d removed rule back?", "Put %d removed rules back?", removed) % removed

    async def reverse() -> str:
        if (await link.ask(ExportRates())).text != after:
            raise changed_since()
        await link.ask(ImportRates(content=before.encode(), apply=True))
        return _("The rate list is as it was.")

    return Reversible(question=question, reverse=reverse)


async def rule_in_list(link: EngineLink, rate_id: int) -> RateRow:
    """A rule as it is in the list. Raises `PbxmeterError`, also when it is not there any more."""
    seen, total = 0, 1
    while seen < total:
        page = await link.ask(ListRates(offset=seen, limit=PAGE_ROWS))
        for row in page.rows:
            if row.rate_id == rate_id:
                return row
        if not page.rows:
            break
        seen, total = seen + len(page.rows), page.total
    raise changed_since()
