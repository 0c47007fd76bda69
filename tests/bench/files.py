"""The files that a bench reads: CDRs, rate sheets and extension sheets, made once and kept in a folder."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sample_cdr import bulk, extension_sheet, generate, rate_sheet

EXTENSIONS: Final = 2000
ZONE: Final = "Asia/Shanghai"
TRUNKS: Final = ("PJSIP/trunk_*",)
TRUNK_CHANNEL: Final = "PJSIP/trunk_"
"""How the channels of trunks begin."""

COLUMNS: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata"),
    *("start", "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield"),
    *("peeraccount", "linkedid", "sequence"),
)
"""Of the file with 21 columns; that with 18 ends at the user field."""


class Files:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def calls(self, rows: int, columns: int) -> Path:
        """So many calls of 2,000 extensions, as Asterisk writes them."""
        blocks = bulk.blocks(1, rows=rows, extensions=EXTENSIONS, columns=columns)
        return self._made(f"calls-{rows}-{columns}.csv", lambda path: generate.write(path, blocks))

    def extensions(self) -> Path:
        """Nearly all of them are billed."""
        return self._made("extensions.csv", lambda path: extension_sheet.write(path, EXTENSIONS))

    def rates(self, rules: int) -> Path:
        """A rate sheet with windows, dates, lengths and chosen extensions."""
        return self._made(
            f"rates-{rules}.csv", lambda path: rate_sheet.write(path, rules, extensions=EXTENSIONS)
        )

    def raised_rates(self, rules: int, step: int) -> Path:
        """The same sheet with every `step`-th price doubled, beginning at the rule of national calls."""

        def write(path: Path) -> None:
            with self.rates(rules).open(encoding="utf-8", newline="") as file:
                sheet = list(csv.DictReader(file))
            for rule in sheet[6 % step :: step]:
                whole, _, fraction = rule["price"].partition(".")
                micros = 2 * int(whole + fraction.ljust(6, "0"))
                rule["price"] = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=rate_sheet.COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(sheet)

        return self._made(f"rates-{rules}-raised-{step}.csv", write)

    def _made(self, name: str, write: Callable[[Path], object]) -> Path:
        path = self.folder / name
        if not path.exists():
            partial = path.with_name(name + ".part")
            write(partial)
            partial.replace(path)
        return path
