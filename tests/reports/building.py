"""A database with calls, for the tests of reports: rows by keyword, everything else believable."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from engine.domain.site import Site
from engine.domain.zones import to_local
from engine.store import Database, Session
from tests.stores import new_store

SHANGHAI = Site(zone=ZoneInfo("Asia/Shanghai"), billing=True)
BERLIN = Site(zone=ZoneInfo("Europe/Berlin"), billing=True)
NOON = datetime(2026, 1, 15, 4)
"""Noon in Shanghai, in UTC."""

CREATED = datetime(2025, 1, 1)


def insert(session: Session, table: str, rows: list[dict[str, object]]) -> None:
    """Appends rows whose keys are the table's columns."""
    if not rows:
        return
    columns = ", ".join(rows[0])
    marks = ", ".join(f"${name}" for name in rows[0])
    text = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of this module only
    for row in rows:
        session._execute(text, row)


@dataclass
class Books:
    """Fills one database. Rows are kept as written, for plain-Python models."""

    session: Session
    site: Site
    calls: list[dict[str, object]] = field(default_factory=list)
    entries: int = 0
    operations: int = 0

    def extension(self, number: str, **given: object) -> None:
        row: dict[str, object] = {
            "number": number, "name": "", "billing": True, "payment": "prepaid", "credit_limit_micros": 0,
            "locked": False, "is_new": False, "created_at": CREATED, "balance_micros": 0,
            "total_recharged_micros": 0,
        }  # fmt: skip
        insert(self.session, "extension", [row | given])

    def rate(self, version_id: int, **given: object) -> None:
        row: dict[str, object] = {
            "version_id": version_id, "rate_id": version_id, "name": f"rule {version_id}", "prefix": "",
            "number_length": 0, "initial_fee_micros": 0, "initial_seconds": 0, "price_micros": 0,
            "price_seconds": None, "cycle_seconds": 60, "start_second": 0, "end_second": 0, "weekdays": 127,
            "valid_from": None, "valid_to": None, "extensions": None, "created_at": CREATED,
            "created_by": "",
        }  # fmt: skip
        insert(self.session, "rate_version", [row | given])

    def file(self, path: str = "/var/log/Master.csv", **given: object) -> None:
        row: dict[str, object] = {
            "file_id": 1, "source": "", "path": path, "format": "asterisk-csv",
            "timezone": "UTC", "device": 1, "inode": 1,
            "head_length": 0, "head_sha256": hashlib.sha256(b"").hexdigest(), "tail_length": 0,
            "tail_sha256": "", "read_offset": 0, "lines": 0, "stored": 0, "duplicates": 0, "quarantined": 0,
            "ignored": 0, "stored_bytes": 0, "duplicate_bytes": 0, "quarantined_bytes": 0,
            "ignored_bytes": 0, "finished": False, "first_read_at": CREATED, "last_read_at": CREATED,
            "last_call_at": None,
        }  # fmt: skip
        insert(self.session, "source_file", [row | given])

    def call(self, **given: object) -> int:
        """An answered outbound call of a minute that cost 0.5, unless said otherwise."""
        self.add_calls([given])
        return int(str(self.calls[-1]["call_id"]))

    def add_calls(self, many: list[dict[str, object]]) -> None:
        rows: list[dict[str, object]] = []
        for given in many:
            call_id = len(self.calls) + 1
            row: dict[str, object] = {
                "call_id": call_id, "call_key": call_id, "started_at": NOON, "extension": "1001",
                "direction": "outbound", "dialled": "0123456", "trunk": "PJSIP/carrier",
                "disposition": "ANSWERED", "duration": 65, "billsec": 60, "cost_micros": 500_000,
                "unrated": None, "rate_version": None, "cycles": 1, "first_block_micros": 0, "file_id": 1,
                "line_offset": (call_id - 1) * 100, "line_length": 100,
            } | given  # fmt: skip
            started = row["started_at"]
            assert isinstance(started, datetime)
            answered = given.get("answered_at", started + timedelta(seconds=5))
            row["answered_at"] = answered
            row.setdefault("leg", row["call_key"])
            charged = answered is not None and row["direction"] == "outbound"
            row.setdefault("charged_seconds", row["billsec"] if charged else 0)
            row["started_local"] = to_local(started, self.site.zone)
            row["answered_local"] = (
                to_local(answered, self.site.zone) if isinstance(answered, datetime) else None
            )
            row.setdefault("ended_at", started + timedelta(seconds=65))
            rows.append(row)
            self.calls.append(row)
        if len(rows) == 1:
            insert(self.session, "call", rows)
        elif rows:
            schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in rows[0]])
            with self.session.bound(many=pa.Table.from_pylist(rows, schema=schema)):
                self.session.plain("INSERT INTO call BY NAME SELECT * FROM many")

    def entry(self, extension: str, kind: str, amount: int, after: int, **given: object) -> int:
        self.entries += 1
        row: dict[str, object] = {
            "entry_id": self.entries, "extension": extension, "kind": kind, "posted_at": NOON,
            "amount_micros": amount, "balance_after_micros": after, "call_id": None, "operator": "",
            "note": "", "operation_key": None,
        }  # fmt: skip
        insert(self.session, "ledger_entry", [row | given])
        return self.entries

    def operation(self, key: str, entry: int, extension: str, amount: int, after: int) -> None:
        """What an operator's recharge or adjustment answered."""
        row = {
            "entry_id": entry, "extension": extension, "amount_micros": amount,
            "balance_after_micros": after, "operator": "", "note": "",
        }  # fmt: skip
        self.operations += 1
        insert(
            self.session,
            "operation",
            [
                {
                    "operation_id": self.operations, "operation_key": key, "content": "",
                    "result": json.dumps({"rows": [row]}), "done_at": NOON,
                }
            ],
        )  # fmt: skip

    def quarantined(self, offset: int, length: int, **given: object) -> None:
        row: dict[str, object] = {
            "quarantine_id": offset, "file_id": 1, "line_offset": offset, "line_number": 1,
            "line_length": length, "field": "", "reason": "bad", "raw": b"x", "found_at": NOON,
            "retried_at": None, "timezone": "UTC",
        }  # fmt: skip
        insert(self.session, "quarantine", [row | given])


_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(
        ("started_at", "started_local", "answered_at", "answered_local", "ended_at"), pa.timestamp("us")
    ),
    **dict.fromkeys(
        ("call_id", "cost_micros", "rate_version", "cycles", "first_block_micros", "file_id", "line_offset"),
        pa.int64(),
    ),
    **dict.fromkeys(("duration", "billsec", "line_length", "charged_seconds"), pa.int32()),
    **dict.fromkeys(("call_key", "leg"), pa.uint64()),
}


def open_database(folder: Path) -> Database:
    return new_store(folder / "test.duckdb", threads=2)
