"""Who is barred, and which targets are known to know it."""

from dataclasses import dataclass
from datetime import datetime

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


def barred_extensions(session: Session, site: Site) -> list[Barred]:
    """Everybody who is barred now, by number."""
    return session.records(Barred, "ledger.barred", site_billing=site.billing)


def note_taken(session: Session, target: str, held: frozenset[str], *, now: datetime) -> None:
    """Remembers what a target holds, in the writer's transaction."""
    session.run("lockout.forget_target", target=target)
    if held:
        with session.bound(noted=pa.table({"extension": sorted(held)})):
            session.run("lockout.note_taken", target=target, now=now)


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
                reason="locked" if who.locked else "over limit",
                available_micros=who.available_micros,
                taken=taken.get(who.extension, []),
            )
            for who in barred_extensions(session, site)
        ],
    )
