"""The first `config.yaml` of a site, from a few answers: commented, checked, never over an existing one."""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from config.lockout import HOME_LIST
from config.settings import Settings, parse_settings
from engine.domain.errors import ConfigError, Refused, StorageError
from engine.domain.message import of_system


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSite:
    """What a new site has to say."""

    timezone: str
    extensions: str
    """A regular expression that matches an internal number as a whole."""
    trunks: tuple[str, ...]
    path: str
    """A file or a glob."""
    format: str
    source_timezone: str
    """'' = the site's."""
    barred_list: str = HOME_LIST
    """Where the PBX is told of barred extensions; relative to the home folder, which it cannot read."""


def shipped_text(name: str, language: str) -> str:
    """The commented `config/texts/NAME.yaml`, in `language` where there is such a file, else in English."""
    texts = files("config").joinpath("texts")
    translated = texts.joinpath(f"{name}.{language}.yaml")
    return (translated if translated.is_file() else texts.joinpath(f"{name}.yaml")).read_text("utf-8")


def config_text(site: NewSite, *, base: Path, language: str = "en") -> str:
    """The file's text, commented in `language`. `base` is the home folder.

    Raises `ConfigError` naming line and key.
    """
    text = shipped_text("new_site", language)
    if not site.source_timezone:
        text = "".join(line for line in text.splitlines(keepends=True) if "{source_timezone}" not in line)
    text = text.format(
        timezone=_quoted(site.timezone),
        extensions=_quoted(site.extensions),
        trunks="".join(f"\n    - {_quoted(trunk)}" for trunk in site.trunks) or " []",
        path=_quoted(site.path),
        format=_quoted(site.format),
        source_timezone=_quoted(site.source_timezone),
        barred_list=_quoted(site.barred_list),
    )
    _read_back(site, parse_settings(text, name="config.yaml", base=base))
    return text


def can_be_made(path: str) -> bool:
    """Whether this user may write the file, its folders made where they are missing."""
    if Path(path).exists():
        return os.access(path, os.W_OK)
    folder = next(parent for parent in Path(path).parents if parent.exists())
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _read_back(site: NewSite, settings: Settings) -> None:
    """What was meant has to be what the file says."""
    source = settings.sources[0]
    meant = (site.path, site.format, site.trunks, site.extensions)
    if (source.path, source.format, settings.numbering.trunks, settings.numbering.extensions) != meant:
        raise ConfigError("config.yaml cannot hold these texts; write the file by hand.")


def _quoted(text: str) -> str:
    """A YAML scalar in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def write_new(path: Path, text: str) -> None:
    """Puts the text in place at once, mode 0600. Raises `Refused` where there is a file, `StorageError`."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, refuses to replace a file.
        os.link(temporary, path)
    except FileExistsError as error:
        raise Refused("{path} exists already and is left as it is.", path=path) from error
    except OSError as error:
        raise StorageError(
            "{path} cannot be written: {reason}.", path=path, reason=of_system(error)
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def extension_pattern(numbers: Sequence[str]) -> str:
    """An expression that fits internal numbers seen: for each length, their first digits; '' = none was seen.

    8001, 8002 and 101 come to `8\\d{3}|1\\d{2}`, 201 and 305 to `[23]\\d{2}`. Numbers beginning with 0 are
    dialled, not internal.
    """
    firsts: dict[int, list[str]] = {}
    for number in numbers:
        if re.fullmatch(r"[1-9]\d{1,6}", number, re.ASCII):
            firsts.setdefault(len(number), []).append(number[0])
    most = max((len(digits) for digits in firsts.values()), default=0)
    # A few numbers of another length are strangers who called in.
    usual = {length: digits for length, digits in firsts.items() if len(digits) * 5 >= most}
    return "|".join(
        f"{_digit(digits)}\\d{{{length - 1}}}"
        for length, digits in sorted(usual.items(), key=lambda item: -len(item[1]))
    )


def _digit(digits: Sequence[str]) -> str:
    distinct = "".join(sorted(set(digits)))
    return distinct if len(distinct) == 1 else f"[{distinct}]"
