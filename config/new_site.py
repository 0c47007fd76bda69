"""The first `config.yaml` of a site, from a few answers: commented, checked, never over an existing one."""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings, parse_settings
from engine.domain.errors import ConfigError, Refused, StorageError


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


_TEXT = """\
# Written by pbxmeter's guide; edit it as you like. A change is taken over within seconds, and a mistake is
# told while the last good version stays in force. All keys are explained in docs/operating.md.

site:
  timezone: {timezone}   # days, hours of rates and months are this zone's

numbering:
  # What an internal number looks like: a regular expression that has to match the whole number.
  extensions: {extensions}
  # Globs on the channel name without its unique tail. A call is outbound when it leaves by one of these.
  trunks:{trunks}
  # Numbers that stay reachable for barred extensions.
  emergency: []

sources:
  - path: {path}
    format: {format}{source_timezone}

# Who tells the PBX which extensions are barred; here, a file with one extension a line.
lockout:
  - kind: file
    path: lockout/barred.txt
"""


def config_text(site: NewSite, *, base: Path) -> str:
    """The file's text. `base` is the home folder. Raises `ConfigError` naming line and key."""
    zone = f"\n    timezone: {_quoted(site.source_timezone)}   # of the times in the file"
    text = _TEXT.format(
        timezone=_quoted(site.timezone),
        extensions=_quoted(site.extensions),
        trunks="".join(f"\n    - {_quoted(trunk)}" for trunk in site.trunks) or " []",
        path=_quoted(site.path),
        format=_quoted(site.format),
        source_timezone=zone if site.source_timezone else "",
    )
    _read_back(site, parse_settings(text, name="config.yaml", base=base))
    return text


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
        raise Refused(f"{path} exists already and is left as it is.") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
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
