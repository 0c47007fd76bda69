"""CDR formats as data: `config/formats/*.yaml` and a site's own format files. See docs/formats.md."""

import functools
from importlib.resources import files
from pathlib import Path

from config.document import read_text
from config.format_file import parse_format
from config.format_model import Format
from engine.domain.errors import ConfigError
from engine.domain.message import of_system

FORMAT_NAMES = (
    "asterisk-csv",
    "asterisk-cel",
    "asterisk-custom",
    "freepbx-export",
    "freeswitch-csv",
    "freeswitch-asterisk-csv",
    "freeswitch-json",
    "freeswitch-xml",
    "grandstream-ucm",
    "3cx",
    "yeastar",
    "cisco-cucm",
    "avaya-ipo",
    "panasonic",
    "issabel-report",
    "openscape",
    "shoretel",
    "toshiba-ctx",
    "nec-sl",
    "mitel-3300",
    "alcatel-oxo",
    "kamailio-cdrs",
    "generic-csv",
)


def format_names() -> tuple[str, ...]:
    """The shipped formats, the most common first."""
    return FORMAT_NAMES


@functools.lru_cache(maxsize=32)
def _shipped(name: str) -> Format:
    place = files("config") / "formats" / f"{name}.yaml"
    return parse_format(read_text(name, place.read_bytes()), name=name, file=f"config/formats/{name}.yaml")


def load_format(name_or_path: str, base: Path | None = None) -> Format:
    """A shipped format by name, or the format file at a path relative to `base`.

    Raises `ConfigError` naming file, line and key.
    """
    if name_or_path in FORMAT_NAMES:
        return _shipped(name_or_path)
    path = (base or Path()) / name_or_path
    try:
        content = path.read_bytes()
    except OSError as error:
        known = ", ".join(FORMAT_NAMES)
        raise ConfigError(
            "{path}: the format file cannot be read: {reason}. Shipped formats are {known}.",
            path=path,
            reason=of_system(error),
            known=known,
        ) from error
    return parse_format(read_text(str(path), content), name=name_or_path, file=str(path))
