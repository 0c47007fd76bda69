"""The legs of calls: what each record is a part of, who pays, and for how many seconds."""

from dataclasses import dataclass

import pyarrow as pa

from engine.legs.calls import call_numbers
from engine.legs.records import VERDICTS
from engine.store import Session


@dataclass(frozen=True, kw_only=True)
class Payers:
    """Who is asked first, and who pays where nobody is found."""

    first: str
    """caller, forwarder or code."""
    unclaimed: str
    """An extension of the site's choice; '' = none."""


def settle(session: Session, records: pa.Table, *, payers: Payers) -> pa.Table:
    """The verdict (schema `VERDICTS`) on each of the records (schema `RECORDS`), in any order.

    The records have to hold whole calls: every record that shares a link id or a touching channel with
    another one. The outcome does not depend on their order.
    """
    if not records.num_rows:
        return VERDICTS.empty_table()
    numbered = records.append_column("call_no", call_numbers(session, records))
    with session.bound(records=numbered):
        return session.table("legs.settle", payer=payers.first, unclaimed=payers.unclaimed).cast(VERDICTS)
