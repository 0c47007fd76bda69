"""Whom a change of limits, locks or billing would bar, before it is made."""

from collections.abc import Sequence

import pyarrow as pa

from engine.api.extensions import BarPreview, PreviewBarred
from engine.domain.site import Site
from engine.ledger.extension_sheet import sheet_properties
from engine.store import Session

MAX_NUMBERS_SHOWN = 200

_Change = tuple[str, object, object, object]
"""number, billing, credit_limit_micros, locked; None = as it is."""


def preview_barred(session: Session, site: Site, request: PreviewBarred) -> BarPreview:
    """Counts those who would be barred and freed; what cannot be read in a sheet is left out."""
    after = site.billing if request.site_billing is None else request.site_billing
    with session.bound(changes=_table(_changes(session, request))):
        ((extensions, barred, without_money, freed, over, over_after, numbers),) = session.records(
            tuple[int, int, int, int, int, int, list[str]],
            "lockout.preview",
            site_billing=site.billing,
            site_billing_after=after,
            recharge_micros=request.recharge_micros,
            most=MAX_NUMBERS_SHOWN,
        )
    return BarPreview(
        extensions=extensions,
        barred=barred,
        without_money=without_money,
        freed=freed,
        over_limit=over,
        over_limit_after=over_after,
        numbers=numbers,
    )


def _changes(session: Session, request: PreviewBarred) -> Sequence[_Change]:
    if request.content is not None:
        rows = sheet_properties(session, request.content)
        return list({row[0]: (row[0], row[2], row[4], row[5]) for row in rows}.values())
    return [
        (number, request.billing, request.credit_limit_micros, request.locked)
        for number in dict.fromkeys(request.numbers or ())
    ]


def _table(changes: Sequence[_Change]) -> pa.Table:
    columns = list(zip(*changes, strict=True)) or [(), (), (), ()]
    return pa.table(
        {
            "number": pa.array(columns[0], pa.string()),
            "billing": pa.array(columns[1], pa.bool_()),
            "credit_limit_micros": pa.array(columns[2], pa.int64()),
            "locked": pa.array(columns[3], pa.bool_()),
        }
    )
