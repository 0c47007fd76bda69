"""What `verify` finds in files: what is not accounted for, and calls that are stored twice."""

from collections.abc import Iterator

import msgspec

from engine.domain.message import N_, Message

Row = tuple[object, ...]
"""Of a statement in `engine/sql/verify.sql`."""


def file_accounts(row: Row) -> Iterator[Message]:
    """Of a file whose counts do not add up."""
    file_id = row[0]
    if row[2] is None:
        yield Message(
            "Calls or quarantined lines name file {file_id}, which does not exist.", file_id=file_id
        )
        return
    name = Message("File {file_id} ({path})", file_id=file_id, path=row[1])
    (
        lines, parts, offset, part_bytes, stored, calls, stored_bytes, call_bytes,
        quarantined, bad, quarantined_bytes, bad_bytes, events, told, event_bytes, told_bytes, end,
    ) = msgspec.convert(row[2:], list[int])  # fmt: skip
    pairs = (
        (lines, parts, N_("{name}: {one:,} lines were read, but {other:,} are accounted for.")),
        (offset, part_bytes, N_("{name}: {one:,} bytes were read, but {other:,} are accounted for.")),
        (stored, calls, N_("{name}: {one:,} lines count as stored, but {other:,} calls come from it.")),
        (
            stored_bytes,
            call_bytes,
            N_("{name}: {one:,} bytes count as stored, but its calls have {other:,}."),
        ),
        (quarantined, bad, N_("{name}: {one:,} lines count as quarantined, but {other:,} are kept.")),
        (
            quarantined_bytes,
            bad_bytes,
            N_("{name}: {one:,} bytes count as quarantined, but {other:,} are kept."),
        ),
        (events, told, N_("{name}: {one:,} lines count as events, but {other:,} events come from it.")),
        (
            event_bytes,
            told_bytes,
            N_("{name}: {one:,} bytes count as events, but its events have {other:,}."),
        ),
    )
    for one, other, template in pairs:
        if one != other:
            yield Message(template, name=name, one=one, other=other)
    if end > offset:
        yield Message(
            "{name}: a call ends at byte {end:,}, beyond what was read ({offset:,}).",
            name=name,
            end=end,
            offset=offset,
        )


def overlap(row: Row) -> Iterator[Message]:
    file_id, path, offset, free_from = msgspec.convert(row, tuple[int, str, int, int])
    yield Message(
        "File {file_id} ({path}): the line at byte {offset:,} begins before byte "
        "{free_from:,}, where another one ends.",
        file_id=file_id,
        path=path,
        offset=offset,
        free_from=free_from,
    )


def duplicate(row: Row) -> Iterator[Message]:
    first, last, extension, count = msgspec.convert(row, tuple[int, int, str, int])
    yield Message(
        "The same call of extension {extension} is stored {count} times, as {first} to {last}.",
        extension=extension or Message("(none)"),
        count=count,
        first=first,
        last=last,
    )


def repeated_call(row: Row) -> Iterator[Message]:
    yield Message("Call {row} exists {row2} times.", row=row[0], row2=row[1])
