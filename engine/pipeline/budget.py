"""Memory for pieces of files: how large they may be and how many are in hand, from what is free."""

from dataclasses import dataclass, replace

from engine.domain.errors import Refused
from engine.domain.memory import MB, Memory, free_memory
from engine.store import ROW_GROUP_ROWS, Database
from engine.tail.piece import PIECE_BYTES as FOLLOWED_BYTES

NO_MEMORY = "memory"
"""Code of a refusal: there is too little memory for the work."""

RESERVE_BYTES = 40 * MB
"""Left alone: a client or a screen that is opened meanwhile, and program code that has to be read again."""

BYTES_FOR_ONE = 4
"""Bytes of memory for each byte of a piece that is read and then stored, by measurement, and a fifth more;
for each piece read meanwhile it is one more."""


@dataclass(frozen=True, kw_only=True)
class PieceBudget:
    """What an import may have in hand."""

    calls: int
    """Of a piece, at most."""
    bytes: int
    """No piece is larger, unless a single record is."""
    ahead: int
    """Pieces read while one is being stored; 0 = reading and storing take turns."""

    @property
    def needed(self) -> int:
        """Bytes of memory."""
        return self.bytes * (BYTES_FOR_ONE + self.ahead)


FULL = PieceBudget(calls=ROW_GROUP_ROWS, bytes=48 << 20, ahead=2)
"""With more an import is no faster."""
_BY_TURNS = replace(FULL, bytes=40 << 20, ahead=0)
_BUDGETS = (
    FULL,
    replace(_BY_TURNS, ahead=1),
    _BY_TURNS,
    # Less than a row group is compressed only by the next checkpoint, and costs twice as much to store.
    *(replace(_BY_TURNS, calls=ROW_GROUP_ROWS // part, bytes=_BY_TURNS.bytes // part) for part in (2, 4, 8)),
)


def import_budget(memory: Memory, *, database_bytes: int) -> PieceBudget:
    """The largest pieces that there is memory for, beside `database_bytes` that the database may yet take.

    Raises `Refused`, code `memory`, where it does not suffice for the smallest.
    """
    room = memory.free - database_bytes - RESERVE_BYTES
    for budget in _BUDGETS:
        if budget.needed <= room:
            return budget
    needed = _BUDGETS[-1].needed + database_bytes + RESERVE_BYTES
    raise Refused(
        "An import needs {needed:,} MB of free memory, and {where} has {free:,} MB. Nothing "
        "was read. End other programs there, give it more memory, or lower engine.memory_mb "
        "in config.yaml and start the engine anew.",
        needed=needed // MB + 1,
        where=memory.where,
        free=memory.free // MB,
        code=NO_MEMORY,
    )


def backlog_bytes(memory: Memory, *, database_bytes: int) -> int:
    """The largest piece of a followed file that there is memory for; never refused: calls must be charged."""
    room = memory.free - database_bytes - RESERVE_BYTES
    size = FOLLOWED_BYTES
    while size > FOLLOWED_BYTES // 8 and size * (BYTES_FOR_ONE + 1) > room:
        size //= 2
    return size


def database_room(database: Database) -> int:
    """Bytes that the database may yet take."""
    return max(0, database.memory_bytes - database.memory_used())


def budget_now(database: Database) -> PieceBudget:
    """The budget of an import that begins now. Raises `Refused`."""
    return import_budget(free_memory(), database_bytes=database_room(database))
