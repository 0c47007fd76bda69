"""Balances and billing switches of the extensions in use, kept in memory by the writer between commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engine.ledger.entries import MAX_BALANCE_MICROS, beyond_range
from engine.pipeline.checkpoints import FileDescription
from engine.pipeline.duplicates import Identity, RecentKeys
from engine.pipeline.recent_names import RecentNames
from engine.store import Session

MAX_FILES = 1000


EXTREME_MICROS = 10**15
"""Only where a call costs more than this, a thousand million units, can a balance come near its range."""


@dataclass(slots=True)
class Account:
    """One extension, as far as charging it goes."""

    billed: bool
    balance_micros: int


@dataclass(slots=True)
class AccountCache:
    """Extensions, balances and the next free numbers, as the writer's last change left them.

    Used in the writer thread only. It knows which turn of the writer it was taken after: when any other
    change has had a turn since, or the last one failed, it is read anew from the store, so that it never
    outlives what was committed.
    """

    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    recent: RecentKeys = field(default_factory=RecentKeys)
    names: RecentNames = field(default_factory=RecentNames)
    files: dict[int, FileDescription] = field(default_factory=dict[int, FileDescription])
    """The stored descriptions of files that are read at present, at most `MAX_FILES`."""
    next_call: int = 1
    next_entry: int = 1
    turn: int = -1
    _billed: frozenset[str] = frozenset()

    def renew(self, session: Session) -> None:
        """Brings it up to the state that the session's change begins with."""
        if self.turn == session.turn - 1:
            return
        self.accounts = {
            number: Account(billed=billed, balance_micros=balance)
            for number, billed, balance in session.records(tuple[str, bool, int], "pipeline.accounts_in_use")
        }
        self.files = {}
        self._billed = frozenset(number for number, account in self.accounts.items() if account.billed)
        ((next_call, next_entry),) = session.records(tuple[int, int], "pipeline.next_numbers")
        if next_call != self.next_call:
            self.recent.forget()
            self.names.forget()
        self.next_call, self.next_entry = next_call, next_entry
        self.turn = session.turn - 1

    def billed(self) -> frozenset[str]:
        """Extensions whose calls are charged."""
        return self._billed

    def refuse_beyond_range(self, numbers: Sequence[str], costs: Sequence[int]) -> None:
        """Raises `StorageError` when these charges would take a balance beyond what 64 bits hold."""
        left = {number: account.balance_micros for number, account in self.accounts.items()}
        for number, cost in zip(numbers, costs, strict=True):
            left[number] = left.get(number, 0) - cost
            if abs(left[number]) > MAX_BALANCE_MICROS:
                raise beyond_range(number)

    def take_over(
        self,
        session: Session,
        *,
        files: Mapping[int, FileDescription],
        calls: int,
        entries: int,
        balances: Mapping[str, int] | None,
        identities: Collection[Identity] | None,
        names: Collection[int] | None,
    ) -> None:
        """Applies a change after its commit: files, numbers used, balances that moved, calls stored.

        `identities`, `names` None = too many to say; `balances` None = the accounts are to be read anew.
        """
        if identities is None:
            self.recent.forget()
        else:
            self.recent.add(identities)
        if names is None:
            self.names.forget()
        else:
            self.names.add(names)
        if len(self.files) >= MAX_FILES:
            self.files = {}
        self.files |= files
        self.next_call += calls
        self.next_entry += entries
        if balances is None:
            return
        for number, balance in balances.items():
            self.accounts[number].balance_micros = balance
        self.turn = session.turn
