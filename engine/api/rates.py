"""Rate rules: the list, sheets, tests, checks, and rating past calls anew."""

from datetime import datetime
from typing import ClassVar, Literal

from engine.api.extensions import Changed, CsvText
from engine.api.operation import Count, ImportResult, Operation, Result
from engine.domain.message import Message
from engine.domain.names import Role, Unrated
from engine.domain.numbers import Origin
from engine.domain.rates import Rate


class RateRow(Result, frozen=True, kw_only=True):
    """A rule in the list."""

    rate_id: int
    position: int
    """1 = first."""
    rate: Rate
    remarks: list[Message]
    """What `CheckRates` found about it, in words; from the last check of the list."""


class Rates(Result, frozen=True, kw_only=True):
    """One page in order, and how many match."""

    rows: list[RateRow]
    total: int


class ListRates(Operation[Rates], frozen=True, kw_only=True):
    """The list in order; `text` is part of a name or the start of a prefix."""

    returns: ClassVar[type] = Rates
    text: str = ""
    offset: Count = 0
    limit: Count = 256


class SavedRate(Result, frozen=True, kw_only=True):
    """The rule's number."""

    rate_id: int


class SaveRate(Operation[SavedRate], frozen=True, kw_only=True):
    """Adds a rule at the end (`rate_id` None) or gives a rule a new version. Past calls keep theirs."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = SavedRate
    changes: ClassVar[bool] = True
    rate_id: int | None = None
    rate: Rate


class RemoveRates(Operation[Changed], frozen=True, kw_only=True):
    """Takes rules out of the list."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Changed
    changes: ClassVar[bool] = True
    rate_ids: list[int]


class SwitchRates(Operation[Changed], frozen=True, kw_only=True):
    """Switches rules on or off."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Changed
    changes: ClassVar[bool] = True
    rate_ids: list[int]
    enabled: bool


class MoveRate(Operation[Changed], frozen=True, kw_only=True):
    """Puts a rule at a position, 1 = first; the others keep their order."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Changed
    changes: ClassVar[bool] = True
    rate_id: int
    position: int


class ImportRates(Operation[ImportResult], frozen=True, kw_only=True):
    """Replaces the list by a sheet; `apply` false only previews. Rules are recognised by their name."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = ImportResult
    changes: ClassVar[bool] = True
    content: bytes
    apply: bool

    @property
    def takes_effect(self) -> bool:
        """Not where it only previews."""
        return self.apply


class ExportRates(Operation[CsvText], frozen=True, kw_only=True):
    """The list as a sheet that imports back to the same."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CsvText


class RatedParts(Result, frozen=True, kw_only=True):
    """How a cost came about. cost = first block + cycles part."""

    cost_micros: int
    first_block_micros: int
    cycles: int
    cycles_micros: int
    unrated: Unrated | None
    """None = rated."""


class Candidate(Result, frozen=True, kw_only=True):
    """A rule whose prefix the number starts with, and why it won or lost."""

    rate_id: int
    position: int
    name: str
    prefix: str
    won: bool
    reason: Message


class RewriteStep(Result, frozen=True, kw_only=True):
    """What an entry of `numbering.rewrite` makes of a number."""

    place: int
    """In the list, from 1."""
    match: str
    to: str
    before: str
    after: str
    remark: Message
    """Why it was passed over; empty = it was not."""


class RateTest(Result, frozen=True, kw_only=True):
    """What a call would cost, and why."""

    extension: str
    dialled: str
    rated_number: str
    """What prefixes and lengths were held against."""
    steps: list[RewriteStep]
    """From the number dialled to the rated one: the entries of `numbering.rewrite` that fit."""
    destination: str
    """What the rated number leads to; '' = not known."""
    country: str
    billsec: int
    answered_local: datetime
    """Site's local time."""
    rate: Rate | None
    rate_id: int | None
    parts: RatedParts
    candidates: list[Candidate]
    """Winner first, then in the order of the contest; at most 50."""


class TestRate(Operation[RateTest], frozen=True, kw_only=True):
    """Rates an imagined answered outbound call. `at` is local time as typed; '' = now.

    With `draft`, as if that rule were in the list in place of `draft_id` (None = at its end).
    `assume_billed` ignores the billing switches. `origin`: whether the number is one that was dialled, or
    that Dial was given for a trunk.
    """

    __test__: ClassVar[bool] = False
    returns: ClassVar[type] = RateTest
    extension: str
    dialled: str
    billsec: int
    at: str = ""
    draft: Rate | None = None
    draft_id: int | None = None
    assume_billed: bool = True
    origin: Origin = "dialled"


class RateRemark(Result, frozen=True, kw_only=True):
    """One finding. `kind`: shadowed = can never win; order = only the order decides against another rule;
    gap = hours of the day no rule covers for a prefix; uncovered = a billed extension without any rule."""

    kind: Literal["shadowed", "order", "gap", "uncovered"]
    rate_id: int | None
    position: int | None
    other_id: int | None
    text: Message


class RateRemarks(Result, frozen=True, kw_only=True):
    """All findings, by position; `total` counts them, `rows` holds at most `limit`."""

    rows: list[RateRemark]
    total: int


class CheckRates(Operation[RateRemarks], frozen=True, kw_only=True):
    """Looks for rules that never win, pairs decided by order alone, gaps, uncovered extensions."""

    returns: ClassVar[type] = RateRemarks
    limit: Count = 1000


class RerateChange(Result, frozen=True, kw_only=True):
    """What re-rating means for one extension. Negative = is charged more."""

    extension: str
    name: str
    calls: int
    amount_micros: int
    """Change of the balance."""
    over_limit_before: bool
    over_limit_after: bool


class RerateResult(Result, frozen=True, kw_only=True):
    """A preview or what was done."""

    applied: bool
    cancelled: bool
    examined: int
    changed: int
    amount_micros: int
    """Net change of all balances."""
    newly_rated: int
    extensions: list[RerateChange]
    """Those with changes, the largest first; at most 1,000."""


class Rerate(Operation[RerateResult], frozen=True, kw_only=True):
    """Rates stored calls of a period anew. `apply` false only previews.

    Applying posts a reversal and a new charge for each changed call, in batches; what a cancelled run has
    finished stays. `extensions` None = all.
    """

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = RerateResult
    changes: ClassVar[bool] = True
    since: str
    until: str
    extensions: list[str] | None = None
    only_unrated: bool = False
    apply: bool = False

    @property
    def takes_effect(self) -> bool:
        """Not where it only previews."""
        return self.apply
