"""How the engine is, and who it takes the caller for."""

import os
from importlib.metadata import version

from engine.api.operation import PROTOCOL
from engine.api.session import Greeting
from engine.api.site import EngineStatus
from engine.domain.errors import NotSignedIn
from engine.service.desk import Desk
from engine.store import Session


def greeting(desk: Desk, token: str) -> Greeting:
    """The engine, the site, and the caller."""
    site = desk.state.site
    try:
        caller = desk.caller(token)
    except NotSignedIn:
        caller = None
    return Greeting(
        version=desk.version,
        protocol=PROTOCOL,
        home=str(desk.home),
        timezone=site.zone.key,
        currency=site.currency,
        language=site.language,
        billing=site.billing,
        operator=caller.operator if caller else "",
        role=caller.role if caller else None,
        accounts_exist=desk.accounts_exist(),
    )


def engine_status(session: Session, desk: Desk) -> EngineStatus:
    """The running process and its database."""
    return EngineStatus(
        pid=os.getpid(),
        version=desk.version,
        started_at=desk.started_at,
        clients=desk.hub.listeners,
        background=desk.background,
        home=str(desk.home),
        database_bytes=desk.database.path.stat().st_size,
        calls=session.integer("store.call_count"),
        duckdb=version("duckdb"),
    )
