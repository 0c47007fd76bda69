"""The language of time formats: `YYYY-MM-DD HH:MM:SS`, `DD.MM.YY HH:MM`, `MM/DD hh:MM:SS AM` and so on."""

import functools
import re
from dataclasses import dataclass
from datetime import datetime

from engine.domain.errors import InvalidInput

NAMED_FORMATS = ("ISO 8601", "epoch", "epoch milliseconds", "epoch microseconds")
"""Written as words, for no letters describe them."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_TOKEN = re.compile(r" ?AM|YYYY|YY|MMM|MM|DD|HH|hh|:?SS|[-/.:, T]")
_MARKS = "-/.:, T"


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A time format as what each of its parts is."""

    text: str
    parts: tuple[str, ...]
    """year, short year, month, month name, day, hour, minute, second, half, or a mark."""

    @property
    def has_year(self) -> bool:
        """Whether the year is written."""
        return "year" in self.parts or "short year" in self.parts

    @property
    def pattern(self) -> str:
        """A regular expression for a whole text, with the groups y m b d H M S h as far as there are."""
        return _pattern(self)

    @property
    def exchanged(self) -> str:
        """The format with day and month in each other's place; '' = the month is a name."""
        if "month" not in self.parts or "day" not in self.parts:
            return ""
        names = {"month": "day", "day": "month"}
        return _text(tuple(names.get(part, part) for part in self.parts))

    def written(self, moment: datetime) -> str:
        """The moment as the format writes it."""
        hour = moment.hour
        texts = {
            "year": f"{moment.year:04}",
            "short year": f"{moment.year % 100:02}",
            "month": f"{moment.month:02}",
            "month name": MONTHS[moment.month - 1].title(),
            "day": f"{moment.day:02}",
            "hour": f"{(hour + 11) % 12 + 1 if self.has_half else hour:02}",
            "minute": f"{moment.minute:02}",
            "second": f"{moment.second:02}",
            "half": "AM" if hour < 12 else "PM",
        }
        return "".join(texts.get(part, part) for part in self.parts)

    @property
    def has_half(self) -> bool:
        """Whether hours count to 12."""
        return "half" in self.parts


_LETTERS = {
    "YYYY": "year", "YY": "short year", "MMM": "month name", "DD": "day", "HH": "hour", "hh": "hour",
    "SS": "second", "AM": "half",
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def time_format(text: str) -> TimeFormat:
    """The format of a text that is none of `NAMED_FORMATS`. Raises `InvalidInput` with a sentence."""
    parts: list[str] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InvalidInput(
                "{text!r} is not a known time format; its parts are YYYY, YY, MM, MMM, DD, HH, hh, SS, AM "
                "and marks between them, or it is one of {named_formats}.",
                text=text,
                named_formats=", ".join(NAMED_FORMATS),
            )
        parts += _named(match[0], parts)
        place = match.end()
    told = [part for part in parts if part not in _MARKS]
    hour_is_short = "hh" in text
    if len(set(told)) < len(told) or not {"day", "hour", "minute"} <= set(told):
        raise InvalidInput(
            "{text!r} is not a known time format: day, hour and minute are needed, each once.", text=text
        )
    if ("month" in told) == ("month name" in told) or {"year", "short year"} <= set(told):
        raise InvalidInput(
            "{text!r} is not a known time format: it needs one month and at most one year.", text=text
        )
    if hour_is_short != ("half" in told):
        raise InvalidInput("{text!r} is not a known time format: hh and AM belong together.", text=text)
    return TimeFormat(text, tuple(parts))


def _named(letters: str, before: list[str]) -> list[str]:
    if letters == "MM":
        told = [part for part in before if part not in _MARKS]
        return ["minute" if told and told[-1] == "hour" else "month"]
    if letters in _MARKS:
        return [letters]
    name = _LETTERS[letters.strip(": ")]
    mark = letters[0] if letters[0] in ": " else ""
    return [mark, name] if mark else [name]


def _text(parts: tuple[str, ...]) -> str:
    letters = {name: token for token, name in _LETTERS.items()} | {"month": "MM", "minute": "MM"}
    letters["hour"] = "hh" if "half" in parts else "HH"
    return "".join(letters.get(part, part) for part in parts)


def _pattern(form: TimeFormat) -> str:
    found = ""
    parts = form.parts
    for place, part in enumerate(parts):
        apart = all(
            beside in _MARKS for beside in (*parts[max(0, place - 1) : place], *parts[place + 1 : place + 2])
        )
        digits = r"\d\d?" if apart else r"\d\d"
        match part:
            case "year":
                found += r"(?P<y>\d{4})"
            case "short year":
                found += r"(?P<y>\d\d)"
            case "month":
                found += f"(?P<m>{digits})"
            case "month name":
                found += r"(?P<b>[A-Za-z]{3})"
            case "day":
                found += f"(?P<d>{digits})"
            case "hour":
                found += f"(?P<H>{digits})"
            case "minute":
                found += r"(?P<M>\d\d)"
            case "second" if found.endswith(":"):
                # Spreadsheets drop the seconds of whole minutes.
                found = found[:-1] + r"(?::(?P<S>\d\d)(?:\.\d+)?)?"
            case "second":
                found += r"(?P<S>\d\d)(?:\.\d+)?"
            case "half":
                found = found.removesuffix(" +") + r" ?(?P<h>[APap])[Mm]"
            case " ":
                # ISO 8601 has a T there.
                found += "[ T]+" if form.text.startswith("YYYY-MM-DD ") else " +"
            case mark:
                found += re.escape(mark)
    return found


def check_time_formats(texts: tuple[str, ...]) -> None:
    """Refuses a list in which one text could be two times, other than by day and month exchanged, which the
    file decides. Raises `InvalidInput` with a sentence for people."""
    forms = [time_format(text) for text in texts if text not in NAMED_FORMATS]
    probe = datetime(2011, 10, 12, 9, 8, 7)
    for place, first in enumerate(forms):
        for second in forms[place + 1 :]:
            if second.text in (first.text, first.exchanged):
                continue
            if any(
                re.fullmatch(other.pattern, one.written(probe))
                for one, other in ((first, second), (second, first))
            ):
                raise InvalidInput(
                    "{text!r} cannot be told from {text2!r}: one text could be two times. Name the one that "
                    "the PBX writes.",
                    text=second.text,
                    text2=first.text,
                )


def ambiguous_pairs(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """The formats of a list that differ in the order of day and month alone."""
    plain = [text for text in texts if text not in NAMED_FORMATS]
    return [
        (first, second)
        for place, first in enumerate(plain)
        for second in plain[place + 1 :]
        if time_format(first).exchanged == second
    ]
