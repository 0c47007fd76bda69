"""The one error of the product and its leaves; each carries a code that survives the wire."""


class PbxmeterError(Exception):
    """A refusal or failure that a person can act on.

    `code` is stable and machine-readable, the message says what was wrong, where, and what to do.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class InvalidInput(PbxmeterError):
    """A value that was typed or imported is not acceptable; `field` names it where there is one."""

    code = "invalid"

    def __init__(self, message: str, *, field: str = "", code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


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


def error_from_wire(kind: str, code: str, message: str, field: str = "") -> PbxmeterError:
    """The error that the engine named: `kind` is the code of its class, `code` its own."""
    if kind == InvalidInput.code:
        return InvalidInput(message, field=field, code=code)
    leaf = next((leaf for leaf in LEAVES if leaf.code == kind), PbxmeterError)
    return leaf(message, code=code)
