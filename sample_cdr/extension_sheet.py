"""The extension sheet that goes with the sample office, and larger ones like it.

python -m sample_cdr.extension_sheet extensions.csv --extensions 2000
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sample_cdr.directory import Person, people

COLUMNS: Final[tuple[str, ...]] = ("number", "name", "billing", "payment", "credit_limit", "locked")
_OFFICE_SIZE: Final = 30

# Chosen after rating the two weeks, so that a few are over their limit at the end and a few nearly so.
_OFFICE_LIMITS: Final = {
    "8012": "120",
    "8016": "110",
    "8029": "100",
    "8030": "200",
    "8005": "60",
    "8023": "40",
    "8026": "90",
    "8028": "135",
    "8021": "50",
    "8024": "50",
    "8027": "50",
}
_LOCKED_INDEX: Final = 16
_NOT_BILLED: Final = ("front", "it")


def rows(extensions: int = _OFFICE_SIZE) -> Iterator[dict[str, str]]:
    """The columns of an extensions file, by number; guest rooms pay in advance and have little credit."""
    for index, person in enumerate(people(extensions)):
        prepaid = person.department == "rooms"
        yield {
            "number": person.number,
            "name": person.name,
            "billing": _boolean(person.department not in _NOT_BILLED),
            "payment": "prepaid" if prepaid else "postpaid",
            "credit_limit": _credit_limit(person, extensions, prepaid=prepaid),
            "locked": _boolean(index % _OFFICE_SIZE == _LOCKED_INDEX),
        }


def write(path: Path | str, extensions: int = _OFFICE_SIZE) -> None:
    """An extensions file with its header."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([row[column] for column in COLUMNS] for row in rows(extensions))


def _credit_limit(person: Person, extensions: int, *, prepaid: bool) -> str:
    usual = "100" if prepaid else "300"
    return _OFFICE_LIMITS.get(person.number, usual) if extensions == _OFFICE_SIZE else usual


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def main(arguments: list[str] | None = None) -> int:
    """The command; answers with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_cdr.extension_sheet")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write, replaced if it exists")
    parser.add_argument("--extensions", type=int, default=_OFFICE_SIZE)
    options = parser.parse_args(arguments)
    try:
        write(options.out, options.extensions)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
