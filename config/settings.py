"""The site's `config.yaml`: typed, checked as a whole, errors with file, line and key."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

from config.document import Value, line, matches, parse_document, read_text, replaced, required
from config.formats import format_names, load_format
from config.lockout import LockoutTarget, lockout_targets
from engine.domain.errors import ConfigError, InvalidInput
from engine.domain.memory import MB, free_memory
from engine.domain.message import N_, of_system
from engine.domain.numbers import MAX_NUMBER, Rewrite
from engine.domain.zones import zone

MAX_SOURCES = 256
MAX_TRUNKS = 1000
MAX_DEVICES = 10_000
MAX_REWRITES = 100
ORIGINS = ("dialled", "trunk", "both")
"""Of numbers that an entry of `numbering.rewrite` is for."""
MAX_TARGETS = 32
LEAST_MEMORY_MB, MOST_MEMORY_MB = 64, 1500
"""Of the database, where the site does not say: from 256 on, an import takes as long as with the most."""

_SPANS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}

Payer = Literal["caller", "forwarder"]
PAYERS: tuple[Payer, ...] = ("caller", "forwarder")


def host_zone() -> ZoneInfo:
    """The zone of this machine: TZ, the /etc/localtime link, /etc/timezone, else UTC."""
    names = [os.environ.get("TZ", "").removeprefix(":")]
    target = os.path.realpath("/etc/localtime")
    if "/zoneinfo/" in target:
        names.append(target.split("/zoneinfo/", 1)[1].removeprefix("posix/"))
    try:
        names.append(Path("/etc/timezone").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        names.append("UTC")
    for name in names:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def share_of_memory() -> int:
    """A quarter of what host and control groups allow, within bounds, in MB: the PBX needs the rest."""
    return max(LEAST_MEMORY_MB, min(free_memory().limit // 4 // MB, MOST_MEMORY_MB))


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteSettings:
    """The place."""

    timezone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbering:
    """What internal numbers and trunks look like."""

    extensions: str = r"\d{2,5}"
    """A regular expression that matches an internal number as a whole."""
    trunks: tuple[str, ...] = ()
    """Globs on the channel name without its unique tail; () = no call can be told to be outbound by it."""
    emergency: tuple[str, ...] = ()
    """Numbers that stay reachable; the dialplan that `pbxmeter lockouts dialplan` prints dials them first."""
    payer: Payer = "caller"
    """Who pays for a leg: who placed it, or who passed it on."""
    devices: Mapping[str, str] = field(default_factory=dict[str, str])
    """Extensions by the names of their devices, as in PJSIP/2001, where the name does not tell."""
    unclaimed: str = ""
    """The extension that pays where nobody is found; '' = such calls are reported as missing money."""
    rewrite: tuple[Rewrite, ...] = ()
    """From the number dialled to the one that is rated, in their order; () = they are the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """CDR files to follow."""

    path: str
    """A file or a glob as written; relative to the home folder."""
    format: str
    """A shipped name, or the path of a format file, relative to the home folder."""
    timezone: ZoneInfo | None = None
    """Of the times in the file; None = the site's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupSettings:
    """Backups that the engine makes by itself."""

    every: timedelta = timedelta(days=1)
    keep: int = 14
    """So many of them; older ones are removed. Those made by hand are not among them."""
    path: str = "backups"
    """A folder; relative to the home folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineSettings:
    """The engine process."""

    socket_group: str | None = None
    """Group that may open the sockets; None = their owner only."""
    idle_exit_seconds: int = 60
    """Only when started in the background by a client."""
    polling: bool = False
    """Look at the files once a second instead of being told of changes."""
    memory_mb: int = field(default_factory=share_of_memory)
    """What the database may take, in MB, for its cache and for work in hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything that config.yaml says."""

    site: SiteSettings = field(default_factory=lambda: SiteSettings(timezone=host_zone()))
    numbering: Numbering = Numbering()
    sources: tuple[Source, ...] = ()
    lockout: tuple[LockoutTarget, ...] = ()
    backup: BackupSettings | None = None
    """None = backups are made by hand only."""
    engine: EngineSettings = EngineSettings()


