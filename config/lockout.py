"""The lockout targets of `config.yaml`: what each kind needs to know, and the checks of what was written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from config.document import Value, line, required
from engine.domain.message import N_, Message

HOME_LIST = "lockout/barred.txt"
SPOOL_LIST = "/var/spool/pbxmeter/barred.txt"
"""A place for the barred list that the PBX can read, as a home folder is not."""
SPOOL_FOLDER = "/var/spool/pbxmeter/barred.d"
LATER_KEYS = ("hang_up", "live", "lease_seconds", "engine_lost")
"""Keys of targets that are planned."""
PLACEHOLDERS = ("{extension}", "{state}", "{reason}")
"""What is filled in in the arguments of a command."""
MAX_ARGUMENTS = 64

OTHERS_FAMILIES = frozenset(
    {
        *("ampuser", "blacklist", "cf", "cfb", "cfu", "cidname", "cw", "daynight", "device", "dnd", "dundi"),
        *("iax", "pbx", "queue", "queues", "registrar", "sip", "subscription", "trunk"),
    }
)
"""Families of AstDB in which Asterisk or FreePBX keep keys of their own, many of them by extension."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileTarget:
    """One barred extension a line, replaced atomically."""

    path: str = HOME_LIST
    """Relative to the home folder."""
    dry_run: bool = False

    @property
    def name(self) -> str:
        """Kind and place; the same for ever."""
        return f"file {self.path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderTarget:
    """One empty file a barred extension, for the dialplan's STAT()."""

    path: str = SPOOL_FOLDER
    """Relative to the home folder."""
    dry_run: bool = False

    @property
    def name(self) -> str:
        """Kind and place; the same for ever."""
        return f"folder {self.path}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AmiTarget:
    """Keys in AstDB, written through Asterisk's manager port."""

    host: str = "127.0.0.1"
    port: int = 5038
    username: str = "pbxmeter"
    secret_file: str
    """Relative to the home folder; only its owner may read it."""
    family: str = "pbxmeter"
    dry_run: bool = False

    @property
    def name(self) -> str:
        """Kind and place; the same for ever."""
        return f"asterisk-ami {self.host}:{self.port}/{self.family}"


@dataclass(frozen=True, kw_only=True, slots=True)
class EslTarget:
    """Keys of mod_db, written through FreeSWITCH's event socket."""

    host: str = "127.0.0.1"
    port: int = 8021
    username: str = ""
    """user@domain of a directory user with `esl-allowed-api`; '' = the password of the event socket."""
    password_file: str
    """Relative to the home folder; only its owner may read it."""
    realm: str = "pbxmeter"
    dry_run: bool = False

    @property
    def name(self) -> str:
        """Kind and place; the same for ever."""
        return f"freeswitch-esl {self.host}:{self.port}/{self.realm}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandTarget:
    """A program of the site's own, run for each change, or with the whole list on its standard input."""

    run: tuple[str, ...]
    """The program with its full path, and its arguments."""
    shown: str
    """What the target is called; arguments may hold secrets."""
    whole_list: bool = False
    seconds: int = 10
    """How long one run may take."""
    dry_run: bool = False

    @property
    def name(self) -> str:
        """Kind and place; the same for ever."""
        return f"command {self.shown}"


LockoutTarget: TypeAlias = FileTarget | FolderTarget | AmiTarget | EslTarget | CommandTarget


def lockout_targets(items: list[Value]) -> tuple[LockoutTarget, ...]:
    """The targets, each under a name of its own. Raises `ConfigError`."""
    targets: list[LockoutTarget] = []
    for item in items:
        target = _target(item)
        earlier = [other.name for other in targets]
        if target.name in earlier:
            item.fail("is the same target as lockout[{index}].", index=earlier.index(target.name))
        targets.append(target)
    return tuple(targets)


def _target(item: Value) -> LockoutTarget:
    kind = required(item, item.mapping(), "kind").choice(_KINDS, N_("kind of lockout target"))
    known, make = _KINDS[kind]
    for name, value in item.mapping().items():
        if name in LATER_KEYS:
            value.fail(
                "is not served by this version. Of {kind} it serves: {known}.",
                kind=kind,
                known=", ".join(known),
            )
    return make(item, item.mapping(("kind", *known)))


