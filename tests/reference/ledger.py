"""Accounts as sections 1, 4 and 5 of the domain page have them: a plain model to hold the product against.

Everything is in memory, one operation after the other, and nothing of the product is used. Choices that the
page leaves open:

- A call that costs 0 leaves no charge.
- Setting the payment method that an extension already has is no change and leaves no entry.
- An operation over many extensions posts one entry each, in the order given, under one key.
- A repeated key with the same content answers with the first result; with other content it raises KeyReused.
  A refused operation does not use up its key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace


class Refused(Exception):
    """The operation is not allowed; nothing has moved."""


class KeyReused(Refused):
    """The key has been used for another operation."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One money movement of one extension, in micro-units."""

    kind: str
    """`recharge`, `charge`, `adjustment`, `reversal` or `method change`."""
    extension: str
    amount_micros: int
    balance_after_micros: int
    key: str
    call: str | None = None
    """The call of a charge or of a reversal, else None."""
    operator: str = "system"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is set at an extension, apart from its entries."""

    number: str
    billing: bool = False
    payment: str = "postpaid"
    credit_limit_micros: int = 0
    locked: bool = False


@dataclass
class Ledger:
    """All accounts and entries of a site."""

    site_billing: bool = True
    accounts: dict[str, Account] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    _answers: dict[str, tuple[object, tuple[Entry, ...]]] = field(default_factory=dict)

    def open(self, account: Account) -> None:
        """Adds the account, or replaces its settings except for the payment method."""
        known = self.accounts.get(account.number)
        self.accounts[account.number] = account if known is None else replace(account, payment=known.payment)

    def recharge(
        self, key: str, extensions: Sequence[str], amount_micros: int, *, operator: str = "", note: str = ""
    ) -> tuple[Entry, ...]:
        """The same amount for each of the extensions: all of them or none."""
        content = ("recharge", tuple(extensions), amount_micros, operator, note)
        if (answer := self._answered(key, content)) is not None:
            return answer
        if amount_micros <= 0:
            raise Refused("a recharge is more than 0")
        if not extensions or len(set(extensions)) != len(extensions):
            raise Refused("name every extension once")
        self._require(extensions)
        posted = tuple(
            self._post("recharge", number, amount_micros, key, operator=operator, note=note)
            for number in extensions
        )
        return self._remember(key, content, posted)

    def adjust(
        self, key: str, extension: str, amount_micros: int, *, reason: str, operator: str = ""
    ) -> tuple[Entry, ...]:
        """A signed correction with its reason."""
        content = ("adjust", extension, amount_micros, reason, operator)
        if (answer := self._answered(key, content)) is not None:
            return answer
        if amount_micros == 0 or not reason.strip():
            raise Refused("an adjustment has an amount and a reason")
        self._require([extension])
        entry = self._post("adjustment", extension, amount_micros, key, operator=operator, note=reason)
        return self._remember(key, content, (entry,))

    def charge(self, call: str, extension: str, cost_micros: int) -> Entry | None:
        """Takes the cost of a call; None where it costs nothing. A call has one charge at a time."""
        if cost_micros < 0:
            raise Refused("a call costs 0 or more")
        self._require([extension])
        if self.standing_charge(call) is not None:
            raise Refused("the call has a charge already")
        if cost_micros == 0:
            return None
        return self._post("charge", extension, -cost_micros, f"charge:{call}", call=call)

    def reverse(self, call: str) -> Entry:
        """Gives back the standing charge of a call."""
        charge = self.standing_charge(call)
        if charge is None:
            raise Refused("the call has no charge")
        return self._post("reversal", charge.extension, -charge.amount_micros, f"reversal:{call}", call=call)

    def rerate(self, call: str, extension: str, cost_micros: int) -> tuple[Entry, ...]:
        """Reversal and new charge where the cost changed, nothing where it did not."""
        charge = self.standing_charge(call)
        if (0 if charge is None else -charge.amount_micros) == cost_micros:
            return ()
        posted = [] if charge is None else [self.reverse(call)]
        renewed = self.charge(call, extension, cost_micros)
        return (*posted, *([] if renewed is None else [renewed]))

    def set_payment(self, key: str, extension: str, payment: str, *, operator: str = "") -> tuple[Entry, ...]:
        """Changes the payment method: an entry of 0 from which recharges are counted anew."""
        content = ("payment", extension, payment, operator)
        if (answer := self._answered(key, content)) is not None:
            return answer
        self._require([extension])
        if self.accounts[extension].payment == payment:
            return self._remember(key, content, ())
        self.accounts[extension] = replace(self.accounts[extension], payment=payment)
        entry = self._post("method change", extension, 0, key, operator=operator, note=payment)
        return self._remember(key, content, (entry,))

    def set_credit_limit(self, extension: str, credit_limit_micros: int) -> None:
        """How far below zero the balance may go, 0 or more."""
        if credit_limit_micros < 0:
            raise Refused("a credit limit is 0 or more")
        self._change(extension, credit_limit_micros=credit_limit_micros)

    def set_billing(self, extension: str, billing: bool) -> None:
        """The extension's billing switch."""
        self._change(extension, billing=billing)

    def set_locked(self, extension: str, locked: bool) -> None:
        """The extension's manual lock."""
        self._change(extension, locked=locked)

    def entries_of(self, extension: str) -> list[Entry]:
        """The extension's entries, oldest first."""
        return [entry for entry in self.entries if entry.extension == extension]

    def standing_charge(self, call: str) -> Entry | None:
        """The call's charge that is not reversed."""
        of_call = [entry for entry in self.entries if entry.call == call]
        return of_call[-1] if of_call and of_call[-1].kind == "charge" else None

    def balance(self, extension: str) -> int:
        """The sum of the extension's entries."""
        return sum(entry.amount_micros for entry in self.entries_of(extension))

    def total_recharged(self, extension: str) -> int:
        """Recharges since the payment method last changed."""
        total = 0
        for entry in self.entries_of(extension):
            if entry.kind == "method change":
                total = 0
            elif entry.kind == "recharge":
                total += entry.amount_micros
        return total

    def available(self, extension: str) -> int:
        """What may still be spent: the balance and the credit limit."""
        return self.balance(extension) + self.accounts[extension].credit_limit_micros

    def credit_used(self, extension: str) -> int:
        """How far the balance is below zero."""
        return max(0, -self.balance(extension))

    def over_limit(self, extension: str) -> bool:
        """Billing is on for site and extension, and nothing is available."""
        return self.site_billing and self.accounts[extension].billing and self.available(extension) <= 0

    def barred(self, extension: str) -> bool:
        """Locked by hand, or over limit."""
        return self.accounts[extension].locked or self.over_limit(extension)

    def barred_extensions(self) -> list[str]:
        """Whom the PBX must refuse, in order of number."""
        return sorted(number for number in self.accounts if self.barred(number))

    def _answered(self, key: str, content: object) -> tuple[Entry, ...] | None:
        if not key:
            raise Refused("an operation that moves money has a key")
        first = self._answers.get(key)
        if first is None:
            return None
        if first[0] != content:
            raise KeyReused(key)
        return first[1]

    def _remember(self, key: str, content: object, posted: tuple[Entry, ...]) -> tuple[Entry, ...]:
        self._answers[key] = (content, posted)
        return posted

    def _require(self, extensions: Iterable[str]) -> None:
        unknown = [number for number in extensions if number not in self.accounts]
        if unknown:
            raise Refused(f"nobody has {', '.join(unknown)}")

    def _post(
        self,
        kind: str,
        extension: str,
        amount_micros: int,
        key: str,
        *,
        call: str | None = None,
        operator: str = "system",
        note: str = "",
    ) -> Entry:
        entry = Entry(
            kind=kind,
            extension=extension,
            amount_micros=amount_micros,
            balance_after_micros=self.balance(extension) + amount_micros,
            key=key,
            call=call,
            operator=operator,
            note=note,
        )
        self.entries.append(entry)
        return entry

    def _change(self, extension: str, **settings: bool | int) -> None:
        self._require([extension])
        self.accounts[extension] = replace(self.accounts[extension], **settings)
