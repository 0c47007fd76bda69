"""One line of Asterisk's `cdr_csv` Master.csv, in its 18 and its 21 columns."""

import time
from dataclasses import dataclass, replace
from typing import Final

COLUMNS_PLAIN: Final = 18
COLUMNS_NEW: Final = 21
"""With `newcdrcolumns`: peeraccount, linkedid and sequence behind the userfield."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A line before it is written; times in epoch seconds, durations in seconds."""

    account: str
    source: str
    destination: str
    context: str
    caller_id: str
    channel: str
    destination_channel: str
    application: str
    application_data: str
    start: int
    answer: int | None
    """None = never answered: the column stays empty and unquoted."""
    end: int
    disposition: str
    unique_id: str
    linked_id: str
    sequence: int

    @property
    def duration(self) -> int:
        """From the start to the end."""
        return self.end - self.start

    @property
    def billsec(self) -> int:
        """From the answer to the end; 0 without an answer."""
        return 0 if self.answer is None else self.end - self.answer

    def moved_to_end(self, end: int) -> "Record":
        """The same call at another time, with a unique id of that time."""
        start = end - self.duration
        answer = None if self.answer is None else end - self.billsec
        identity = f"{start}.{self.sequence}"
        return replace(self, start=start, answer=answer, end=end, unique_id=identity, linked_id=identity)

    def line(self, columns: int = COLUMNS_NEW) -> bytes:
        """The line with its newline; strings quoted, numbers bare, times in UTC."""
        strings = (
            *(self.account, self.source, self.destination, self.context, self.caller_id),
            *(self.channel, self.destination_channel, self.application, self.application_data),
        )
        head = ",".join(map(quoted, strings))
        answer = "" if self.answer is None else quoted(utc_text(self.answer))
        times = f"{quoted(utc_text(self.start))},{answer},{quoted(utc_text(self.end))}"
        tail = f'{self.duration},{self.billsec},"{self.disposition}","DOCUMENTATION","{self.unique_id}",""'
        new = f',"","{self.linked_id}",{self.sequence}' if checked(columns) == COLUMNS_NEW else ""
        return f"{head},{times},{tail}{new}\n".encode()


def quoted(text: str) -> str:
    """The text as a field: only the quote is escaped, by doubling it."""
    return '"' + text.replace('"', '""') + '"'


def utc_text(epoch: int) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC, as Asterisk's sample configuration (`usegmtime=yes`) writes it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch))


def checked(columns: int) -> int:
    """The number of columns, if Asterisk can write it so. Raises ValueError."""
    if columns not in (COLUMNS_PLAIN, COLUMNS_NEW):
        raise ValueError(f"columns: {columns} is not 18 or 21")
    return columns
