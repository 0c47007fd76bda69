"""The fixed vocabularies: the words stored, shown and sent for states, kinds and reasons."""

from enum import StrEnum
from typing import Final


class Payment(StrEnum):
    """How an extension pays."""

    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class Direction(StrEnum):
    """Which way a call went, seen from the PBX; `other` = service codes and what cannot be told."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"
    OTHER = "other"


class Unrated(StrEnum):
    """Why a call is not charged. The first that applies, in this order, is stored with the call.

    What the PBX wrote comes before what the site has switched, so that switching billing on or off
    never changes the reason of a call that could not have cost anything.
    """

    NOT_OUTBOUND = "not outbound"
    PART_OF_ANOTHER = "part of another"
    NOT_ANSWERED = "not answered"
    NO_EXTENSION = "no extension"
    NUMBER_UNKNOWN = "number unknown"
    BILLING_OFF = "billing off"
    EXTENSION_NOT_BILLED = "extension not billed"
    NO_RULE = "no rule"


MONEY_MAY_BE_MISSING: Final = (Unrated.NO_RULE, Unrated.NO_EXTENSION, Unrated.NUMBER_UNKNOWN)
"""Reasons that somebody has to look at; the store's macro `money_may_be_missing` says the same."""


class EntryKind(StrEnum):
    """Kinds of ledger entries."""

    RECHARGE = "recharge"
    CHARGE = "charge"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    METHOD_CHANGE = "method change"


class Role(StrEnum):
    """What an account may do; each role includes the ones before it."""

    VIEWER = "viewer"
    BILLING = "billing"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of weekdays; bit n of a weekday mask is WEEKDAYS[n]."""

ALL_WEEKDAYS = 0b1111111
