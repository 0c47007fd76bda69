"""Calls: lists, one call explained, statistics, the overview."""

from datetime import datetime
from typing import ClassVar, Literal

from engine.api.operation import Count, Operation, Result
from engine.api.rates import RatedParts
from engine.api.site import SourceState, TargetRow
from engine.domain.message import Message
from engine.domain.names import Direction, Role, Unrated
from engine.domain.rates import Rate


class CallFilter(Result, frozen=True, kw_only=True):
    """Which calls. Every field narrows; empty = does not.

    `where` is the filter language of `engine.domain.filters`, as typed.
    """

    since: str = ""
    until: str = ""
    text: str = ""
    """Part of the extension's number or name, or of the number dialled."""
    extensions: list[str] | None = None
    direction: Direction | None = None
    status: Literal["", "answered", "unanswered", "charged", "uncharged", "unrated"] = ""
    """`unrated` = no rule, no extension or no number: money that may be missing."""
    trunk: str = ""
    where: str = ""


class CallRow(Result, frozen=True, kw_only=True):
    """One call in a list."""

    call_id: int
    started_at: datetime
    started_local: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    extension: str
    name: str
    direction: Direction
    dialled: str
    trunk: str
    disposition: str
    duration: int
    billsec: int
    cost_micros: int
    rate: str
    """The rule's name; '' = none."""
    unrated: Unrated | None
    caller: str = ""
    """The calling number, as the PBX wrote it."""
    rated_number: str = ""
    """What prefixes and lengths of rules are held against; '' = unknown."""
    destination: str = ""
    """The name that the longest prefix of an outbound call's number has now; '' = none."""
    country: str = ""
    """Two letters; '' = none."""

    @property
    def other_party(self) -> str:
        """Who called from outside; '' = the call went out, or nobody is known."""
        return self.caller if self.direction is Direction.INBOUND else ""


class CallCursor(Result, frozen=True, kw_only=True):
    """Where a page ended: the sort value and the call. Opaque to front ends."""

    value: str
    call_id: int


class CallPage(Result, frozen=True, kw_only=True):
    """Rows in the order asked for; a None cursor = nothing further that way."""

    rows: list[CallRow]
    first: CallCursor | None
    last: CallCursor | None


CallSort = Literal["time", "extension", "dialled", "trunk", "billsec", "cost"]


class ListCalls(Operation[CallPage], frozen=True, kw_only=True):
    """A page of calls by keyset: after or before a cursor, else from the start or (`from_end`) the end.

    `offset` skips that many rows from there. Rows always come in list order.
    """

    returns: ClassVar[type] = CallPage
    filter: CallFilter = CallFilter()
    sort: CallSort = "time"
    descending: bool = True
    after: CallCursor | None = None
    before: CallCursor | None = None
    from_end: bool = False
    offset: Count = 0
    limit: Count = 256


class CallCount(Result, frozen=True, kw_only=True):
    """Exact figures over all that match."""

    calls: int
    billsec: int
    cost_micros: int


class CountCalls(Operation[CallCount], frozen=True, kw_only=True):
    """Counts what a filter matches."""

    returns: ClassVar[type] = CallCount
    filter: CallFilter = CallFilter()


class CallDetail(Result, frozen=True, kw_only=True):
    """One call explained."""

    row: CallRow
    call_key: str
    answered_local: datetime | None
    parts: RatedParts
    rate: Rate | None
    """The rule as it was when the call was rated."""
    source: str
    """The file the record was read from."""
    line_offset: int
    raw: str
    """The CDR line as the PBX wrote it; '' when its file is gone, then `raw_missing` says so."""
    raw_missing: Message
    entries: list[Message]
    """The ledger entries of the call, in words."""
    leg: str = ""
    """The key of the first record of the leg that the record is a part of; its own where it is alone."""
    records: tuple[int, ...] = ()
    """The calls that are records of the leg, oldest first."""
    placed_by: str = ""
    passed_by: str = ""
    """Who passed the call on; '' = nobody."""
    charged_seconds: int = 0
    end_assumed: bool = False
    """Made from events of channels, of which the one that ends it is missing: others say when it ended."""


