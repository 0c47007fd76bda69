"""Putting a backup in the place of the database: what it brings back. No engine answers this; none runs."""

from datetime import datetime

import msgspec

from engine.api.operation import Result
from engine.domain.message import Message
from engine.domain.names import Role


class RestoredAccount(Result, frozen=True, kw_only=True):
    """An account in the backup."""

    name: str
    role: Role
    returns: bool
    """Whether the database that was there had no such account: it was removed since, and is back."""


class Restored(Result, frozen=True, kw_only=True):
    """What a backup holds, and what became of the files of the home."""

    file: str
    home: str
    restored: bool
    """False = it was looked at only."""
    kept: str
    """Where the database is that was there before; '' = there was none."""
    extensions: int
    entries: int
    calls: int
    newest_call_at: datetime | None
    """UTC."""
    accounts: list[RestoredAccount]
    clean: bool
    findings: list[Message]
    """What does not agree in its books."""
    written: list[str]
    """Files of the set that the home had not: config.yaml, formats."""
    differing: list[str]
    """Files of the set that the home has otherwise; they were left as they are."""
    secrets: list[str]
    """Files with passwords that the backup's config.yaml names and the home has not; no backup holds them."""


class Restore(msgspec.Struct, frozen=True, kw_only=True):
    """Puts a backup in the place of the database. With `force` also one whose books do not agree."""

    file: str
    force: bool = False
    dry_run: bool = False
