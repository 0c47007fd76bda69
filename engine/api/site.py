"""The site: settings, sources, quarantine, lockout, maintenance."""

from datetime import datetime
from typing import ClassVar, Literal

from engine.api.operation import Count, Operation, Result
from engine.api.session import Nothing
from engine.domain.message import NOTHING, Message
from engine.domain.names import Role


class Settings(Result, frozen=True, kw_only=True):
    """What operators switch at run time, as text: billing on/off, currency ISO 4217, low_balance a decimal,
    language auto (by each operator's locale), en or zh_CN."""

    values: dict[str, str]
    config_path: str
    config_text: str
    """'' = there is no such file, or the caller is no admin."""
    config_error: Message
    """Why the file on disk is not in force; nothing = it is."""


class GetSettings(Operation[Settings], frozen=True, kw_only=True):
    """All settings."""

    returns: ClassVar[type] = Settings


class SetSetting(Operation[Nothing], frozen=True, kw_only=True):
    """Changes one setting."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
    changes: ClassVar[bool] = True
    name: str
    value: str


SourceState = Literal["following", "waiting", "catching up", "error"]
"""`waiting` = no file there yet."""


class LineCounts(Result, frozen=True, kw_only=True):
    """What became of lines."""

    lines: int
    """= stored + duplicates + quarantined + ignored + events."""
    stored: int
    duplicates: int
    quarantined: int
    ignored: int
    events: int = 0
    """Events of channels (Asterisk CEL), which calls are made from."""


class SourceRow(LineCounts, frozen=True, kw_only=True):
    """One source of config.yaml and its health."""

    path: str
    format: str
    timezone: str
    state: SourceState
    message: Message
    """What is wrong."""
    files: int
    bytes_behind: int
    lines_per_second: float
    last_read_at: datetime | None
    last_call_at: datetime | None


class SourceFileRow(LineCounts, frozen=True, kw_only=True):
    """One file ever read."""

    file_id: int
    source: str
    path: str
    format: str
    read_offset: int
    finished: bool
    last_read_at: datetime


class Sources(Result, frozen=True, kw_only=True):
    """The configured sources and the files read last."""

    rows: list[SourceRow]
    files: list[SourceFileRow]
    """The one read last first."""
    files_total: int
    watching: Literal["notified", "polling"]
    """Whether the kernel tells of what is written, or files are looked at every second only."""
    watching_message: Message
    """Why the kernel does not tell; nothing = it does."""


class ListSources(Operation[Sources], frozen=True, kw_only=True):
    """Sources and their health."""

    returns: ClassVar[type] = Sources
    limit: Count = 1000
    """Files listed at most."""


class IngestResult(LineCounts, frozen=True, kw_only=True):
    """What an import of past CDR files did."""

    files: int
    made: int = 0
    """Calls that were made from events."""
    charged: int
    """Calls with a charge."""
    cost_micros: int
    seconds: float
    cancelled: bool = False
    notes: tuple[Message, ...] = ()
    """What was other than expected in its files, as sentences, at most 100."""


FILES_AT_ONCE = 32
"""Files in one import; a client imports more of them in several (engine/api/files.py)."""


class GivenFile(Result, frozen=True, kw_only=True):
    """A file that the client opened and handed over. `path` is what it is called, absolute."""

    path: str
    ticket: str


class Ingest(Operation[IngestResult], frozen=True, kw_only=True):
    """Imports CDR files, at most `FILES_AT_ONCE`; the engine opens none of them itself.

    `format` '' = that of the source whose path fits, else the only configured one, else asterisk-csv.
    With `format_text`, the content of a format file, `format` is only its name.
    `timezone` '' = that source's, else the site's.
    """

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = IngestResult
    changes: ClassVar[bool] = True
    files: list[GivenFile]
    format: str = ""
    format_text: bytes = b""
    timezone: str = ""


class DetectResult(Result, frozen=True, kw_only=True):
    """What a CDR file looks like."""

    format: str
    """'' = none of the known ones."""
    timezone: str
    """A zone the times fit, '' = cannot be told."""
    reasons: list[Message]
    header: list[str]
    rows: list[list[str]]
    """The first rows as they would be read."""
    unknown_columns: list[str]
    faults: list[Message]
    trunks: list[str]
    """Trunk names seen, most used first."""
    extensions: list[str]
    """Internal numbers seen, most used first."""
    contradiction: Message = NOTHING
    """Why the times cannot be of the zone that was asked for; nothing = they may be."""


class DetectSource(Operation[DetectResult], frozen=True, kw_only=True):
    """Reads the head of a CDR file; `format` '' = try all, `format_text` as in `Ingest`."""

    returns: ClassVar[type] = DetectResult
    file: GivenFile
    format: str = ""
    format_text: bytes = b""
    timezone: str = ""


class ComparedLeg(Result, frozen=True, kw_only=True):
    """One paid leg, as CDRs and as CEL tell it; its costs are as if every extension were billed."""

    started_at: datetime
    channel: str
    """The trunk channel."""
    number: str
    """'' = unknown."""
    payer_cdr: str
    payer_cel: str
    seconds_cdr: int | None
    """None = the CDRs tell of no such leg."""
    seconds_cel: int | None
    """None = CEL tells of no such leg."""
    cost_cdr_micros: int
    cost_cel_micros: int
    cost_difference_micros: int
    """By CEL less by CDRs."""


class SourcesCompared(Result, frozen=True, kw_only=True):
    """Legs by their start, and the sums over all of them."""

    rows: list[ComparedLeg]
    legs: int
    different: int
    """Legs of other seconds or another cost."""
    seconds_cdr: int
    seconds_cel: int
    cost_cdr_micros: int
    cost_cel_micros: int


class CompareSources(Operation[SourcesCompared], frozen=True, kw_only=True):
    """Reads CDRs and CEL of the same calls and says what each would charge; nothing is stored."""

    returns: ClassVar[type] = SourcesCompared
    cdr: GivenFile
    cel: GivenFile


class QuarantineRow(Result, frozen=True, kw_only=True):
    """One line that could not be read as a call."""

    quarantine_id: int
    path: str
    line_offset: int
    line_number: int
    field: str
    reason: Message
    raw: str
    """Decoded with replacement, bounded; clean it before showing."""
    found_at: datetime
    retried_at: datetime | None


class QuarantinePage(Result, frozen=True, kw_only=True):
    """One page, newest first."""

    rows: list[QuarantineRow]
    total: int


class ListQuarantine(Operation[QuarantinePage], frozen=True, kw_only=True):
    """Bad lines; `text` is part of the path, reason or line."""

    returns: ClassVar[type] = QuarantinePage
    text: str = ""
    include_retried: bool = False
    offset: Count = 0
    limit: Count = 256


class RetryResult(Result, frozen=True, kw_only=True):
    """What became of the lines."""

    tried: int
    stored: int
    duplicates: int
    still_bad: int


class RetryQuarantine(Operation[RetryResult], frozen=True, kw_only=True):
    """Reads quarantined lines again, after a format was mended; None = all."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = RetryResult
    changes: ClassVar[bool] = True
    quarantine_ids: list[int] | None = None