class GetCall(Operation[CallDetail], frozen=True, kw_only=True):
    """One call with its rule, parts, raw line."""

    returns: ClassVar[type] = CallDetail
    call_id: int


MAX_SORTED_CALLS = 1_000_000
"""How many calls are exported in an order other than oldest first."""


class ExportCalls(Operation[CallCount], frozen=True, kw_only=True):
    """Asked with `client.stream`: Arrow batches with the columns of the calls export, in the order asked for.

    cost is a decimal string; times are ISO 8601 strings with the site's offset. Any other order than oldest
    first is refused for more than `MAX_SORTED_CALLS`.
    """

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CallCount
    filter: CallFilter = CallFilter()
    sort: CallSort = "time"
    descending: bool = False


By = Literal["day", "month", "year", "hour", "weekday", "all"]
Per = Literal["", "extension", "trunk", "rate", "destination", "country", "prefix"]


class StatRow(Result, frozen=True, kw_only=True):
    """One line of the statistics. `period`: 2026-01-31, 2026-01, 2026, 00–23, mon–sun, or all."""

    period: str
    key: str
    """Of `per`; '' without."""
    label: str
    """The name beside the key, such as the extension's."""
    calls: int
    answered: int
    duration: int
    """Seconds of talk (billsec) in all."""
    average_duration: int
    """Of answered calls, seconds, rounded half up."""
    cost_micros: int
    unrated: Unrated | None = None
    """Per rule: why no rule rated these calls; None = one did."""


class Statistics(Result, frozen=True, kw_only=True):
    """Lines by period then key, and the sum over all."""

    rows: list[StatRow]
    total: StatRow


class GetStatistics(Operation[Statistics], frozen=True, kw_only=True):
    """Outbound calls by period of their start, in site time; `all_directions` counts every direction."""

    returns: ClassVar[type] = Statistics
    by: By = "day"
    per: Per = ""
    filter: CallFilter = CallFilter()
    all_directions: bool = False
    limit: Count = 100_000


class HeatCell(Result, frozen=True, kw_only=True):
    """Calls of one hour of one weekday (0 = Monday)."""

    weekday: int
    hour: int
    calls: int
    billsec: int
    cost_micros: int


class Heat(Result, frozen=True, kw_only=True):
    """Only cells with calls."""

    cells: list[HeatCell]


class GetHeat(Operation[Heat], frozen=True, kw_only=True):
    """Outbound calls by weekday and hour of their start, in site time."""

    returns: ClassVar[type] = Heat
    filter: CallFilter = CallFilter()
    all_directions: bool = False


class DaySums(Result, frozen=True, kw_only=True):
    """Outbound calls of one local day."""

    day: str
    calls: int
    answered: int
    billsec: int
    cost_micros: int
    unrated: int


AlarmKind = Literal[
    "source", "target", "unrated", "disk", "config", "quarantine", "thread", "backup", "lost end"
]


class Alarm(Result, frozen=True, kw_only=True):
    """Something that is wrong. `id` stays the same while it lasts."""

    id: str
    kind: AlarmKind
    text: Message
    since: datetime
    """When it was first seen: an engine that starts sees all of them anew."""


class Overview(Result, frozen=True, kw_only=True):
    """The first screen."""

    now: datetime
    today: DaySums
    yesterday: DaySums
    same_day_last_week: DaySums
    by_hour: list[int]
    """Outbound calls started in each of the 24 hours of today."""
    barred: list["OverviewExtension"]
    """Over limit or locked by hand, the least available first; `barred_count` counts them."""
    low: list["OverviewExtension"]
    over_limit_count: int
    low_count: int
    barred_count: int
    recent: list[CallRow]
    alarms: list[Alarm]
    sources: list[SourceState]
    """How each source of config.yaml is."""
    targets: list[TargetRow]
    """Whether each lockout target agrees."""


class OverviewExtension(Result, frozen=True, kw_only=True):
    """An extension worth a look."""

    number: str
    name: str
    available_micros: int
    locked: bool
    """By hand; such a one may have credit."""


class GetOverview(Operation[Overview], frozen=True, kw_only=True):
    """Everything the first screen shows; at most `limit` rows in each list."""

    returns: ClassVar[type] = Overview
    limit: Count = 50
