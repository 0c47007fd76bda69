"""Plain Python: one line after the other, a dict of prefixes, Decimal. It stores nothing."""

import csv
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from tests.bench.digest import NOT_CHARGED, digest_of
from tests.bench.files import COLUMNS, TRUNK_CHANNEL
from tests.bench.measure import Measured
from tests.bench.peers.sheet import MICROS, PeerRule, billed_extensions, lengths, rules_of

_SRC, _DST, _CHANNEL, _ANSWER, _BILLSEC, _DISPOSITION = (
    COLUMNS.index(name) for name in ("src", "dst", "dstchannel", "answer", "billsec", "disposition")
)
_LOCAL = timedelta(hours=8)
_WHOLE = Decimal(1)


def run(*, calls: str, extensions: str, rates: str) -> Measured:
    """From the file to a list of costs."""
    found = Measured()
    costs: list[int] = []
    with found.timed():
        rules = rules_of(Path(rates))
        billed = billed_extensions(Path(extensions))
        by_prefix: dict[str, list[PeerRule]] = {}
        for rule in rules:
            by_prefix.setdefault(rule.prefix, []).append(rule)
        tried = lengths(rules)
        with Path(calls).open(encoding="utf-8", newline="") as file:
            for line in csv.reader(file):
                billsec = int(line[_BILLSEC])
                charged = line[_CHANNEL].startswith(TRUNK_CHANNEL) and line[_DISPOSITION] == "ANSWERED"
                cost = NOT_CHARGED
                if charged and billsec > 0 and line[_SRC] in billed:
                    winner = _winner(by_prefix, tried, line)
                    if winner is not None:
                        cost = int(_cost(winner, billsec) * MICROS)
                costs.append(cost)
    found.digest = digest_of(costs)
    return found


def _winner(by_prefix: dict[str, list[PeerRule]], tried: list[int], line: list[str]) -> PeerRule | None:
    dialled = line[_DST]
    local: datetime | None = None
    for length in tried:
        for rule in by_prefix.get(dialled[:length], ()) if length <= len(dialled) else ():
            if rule.number_length not in (0, len(dialled)):
                continue
            if not rule.conditional:
                return rule
            local = local or datetime.fromisoformat(line[_ANSWER]) + _LOCAL
            if _fits(rule, line[_SRC], local):
                return rule
    return None


def _fits(rule: PeerRule, extension: str, local: datetime) -> bool:
    day = local.date().isoformat()
    if rule.chosen and extension not in rule.extensions:
        return False
    if (rule.valid_from and day < rule.valid_from) or (rule.valid_to and day >= rule.valid_to):
        return False
    clock, weekday = local.hour * 3600 + local.minute * 60 + local.second, local.weekday()
    if rule.start_second < rule.end_second and not rule.start_second <= clock < rule.end_second:
        return False
    if rule.start_second > rule.end_second and clock < rule.start_second:
        if clock >= rule.end_second:
            return False
        weekday = (weekday - 1) % 7
    return bool(rule.weekdays >> weekday & 1)


def _cost(rule: PeerRule, billsec: int) -> Decimal:
    cycles = -(-max(0, billsec - rule.initial_seconds) // rule.cycle_seconds)
    micros = Decimal(cycles * rule.cycle_seconds * rule.price_micros) / rule.price_seconds
    return (rule.initial_fee_micros + micros.quantize(_WHOLE, ROUND_HALF_UP)) / MICROS
