"""Where PBXs usually write their CDR files: `places.yaml`, and what of it is on this host."""

import functools
import itertools
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from importlib.resources import files
from pathlib import Path

from config.document import parse_document
from config.formats import format_names
from engine.domain.message import N_

MAX_LOOKED_AT = 500
"""Files of one glob that are looked at."""

MAX_OFFERED = 4
"""Of one glob, the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Files that a kind of PBX writes."""

    pbx: str
    format: str
    """Assumed for an empty file."""
    files: tuple[str, ...]
    """Globs; `~` is the home folder of whoever looks."""
    all: bool
    """New files begin all the time: the glob is the source, not one file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFile:
    """A file that could be a source."""

    pbx: str
    path: Path
    source: str
    """What to follow, a glob: the file alone, or the glob it was found by."""
    format: str
    """Assumed while the file is empty."""
    size: int
    """Bytes."""
    changed_at: float
    """Epoch seconds."""


@functools.cache
def known_places() -> tuple[Place, ...]:
    """The shipped table. Raises `ConfigError` naming line and key."""
    text = files("config").joinpath("places.yaml").read_text(encoding="utf-8")
    places: list[Place] = []
    for item in parse_document(text, name="places.yaml").items():
        keys = item.mapping(("pbx", "format", "files", "all"))
        places.append(
            Place(
                pbx=keys["pbx"].text(),
                format=keys["format"].choice(format_names(), N_("format")),
                files=tuple(glob.text() for glob in keys["files"].items()),
                all=keys["all"].boolean() if "all" in keys else False,
            )
        )
    return tuple(places)


def found_files(places: Sequence[Place] | None = None) -> list[FoundFile]:
    """The files of the places, each once, in the order of the table, the newest first of one glob."""
    found: dict[Path, FoundFile] = {}
    for place in known_places() if places is None else places:
        for glob in place.files:
            newest = sorted(_matching(place, glob), key=lambda file: -file.changed_at)
            for file in newest[: 1 if place.all else MAX_OFFERED]:
                found.setdefault(file.path, file)
    return list(found.values())


def _matching(place: Place, glob: str) -> Iterator[FoundFile]:
    pattern = str(Path(glob).expanduser())
    # A folder that may not be listed yields nothing.
    for path in itertools.islice(Path("/").glob(pattern.lstrip("/")), MAX_LOOKED_AT):
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield FoundFile(
                pbx=place.pbx,
                path=path,
                source=pattern if place.all else escape(str(path)),
                format=place.format,
                size=status.st_size,
                changed_at=status.st_mtime,
            )
