"""Results as one JSON document: money as decimal strings, times with the site's offset."""

import json
import re
import sys
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias, cast
from zoneinfo import ZoneInfo

import click
import msgspec

from engine.api.extensions import RechargeRow
from engine.api.rates import RateRow
from engine.domain.message import Message
from engine.domain.money import format_amount
from engine.domain.rates import Rate, format_time_of_day, format_weekdays
from engine.domain.zones import isoformat
from tui.commands.session import Session
from tui.terminal.clean import HOSTILE

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def print_document(session: Session, result: object, **more: object) -> None:
    """Prints a result, or a mapping of results, as the one document; `more` adds keys to it."""
    plain = plain_document(result, session.zone)
    if more:
        assert isinstance(plain, dict)
        plain.update({key: plain_document(value, session.zone) for key, value in more.items()})
    click.echo(json_text(plain))


def json_text(document: Json, *, indent: int | None = 2) -> str:
    """The document in lines; characters that a terminal would obey are written as escapes."""
    # Locales without UTF-8 get escapes, which every reader of JSON knows.
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    lines = json.dumps(document, ensure_ascii=ascii_only, indent=indent).split("\n")
    return "\n".join(HOSTILE.sub(_escape, line) for line in lines)


def plain_document(value: object, where: ZoneInfo) -> Json:
    """Structs as objects; messages with their text, null where nothing is said.

    `amount_micros` becomes `amount`, a decimal string; naive times are UTC.

    Where a field of the shorter name exists, it is `amount_cost`. Times named `*_local` are those of the
    zone `where`, and left out where the instant stands beside them.
    """
    if isinstance(value, RateRow):
        rule: dict[str, Json] = {"rate_id": value.rate_id, "position": value.position}
        return {**rule, **rate_document(value.rate), "remarks": plain_document(value.remarks, where)}
    if isinstance(value, Rate):
        return rate_document(value)
    if isinstance(value, Message):
        return message_fields(value) if value else None
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        if isinstance(value, RechargeRow):
            fields = {("time" if name == "posted_at" else name): field for name, field in fields.items()}
        return _object(fields, where)
    if isinstance(value, Mapping):
        return _object(cast("Mapping[str, object]", value), where)
    if isinstance(value, (list, tuple)):
        return [plain_document(item, where) for item in cast("list[object]", value)]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return isoformat(value, where)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 3)
    assert value is None or isinstance(value, (str, int))
    return value


def message_fields(message: Message) -> dict[str, Json]:
    """A message: its English text, and the template and fields that it is made of."""
    fields: dict[str, Json] = {
        name: message_fields(value) if isinstance(value, Message) else value
        for name, value in message.fields.items()
    }
    return {"text": str(message), "template": message.template, "fields": fields}


def rate_document(rate: Rate) -> dict[str, Json]:
    """A rule by the columns of a rate sheet; `weekdays` and `extensions` as text, as in the sheet."""
    return {
        "name": rate.name,
        "enabled": rate.enabled,
        "prefix": rate.prefix,
        "number_length": rate.number_length,
        "initial_fee": format_amount(rate.initial_fee_micros),
        "initial_seconds": rate.initial_seconds,
        "price": format_amount(rate.price_micros),
        "price_seconds": rate.price_seconds,
        "cycle_seconds": rate.cycle_seconds,
        "start_time": format_time_of_day(rate.start_second),
        "end_time": format_time_of_day(rate.end_second),
        "weekdays": format_weekdays(rate.weekdays),
        "valid_from": rate.valid_from.isoformat() if rate.valid_from else None,
        "valid_to": rate.valid_to.isoformat() if rate.valid_to else None,
        "extensions": "all" if rate.extensions is None else " ".join(rate.extensions),
    }


def _object(fields: Mapping[str, object], where: ZoneInfo) -> dict[str, Json]:
    document: dict[str, Json] = {}
    for name, value in fields.items():
        if name.endswith("_micros") and isinstance(value, int):
            plain = name.removesuffix("_micros")
            document[f"{plain}_cost" if plain in fields else plain] = format_amount(value)
        elif name.endswith("_local"):
            instant = name.removesuffix("_local") + "_at"
            if instant not in fields:
                local = value.replace(tzinfo=where).isoformat() if isinstance(value, datetime) else None
                document[instant] = local
        else:
            document[name] = plain_document(value, where)
    return document


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
