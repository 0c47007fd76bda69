"""How an office telephones: the figures measured on real sites, as tables to draw from."""

from itertools import pairwise
from math import exp
from random import Random
from typing import Final

# Mean 390 s, median 150, p10 5, p90 1,000, p99 3,000; between two points seconds grow geometrically.
_TALK_QUANTILES: Final = ((0.0, 1), (0.1, 5), (0.5, 150), (0.75, 420), (0.9, 1000), (0.99, 3000), (1.0, 7200))
_TALK_STEPS: Final = 4096

# Percent of the calls of a day by the local hour in which they are wished for. Who still talks calls later,
# which makes 19 at 11 h and 3.5 over lunch of these.
_HOUR_PERCENT: Final = (
    *(0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 1.0, 5.0, 11.0, 15.1, 20.0),
    *(2.8, 8.0, 11.5, 10.0, 7.5, 3.4, 1.4, 0.8, 0.5, 0.4, 0.2, 0.2),
)

DIRECTION_WEIGHTS: Final = {"outbound": 41, "inbound": 28, "internal": 27, "feature": 4}

# Of outbound calls; a phone rings out more often than it is engaged.
OUTBOUND_DISPOSITIONS: Final = {"ANSWERED": 86, "NO ANSWER": 8, "BUSY": 4, "FAILED": 2}
INBOUND_DISPOSITIONS: Final = {"ANSWERED": 80, "NO ANSWER": 17, "BUSY": 3}
INTERNAL_DISPOSITIONS: Final = {"ANSWERED": 72, "NO ANSWER": 22, "BUSY": 6}

# Calls of an active extension in a day: median 5, p90 14, so sigma = ln(14 / 5) / 1.2816 in all,
# shared between what kind of user it is and what kind of day.
_DAILY_MEDIAN: Final = 5.0
_SIGMA_OF_EXTENSION: Final = 0.6
_SIGMA_OF_DAY: Final = 0.53

WEEKDAY_ACTIVE: Final = 0.93
WEEKEND_ACTIVE: Final = 0.3
_WEEKEND_SHARE: Final = 0.45


def talk_seconds_table() -> list[int]:
    """Talk times at 4,096 equally likely quantiles, in seconds."""
    return [_talk_quantile((step + 0.5) / _TALK_STEPS) for step in range(_TALK_STEPS)]


def hour_percentages() -> tuple[float, ...]:
    """Percent of a day's calls that start in each of its 24 local hours."""
    return _HOUR_PERCENT


def activity(random: Random) -> float:
    """How busy one extension is, relative to the median extension."""
    return exp(random.gauss(0, _SIGMA_OF_EXTENSION))


def calls_in_day(random: Random, *, extension_activity: float, weekend: bool) -> int:
    """Calls of one extension in one day, 0 where nobody is at the telephone."""
    if random.random() >= (WEEKEND_ACTIVE if weekend else WEEKDAY_ACTIVE):
        return 0
    mean = _DAILY_MEDIAN * extension_activity * exp(random.gauss(0, _SIGMA_OF_DAY))
    return max(1, round(mean * (_WEEKEND_SHARE if weekend else 1.0)))


def _talk_quantile(share: float) -> int:
    for (low_share, low), (high_share, high) in pairwise(_TALK_QUANTILES):
        if share <= high_share:
            part = (share - low_share) / (high_share - low_share)
            return round(low * (high / low) ** part)
    return _TALK_QUANTILES[-1][1]