def _file(_item: Value, keys: Mapping[str, Value]) -> FileTarget:
    return FileTarget(path=line(keys, "path", HOME_LIST), dry_run=_dry_run(keys))


def _folder(_item: Value, keys: Mapping[str, Value]) -> FolderTarget:
    return FolderTarget(path=line(keys, "path", SPOOL_FOLDER), dry_run=_dry_run(keys))


def _ami(item: Value, keys: Mapping[str, Value]) -> AmiTarget:
    required(item, keys, "secret_file")
    family = _word(keys, "family", "pbxmeter", r"[A-Za-z0-9.-]{1,64}", Message("letters, digits, . and -"))
    if family.lower() in OTHERS_FAMILIES:
        keys["family"].fail("{family!r} belongs to the PBX: name a family of pbxmeter's own.", family=family)
    return AmiTarget(
        host=_host(keys),
        port=_port(keys, 5038),
        username=_word(
            keys, "username", "pbxmeter", r"[A-Za-z0-9._@-]{1,80}", Message("letters, digits, . _ @ and -")
        ),
        secret_file=line(keys, "secret_file", ""),
        family=family,
        dry_run=_dry_run(keys),
    )


def _esl(item: Value, keys: Mapping[str, Value]) -> EslTarget:
    required(item, keys, "password_file")
    return EslTarget(
        host=_host(keys),
        port=_port(keys, 8021),
        username=_word(keys, "username", "", r"[A-Za-z0-9._-]+@[A-Za-z0-9._-]+", Message("user@domain")),
        password_file=line(keys, "password_file", ""),
        realm=_word(
            keys, "realm", "pbxmeter", r"[A-Za-z0-9._-]{1,64}", Message("letters, digits, . _ and -")
        ),
        dry_run=_dry_run(keys),
    )


def _command(item: Value, keys: Mapping[str, Value]) -> CommandTarget:
    value = required(item, keys, "run")
    run = value.texts(numbers=True)
    if not run or len(run) > MAX_ARGUMENTS:
        value.fail("must be a program and its arguments: 1 to {most} items.", most=MAX_ARGUMENTS)
    if not run[0].startswith("/") or "{" in run[0]:
        value.fail("begins with {program!r}: name the program with its full path.", program=run[0])
    whole_list = keys["whole_list"].boolean() if "whole_list" in keys else False
    used = {name for name in PLACEHOLDERS if any(name in argument for argument in run[1:])}
    if whole_list and used:
        value.fail("{name} says nothing where the whole list is given.", name=min(used))
    if not whole_list and not {"{extension}", "{state}"} <= used:
        value.fail("must hand over {extension} and {state}, or take the list by `whole_list: true`.")
    return CommandTarget(
        run=run,
        shown=line(keys, "name", run[0]),
        whole_list=whole_list,
        seconds=keys["seconds"].integer(least=1, most=300) if "seconds" in keys else 10,
        dry_run=_dry_run(keys),
    )


def _dry_run(keys: Mapping[str, Value]) -> bool:
    return keys["dry_run"].boolean() if "dry_run" in keys else False


def _host(keys: Mapping[str, Value]) -> str:
    return _word(keys, "host", "127.0.0.1", r"[A-Za-z0-9._:-]{1,253}", Message("a name or an address"))


def _port(keys: Mapping[str, Value], default: int) -> int:
    return keys["port"].integer(least=1, most=65_535) if "port" in keys else default


def _word(keys: Mapping[str, Value], name: str, default: str, pattern: str, allowed: Message) -> str:
    """A text that is safe in a line of the PBX's protocol."""
    text = line(keys, name, default)
    if name in keys and not re.fullmatch(pattern, text):
        keys[name].fail("{text!r} cannot be used here: {allowed}.", text=text, allowed=allowed)
    return text


_KINDS: dict[str, tuple[tuple[str, ...], Callable[[Value, Mapping[str, Value]], LockoutTarget]]] = {
    "file": (("path", "dry_run"), _file),
    "folder": (("path", "dry_run"), _folder),
    "asterisk-ami": (("host", "port", "username", "secret_file", "family", "dry_run"), _ami),
    "freeswitch-esl": (("host", "port", "username", "password_file", "realm", "dry_run"), _esl),
    "command": (("run", "name", "whole_list", "seconds", "dry_run"), _command),
}
"""The kinds with their keys and makers."""
