"""The shipped dialplans that honour the barred list, made to fit a site."""

import re
from importlib.resources import files
from pathlib import Path

from config.settings import SPOOL_LIST, Settings
from engine.domain.errors import InvalidInput, NotFound

EXAMPLE_TRUNK = "trunk_main"
EXAMPLE_EMERGENCY = "110"
_LINES_A_NUMBER = 4
_SAFE_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
_SAFE_TRUNK = re.compile(r"[A-Za-z0-9._-]+")
_EMERGENCY = re.compile(r"(?:^exten => [0-9]+,1,Dial.*\n same => n,Hangup\n)+", re.MULTILINE)


def shipped_dialplan(name: str) -> str:
    """The file `config/dialplan/NAME.conf` as it is."""
    return files("config").joinpath("dialplan", f"{name}.conf").read_text("utf-8")


def asterisk_dialplan(settings: Settings, *, home: Path, trunk: str = "") -> str:
    """The dialplan for a barred file, with the site's list, emergency numbers and trunk.

    `trunk` is the name of a PJSIP endpoint; '' = the first trunk of config.yaml that is one. Raises
    `NotFound` for a site without a barred file, `InvalidInput` for what a dialplan cannot hold.
    """
    if not settings.lockout:
        raise NotFound("lockout: config.yaml names no barred list. Add one of the kind file.")
    path = str(home / settings.lockout[0].path)
    if not _SAFE_PATH.fullmatch(path):
        raise InvalidInput.in_field(
            "lockout",
            "{path} cannot stand in a dialplan: choose a path of letters, digits, / . _ and -.",
            path=path,
        )
    trunk = trunk or _first_endpoint(settings)
    if not _SAFE_TRUNK.fullmatch(trunk):
        raise InvalidInput.in_field(
            "trunk", "{trunk!r} is no PJSIP endpoint: letters, digits, . _ and -.", trunk=trunk
        )
    text = shipped_dialplan("asterisk-file")
    text = _EMERGENCY.sub(lambda lines: _let_through(lines[0], settings.numbering.emergency), text, count=1)
    return text.replace(SPOOL_LIST, path).replace(f"@{EXAMPLE_TRUNK}", f"@{trunk}")


def _let_through(lines: str, numbers: tuple[str, ...]) -> str:
    """The lines of the shipped file for its first emergency number, for each of these."""
    if not numbers:
        return (
            "; numbering.emergency in config.yaml names none yet: a barred extension cannot call for help.\n"
        )
    example = "".join(lines.splitlines(keepends=True)[:_LINES_A_NUMBER])
    return "".join(example.replace(EXAMPLE_EMERGENCY, number) for number in numbers)


def _first_endpoint(settings: Settings) -> str:
    """The first PJSIP trunk named without a wildcard, else that of the example."""
    names = (
        trunk.removeprefix("PJSIP/") for trunk in settings.numbering.trunks if trunk.startswith("PJSIP/")
    )
    return next((name for name in names if _SAFE_TRUNK.fullmatch(name)), EXAMPLE_TRUNK)
