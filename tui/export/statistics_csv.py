"""Statistics as CSV, as they are seen."""

import csv
import io
from collections.abc import Sequence

from engine.api.calls import HeatCell, Per, StatRow
from engine.domain.money import format_amount
from engine.domain.names import WEEKDAYS


def lines_csv(rows: Sequence[StatRow], per: Per) -> str:
    """period[,extension|trunk|rate|destination|country|prefix],calls,answered,duration,average_duration,cost

    Per rate a column `reason` follows the rule's name: why no rule rated these calls.
    """
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(
        [
            "period",
            *([per] if per else []),
            *(["reason"] if per == "rate" else []),
            "calls",
            "answered",
            "duration",
            "average_duration",
            "cost",
        ]
    )
    for row in rows:
        key = [row.key] if per else []
        if per == "rate":
            key.append(row.unrated or "")
        figures = (row.calls, row.answered, row.duration, row.average_duration)
        sheet.writerow([row.period, *key, *figures, format_amount(row.cost_micros)])
    return text.getvalue()


def heat_csv(cells: Sequence[HeatCell]) -> str:
    """weekday,hour,calls,duration,cost"""
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator="\n")
    sheet.writerow(["weekday", "hour", "calls", "duration", "cost"])
    for cell in cells:
        sheet.writerow(
            [
                WEEKDAYS[cell.weekday],
                f"{cell.hour:02d}",
                cell.calls,
                cell.billsec,
                format_amount(cell.cost_micros),
            ]
        )
    return text.getvalue()
