"""The shipped dialplans that honour the bars of a lockout target, made to fit a site."""

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from config.lockout import SPOOL_FOLDER, SPOOL_LIST, AmiTarget, EslTarget, FileTarget, FolderTarget
from config.settings import Settings
from engine.domain.errors import InvalidInput, NotFound

Pbx = Literal["asterisk", "freepbx", "freeswitch"]
PBXS: tuple[Pbx, ...] = ("asterisk", "freepbx", "freeswitch")
FREEPBX_RELEASES = ("15", "16", "17")
EXAMPLE_TRUNK = "trunk_main"
EXAMPLE_EMERGENCY = "110"
EXAMPLE_NUMBERS = "110|119|120"
_LINES_A_NUMBER = 4
_SAFE_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
_SAFE_TRUNK = re.compile(r"[A-Za-z0-9._-]+")
_EMERGENCY = re.compile(r"(?:^exten => [0-9]+,1,Dial.*\n same => n,Hangup\n)+", re.MULTILINE)
_LOOK = "; Whether the payer is barred.\n"
_NAMELESS = '"${WHO}" != "${PAYER}"]?'

_OPEN = {
    # What refuses in doubt, and what takes its place where a call goes out in doubt.
    "; Nobody, or a name with other characters, is refused and not looked up.": (
        "; Nobody, or a name with other characters, is not looked up and goes out: this one fails open."
    ),
    f"{_NAMELESS}barred)": f"{_NAMELESS}out)",
    "or no answer since the list cannot be read: refused.": "refused. No answer: goes out.",
    '$["${HELD:0:1}" = "0"]?:barred': '$["${HELD}" = "" | "${HELD:0:1}" = "0"]?:barred',
    "; Without the folder nobody is let out.\n": "",
    f' same => n,GotoIf($["${{STAT(d,{SPOOL_FOLDER})}}" = "1"]?:barred)\n': "",
    "<!-- Nobody, or a name with other characters, is refused and not looked up. -->": (
        "<!-- Nobody goes out like everybody: this one fails open. -->"
    ),
    "^[0-9*#+A-Da-d]{1,32}$": "^.*$",
    "Only a plain `false` lets the call out: without mod_db it is refused.": (
        "Only a plain `true` refuses the call: without mod_db it goes out."
    ),
    "^false$": "^(?!true$)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a person asks for."""

    pbx: str = ""
    """One of `PBXS`; '' = that of the first target that a dialplan can look into."""
    trunk: str = ""
    """A PJSIP endpoint or gateway; '' = the first trunk of config.yaml that is one."""
    fail: str = "closed"
    """`open`: a call goes out where nobody can tell whether its payer is barred."""
    release: str = FREEPBX_RELEASES[-1]
    """Of FreePBX."""


def shipped_dialplan(name: str) -> str:
    """The file `config/dialplan/NAME` as it is."""
    return files("config").joinpath("dialplan", name).read_text("utf-8")


def site_dialplan(settings: Settings, *, home: Path, request: Request) -> str:
    """The dialplan with the site's list, emergency numbers and trunk.

    Raises `NotFound` for a site without a fitting target, `InvalidInput` for what a dialplan cannot hold.
    """
    target = _fitting(settings, request.pbx)
    if isinstance(target, EslTarget):
        text = _freeswitch(settings, target, request)
    elif request.pbx == "freepbx":
        text = _opened(shipped_dialplan("freepbx.conf").replace(_LOOK, _LOOK + _look(target)), request)
        if request.release != FREEPBX_RELEASES[-1]:
            text = text.replace("Return()", "MacroExit()").replace("FreePBX 17", f"FreePBX {request.release}")
        text = _placed(text, target, home)
    else:
        trunk = _trunk(settings, request, "PJSIP/")
        text = _opened(shipped_dialplan("asterisk.conf").replace(_LOOK, _LOOK + _look(target)), request)
        numbers = settings.numbering.emergency
        text = _EMERGENCY.sub(lambda lines: _let_through(lines[0], numbers), text, count=1)
        text = _placed(text, target, home).replace(f"@{EXAMPLE_TRUNK}", f"@{trunk}")
    return text


def _fitting(settings: Settings, pbx: str) -> FileTarget | FolderTarget | AmiTarget | EslTarget:
    asterisk = (FileTarget, FolderTarget, AmiTarget)
    kinds = {"freeswitch": (EslTarget,), "": (*asterisk, EslTarget)}.get(pbx, asterisk)
    for target in settings.lockout:
        if isinstance(target, kinds):
            return target
    if pbx == "freeswitch":
        raise NotFound("lockout: config.yaml names no target of the kind freeswitch-esl.")
    raise NotFound(
        "lockout: config.yaml names no barred list. Add one of the kind asterisk-ami, folder or file."
    )


def _look(target: FileTarget | FolderTarget | AmiTarget) -> str:
    kind = {FileTarget: "file", FolderTarget: "folder", AmiTarget: "astdb"}[type(target)]
    return shipped_dialplan(f"look-{kind}.conf")


def _placed(text: str, target: FileTarget | FolderTarget | AmiTarget, home: Path) -> str:
    """The text with the target's own place."""
    if isinstance(target, AmiTarget):
        return text.replace("DB(pbxmeter/", f"DB({target.family}/")
    path = str(home / target.path)
    if not _SAFE_PATH.fullmatch(path):
        raise InvalidInput.in_field(
            "lockout",
            "{path} cannot stand in a dialplan: choose a path of letters, digits, / . _ and -.",
            path=path,
        )
    return text.replace(SPOOL_LIST if isinstance(target, FileTarget) else SPOOL_FOLDER, path)


def _freeswitch(settings: Settings, target: EslTarget, request: Request) -> str:
    text = _opened(shipped_dialplan("freeswitch.xml"), request)
    numbers = "|".join(re.escape(number) for number in settings.numbering.emergency)
    text = text.replace(f"({EXAMPLE_NUMBERS})", f"({numbers})" if numbers else "(?!)()")
    if not numbers:
        text = text.replace(
            "<!-- Emergency numbers come first,",
            "<!-- numbering.emergency in config.yaml names none yet: nobody barred can call for help. -->\n"
            "  <!-- Emergency numbers come first,",
        )
    trunk = _trunk(settings, request, "sofia/gateway/")
    return text.replace(f"gateway/{EXAMPLE_TRUNK}/", f"gateway/{trunk}/").replace(
        "exists/pbxmeter/", f"exists/{target.realm}/"
    )


def _opened(text: str, request: Request) -> str:
    if request.fail == "open":
        for refusing, passing in _OPEN.items():
            text = text.replace(refusing, passing)
    return text


def _let_through(lines: str, numbers: tuple[str, ...]) -> str:
    """The lines of the shipped file for its first emergency number, for each of these."""
    if not numbers:
        return (
            "; numbering.emergency in config.yaml names none yet: a barred extension cannot call for help.\n"
        )
    example = "".join(lines.splitlines(keepends=True)[:_LINES_A_NUMBER])
    return "".join(example.replace(EXAMPLE_EMERGENCY, number) for number in numbers)


def _trunk(settings: Settings, request: Request, kind: str) -> str:
    """The trunk asked for, else the first of that kind without a wildcard, else that of the example."""
    if request.trunk and not _SAFE_TRUNK.fullmatch(request.trunk):
        raise InvalidInput.in_field(
            "trunk", "{trunk!r} is no name of a trunk: letters, digits, . _ and -.", trunk=request.trunk
        )
    trunks = settings.numbering.trunks
    names = (trunk.removeprefix(kind) for trunk in trunks if trunk.startswith(kind))
    return request.trunk or next((name for name in names if _SAFE_TRUNK.fullmatch(name)), EXAMPLE_TRUNK)
