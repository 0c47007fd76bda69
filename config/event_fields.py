"""The parts of a channel event, in formats whose lines are events."""

from collections.abc import Callable
from dataclasses import dataclass

from config.document import Value
from config.expressions import Expression, Kind, parse_expression

_NOTHING = dict.fromkeys(("start", "duration", "billsec", "disposition", "extension", "dialled"), "''")
_NEVER = dict.fromkeys(("answered", "outbound"), "present('')")
NO_CALL = "\n".join(": ".join((name, f'"{text}"')) for name, text in (_NOTHING | _NEVER).items())
"""`call` of formats whose lines are events."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFields:
    """Where each part of a channel event is found; texts that a format does not tell are empty."""

    type: Expression
    """CHAN_START, ANSWER and so on, as Asterisk names them."""
    time: Expression
    caller: Expression
    exten: Expression
    channel: Expression
    app: Expression
    app_data: Expression
    account_code: Expression
    unique_id: Expression
    link_id: Expression
    peer: Expression
    """The channels in the same bridge, separated by commas."""
    extra: Expression
    """What the event tells beside, as JSON."""

    def expressions(self) -> list[Expression]:
        """All of them."""
        return [getattr(self, name) for name in self.__slots__]


def event_fields(value: Value, expression: Callable[[Value, Kind], Expression]) -> EventFields:
    """`event` of a format file; `expression` reads one of its texts. Raises `ConfigError`."""
    keys = value.mapping(tuple(EventFields.__slots__))
    for name in ("type", "time", "channel", "unique_id"):
        if name not in keys:
            value.fail("{name} is missing.", name=name)
    found = {name: expression(keys[name], "text") for name in keys}
    nothing = parse_expression("''", "text")
    return EventFields(**{name: found.get(name, nothing) for name in EventFields.__slots__})
