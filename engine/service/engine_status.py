"""How the engine is, and who it takes the caller for."""

import os
from importlib.metadata import version

from engine.access.sessions import Caller
from engine.api.operation import PROTOCOL
from engine.api.session import Greeting
from engine.api.site import EngineStatus
from engine.domain.errors import NotSignedIn
from engine.service.context import ServiceContext
from engine.store import Session


def greeting(service: ServiceContext, token: str) -> Greeting:
    """The engine, the site, and the caller."""
    site = service.state.site
    caller = _caller(service, token)
    return Greeting(
        version=service.version,
        protocol=PROTOCOL,
        home=str(service.home) if caller else "",
        timezone=site.zone.key,
        currency=site.currency,
        language=site.language,
        billing=site.billing,
        operator=caller.operator if caller else "",
        role=caller.role if caller else None,
        accounts_exist=service.accounts_exist(),
    )


def engine_status(session: Session, service: ServiceContext, token: str) -> EngineStatus:
    """The running process and its database; who is not signed in learns neither where nor how much."""
    known = _caller(service, token) is not None
    return EngineStatus(
        pid=os.getpid() if known else 0,
        version=service.version,
        started_at=service.started_at,
        clients=service.event_bus.listeners if known else 0,
        background=service.background,
        home=str(service.home) if known else "",
        database_bytes=service.database.path.stat().st_size if known else 0,
        calls=session.integer("store.call_count") if known else 0,
        duckdb=version("duckdb"),
        threads=service.threads(),
    )


def _caller(service: ServiceContext, token: str) -> Caller | None:
    try:
        return service.caller(token)
    except NotSignedIn:
        return None
