"""What a client is told of an error: its code and a message."""

import logging

from engine.api.operation import Failed
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.message import Message
from engine.service.counted_log import CountedLog

log = logging.getLogger(__name__)

_further = CountedLog(log, logging.ERROR, "Further operations failed")
MAX_TRACES = 100
"""Of the engine's own errors, so many are written with all details."""

_traces = iter(range(MAX_TRACES))


def failure(error: Exception) -> Failed:
    """The error as it goes over the wire. One of the engine's own stays in the log."""
    if isinstance(error, PbxmeterError):
        field = error.field if isinstance(error, InvalidInput) else ""
        return Failed(kind=type(error).code, code=error.code, message=error.message, field=field)
    if next(_traces, None) is None:
        _further.note(repr(error))
    else:
        log.error("An operation failed", exc_info=error)
    return Failed(
        kind="error",
        code="internal",
        message=Message("The engine made an error of its own; engine.log has the details."),
    )
