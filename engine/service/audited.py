"""What an operation may change, as it stands: asked before and after it, for the audit."""

from typing import Any

from engine.access.audit import Subjects
from engine.access.settings import setting_values
from engine.api.extensions import SetExtensions
from engine.api.operation import Operation
from engine.api.rates import MoveRate, RemoveRates, SavedRate, SaveRate, SwitchRates
from engine.api.session import RemoveAccount, SaveAccount
from engine.api.site import SetSetting
from engine.domain.money import format_amount
from engine.store import Condition, Session

MAX_SUBJECTS = 50
_MONEY = {"initial_fee_micros", "price_micros", "credit_limit_micros"}
_EXTENSION = ("name", "billing", "payment", "credit_limit_micros", "locked")
_RATE = (
    *("position", "enabled", "name", "prefix", "number_length", "initial_fee_micros", "initial_seconds"),
    *("price_micros", "price_seconds", "cycle_seconds", "start_second", "end_second", "weekdays"),
    *("valid_from", "valid_to", "extensions"),
)


def subjects(session: Session, operation: Operation[Any], result: object = None) -> Subjects:
    """Each thing the operation is about, by name, its fields as text; empty for what is told otherwise.

    `result` is the operation's, once it is done.
    """
    if isinstance(operation, SetExtensions):
        rows = session.rows("ledger.known_extensions", numbers=operation.numbers[:MAX_SUBJECTS])
        return {str(row[0]): _texts(_EXTENSION, row[1:6]) for row in rows}
    if isinstance(operation, SaveAccount | RemoveAccount):
        found = session.row("access.account", name=operation.name)
        if found is None:
            return {}
        fields = {"role": str(found[1]), "os_user": str(found[3])}
        if isinstance(operation, SaveAccount) and operation.password and result is not None:
            fields |= {"password": "new"}
        return {operation.name: fields}
    if isinstance(operation, SetSetting):
        return {"": {operation.name: setting_values(session).get(operation.name, "")}}
    if isinstance(operation, SaveRate):
        known = operation.rate_id
        number = result.rate_id if isinstance(result, SavedRate) else known
        return _rates(session, [] if number is None else [number])
    if isinstance(operation, RemoveRates | SwitchRates):
        return _rates(session, operation.rate_ids[:MAX_SUBJECTS])
    if isinstance(operation, MoveRate):
        return _rates(session, [operation.rate_id])
    return {}


def _rates(session: Session, numbers: list[int]) -> Subjects:
    found: dict[str, dict[str, str]] = {}
    for number in numbers:
        where = [Condition("rate", {"rate_id": number})]
        for row in session.rows("rates.listed", where=where, limit=1, offset=0):
            fields = _texts(_RATE, row[2:])
            found[fields.get("name", "") or str(number)] = fields
    return found


def _texts(names: tuple[str, ...], values: tuple[object, ...]) -> dict[str, str]:
    return {
        name.removesuffix("_micros"): _text(name, value) for name, value in zip(names, values, strict=True)
    }


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return " ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType] - a column of texts
    return format_amount(value) if name in _MONEY and isinstance(value, int) else str(value)