def load_settings(path: Path) -> Settings:
    """The settings in a file; a missing file is a new site: all defaults, no sources.

    Raises `ConfigError` naming file, line and key.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError("{path}: cannot be read: {reason}.", path=path, reason=of_system(error)) from error
    return parse_settings(read_text(str(path), content), name=str(path), base=path.parent)


def parse_settings(text: str, *, name: str, base: Path | None = None) -> Settings:
    """The settings in a YAML text; `name` is the file's in errors, `base` the folder of format files.

    Raises `ConfigError` naming file, line and key.
    """
    keys = parse_document(text, name=name).mapping(
        ("site", "numbering", "sources", "lockout", "backup", "engine")
    )
    site = keys["site"].mapping(("timezone",)) if "site" in keys else {}
    return Settings(
        site=SiteSettings(timezone=_zone(site["timezone"]) if "timezone" in site else host_zone()),
        numbering=_numbering(keys["numbering"]) if "numbering" in keys else Numbering(),
        sources=_sources(keys["sources"], base) if "sources" in keys else (),
        lockout=lockout_targets(_at_most(keys["lockout"], MAX_TARGETS)) if "lockout" in keys else (),
        backup=_backup(keys["backup"]) if "backup" in keys else None,
        engine=_engine(keys["engine"]) if "engine" in keys else EngineSettings(),
    )


def _zone(value: Value) -> ZoneInfo:
    try:
        return zone(value.text(), field="timezone")
    except InvalidInput as error:
        value.fail(error.what)


def _numbering(value: Value) -> Numbering:
    keys = value.mapping(("extensions", "trunks", "emergency", "payer", "devices", "unclaimed", "rewrite"))
    default = Numbering()
    extensions, trunks, emergency = default.extensions, default.trunks, default.emergency
    if "extensions" in keys:
        extensions = keys["extensions"].regex()
        if matches(extensions, ""):
            keys["extensions"].fail("{extensions!r} also matches no number at all.", extensions=extensions)
    if "trunks" in keys:
        items = _at_most(keys["trunks"], MAX_TRUNKS)
        trunks = tuple(_glob(item) for item in items)
    if "emergency" in keys:
        emergency = tuple(_number(item) for item in keys["emergency"].items())
    unclaimed = keys.get("unclaimed")
    return Numbering(
        extensions=extensions,
        trunks=trunks,
        emergency=emergency,
        payer=cast("Payer", keys["payer"].choice(PAYERS, N_("payer"))) if "payer" in keys else default.payer,
        devices=_devices(keys["devices"]) if "devices" in keys else default.devices,
        unclaimed=_number(unclaimed) if unclaimed and unclaimed.text(numbers=True, empty=True) else "",
        rewrite=_rewrites(keys["rewrite"]) if "rewrite" in keys else (),
    )


def _rewrites(value: Value) -> tuple[Rewrite, ...]:
    return tuple(_rewrite(item) for item in _at_most(value, MAX_REWRITES))


def _rewrite(item: Value) -> Rewrite:
    keys = item.mapping(("match", "to", "of"))
    match = required(item, keys, "match").regex()
    text = required(item, keys, "to")
    to = text.text(numbers=True, empty=True)
    if len(to) > MAX_NUMBER:
        text.fail("has {count} characters; a number has {most} at most.", count=len(to), most=MAX_NUMBER)
    if any(character < " " or character == "\x7f" for character in to):
        text.fail("must be one line without control characters.")
    try:
        replaced(match, to, "")
    except ValueError as error:
        text.fail("{to!r} does not fit {match!r}: {error}.", to=to, match=match, error=str(error))
    of = keys["of"].choice(ORIGINS, N_("kind of number")) if "of" in keys else "both"
    return Rewrite(match=match, to=to, of=cast("Literal['dialled', 'trunk', 'both']", of))


def _devices(value: Value) -> dict[str, str]:
    found = {device: _number(number) for device, number in value.mapping().items()}
    if len(found) > MAX_DEVICES:
        value.fail(
            "has {count} devices; at most {max_devices} are read.", count=len(found), max_devices=MAX_DEVICES
        )
    return found


def _at_most(value: Value, most: int) -> list[Value]:
    items = value.items()
    if len(items) > most:
        value.fail("has {count} items; at most {most} are read.", count=len(items), most=most)
    return items


def _glob(value: Value) -> str:
    text = value.text(numbers=True)
    if re.search(r"\[(?!!?\]?[^\]]*\])", text):
        value.fail(
            "{text!r} is not a glob: a `[` is not closed. Write `[[]` for the character itself.", text=text
        )
    if any(character < " " for character in text):
        value.fail("{text!r} must not hold control characters.", text=text)
    return text


def _number(value: Value) -> str:
    text = value.text(numbers=True)
    if not re.fullmatch(r"[0-9*#+]{1,64}", text):
        value.fail("{text!r} is not a number; digits, *, # and + make one.", text=text)
    return text


def _sources(value: Value, base: Path | None) -> tuple[Source, ...]:
    sources: list[Source] = []
    for item in _at_most(value, MAX_SOURCES):
        keys = item.mapping(("path", "format", "timezone"))
        sources.append(
            Source(
                path=_glob(required(item, keys, "path")),
                format=_format(required(item, keys, "format"), base),
                timezone=_zone(keys["timezone"]) if "timezone" in keys else None,
            )
        )
        earlier = [source.path for source in sources[:-1]]
        if sources[-1].path in earlier:
            keys["path"].fail("is the same as sources[{index}].path.", index=earlier.index(sources[-1].path))
    return tuple(sources)


def _format(value: Value, base: Path | None) -> str:
    name = value.text()
    if "/" not in name and not name.endswith((".yaml", ".yml")):
        value.choice(format_names(), N_("format"))
    elif not (base or Path()).joinpath(name).is_file():
        value.fail("there is no format file {name!r}.", name=name)
    load_format(name, base)
    return name


def _backup(value: Value) -> BackupSettings:
    keys = value.mapping(("every", "keep", "path"))
    default = BackupSettings()
    return BackupSettings(
        every=_span(keys["every"]) if "every" in keys else default.every,
        keep=keys["keep"].integer(least=1, most=10_000) if "keep" in keys else default.keep,
        path=line(keys, "path", default.path),
    )


def _span(value: Value) -> timedelta:
    text = value.text(numbers=True)
    found = re.fullmatch(r"([1-9]\d{0,3})([mhdw])", text)
    if found is None:
        value.fail("{text!r} is not a span of time: write 30m, 12h, 1d or 2w.", text=text)
    return int(found[1]) * _SPANS[found[2]]


def secret_files(settings: Settings) -> list[str]:
    """The files with passwords that the settings name, as written."""
    entries = [*settings.sources, *settings.lockout]
    named = [getattr(entry, name, None) for entry in entries for name in ("secret_file", "password_file")]
    return sorted({name for name in named if isinstance(name, str) and name})


def _engine(value: Value) -> EngineSettings:
    keys = value.mapping(("socket_group", "idle_exit_seconds", "polling", "memory_mb"))
    default = EngineSettings()
    return EngineSettings(
        socket_group=line(keys, "socket_group", "") or None,
        idle_exit_seconds=(
            keys["idle_exit_seconds"].integer(least=1, most=86_400)
            if "idle_exit_seconds" in keys
            else default.idle_exit_seconds
        ),
        polling=keys["polling"].boolean() if "polling" in keys else default.polling,
        memory_mb=(
            keys["memory_mb"].integer(least=LEAST_MEMORY_MB, most=1_000_000)
            if "memory_mb" in keys
            else default.memory_mb
        ),
    )
