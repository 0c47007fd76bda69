"""A target that is a set of keys in the PBX: compared, written where it differs, and looked at again."""

from collections.abc import Callable, Collection, Mapping
from typing import Generic, Protocol, TypeVar

from engine.domain.message import Message, sentences
from engine.lockout.target import Outcome, TargetError, Wanted, named, planned, speakable

REASONS = frozenset({"locked", "over limit", "budget"})
OUR_VALUES = REASONS | {"1"}
"""Values that are ours to change: reasons, and what dialplans of old and people at the console write."""
STRIKES = 2
"""So many comparisons in a row that find what we left changed are somebody else at work."""


class Keys(Protocol):
    """Where the keys are. Every method raises `PbxmeterError` or `OSError`."""

    place: str
    """As in a sentence: `/pbxmeter on 127.0.0.1:5038`."""
    reasons: bool
    """Whether a key can hold the reason of the bar; else its value is ''."""
    remedy: str
    """How a person removes a key, with {key}."""

    def connect(self, *, check: bool) -> bool:
        """Makes sure of a connection; whether it, or with `check` the PBX behind it, is a new one."""
        ...

    def read(self, candidates: Callable[[], Collection[str]]) -> dict[str, str]:
        """All keys with their values; of a PBX that cannot list them, those among the candidates."""
        ...

    def look(self, keys: Collection[str]) -> dict[str, str]:
        """Those of the keys that are there."""
        ...

    def write(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """Sets and removes keys."""
        ...

    def check(self) -> None:
        """Raises where the PBX cannot see the keys."""
        ...

    def lost(self) -> bool:
        """Whether the connection has ended."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class Session(Protocol):
    """A connection to the PBX."""

    def lost(self) -> bool:
        """Whether the PBX has closed it."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


S = TypeVar("S", bound=Session)


class RemoteKeys(Generic[S]):
    """The part of `Keys` that is the same for every database of a PBX behind a connection."""

    place: str

    def __init__(self) -> None:
        self._session: S | None = None

    def check(self) -> None:
        """The PBX sees its own database."""

    def lost(self) -> bool:
        """Whether the PBX has closed the connection."""
        return self._session is not None and self._session.lost()

    def close(self) -> None:
        """Ends the connection."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _connected(self) -> S:
        if self._session is None:
            raise TargetError("{place}: the connection was closed.", place=self.place)
        return self._session


class KeyedTarget:
    """Holds one key an extension; what does not look like ours is left alone."""

    def __init__(self, name: str, keys: Keys, *, remote: bool, dry_run: bool) -> None:
        self.name = name
        self.remote = remote
        self.dry_run = dry_run
        self._keys = keys
        self._left: dict[str, str] | None = None
        """Our keys as we left them; None = on this connection nothing was compared yet."""
        self._others: dict[str, str] = {}
        self._strikes = 0

    def reconcile(self, wanted: Wanted) -> Outcome:
        """Compares in full on a new connection and when asked to, else writes what has changed since."""
        try:
            fresh = self._keys.connect(check=wanted.full)
            if fresh:
                self._left, self._strikes = None, 0
            return self._compare(wanted)
        except Exception:
            # What was taken is not known any more: the next connection finds out.
            self._left = None
            self._keys.close()
            raise

    def lost(self) -> bool:
        """Whether the PBX has closed the connection."""
        return self._keys.lost()

    def close(self) -> None:
        """Ends the connection."""
        self._keys.close()

    def _compare(self, wanted: Wanted) -> Outcome:
        full = wanted.full or self._left is None
        found = self._read(wanted) if full else dict(self._left or {})
        values = {key: reason if self._keys.reasons else "" for key, reason in wanted.barred.items()}
        put = {key: value for key, value in values.items() if self._differs(found, key, value)}
        drop = frozenset(found).difference(values)
        if self.dry_run:
            self._left = found
            return Outcome(held=self._held(found, wanted), message=self._remarks(), plan=planned(put, drop))
        if put or drop:
            self._keys.write(put, drop)
            found = self._read_back(found, put, drop, wanted, full=full)
        self._left = found
        self._keys.check()
        return Outcome(held=self._held(found, wanted), message=self._remarks())

    def _differs(self, found: Mapping[str, str], key: str, value: str) -> bool:
        return key not in self._others and found.get(key) != value

    def _read(self, wanted: Wanted) -> dict[str, str]:
        """Our keys as they are; notes those of others, and whether somebody changed ours."""
        ours = self._ours(self._keys.read(lambda: self._candidates(wanted)))
        if self._left is not None:
            self._strikes = self._strikes + 1 if ours != self._left else 0
        return ours

    def _read_back(
        self,
        before: dict[str, str],
        put: Mapping[str, str],
        drop: frozenset[str],
        wanted: Wanted,
        *,
        full: bool,
    ) -> dict[str, str]:
        """Our keys after a write. Raises `TargetError` where it does not show."""
        if full:
            found = self._ours(self._keys.read(lambda: self._candidates(wanted)))
        else:
            touched = {**before, **put}.keys() - drop
            seen = self._keys.look([*put, *drop])
            found = {key: before[key] for key in touched if key not in put} | seen
        unseen = frozenset(
            [key for key, value in put.items() if found.get(key) != value]
            + [key for key in drop if key in found]
        )
        if unseen:
            raise TargetError(
                "{place} took {count} changes and does not show them: {extensions}.",
                place=self._keys.place,
                count=len(unseen),
                extensions=named(unseen),
            )
        return found

    def _ours(self, keys: Mapping[str, str]) -> dict[str, str]:
        extensions = {key: value for key, value in keys.items() if speakable(key)}
        allowed = OUR_VALUES if self._keys.reasons else {""}
        self._others = {key: value for key, value in extensions.items() if value not in allowed}
        return {key: value for key, value in extensions.items() if value in allowed}

    def _candidates(self, wanted: Wanted) -> Collection[str]:
        known = {*wanted.known, *wanted.barred, *(self._left or {}), *wanted.everybody()}
        return [key for key in known if speakable(key)]

    def _held(self, found: Mapping[str, str], wanted: Wanted) -> dict[str, str]:
        if self._keys.reasons:
            return dict(found)
        return {key: wanted.barred.get(key, "") for key in found}

    def _remarks(self) -> Message:
        place, parts = self._keys.place, list[Message]()
        if self._others:
            parts.append(
                Message(
                    "{place} has keys of extensions that pbxmeter did not write: {numbers}. They are left "
                    "alone. Remove them ({remedy}), or name a place of pbxmeter's own.",
                    place=place,
                    numbers=named(self._others),
                    remedy=self._keys.remedy,
                )
            )
        if self._strikes >= STRIKES:
            parts.append(
                Message(
                    "Somebody else changes {place}: a second pbxmeter, or a person. "
                    "It belongs to one engine.",
                    place=place,
                )
            )
        return sentences(parts)
