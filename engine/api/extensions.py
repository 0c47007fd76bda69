"""Extensions, their money, and the ledger."""

from datetime import datetime
from typing import ClassVar, Literal

from engine.api.operation import Count, ImportResult, Operation, Result
from engine.domain.names import EntryKind, Payment, Role

State = Literal["", "barred", "over", "locked", "low", "free", "new", "billed", "unbilled"]
"""Filter by state; '' = any, `barred` = locked or over limit, `free` = not barred,
`low` = available below the site's low balance."""

ExtensionSort = Literal["number", "name", "balance", "available", "credit_limit", "total_recharged", "state"]


class ExtensionRow(Result, frozen=True, kw_only=True):
    """An extension with what follows from its ledger."""

    number: str
    name: str
    billing: bool
    payment: Payment
    total_recharged_micros: int
    balance_micros: int
    credit_limit_micros: int
    available_micros: int
    locked: bool
    """By hand."""
    over_limit: bool
    barred: bool
    low: bool
    is_new: bool


class Extensions(Result, frozen=True, kw_only=True):
    """One page, and how many match in all."""

    rows: list[ExtensionRow]
    total: int


class ListExtensions(Operation[Extensions], frozen=True, kw_only=True):
    """Finds extensions: every word of `text` is part of the number or name, and no `-word` is.

    A word such as 1001-1050 stands for the numbers from one to the other.
    """

    returns: ClassVar[type] = Extensions
    text: str = ""
    state: State = ""
    payment: Payment | None = None
    sort: ExtensionSort = "number"
    descending: bool = False
    offset: Count = 0
    limit: Count = 256
    numbers: list[str] | None = None
    """Only these; None = all."""


class Changed(Result, frozen=True, kw_only=True):
    """How many were changed."""

    changed: int


class SetExtensions(Operation[Changed], frozen=True, kw_only=True):
    """Changes properties of some extensions, all or none. None = leave as it is.

    Numbers not known yet are added when `create` is set. Changing the payment method resets the total
    recharged to 0 and leaves the balance alone.
    """

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Changed
    changes: ClassVar[bool] = True
    numbers: list[str]
    create: bool = False
    name: str | None = None
    billing: bool | None = None
    payment: Payment | None = None
    credit_limit_micros: int | None = None
    locked: bool | None = None


class ImportExtensions(Operation[ImportResult], frozen=True, kw_only=True):
    """Adds and changes extensions from CSV text; `apply` false only previews. Nothing is removed."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = ImportResult
    changes: ClassVar[bool] = True
    content: bytes
    """The file as it is; msgspec sends bytes as base64."""
    apply: bool

    @property
    def takes_effect(self) -> bool:
        """Not where it only previews."""
        return self.apply


class BarPreview(Result, frozen=True, kw_only=True):
    """Whom a change would bar or free at once."""

    extensions: int
    """So many does it concern; of the site's billing switch, those whose own billing is on."""
    barred: int
    """Free now, and barred after it: because of a lock, or for want of money."""
    without_money: int
    """Of these, so many for want of money."""
    freed: int
    over_limit: int
    """Over limit now, whether locked by hand or not."""
    over_limit_after: int
    numbers: list[str]
    """The first 200 of those it would bar."""


class PreviewBarred(Operation[BarPreview], frozen=True, kw_only=True):
    """Says whom a change would bar, and changes nothing. None = as it is.

    The change is that of `SetExtensions` or `Recharge` for `numbers`, of `ImportExtensions` for `content`,
    or of the site's billing switch.
    """

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = BarPreview
    numbers: list[str] | None = None
    billing: bool | None = None
    credit_limit_micros: int | None = None
    locked: bool | None = None
    content: bytes | None = None
    site_billing: bool | None = None
    recharge_micros: int = 0


class RechargeRow(Result, frozen=True, kw_only=True):
    """One recharge."""

    entry_id: int
    posted_at: datetime
    extension: str
    name: str
    balance_before_micros: int
    amount_micros: int
    balance_after_micros: int
    operator: str
    note: str


class Recharged(Result, frozen=True, kw_only=True):
    """What a recharge or adjustment did; `repeated` = the key was known and nothing moved."""

    rows: list[RechargeRow]
    repeated: bool = False


class Recharge(Operation[Recharged], frozen=True, kw_only=True):
    """Adds the same amount, > 0, to some extensions: all of them or none."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Recharged
    changes: ClassVar[bool] = True
    numbers: list[str]
    amount_micros: int
    note: str = ""
    key: str
    """Chosen by the caller: the same key with the same content moves nothing the second time."""


class Adjust(Operation[Recharged], frozen=True, kw_only=True):
    """Corrects one balance by a signed amount; a reason is required."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Recharged
    changes: ClassVar[bool] = True
    number: str
    amount_micros: int
    reason: str
    key: str


class Recharges(Result, frozen=True, kw_only=True):
    """One page, newest first unless asked otherwise; totals over all that match."""

    rows: list[RechargeRow]
    total: int
    amount_micros: int


RechargeSort = Literal["time", "extension", "amount", "operator"]


class ListRecharges(Operation[Recharges], frozen=True, kw_only=True):
    """Recharges of a period; `text` is part of a number, name or note."""

    returns: ClassVar[type] = Recharges
    since: str = ""
    until: str = ""
    text: str = ""
    sort: RechargeSort = "time"
    descending: bool = True
    offset: Count = 0
    limit: Count = 256


class EntryRow(Result, frozen=True, kw_only=True):
    """One ledger entry."""

    entry_id: int
    kind: EntryKind
    posted_at: datetime
    amount_micros: int
    balance_after_micros: int
    call_id: int | None
    operator: str
    note: str


class Ledger(Result, frozen=True, kw_only=True):
    """One page of an extension's entries, newest first."""

    rows: list[EntryRow]
    total: int


class ListLedger(Operation[Ledger], frozen=True, kw_only=True):
    """The ledger of one extension."""

    returns: ClassVar[type] = Ledger
    number: str
    since: str = ""
    until: str = ""
    offset: Count = 0
    limit: Count = 256


class CsvText(Result, frozen=True, kw_only=True):
    """A whole CSV document, UTF-8, LF, header first."""

    text: str
    rows: int


class ExportExtensions(Operation[CsvText], frozen=True, kw_only=True):
    """All that match, by the columns of the import, and balance, available, total_recharged, barred."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CsvText
    text: str = ""
    state: State = ""
    payment: Payment | None = None
    sort: ExtensionSort = "number"
    descending: bool = False


class ExportRecharges(Operation[CsvText], frozen=True, kw_only=True):
    """Recharges of a period as CSV."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CsvText
    since: str = ""
    until: str = ""
    text: str = ""
    sort: RechargeSort = "time"
    descending: bool = False


class ExportLedger(Operation[CsvText], frozen=True, kw_only=True):
    """One extension's ledger of a period as CSV, oldest first."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CsvText
    number: str
    since: str = ""
    until: str = ""
