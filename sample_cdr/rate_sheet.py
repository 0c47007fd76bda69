"""Rate sheets of any length: country, area and mobile-block prefixes with the conditions real sheets have.

python -m sample_cdr.rate_sheet rates.csv --rules 100000
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from sample_cdr.directory import first_number

COLUMNS: Final[tuple[str, ...]] = (
    *("name", "enabled", "prefix", "number_length", "initial_fee", "initial_seconds", "price"),
    *("price_seconds", "cycle_seconds", "start_time", "end_time", "weekdays", "valid_from", "valid_to"),
    "extensions",
)
MAX_RULES: Final = 1_000_000

_COUNTRY_CODES: Final = (
    *(
        "1",
        "7",
        "20",
        "27",
        "31",
        "33",
        "34",
        "39",
        "41",
        "43",
        "44",
        "45",
        "46",
        "47",
        "48",
        "49",
        "52",
        "55",
    ),
    *(
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "81",
        "82",
        "84",
        "90",
        "91",
        "92",
        "351",
        "353",
        "358",
        "380",
    ),
    *("420", "852", "853", "855", "856", "880", "886", "961", "966", "971", "972", "977", "992"),
)
_AREA_CODES: Final = (
    "10",
    "20",
    "21",
    "22",
    "23",
    "24",
    "25",
    "27",
    "28",
    "29",
    "311",
    "371",
    "451",
    "512",
    "532",
)
_WEEKDAY_SETS: Final = ("all", "all", "all", "mon,tue,wed,thu,fri", "sat,sun", "fri")
_WINDOWS: Final = (("22:00", "06:00"), ("18:00", "08:00"), ("08:00", "18:00"), ("00:00", "07:00"))

# A short sheet that covers whatever the sample office dials, except company lines 9400…
_BASE: Final[tuple[dict[str, str], ...]] = (
    {"name": "Emergency 110", "prefix": "110", "number_length": "3"},
    {"name": "Emergency 119", "prefix": "119", "number_length": "3"},
    {"name": "Emergency 120", "prefix": "120", "number_length": "3"},
    {
        "name": "Local",
        "prefix": "9",
        "number_length": "9",
        "initial_fee": "0.22",
        "initial_seconds": "180",
        "price": "0.11",
    },
    {"name": "Hotline", "prefix": "9", "number_length": "6", "price": "0.1"},
    {"name": "Mobile", "prefix": "91", "number_length": "12", "price": "0.25"},
    {"name": "National", "prefix": "90", "price": "0.3", "price_seconds": "60", "cycle_seconds": "1"},
    {
        "name": "National night",
        "prefix": "90",
        "price": "0.15",
        "start_time": "22:00",
        "end_time": "06:00",
        "number_length": "12",
    },
    {"name": "International", "prefix": "900", "price": "8"},
    {"name": "North America", "prefix": "9001", "price": "0.24", "cycle_seconds": "6"},
)


def rules(count: int, *, seed: int = 1, extensions: int = 30) -> Iterator[dict[str, str]]:
    """`count` rules as columns of a rates file; chosen extensions are some of the sample's first ones.

    The first ten cover every common number; the others are more special. Raises ValueError for
    a count that is not 1 to 1,000,000.
    """
    if not 1 <= count <= MAX_RULES:
        raise ValueError(f"rules: choose 1 to {MAX_RULES} of them")
    for base in _BASE[:count]:
        yield _completed(base)
    random = Random(seed)
    for number in range(len(_BASE), count):
        yield _completed(_special(random, number, extensions))


def write(path: Path | str, count: int, *, seed: int = 1, extensions: int = 30) -> None:
    """A rates file with its header."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            [row[column] for column in COLUMNS] for row in rules(count, seed=seed, extensions=extensions)
        )


def _special(random: Random, number: int, extensions: int) -> dict[str, str]:
    """One rule of a real sheet: a prefix and a price, and for some a condition."""
    kind, prefix, full_length = _prefix(random)
    rule = {"name": f"{kind} {prefix} #{number}", "prefix": prefix}
    rule |= _price(random)
    if full_length and random.random() < 0.2:
        rule["number_length"] = str(full_length)
    if random.random() < 0.12:
        rule["start_time"], rule["end_time"] = random.choice(_WINDOWS)
        rule["weekdays"] = random.choice(_WEEKDAY_SETS)
    if random.random() < 0.03:
        first_day = date(2026, 1, 1) + timedelta(days=random.randrange(365))
        rule["valid_from"] = first_day.isoformat()
        rule["valid_to"] = (first_day + timedelta(days=random.randrange(30, 400))).isoformat()
    if random.random() < 0.03:
        first = first_number(extensions)
        chosen = random.sample(range(extensions), min(extensions, random.randrange(1, 9)))
        rule["extensions"] = " ".join(str(first + index) for index in sorted(chosen))
    if random.random() < 0.01:
        rule["enabled"] = "false"
    return rule


def _prefix(random: Random) -> tuple[str, str, int]:
    """What it is, the prefix behind outside line 9, and the length of a whole number (0 = it varies)."""
    draw = random.random()
    if draw < 0.55:
        digits = random.choice((2, 3, 4, 5, 5, 5))
        return "Mobile", f"91{random.randrange(3, 10)}{random.randrange(10**digits):0{digits}d}", 12
    if draw < 0.75:
        code = random.choice(_AREA_CODES)
        return "Area", f"90{code}{random.randrange(2, 9)}{_some_digits(random, 4)}", 2 + len(code) + 8
    return "Country", f"900{random.choice(_COUNTRY_CODES)}{_some_digits(random, 5)}", 0


def _some_digits(random: Random, most: int) -> str:
    return "".join(str(random.randrange(10)) for _ in range(random.randint(0, most)))


def _price(random: Random) -> dict[str, str]:
    micros = random.randrange(2_000, 9_000_000, 500)
    price = {
        "price": f"{micros / 1_000_000:.4f}",
        "cycle_seconds": random.choice(("60", "60", "60", "6", "30")),
    }
    if random.random() < 0.1:
        price |= {"price_seconds": "60", "cycle_seconds": "1"}
    if random.random() < 0.2:
        price |= {"initial_fee": f"{random.randrange(1, 40) / 20:.2f}"}
        price |= {"initial_seconds": random.choice(("0", "30", "60", "180"))}
    return price


def _completed(rule: dict[str, str]) -> dict[str, str]:
    defaults = {
        "enabled": "true",
        "number_length": "0",
        "initial_fee": "0",
        "initial_seconds": "0",
        "price": "0",
        "price_seconds": "",
        "cycle_seconds": "60",
        "start_time": "00:00",
        "end_time": "00:00",
        "weekdays": "all",
        "valid_from": "",
        "valid_to": "",
        "extensions": "all",
    }
    return defaults | rule


def main(arguments: list[str] | None = None) -> int:
    """The command; answers with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_cdr.rate_sheet")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write, replaced if it exists")
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--extensions", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        write(options.out, options.rules, seed=options.seed, extensions=options.extensions)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
