"""Numbers that an office in China dials behind outside line 9, in the mix in which it dials them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

OUTSIDE_LINE: Final = "9"
EMERGENCY: Final = ("110", "119", "120")

_AREA_CODES: Final = ("10", "21", "20", "755", "571", "28", "27", "512", "532", "592")
# Country codes and how many digits follow, the commonest first.
_COUNTRIES: Final = (
    *(("1", 10), ("852", 8), ("81", 10), ("82", 10), ("65", 8), ("49", 11), ("44", 10)),
    *(("61", 9), ("33", 9), ("7", 10), ("84", 9), ("55", 11), ("971", 9), ("27", 9)),
)
_HOTLINES: Final = ("10086", "10010", "95588", "12306", "95533", "12345")


@dataclass(frozen=True)
class Destination:
    """A number as dialled by people, and as sent to a trunk."""

    dialled: str
    sent: str
    trunk: str
    """`trunk_main` or `trunk_intl`."""


class NumberPool:
    """A fixed set of distinct destinations; some of them are dialled far more often than others."""

    def __init__(self, random: Random, distinct_numbers: int) -> None:
        """Raises ValueError for less than 20 numbers, which would leave kinds of calls out."""
        if distinct_numbers < 20:
            raise ValueError("distinct numbers: choose at least 20")
        self._kinds: list[list[Destination]] = []
        for share, maker in _MAKERS:
            wanted = max(1, round(share * distinct_numbers))
            self._kinds.append(_distinct(random, maker, wanted))
        self._cumulative = list(accumulate(share for share, _ in _MAKERS))

    @property
    def destinations(self) -> list[Destination]:
        """Every number of the pool once."""
        return [destination for kind in self._kinds for destination in kind]

    def pick(self, random: Random) -> Destination:
        """One number to dial: the kind by its share, then a favourite more often than others."""
        kind = random.choices(self._kinds, cum_weights=self._cumulative)[0]
        return kind[int(len(kind) * random.random() ** 2.5)]


def destination(dialled: str) -> Destination:
    """Where the PBX sends a number dialled with its outside line, or an emergency number without."""
    sent = dialled.removeprefix(OUTSIDE_LINE)
    return Destination(dialled, sent, "trunk_intl" if sent.startswith("00") else "trunk_main")


def outside_caller(random: Random) -> str:
    """The number of somebody who calls in."""
    return _mobile(random) if random.random() < 0.7 else "0" + _area(random)


def _distinct(random: Random, maker: Callable[[Random], str], wanted: int) -> list[Destination]:
    """At most `wanted` destinations: hotlines and emergency numbers are soon exhausted."""
    found: dict[str, Destination] = {}
    attempts = 0
    while len(found) < wanted and attempts < 3 * wanted + 60:
        attempts += 1
        number = maker(random)
        if number not in found:
            found[number] = destination(number if number in EMERGENCY else OUTSIDE_LINE + number)
    return list(found.values())


def _mobile(random: Random) -> str:
    return f"1{random.randrange(3, 10)}{random.randrange(10**9):09d}"


def _local(random: Random) -> str:
    return f"{random.randrange(2, 9)}{random.randrange(10**7):07d}"


def _area(random: Random) -> str:
    code = random.choice(_AREA_CODES)
    return code + (_local(random) if len(code) == 2 else _local(random)[: 7 + random.randrange(2)])


def _national(random: Random) -> str:
    return "0" + _area(random)


def _international(random: Random) -> str:
    code, digits = _COUNTRIES[int(len(_COUNTRIES) * random.random() ** 1.8)]
    return f"00{code}{random.randrange(1, 10)}{random.randrange(10 ** (digits - 1)):0{digits - 1}d}"


def _hotline(random: Random) -> str:
    return random.choice(_HOTLINES)


def _company_line(random: Random) -> str:
    return f"400{random.randrange(10**7):07d}"


def _emergency(random: Random) -> str:
    return random.choice(EMERGENCY)


_MAKERS: Final[tuple[tuple[float, Callable[[Random], str]], ...]] = (
    (0.545, _mobile),
    (0.26, _local),
    (0.125, _national),
    (0.035, _international),
    (0.02, _hotline),
    (0.013, _company_line),
    (0.002, _emergency),
)
