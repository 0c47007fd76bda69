"""What a new list means against the one that stands: added, changed, removed, and in words."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.message import Message, as_it_is, phrases
from engine.domain.rates import Rate
from engine.rating.columns import cells
from engine.rating.versions import FIELDS, Listed

MAX_PREVIEW_LINES = 200


@dataclass(frozen=True, kw_only=True)
class ListChange:
    """The new list, and how it differs. A rule whose place among the kept ones moves counts as changed."""

    rules: list[tuple[int | None, int | None, Rate]]
    """In order: rule (None = new), version (None = to be added), and what it says."""
    added: int
    changed: int
    removed: int
    unchanged: int
    preview: list[Message]
    """What is added (+), changed (~), removed (-); at most `MAX_PREVIEW_LINES`."""

    @property
    def differs(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.added or self.changed or self.removed)


def compared(before: Sequence[Listed], rates: Sequence[Rate]) -> ListChange:
    """Matches rules by name; of several with one name the first goes with the first."""
    waiting: defaultdict[str, deque[Listed]] = defaultdict(deque)
    for listed in before:
        waiting[listed.rate.name].append(listed)
    matched = [waiting[rate.name].popleft() if waiting.get(rate.name) else None for rate in rates]
    gone = [listed for queue in waiting.values() for listed in queue]
    kept = sorted(listed.position for listed in matched if listed is not None)
    old_places = {position: place for place, position in enumerate(kept)}
    rules: list[tuple[int | None, int | None, Rate]] = []
    preview: list[Message] = []
    added = changed = place = 0
    for position, (rate, listed) in enumerate(zip(rates, matched, strict=True), start=1):
        if listed is None:
            added += 1
            rules.append((None, None, rate))
            if len(preview) < MAX_PREVIEW_LINES:
                preview.append(as_it_is(f"+ {rate.name}: {_described(rate)}"))
            continue
        moved = old_places[listed.position] != place
        place += 1
        same = all(getattr(listed.rate, field) == getattr(rate, field) for field in FIELDS)
        rules.append((listed.rate_id, listed.version_id if same else None, rate))
        if moved or not same or listed.rate.enabled != rate.enabled:
            changed += 1
            if len(preview) < MAX_PREVIEW_LINES:
                edits = _edits(listed.rate, rate)
                if moved:
                    old = listed.position
                    edits.append(Message("position {old} → {new}", old=old, new=position))
                preview.append(Message("~ {name}: {edits}", name=rate.name, edits=phrases(edits)))
    preview += [as_it_is(f"- {listed.rate.name}") for listed in gone[: MAX_PREVIEW_LINES - len(preview)]]
    return ListChange(
        rules=rules,
        added=added,
        changed=changed,
        removed=len(gone),
        unchanged=len(rates) - added - changed,
        preview=preview,
    )


def _described(rate: Rate) -> str:
    """What sets the rule apart from an empty one."""
    blank = dict(cells(Rate(name=rate.name)))
    return ", ".join(f"{column} {cell}" for column, cell in cells(rate) if cell != blank[column]) or "free"


def _edits(old: Rate, new: Rate) -> list[Message]:
    return [
        as_it_is(f"{column} {before or 'empty'} → {after or 'empty'}")
        for (column, before), (_, after) in zip(cells(old), cells(new), strict=True)
        if before != after
    ]
