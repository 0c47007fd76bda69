"""Sheets: what is read, and what every kind of bad sheet is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain import sheet
from engine.domain.errors import InvalidInput
from engine.domain.sheet import (
    Faults,
    SheetLine,
    harmless,
    harmless_sheet,
    meant,
    parse_boolean,
    parse_whole,
    read_sheet,
    write_sheet,
)

COLUMNS = ("name", "price", "note")


def read(
    content: bytes, *, ignored: tuple[str, ...] = ()
) -> tuple[list[SheetLine], list[tuple[int, str, str]]]:
    faults = Faults()
    lines = list(read_sheet(content, columns=COLUMNS, required=["name"], faults=faults, ignored=ignored))
    return lines, [(fault.line, fault.column, str(fault.reason)) for fault in faults.summary()]


@pytest.mark.parametrize(
    "content",
    [
        b"name,price\nA,1\nB,2\n",
        b"name,price\r\nA,1\r\nB,2\r\n",
        b"\xef\xbb\xbfname,price\nA,1\nB,2",
        b"name;price\nA;1\nB;2\n",
        b"name\tprice\nA\t1\nB\t2\n",
        b' Name , PRICE \n A ,1\n"B", 2\n',
        b"price,name\n1,A\n2,B\n",
    ],
)
def test_every_dialect_reads_the_same(content: bytes) -> None:
    lines, faults = read(content)
    assert [line.cells for line in lines] == [{"name": "A", "price": "1"}, {"name": "B", "price": "2"}]
    assert [line.number for line in lines] == [2, 3]
    assert faults == []


def test_blank_lines_are_skipped_and_counted() -> None:
    lines, faults = read(b"\n\nname,price\n\nA,1\n,\n\nB,2\n")
    assert [line.number for line in lines] == [5, 8]
    assert faults == []


def test_quoted_cells_hold_separators_and_quotes() -> None:
    lines, _ = read(b'name,note\n"a, ""b""",c\n')
    assert lines[0].cells == {"name": 'a, "b"', "note": "c"}


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        (b"name,price,name\nA,1,B\n", 1, "name", "twice"),
        (b"price,note\n1,x\n", 1, "name", "missing"),
        (b"name,colour\nA,red\n", 1, "colour", "'colour' is not a column"),
        (b"name,,price\nA,,1\n", 1, "", "column 2 of the header has no name"),
        (b"", 1, "", "empty"),
        (b"\n\n", 1, "", "empty"),
        (b"name,price\nA\n", 2, "", "1 cells where the header has 2"),
        (b"name,price\nA,1,2\n", 2, "", "3 cells where the header has 2"),
        (b'name,price\nA,1\n"B,2\nC,3\n', 3, "", "never closed"),
        (b'name,price\n"A"x,1\n', 2, "", "closing double quote"),
        (b'name,price\nA,1\n"B\nC",2\n', 3, "name", "line break"),
        ("name\nA\nZürich\n".encode("latin-1"), 3, "", "byte 0xFC is not UTF-8"),
        ("name\nA\n".encode("utf-16"), 1, "", "not UTF-8"),
        (b"name\nA\nB\0\n", 3, "", "zero byte"),
    ],
)
def test_a_fault_names_line_and_column(content: bytes, line: int, column: str, words: str) -> None:
    _, faults = read(content)
    assert [(fault[0], fault[1]) for fault in faults] == [(line, column)]
    assert words in faults[0][2]


def test_an_endless_cell_is_refused() -> None:
    _, faults = read(b'name\n"' + b"x" * 200_000 + b'"\n')
    assert "longer than 131,072" in faults[0][2]


def test_a_huge_sheet_is_refused_before_it_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MAX_SHEET_BYTES", 10)
    lines, faults = read(b"name\nA\nB\nC\nD\n")
    assert (lines, len(faults)) == ([], 1)


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MAX_SHEET_LINES", 2)
    _, faults = read(b"name\nA\nB\nC\nD\n")
    assert faults == [(4, "", "a sheet may have at most 2 lines.")]


def test_ignored_columns_are_dropped() -> None:
    lines, faults = read(b"name,balance\nA,7\n", ignored=("balance",))
    assert lines[0].cells == {"name": "A"}
    assert faults == []


def test_faults_beyond_the_bound_are_counted() -> None:
    _, faults = read(b"name\n" + b"a,b\n" * 1500)
    assert len(faults) == 1001
    assert faults[-1] == (0, "", "500 more faults are not listed.")


def test_what_is_written_reads_back() -> None:
    rows = [["a,b", "1", 'x"y'], ["ü", "", ";"]]
    text = write_sheet(COLUMNS, rows)
    lines, faults = read(text.encode())
    assert [list(line.cells.values()) for line in lines] == rows
    assert faults == []


@pytest.mark.parametrize("text", ["on", "TRUE", "Yes", "1"])
def test_words_for_true(text: str) -> None:
    assert parse_boolean(text, field="billing") is True


@pytest.mark.parametrize("text", ["off", "False", "no", "0"])
def test_words_for_false(text: str) -> None:
    assert parse_boolean(text, field="billing") is False


@pytest.mark.parametrize("text", ["", "2", "ja", "truee"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_boolean(text, field="billing")
    assert refused.value.field == "billing"


@pytest.mark.parametrize("text", ["", "-1", "1.0", "1e3", "９", "1,000", "9" * 13])
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(InvalidInput, match="number_length"):
        parse_whole(text, field="number_length")


FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＋A1",
    "－A1",
    "＠A1",
    "'=1",
)  # what is tested


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert meant(harmless(text)) == text


@pytest.mark.parametrize("text", ["-5", "+8613800138000", "-12.50", "'x", "''x", "", "O'Brien", "'-5"])
def test_numbers_and_names_stay_as_they_are(text: str) -> None:
    assert harmless(text) == meant(text) == text


@given(st.text(st.sampled_from("'=+-@\t\r＝＋－＠15x ,\"#")))  # what is tested
def test_an_import_takes_off_exactly_what_an_export_put_on(text: str) -> None:
    assert meant(harmless(text)) == text


@given(st.lists(st.text(st.sampled_from("'=+-@＝＋15x,;\"")).filter(bool), min_size=1))
def test_an_exported_sheet_is_harmless_and_imports_as_it_was(names: list[str]) -> None:
    text = harmless_sheet(write_sheet(["name"], [[name] for name in names]))
    faults = Faults()
    lines = list(read_sheet(text.encode(), columns=["name"], required=["name"], faults=faults))
    assert [line.cells["name"] for line in lines] == names
    assert not faults.count
