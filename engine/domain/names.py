"""The fixed vocabularies: the words stored, shown and sent for states, kinds and reasons."""

from enum import StrEnum
from typing import Final

from engine.domain.message import N_


class Payment(StrEnum):
    """How an extension pays."""

    PREPAID = N_("prepaid")
    POSTPAID = N_("postpaid")


class Direction(StrEnum):
    """Which way a call went, seen from the PBX; `other` = service codes and what cannot be told."""

    OUTBOUND = N_("outbound")
    INBOUND = N_("inbound")
    INTERNAL = N_("internal")
    OTHER = N_("other")


class Unrated(StrEnum):
    """Why a call is not charged. The first that applies, in this order, is stored with the call.

    What the PBX wrote comes before what the site has switched, so that switching billing on or off
    never changes the reason of a call that could not have cost anything.
    """

    NOT_OUTBOUND = N_("not outbound")
    PART_OF_ANOTHER = N_("part of another")
    NOT_ANSWERED = N_("not answered")
    NO_EXTENSION = N_("no extension")
    NUMBER_UNKNOWN = N_("number unknown")
    BILLING_OFF = N_("billing off")
    EXTENSION_NOT_BILLED = N_("extension not billed")
    NO_RULE = N_("no rule")


MONEY_MAY_BE_MISSING: Final = (Unrated.NO_RULE, Unrated.NO_EXTENSION, Unrated.NUMBER_UNKNOWN)
"""Reasons that somebody has to look at; the store's macro `money_may_be_missing` says the same."""


class EntryKind(StrEnum):
    """Kinds of ledger entries."""

    RECHARGE = N_("recharge")
    CHARGE = N_("charge")
    ADJUSTMENT = N_("adjustment")
    REVERSAL = N_("reversal")
    METHOD_CHANGE = N_("method change")


class Role(StrEnum):
    """What an account may do; each role includes the ones before it."""

    VIEWER = N_("viewer")
    BILLING = N_("billing")
    ADMIN = N_("admin")

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of weekdays; bit n of a weekday mask is WEEKDAYS[n]."""

ALL_WEEKDAYS = 0b1111111
