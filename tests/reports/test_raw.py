"""The line of a call, found again wherever rotation has put its file."""

import bz2
import gzip
import hashlib
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.reports.raw import MAX_RAW_LINE_BYTES, ReadFile, read_raw

CONTENT = b"first,line\nsecond,line\nlast"


def known(path: Path, content: bytes = CONTENT, *, head: int = 10) -> ReadFile:
    return ReadFile(path=str(path), head_length=head, head_sha256=hashlib.sha256(content[:head]).hexdigest())


def test_a_line_is_read_where_it_was(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(CONTENT)
    assert read_raw(known(cdr), 0, 11) == b"first,line\n"
    assert read_raw(known(cdr), 11, 12) == b"second,line\n"
    assert read_raw(known(cdr), 23, 4) == b"last"


@pytest.mark.parametrize(
    "name", ["Master.csv.1", "Master.csv-20260131", "Master.csv.2026-01-31-00-00-00", "Master.old.csv"]
)
def test_a_line_is_found_in_a_renamed_file_beside_a_new_one(tmp_path: Path, name: str) -> None:
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(b"other head\nsecond,other\n")
    (tmp_path / name).write_bytes(CONTENT)
    (tmp_path / "Master.csv.0").write_bytes(b"another one, with a different head\n")
    assert read_raw(known(cdr), 11, 12) == b"second,line\n"


def test_a_line_is_found_in_a_compressed_file(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "Master.csv.2.gz", "wb") as packed:
        packed.write(CONTENT)
    assert read_raw(known(tmp_path / "Master.csv"), 11, 12) == b"second,line\n"


@pytest.mark.parametrize(("ending", "compress"), [("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_line_is_found_in_a_file_compressed_otherwise(
    tmp_path: Path, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / f"Master.csv.3.{ending}").write_bytes(compress(CONTENT))
    # Last seen under another rotated name.
    assert read_raw(known(tmp_path / f"Master.csv.2.{ending}"), 11, 12) == b"second,line\n"


def test_a_torn_compressed_file_holds_no_line(tmp_path: Path) -> None:
    packed = gzip.compress(CONTENT * 1000)
    for number, content in enumerate((packed[:20], packed[:30] + b"\xff" * 30, b"\x1f\x8b")):
        (tmp_path / f"Master.csv.{number}.gz").write_bytes(content)
    assert read_raw(known(tmp_path / "Master.csv"), 11, 12) is None


@pytest.mark.parametrize(("offset", "length"), [(1, 10), (11, 5), (11, 100), (23, 9), (999, 5)], ids=str)
def test_bytes_that_are_not_a_line_are_not_shown(tmp_path: Path, offset: int, length: int) -> None:
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(CONTENT)
    assert read_raw(known(cdr), offset, length) is None


def test_a_file_of_the_same_name_with_another_beginning_is_not_believed(tmp_path: Path) -> None:
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(b"FIRST,line\nsecond,line\n")
    assert read_raw(known(cdr), 11, 12) is None


def test_a_missing_folder_a_pipe_and_a_folder_hold_no_line(tmp_path: Path) -> None:
    assert read_raw(known(tmp_path / "gone" / "Master.csv"), 0, 11) is None
    os.mkfifo(tmp_path / "Master.csv")
    (tmp_path / "Master.csv.1").mkdir()
    assert read_raw(known(tmp_path / "Master.csv"), 0, 11) is None


def test_a_huge_line_is_cut(tmp_path: Path) -> None:
    content = b"x" * (MAX_RAW_LINE_BYTES * 2) + b"\n"
    cdr = tmp_path / "Master.csv"
    cdr.write_bytes(content)
    assert read_raw(known(cdr, content), 0, len(content)) == b"x" * MAX_RAW_LINE_BYTES
