"""Files that were being read and are found under no name."""

from datetime import UTC, datetime

from engine.tail.followed_file import Tracked
from engine.tail.source_files import Holdings

MISSING_SECONDS = 5.0
"""A file not found for this long, in which nothing can be read any more, is given up."""


def look_at_unlisted(held: Holdings) -> None:
    """Open files that were deleted, or moved out of sight."""
    for file in list(held.missing()):
        if file.content is not None and not held.observe(file, file.path, file.content.status()):
            held.known.displace(file)


def look_for_missing(held: Holdings, now: float) -> None:
    """Waits for them for a while; gives up those in which nothing can be read any more."""
    for file in list(held.missing()):
        if file.missing_since is None:
            file.missing_since = now
            file.changed_at = now
        held.restless = held.restless or not file.gone
        unreadable = file.content is None or file.displaced
        waited = now - file.missing_since >= MISSING_SECONDS
        if unreadable and waited and not held.faults and not file.gone:
            _give_up(held, file)


def _give_up(held: Holdings, file: Tracked) -> None:
    file.gone = True
    position = file.position
    if file.stamp == (-1, -1):
        read_at = datetime.fromtimestamp(position.last_read_at, UTC).isoformat(timespec="seconds")
        held.warnings.append(
            f"{position.path} as read until {read_at} was not found again; "
            "if it was written to after that, import a copy with `pbxmeter ingest`."
        )
    elif file.behind:
        held.warnings.append(
            f"{file.behind} bytes of {position.path} vanished before they were read; "
            "import them from a copy with `pbxmeter ingest`."
        )
    if position.file_id == 0:
        held.known.forget(file)
        del held.files[file.token]
        held.lively.pop(file.token, None)
