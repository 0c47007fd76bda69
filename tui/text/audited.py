"""Rows of the audit as sentences: `Recharge 8029 +50.00`, `Credit limit of 8001: 0.00 → 300.00`."""

from collections.abc import Mapping
from typing import Final, cast

import msgspec

from engine.api.session import AuditRow
from engine.domain.message import Message
from engine.domain.money import format_amount
from tui.text.i18n import N_, _, said

AUDITED: Final[Mapping[str, str]] = {
    "AcceptedLoss": N_("Loss accepted"),
    "Adjust": N_("Adjustment"),
    "Backup": N_("Backup"),
    "ChangePassword": N_("Own password"),
    "ChangedOutside": N_("Changed by another program"),
    "ExportCalls": N_("Calls exported"),
    "ExportExtensions": N_("Extensions exported"),
    "ExportLedger": N_("Ledger exported"),
    "ExportRates": N_("Rates exported"),
    "ExportRecharges": N_("Recharges exported"),
    "ImportExtensions": N_("Extension sheet"),
    "ImportRates": N_("Rate sheet"),
    "ImportDestinations": N_("Sheet of destinations"),
    "ExportDestinations": N_("Destinations exported"),
    "Ingest": N_("CDR import"),
    "ListAudit": N_("Audit"),
    "MarkMade": N_("High-water mark"),
    "MoveRate": N_("Rule moved"),
    "Recharge": N_("Recharge"),
    "RemoveAccount": N_("Account removed"),
    "RemoveRates": N_("Rules removed"),
    "Rerate": N_("Re-rating"),
    "ResetPassword": N_("Password reset"),
    "Restore": N_("Backup restored"),
    "RetryQuarantine": N_("Bad lines again"),
    "SaveAccount": N_("Account saved"),
    "SaveRate": N_("Rule saved"),
    "SetExtensions": N_("Extensions"),
    "SetSetting": N_("Setting"),
    "SignIn": N_("Sign-in"),
    "StopEngine": N_("Engine stopped"),
    "SwitchRates": N_("Rules on or off"),
    "SyncLockouts": N_("Lockout compared"),
    "Verify": N_("Books checked"),
}
"""What the actions of the audit are called."""

FIELDS: Final[Mapping[str, str]] = {
    "billing": N_("Billing"),
    "credit_limit": N_("Credit limit"),
    "currency": N_("Currency"),
    "cycle_seconds": N_("Cycle"),
    "enabled": N_("Enabled"),
    "extensions": N_("Extensions"),
    "initial_fee": N_("First block"),
    "language": N_("Language"),
    "locked": N_("Locked"),
    "low_balance": N_("Low balance"),
    "name": N_("Name"),
    "os_user": N_("System user"),
    "password": N_("Password"),
    "payment": N_("Payment"),
    "position": N_("Position"),
    "prefix": N_("Prefix"),
    "price": N_("Price"),
    "role": N_("Role"),
}

OUTCOMES: Final[Mapping[str, str]] = {
    "begun": N_("begun"),
    "role": N_("refused: the role does not allow it"),
    "wrong_password": N_("refused: wrong name or password"),
    "key_reused": N_("refused: the key was used for something else"),
    "invalid": N_("refused: not acceptable"),
    "not_found": N_("refused: there is no such thing"),
    "refused": N_("refused"),
}
DONE: Final = "done"

SHOWN: Final = 3
"""Of many numbers, changes or files so many are named."""

_Fields = dict[str, object]


def action(row: AuditRow) -> str:
    """What was done or tried."""
    return _(AUDITED[row.action]) if row.action in AUDITED else row.action


def sentence(row: AuditRow) -> str:
    """What the row tells, in one sentence without its time and operator."""
    fields = _decoded(row.detail)
    told = _told(row, fields)
    if row.outcome != DONE:
        refused = _("refused")
        outcome = _(OUTCOMES[row.outcome]) if row.outcome in OUTCOMES else f"{refused} ({row.outcome})"
        told = f"{told}: {outcome}"
    times = fields.get("times", 1)
    return told if times == 1 else _("%(what)s, %(times)s times") % {"what": told, "times": times}


def detail(row: AuditRow) -> list[str]:
    """The whole row in lines: the sentence, who and as what, every change."""
    fields = _decoded(row.detail)
    who = " ".join(part for part in (row.operator, f"({row.role})" if row.role else "") if part)
    lines = [sentence(row), who]
    if row.os_user and row.os_user != row.operator:
        lines.append(_("System user") + f": {row.os_user}")
    lines += _changes(fields) if len(_changes(fields)) > SHOWN else []
    lines += [str(line) for line in _list(fields.get("lines"))]
    return [line for line in lines if line]


def _told(row: AuditRow, fields: _Fields) -> str:
    name = action(row)
    if "message" in fields:
        return f"{name}: {said(msgspec.convert(fields['message'], Message))}"
    if "amount_micros" in fields:
        numbers = _list(fields.get("numbers")) or [fields.get("number", "")]
        note = fields.get("note") or fields.get("reason") or ""
        amount = cast(int, fields["amount_micros"])
        signed = f"{'+' if amount > 0 else ''}{format_amount(amount)}"
        return f"{name} {_some(numbers)} {signed}" + (f" ({note})" if note else "")
    changes = _changes(fields)
    if changes:
        return "; ".join(changes[:SHOWN]) + (_more(len(changes) - SHOWN) if len(changes) > SHOWN else "")
    return f"{name}{_what(fields)}"


def _what(fields: _Fields) -> str:
    """What an action without changes of its own was about."""
    if "added" in fields:
        counts = _("%(added)s added, %(changed)s changed, %(removed)s removed")
        return f": {counts % {name: fields.get(name, 0) for name in ('added', 'changed', 'removed')}}"
    result = fields.get("result")
    files = [
        cast(_Fields, file).get("path", "") if isinstance(file, dict) else file
        for file in _list(fields.get("paths") or fields.get("files"))
    ]
    if files and isinstance(result, dict):
        stored = _("%s calls stored") % cast(_Fields, result).get("stored", 0)
        return f": {_some(files)}, {stored}"
    if files:
        return f": {_some(files)}"
    if fields.get("since") and fields.get("until"):
        return f": {fields['since']} – {fields['until']}"
    if "clean" in fields:
        findings = _("%s findings") % fields.get("findings", 0)
        agree = _("the books agree")
        return f": {agree if fields['clean'] else findings}"
    found = fields.get("numbers") or fields.get("number") or fields.get("name") or fields.get("folder")
    return "" if not found else f": {_some(_list(found) or [found])}"


def _changes(fields: _Fields) -> list[str]:
    told: list[str] = []
    for change in _list(fields.get("changes")):
        subject, field, before, after = map(str, _list(change))
        label = _(FIELDS[field]) if field in FIELDS else field
        of = _("%(field)s of %(subject)s") % {"field": label, "subject": subject} if subject else label
        told.append(f"{of}: {before or '–'} → {after or '–'}")
    return told


def _some(names: list[object]) -> str:
    shown = ", ".join(str(name) for name in names[:SHOWN])
    return shown + (_more(len(names) - SHOWN) if len(names) > SHOWN else "")


def _more(count: int) -> str:
    return _(" and %d more") % count


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _decoded(text: str) -> _Fields:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError:
        return {}
