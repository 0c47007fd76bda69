"""What a sample folder must yield, by the reference. Rewrites the `expected.json` files when run:

python -m tests.reference.expected
"""

import json
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.reference.rating import rate
from tests.reference.sample_files import read_asterisk_calls, read_extensions, read_rules

SAMPLES = Path(__file__).parents[2] / "sample_cdr"
OFFICE_TRUNKS = ("PJSIP/trunk_*",)
ASTERISK_TRUNKS = ("IAX2/carrier",)


def asterisk() -> dict[str, object]:
    """The figures of the part of a real file, read with trunk IAX2/carrier."""
    calls = list(read_asterisk_calls(SAMPLES / "asterisk" / "Master.csv", trunks=ASTERISK_TRUNKS))
    talked = [call for call in calls if call.outbound and call.answered and call.billsec > 0]
    return {
        "format": "asterisk-csv",
        "timezone": "UTC",
        "extensions": r"\d{4}",
        "trunks": list(ASTERISK_TRUNKS),
        "rows": len(calls),
        "outbound": sum(call.outbound for call in calls),
        "answered_billable": len(talked),
        "billable_seconds": sum(call.billsec for call in talked),
    }


def office() -> dict[str, object]:
    """The figures of the two weeks: everything imported, billing on for the site, no recharges."""
    folder = SAMPLES / "office"
    rules = read_rules(folder / "rates.csv")
    extensions = {extension.number: extension for extension in read_extensions(folder / "extensions.csv")}
    billed = {number for number, extension in extensions.items() if extension.billing}
    calls = list(read_asterisk_calls(folder / "Master.csv", trunks=OFFICE_TRUNKS))
    costs: Counter[str] = Counter(dict.fromkeys(sorted(extensions), 0))
    reasons: Counter[str] = Counter()
    for call in calls:
        verdict = rate(
            call,
            rules,
            site_billing=True,
            extension_billed=call.extension in billed,
            zone=ZoneInfo("Asia/Shanghai"),
        )
        reasons[verdict.unrated_reason or "charged"] += 1
        if verdict.rule is not None:
            costs[call.extension] += verdict.cost_micros
    over = [n for n in sorted(billed) if extensions[n].credit_limit_micros <= costs[n]]
    locked = [number for number, extension in extensions.items() if extension.locked]
    return {
        "format": "asterisk-csv",
        "timezone": "UTC",
        "rows": len(calls),
        "outbound": sum(call.outbound for call in calls),
        "by_reason": dict(sorted(reasons.items())),
        "cost_micros": sum(costs.values()),
        "cost_micros_by_extension": dict(sorted(costs.items())),
        "over_limit": over,
        "barred": sorted({*over, *locked}),
    }


def main() -> None:
    """Writes both files anew."""
    for name, figures in (("asterisk", asterisk()), ("office", office())):
        text = json.dumps(figures, indent=2) + "\n"
        (SAMPLES / name / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
