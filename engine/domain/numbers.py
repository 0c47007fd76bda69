"""Telephone numbers: from the one that was dialled to the one that is rated."""

from dataclasses import dataclass
from typing import Final, Literal

Origin = Literal["dialled", "trunk"]
"""Where a number comes from: what was dialled, or what Dial was given for a trunk."""

MAX_NUMBER: Final = 64
"""A longer number is nobody's: no rewriting makes one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    r"""One entry of `numbering.rewrite`: the first place that `match` fits becomes `to`."""

    match: str
    """A regular expression that RE2 takes."""
    to: str
    r"""\0 is what `match` fits, \1 to \9 are its groups."""
    of: Literal["dialled", "trunk", "both"] = "both"
    """The numbers it is for."""

    def concerns(self, origin: Origin) -> bool:
        """Whether it is for numbers of that origin."""
        return self.of in ("both", origin)
