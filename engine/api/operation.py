"""What every operation is: a frozen struct sent as JSON, a role, and the type of its result.

On the wire an operation is a Flight action whose type is the class name and whose body is the struct as
JSON. The engine answers with a stream of `Reply` documents: any number of `Progress`, then one `Done` or
`Failed`. Times in structs are naive `datetime`s in UTC unless a field says otherwise; money is integer
micro-units. Periods are given as people type them (`2026-01`, `2026-01-31 18:30`), in the site's zone;
`until` includes the whole year, month or day that was named.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Generic, TypeVar, cast

import msgspec

from engine.domain.errors import InvalidInput
from engine.domain.message import Message
from engine.domain.names import Role

R = TypeVar("R")

Count = Annotated[int, msgspec.Meta(ge=0)]
"""How many rows, or after how many: never negative."""

PROTOCOL = 1
"""Rises when an operation changes so that an older client would misread it."""

MAX_BODY_BYTES = 256 * 1024 * 1024
"""The largest operation the engine reads: an imported rate sheet."""


class Operation(msgspec.Struct, Generic[R], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request. `role` is the least role that may ask; None = even before signing in.

    `changes`: calls, money, rules, settings or accounts are others afterwards, unless it is a preview.
    """

    role: ClassVar[Role | None] = Role.VIEWER
    returns: ClassVar[type]
    changes: ClassVar[bool] = False

    @property
    def takes_effect(self) -> bool:
        """Whether this request changes something; a preview does not."""
        return self.changes


def refuse_nul(operation: Operation[Any]) -> None:
    """Raises `InvalidInput` for a text with a NUL in it: no name, note, key or path holds one.

    What reads it next would end there, refuse it in its own words, or show something else.
    """
    for name, value in msgspec.structs.asdict(operation).items():
        if any("\0" in text for text in _texts(value)):
            raise InvalidInput.in_field(name, "a NUL character cannot be part of it.")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        yield from _texts(msgspec.structs.asdict(value))
    elif isinstance(value, Mapping):
        for part in cast("Mapping[object, object]", value).items():
            yield from _texts(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in cast("list[object]", value):
            yield from _texts(part)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="progress"):
    """How far long work has come. `total` 0 = unknown. `unit` is bytes, rows, calls or rules."""

    done: int
    total: int
    unit: str
    rows_per_second: float = 0.0
    note: str = ""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="done"):
    """The result, as the JSON of the operation's result type."""

    result: msgspec.Raw


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="failed"):
    """A refusal or failure. `kind` is the code of its class of errors, `code` may say it more exactly;
    `field` names the input at fault, '' = none."""

    kind: str
    code: str
    message: Message
    field: str = ""


Reply = Progress | Done | Failed


class Fault(Result, frozen=True, kw_only=True):
    """One thing wrong with an imported file. Line 1 is the header."""

    line: int
    column: str
    reason: Message


class ImportResult(Result, frozen=True, kw_only=True):
    """What an import would do or did. All or nothing: with faults, nothing was applied."""

    applied: bool
    added: int
    changed: int
    removed: int
    unchanged: int
    faults: list[Fault]
    preview: list[Message]
    """Up to 200 lines for people: what is added (+), changed (~), removed (-)."""
    remarks: list[Fault] = []
    """What would be odd about the new list and is not about the present one; `column` names the rule."""
