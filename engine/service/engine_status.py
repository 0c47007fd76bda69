"""How the engine is, and who it takes the caller for."""

import os
from importlib.metadata import version

from engine.api.operation import PROTOCOL
from engine.api.session import Greeting
from engine.api.site import EngineStatus
from engine.domain.errors import NotSignedIn
from engine.service.context import ServiceContext
from engine.store import Session


def greeting(service: ServiceContext, token: str) -> Greeting:
    """The engine, the site, and the caller."""
    site = service.state.site
    try:
        caller = service.caller(token)
    except NotSignedIn:
        caller = None
    return Greeting(
        version=service.version,
        protocol=PROTOCOL,
        home=str(service.home),
        timezone=site.zone.key,
        currency=site.currency,
        language=site.language,
        billing=site.billing,
        operator=caller.operator if caller else "",
        role=caller.role if caller else None,
        accounts_exist=service.accounts_exist(),
    )


def engine_status(session: Session, service: ServiceContext) -> EngineStatus:
    """The running process and its database."""
    return EngineStatus(
        pid=os.getpid(),
        version=service.version,
        started_at=service.started_at,
        clients=service.event_bus.listeners,
        background=service.background,
        home=str(service.home),
        database_bytes=service.database.path.stat().st_size,
        calls=session.integer("store.call_count"),
        duckdb=version("duckdb"),
        threads=service.threads(),
    )
