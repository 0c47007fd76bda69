"""Bad lines as a CSV sheet."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from engine.api.extensions import CsvText
from engine.api.site import QuarantineRow
from engine.domain.sheet import write_sheet
from engine.domain.zones import isoformat

COLUMNS = ("id", "path", "offset", "line", "field", "reason", "raw", "found_at", "retried_at")


def quarantine_sheet(rows: Sequence[QuarantineRow], zone: ZoneInfo) -> CsvText:
    """The lines with the columns `COLUMNS`; times are ISO 8601 with the offset of `zone`."""
    lines = (
        (
            str(row.quarantine_id),
            row.path,
            str(row.line_offset),
            str(row.line_number),
            row.field,
            str(row.reason),
            row.raw,
            isoformat(row.found_at, zone),
            isoformat(row.retried_at, zone),
        )
        for row in rows
    )
    return CsvText(text=write_sheet(COLUMNS, lines), rows=len(rows))