class TargetRow(Result, frozen=True, kw_only=True):
    """One lockout target and whether it agrees."""

    target: str
    state: Literal["agrees", "behind", "down"]
    message: Message
    pending: int
    """Extensions of which it holds something else than it should."""
    last_sync_at: datetime | None
    dry_run: bool = False
    """It is only said what would be written."""
    fault: bool = False
    """Whether the message is of something that somebody should mend."""


class LockoutRow(Result, frozen=True, kw_only=True):
    """One barred extension."""

    extension: str
    name: str
    reason: Literal["locked", "over limit"]
    available_micros: int
    taken: list[str]
    """Targets known to have taken it."""


class Lockouts(Result, frozen=True, kw_only=True):
    """Targets and barred extensions."""

    targets: list[TargetRow]
    rows: list[LockoutRow]


class ListLockouts(Operation[Lockouts], frozen=True, kw_only=True):
    """Who is barred, and what the PBX knows of it."""

    returns: ClassVar[type] = Lockouts


class SyncLockouts(Operation[Lockouts], frozen=True, kw_only=True):
    """Compares every target in full, now."""

    role: ClassVar[Role | None] = Role.BILLING
    returns: ClassVar[type] = Lockouts


class FileDuplicates(Result, frozen=True, kw_only=True):
    """How many lines of a file were calls that were stored already."""

    path: str
    lines: int
    stored: int
    duplicates: int


class VerifyResult(Result, frozen=True, kw_only=True):
    """Whether the books agree; every finding is a sentence."""

    clean: bool
    extensions: int
    entries: int
    calls: int
    files: int
    findings: list[Message]
    duplicates: tuple[FileDuplicates, ...] = ()
    """Of the files that brought any, at most 1,000, those read last first."""


class Verify(Operation[VerifyResult], frozen=True, kw_only=True):
    """Checks what must hold: balances, charges, lines of every file."""

    returns: ClassVar[type] = VerifyResult


class BackupResult(Result, frozen=True, kw_only=True):
    """Where the copy is."""

    path: str
    bytes: int


class Backup(Operation[BackupResult], frozen=True, kw_only=True):
    """Writes a consistent copy while work goes on; `folder` '' = backups/ in the home."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = BackupResult
    folder: str = ""


class ThreadRow(Result, frozen=True, kw_only=True):
    """One thread of the engine."""

    name: str
    state: Literal["running", "restarted", "failed"]
    """`restarted` = it failed lately and runs again, `failed` = it does not run."""
    restarts: int
    error: Message
    """Why it failed last; nothing = it never did."""


class EngineStatus(Result, frozen=True, kw_only=True):
    """The running engine."""

    pid: int
    version: str
    started_at: datetime
    clients: int
    """Open event streams."""
    background: bool
    """Ends by itself after its last client."""
    home: str
    database_bytes: int
    calls: int
    duckdb: str
    threads: list[ThreadRow]


class GetStatus(Operation[EngineStatus], frozen=True, kw_only=True):
    """Asks the engine how it is. Before signing in, it tells no process, home or size: 0 or ''."""

    role: ClassVar[Role | None] = None
    returns: ClassVar[type] = EngineStatus


class StopEngine(Operation[Nothing], frozen=True, kw_only=True):
    """Ends the engine after the work in hand."""

    role: ClassVar[Role | None] = Role.ADMIN
    returns: ClassVar[type] = Nothing
