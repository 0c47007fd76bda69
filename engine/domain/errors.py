"""The one error of the product and its leaves; each carries a code and a message that survive the wire."""

from engine.domain.message import N_, Message, as_it_is


class PbxmeterError(Exception):
    """A refusal or failure that a person can act on.

    `code` is stable and machine-readable, the message says what was wrong, where, and what to do. It is given
    as a template and its fields, or ready; `str()` is its English text.
    """

    code = "error"

    def __init__(self, message: str | Message, /, *, code: str | None = None, **fields: object) -> None:
        super().__init__(message)
        self.message = message if isinstance(message, Message) else Message(message, **fields)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return str(self.message)


_IN_FIELD = N_("{named}: {what}")


class InvalidInput(PbxmeterError):
    """A value that was typed or imported is not acceptable; `field` names it where there is one."""

    code = "invalid"

    def __init__(
        self, message: str | Message, /, *, field: str = "", code: str | None = None, **fields: object
    ) -> None:
        super().__init__(message, code=code, **fields)
        self.field = field

    @classmethod
    def in_field(
        cls, field: str, what: str | Message, /, *, code: str | None = None, **fields: object
    ) -> "InvalidInput":
        """The error of a value that is known by its field: `amount: must not be negative.`"""
        said = what if isinstance(what, Message) else Message(what, **fields)
        return cls(_IN_FIELD, named=field, what=said, field=field, code=code)

    @property
    def what(self) -> Message:
        """What is wrong with the value, without the name of its field: for where that is known."""
        what = self.message.fields.get("what") if self.message.template == _IN_FIELD else None
        return what if isinstance(what, Message) else self.message


class NotFound(PbxmeterError):
    """What was named does not exist."""

    code = "not_found"


class Refused(PbxmeterError):
    """Understood, but not allowed as things stand: a role, a used key, the last admin."""

    code = "refused"


class NotSignedIn(PbxmeterError):
    """The caller has no valid session; sign in again."""

    code = "not_signed_in"


class EngineDown(PbxmeterError):
    """No engine answers on the socket."""

    code = "engine_down"


class ConfigError(PbxmeterError):
    """`config.yaml` or a format file is wrong; the message names file, line and key."""

    code = "config"


class StorageError(PbxmeterError):
    """The database or a file could not be read or written."""

    code = "storage"


OUT_OF_RANGE = "out_of_range"
"""Code of a `StorageError`: a balance would be larger than the store holds."""


LEAVES: tuple[type[PbxmeterError], ...] = (
    InvalidInput,
    NotFound,
    Refused,
    NotSignedIn,
    EngineDown,
    ConfigError,
    StorageError,
)


def message_of(error: Exception) -> Message:
    """What an error says: a foreign one in its own words."""
    return error.message if isinstance(error, PbxmeterError) else as_it_is(error)


def error_from_wire(kind: str, code: str, message: Message, field: str = "") -> PbxmeterError:
    """The error that the engine named: `kind` is the code of its class, `code` its own."""
    if kind == InvalidInput.code:
        return InvalidInput(message, field=field, code=code)
    leaf = next((leaf for leaf in LEAVES if leaf.code == kind), PbxmeterError)
    return leaf(message, code=code)
