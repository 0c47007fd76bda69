"""The site as operations see it: zone from config.yaml, switches from the database."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.domain.numbers import Rewrite


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What applies to everything at one moment."""

    zone: ZoneInfo
    billing: bool = False
    currency: str = "USD"
    """ISO 4217; a label that converts nothing."""
    low_balance_micros: int = 0
    """Extensions with available at or below this, and not over limit, are `low`; 0 = nobody is."""
    language: str = ""
    """'' = that of each operator's locale."""
    payer: str = "caller"
    """Who is asked first to pay for a leg: caller or forwarder."""
    unclaimed: str = ""
    """The extension that pays where nobody is found; '' = none."""
    rewrite: tuple[Rewrite, ...] = ()
    """From the number dialled to the one that is rated, in their order."""
