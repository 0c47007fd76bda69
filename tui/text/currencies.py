"""How languages write currencies, from a table: to read CLDR itself would take 45 ms of every start.

The table is written by `python -m tui.text.currencies`, a part of `make messages`.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypedDict, cast

from msgspec import Struct
from msgspec.structs import asdict

from tui.text.i18n import LANGUAGES

TABLE_PATH: Final = Path(__file__).parents[1] / "locale" / "currencies.json"


class Conventions(Struct, frozen=True, kw_only=True):
    """One language's way to write money."""

    symbol_leads: bool
    decimal: str
    group: str
    minus: str
    symbols: Mapping[str, str]
    """By currency; one that is missing is written with its code."""


class _Table(TypedDict):
    digits: dict[str, int]
    languages: dict[str, dict[str, object]]


@cache
def conventions(language: str) -> Conventions:
    """From the table; from CLDR where the table does not have the language."""
    known = _table()["languages"].get(language)
    return Conventions(**known) if known is not None else cldr_conventions(language)  # type: ignore[arg-type]


def digits(currency: str) -> int:
    """The currency's own decimals; 2 where it is unknown."""
    return _table()["digits"].get(currency, 2)


@cache
def _table() -> _Table:
    return cast("_Table", json.loads(TABLE_PATH.read_text(encoding="utf-8")))


def cldr_conventions(language: str) -> Conventions:
    """What CLDR says of the language."""
    from babel import Locale
    from babel.numbers import get_currency_symbol, list_currencies

    locale = Locale.parse(language)
    numbers = locale.number_symbols["latn"]
    symbols = {currency: get_currency_symbol(currency, locale) for currency in sorted(list_currencies())}
    return Conventions(
        symbol_leads=locale.currency_formats["standard"].prefix[0].startswith("¤"),
        decimal=numbers["decimal"],
        group=numbers["group"],
        minus=numbers["minusSign"],
        symbols={currency: symbol for currency, symbol in symbols.items() if symbol != currency},
    )


def cldr_digits() -> dict[str, int]:
    """The decimals of every currency that does not have two."""
    from babel.numbers import get_currency_precision, list_currencies

    found = {currency: get_currency_precision(currency) for currency in sorted(list_currencies())}
    return {currency: count for currency, count in found.items() if count != 2}


def main() -> None:
    """Writes the table anew."""
    table = {
        "digits": cldr_digits(),
        "languages": {language: asdict(cldr_conventions(language)) for language in sorted(LANGUAGES)},
    }
    TABLE_PATH.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
