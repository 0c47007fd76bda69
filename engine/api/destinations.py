"""Destinations: which prefixes of rated numbers have which names and countries."""

from typing import ClassVar

from engine.api.extensions import CsvText
from engine.api.operation import Count, ImportResult, Operation, Result
from engine.domain.names import Role


class DestinationRow(Result, frozen=True, kw_only=True):
    """One prefix; the longest that a number begins with names it."""

    prefix: str
    name: str
    country: str
    """Two letters of ISO 3166; '' = none."""
    own: bool
    """Whether it is the site's; others are shipped."""


class Destinations(Result, frozen=True, kw_only=True):
    """By prefix; `total` counts all that match."""

    rows: list[DestinationRow]
    total: int


class ListDestinations(Operation[Destinations], frozen=True, kw_only=True):
    """Those whose prefix begins with `text`, or whose name or country holds it."""

    returns: ClassVar[type] = Destinations
    text: str = ""
    limit: Count = 1000


class ImportDestinations(Operation[ImportResult], frozen=True, kw_only=True):
    """Replaces the site's own prefixes by a sheet; `apply` false only previews."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = ImportResult
    changes: ClassVar[bool] = True
    content: bytes
    apply: bool


class ExportDestinations(Operation[CsvText], frozen=True, kw_only=True):
    """The site's own prefixes as a sheet that imports back to the same."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = CsvText
