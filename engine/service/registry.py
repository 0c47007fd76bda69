"""Which function answers which operation, declared beside the function, with what open screens must hear.

The struct in `engine.api` says who may ask (`role`), what comes back (`returns`) and whether it changes
anything (`changes`); the decorators here say the rest. `check` finds an operation without a function.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar, get_type_hints

import pyarrow as pa

from engine.access.sessions import Caller
from engine.api.operation import Operation, Progress
from engine.domain.errors import NotSignedIn
from engine.domain.site import Site
from engine.service.context import ServiceContext
from engine.service.work import Cancellation
from engine.store import Session

Op = TypeVar("Op", bound=Operation[Any])
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read has besides its operation."""

    service: ServiceContext
    session: Session
    site: Site


@dataclass(frozen=True, slots=True)
class Changing:
    """What a change has besides its operation, in the writer's turn."""

    session: Session
    operator: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """What an operation has that is neither: who asks, and by which session."""

    service: ServiceContext
    caller: Caller | None
    token: str

    @property
    def known(self) -> Caller:
        """Who asks. Raises `NotSignedIn`."""
        if self.caller is None:
            raise NotSignedIn("Sign in first.")
        return self.caller


Report = Callable[[Progress], None]
Tells = Callable[[ServiceContext, Session, Op], None]
"""Has open screens and lockouts hear of a change, after its commit."""


@dataclass(frozen=True, slots=True)
class Handler:
    """The function of one operation. Its types were checked where it was declared."""

    way: Literal["reads", "changes", "works", "streams", "answers"]
    function: Callable[..., Any]
    exports: bool = False
    """It takes data out in bulk: noted in the audit."""
    tells: Callable[[ServiceContext, Session, Any], None] | None = None


HANDLERS: dict[type[Operation[Any]], Handler] = {}


def reads(
    kind: type[Op], *, exports: bool = False
) -> Callable[[Callable[[Reading, Op], R]], Callable[[Reading, Op], R]]:
    """Answered from a session of its own, beside all others."""

    def declare(function: Callable[[Reading, Op], R]) -> Callable[[Reading, Op], R]:
        _declare(kind, Handler("reads", function, exports=exports))
        return function

    return declare


def changes(
    kind: type[Op], *, tells: Tells[Op]
) -> Callable[[Callable[[Changing, Op], R]], Callable[[Changing, Op], R]]:
    """Done in the writer's turn, and noted in the audit in the same transaction."""

    def declare(function: Callable[[Changing, Op], R]) -> Callable[[Changing, Op], R]:
        _declare(kind, Handler("changes", function, tells=tells))
        return function

    return declare


Work = Callable[[ServiceContext, Op, str, Report, Cancellation], R]
"""Long work: it is told who asks, reports how far it is, and can be cancelled."""


def works(kind: type[Op]) -> Callable[[Work[Op, R]], Work[Op, R]]:
    """Done in a thread of its own."""

    def declare(function: Work[Op, R]) -> Work[Op, R]:
        _declare(kind, Handler("works", function))
        return function

    return declare


Stream = Callable[[Session, Site, Op], pa.RecordBatchReader]


def streams(kind: type[Op]) -> Callable[[Stream[Op]], Stream[Op]]:
    """Rows as Arrow batches, as many as there are."""

    def declare(function: Stream[Op]) -> Stream[Op]:
        _declare(kind, Handler("streams", function, exports=True))
        return function

    return declare


def answers(kind: type[Op]) -> Callable[[Callable[[Asking, Op], R]], Callable[[Asking, Op], R]]:
    """Answered by whatever parts of the engine it needs: sessions, passwords, the engine itself."""

    def declare(function: Callable[[Asking, Op], R]) -> Callable[[Asking, Op], R]:
        _declare(kind, Handler("answers", function))
        return function

    return declare


def balances(extensions: Callable[[Op], Iterable[str]]) -> Tells[Op]:
    """Money, limits or locks of these extensions are others."""
    return lambda service, _session, operation: service.balances_moved(list(extensions(operation))[:1000])


def rates(service: ServiceContext, session: Session, _operation: Operation[Any]) -> None:
    """The rate list is another."""
    service.rates_changed(session)


def site_settings(service: ServiceContext, session: Session, _operation: Operation[Any]) -> None:
    """Settings or accounts are others."""
    service.settings_changed(session)


def check() -> None:
    """Raises `LookupError` for an operation without a function, or whose function returns something else."""
    for kind in Operation.__subclasses__():
        handler = HANDLERS.get(kind)
        if handler is None:
            raise LookupError(f"no function answers {kind.__name__}")
        returned = get_type_hints(handler.function)["return"]
        if handler.way != "streams" and returned is not kind.returns:
            raise LookupError(f"{kind.__name__} returns {kind.returns}, its function {returned}")


def _declare(kind: type[Operation[Any]], handler: Handler) -> None:
    if kind in HANDLERS:
        raise LookupError(f"two functions answer {kind.__name__}")
    HANDLERS[kind] = handler
