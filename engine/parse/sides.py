"""The two channels of a record: whose devices and trunks they are, and the number dialled on the trunk."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import re

import pyarrow as pa
import pyarrow.compute as pc

from config.expressions import Apply, Expression
from config.format_model import CallFields
from engine.domain.call_columns import (
    CALLER_INTERNAL,
    CHANNELS,
    DIALLED_INTERNAL,
    FAR_TRUNK,
    JOINS,
    NEAR_TRUNK,
    OWN_LEG,
)
from engine.parse.evaluate import Scope, stem
from engine.parse.schema import EMPTY, FALSE

LETTERS = ("", "s", "h", "t", "i", "T", "~~s~~")
"""Extensions of a dialplan that are no numbers."""

NOTHING = pa.scalar(0, pa.uint16())

_GROUP = re.compile(r"[gGrR]\d+\w*")


def sides(scope: Scope, call: CallFields, texts: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The columns near_device, far_device, dialled, written, dial_number and facts.

    `dialled` is the destination or, where that is no outside number, the one that Dial was given for the
    trunk; `written` is the destination where it differs, else null. `dial_number` is null where it is
    `dialled`, else the number of the leg that the record may begin; '' = it cannot be told.
    """
    rows = len(texts["dialled"])
    none = pa.nulls(rows, pa.string())
    near, far = call.texts["near_channel"], call.texts["far_channel"]
    told = pc.not_equal(texts["near_channel"], EMPTY)
    if call.joins is None or not pc.any(told).as_py():
        return {
            "near_device": pa.repeat(EMPTY, rows),
            "far_device": pa.repeat(EMPTY, rows),
            "dialled": texts["dialled"],
            "written": none,
            "dial_number": none,
            "facts": pa.repeat(NOTHING, rows),
        }
    far_trunk = scope.truth(call.far_trunk or Apply("is_trunk", (_stem(far),)))
    joins = scope.truth(call.joins)
    internal = scope.truth(Apply("is_internal", (call.texts["dialled"],)))
    bits = (
        (CHANNELS, told),
        (NEAR_TRUNK, scope.truth(call.near_trunk or Apply("is_trunk", (_stem(near),)))),
        (FAR_TRUNK, far_trunk),
        (JOINS, joins),
        (CALLER_INTERNAL, scope.truth(Apply("is_internal", (call.texts["caller"],)))),
        (DIALLED_INTERNAL, internal),
        (OWN_LEG, scope.truth(call.own_leg) if call.own_leg is not None else pa.repeat(FALSE, rows)),
    )
    facts = pa.repeat(NOTHING, rows)
    for bit, holds in bits:
        facts = pc.bit_wise_or(facts, pc.if_else(holds, pa.scalar(bit, pa.uint16()), NOTHING))
    facts = pc.if_else(told, facts, NOTHING)
    dialled, written, number = _numbers(scope, call, texts, pc.and_(far_trunk, joins), internal)
    return {
        "near_device": scope.text(call.near_device or Apply("device", (_stem(near),))),
        "far_device": scope.text(Apply("device", (_stem(far),))),
        "dialled": dialled,
        "written": written,
        "dial_number": number,
        "facts": facts,
    }


def _stem(channel: Expression) -> Expression:
    return Apply("stem", (channel,))


def _numbers(
    scope: Scope, call: CallFields, texts: dict[str, pa.Array], begins: pa.Array, internal: pa.Array
) -> tuple[pa.Array, pa.Array, pa.Array]:
    dialled = texts["dialled"]
    none = pa.nulls(len(dialled), pa.string())
    no_number = pc.or_(internal, pc.is_in(dialled, pa.array(LETTERS, pa.string())))
    asked = pc.fill_null(pc.and_(begins, no_number), FALSE)
    if not pc.any(asked).as_py():
        return dialled, none, none
    pairs = zip(
        scope.text(call.dial_data).filter(asked).to_pylist(),
        texts["far_channel"].filter(asked).to_pylist(),
        strict=True,
    )
    numbers = pa.array([dial_number(data, stem(channel)) for data, channel in pairs], pa.string())
    found = pc.replace_with_mask(none, asked, numbers)
    known = pc.fill_null(pc.not_equal(found, EMPTY), FALSE)
    return (
        pc.if_else(known, found, dialled),
        pc.if_else(known, dialled, none),
        pc.if_else(known, none, found),
    )


def dial_number(data: str, trunk: str) -> str:
    """The number that Dial was given for a trunk, as in `IAX2/carrier/708138,30` or `PJSIP/708138@carrier`.

    '' = no entry leads to the trunk, or several lead there with different numbers.
    """
    entries = data.partition(",")[0].split("&")
    numbers = {number for entry in entries if (number := _number_for(entry, trunk))}
    return numbers.pop() if len(numbers) == 1 else ""


def _number_for(entry: str, trunk: str) -> str:
    technology, _, rest = entry.partition("/")
    own_technology, _, peer = trunk.partition("/")
    if technology.casefold() != own_technology.casefold():
        return ""
    place, _, number = rest.partition("/")
    if number.startswith("sip:"):
        # PJSIP/PEER/sip:NUMBER@HOST
        number = number.removeprefix("sip:").partition("@")[0]
    elif not number and "@" in place:
        number, _, place = place.partition("@")
    fits = place == peer or (own_technology == "DAHDI" and _GROUP.fullmatch(place) is not None)
    return number if fits else ""
