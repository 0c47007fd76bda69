"""Who is barred, and which targets are known to know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa

from engine.api.site import LockoutRow, Lockouts, TargetRow
from engine.domain.site import Site
from engine.store import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Barred:
    """An extension whose outbound calls the PBX must refuse."""

    extension: str
    name: str
    locked: bool
    available_micros: int

    @property
    def reason(self) -> Literal["locked", "over limit"]:
        """Why; a lock by hand comes first."""
        return "locked" if self.locked else "over limit"


def barred_extensions(session: Session, site: Site) -> list[Barred]:
    """Everybody who is barred now, by number."""
    return session.records(Barred, "ledger.barred", site_billing=site.billing)


def all_extensions(session: Session) -> frozenset[str]:
    """The numbers of all extensions of the site."""
    return frozenset(session.records(str, "lockout.all_extensions"))


def note_taken(session: Session, target: str, held: Mapping[str, str], *, now: datetime) -> None:
    """Remembers what a target holds, and why, in the writer's transaction."""
    session.run("lockout.forget_target", target=target)
    if held:
        numbers = sorted(held)
        noted = pa.table({"extension": numbers, "reason": [held[number] for number in numbers]})
        with session.bound(noted=noted):
            session.run("lockout.note_taken", target=target, now=now)


def taken_by(session: Session, target: str) -> dict[str, str]:
    """What a target was last known to hold: the reason by extension."""
    return dict(session.records(tuple[str, str], "lockout.taken_by", target=target))


def list_lockouts(session: Session, site: Site, targets: list[TargetRow]) -> Lockouts:
    """Barred extensions with the targets that took each."""
    taken: dict[str, list[str]] = {}
    configured = {target.target for target in targets}
    for target, extension in session.records(tuple[str, str], "lockout.all_taken"):
        if target in configured:
            taken.setdefault(extension, []).append(target)
    return Lockouts(
        targets=targets,
        rows=[
            LockoutRow(
                extension=who.extension,
                name=who.name,
                reason=who.reason,
                available_micros=who.available_micros,
                taken=taken.get(who.extension, []),
            )
            for who in barred_extensions(session, site)
        ],
    )
