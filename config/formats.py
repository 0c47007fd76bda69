"""CDR formats as data: `config/formats/*.yaml` and a site's own format files."""

from importlib.resources import files
from pathlib import Path

_FORMATS = (
    "asterisk-csv",
    "asterisk-custom",
    "freepbx-export",
    "freeswitch-csv",
    "freeswitch-asterisk-csv",
    "freeswitch-json",
    "grandstream-ucm",
    "3cx",
    "yeastar",
    "cisco-cucm",
    "avaya-ipo",
    "generic-csv",
)


def format_names() -> tuple[str, ...]:
    """The shipped formats, the most common first."""
    return _FORMATS


def load_format(name_or_path: str, base: Path | None = None) -> Path:
    """The file of a format."""
    if name_or_path in _FORMATS:
        return Path(str(files("config"))) / "formats" / f"{name_or_path}.yaml"
    return (base or Path()) / name_or_path
