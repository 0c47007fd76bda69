"""What comes in as bytes becomes an operation, or a refusal that says why."""

from typing import Any

import msgspec

from engine.api.operation import MAX_BODY_BYTES, Operation, refuse_nul
from engine.domain.errors import InvalidInput
from engine.service import handlers

MOST_ROWS = 2**31
"""No limit and no offset goes beyond; more than any list holds."""


def operation_kind(name: str) -> type[Operation[Any]]:
    """The class of that name. Raises `InvalidInput`."""
    kind = handlers.OPERATIONS.get(name)
    if kind is None:
        raise InvalidInput(
            "This engine knows no operation {name!r}.", name=name[:40], code="unknown_operation"
        )
    return kind


def ticket_parts(ticket: bytes) -> tuple[str, msgspec.Raw]:
    """Name and body of a stream's operation. Raises `InvalidInput`."""
    try:
        return msgspec.json.decode(ticket, type=tuple[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("This ticket names no operation: {error}", error=error) from error


def decode(kind: type[Operation[Any]], body: Any) -> Operation[Any]:
    """The operation, within the bounds that hold for all of them. Raises `InvalidInput`."""
    raw = bytes(memoryview(body))
    name = kind.__name__
    if len(raw) > MAX_BODY_BYTES:
        raise InvalidInput(
            "More than {max_body_bytes} MiB in one operation.",
            max_body_bytes=MAX_BODY_BYTES // 2**20,
            code="too_large",
        )
    try:
        operation = msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("{name}: {error}", name=name, error=error) from error
    refuse_nul(operation)
    for field in ("limit", "offset"):
        value = getattr(operation, field, 0)
        if not 0 <= value <= MOST_ROWS:
            raise InvalidInput.in_field(
                field, "0 or more, and no more than {most_rows:,}.", most_rows=MOST_ROWS
            )
    return operation
