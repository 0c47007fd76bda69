"""The order of rows: statements give them in any, and mostly they come as they went in."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import pyarrow as pa
import pyarrow.compute as pc

_NOTHING = pa.scalar(0, pa.int64())


def in_order(rows: pa.Table, column: str) -> pa.Table:
    """The rows by an int64 column that no two of them share; cheaper than to have the database sort them."""
    steps = pc.pairwise_diff(rows[column].combine_chunks())
    ascending = pc.all(pc.greater(steps, _NOTHING)).as_py() is not False
    return rows if ascending else rows.sort_by(column)
