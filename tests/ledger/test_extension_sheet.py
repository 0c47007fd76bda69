"""Extension sheets: every fault is told, in the order of the lines."""

from pathlib import Path

import pytest

from engine.api.extensions import ExportExtensions, ListExtensions
from engine.api.operation import ImportResult
from engine.ledger import extension_sheet, extensions
from engine.ledger.extension_sheet import export_extensions, import_extensions
from engine.ledger.extensions import list_extensions
from engine.store import Session
from tests.stores import NOW, SITE, opened


def load(session: Session, sheet: str) -> ImportResult:
    return import_extensions(session, sheet.encode(), apply=True, operator="test", now=NOW)


def test_every_fault_is_told_in_the_order_of_the_lines_and_nothing_is_imported(tmp_path: Path) -> None:
    sheet = (
        "number,name,billing,payment,credit_limit,locked\r\n"
        '1001,A,ja,cash,"1,234",2\r\n'
        "1001,B,on,prepaid,-5,off\r\n"
        "10 01,C,on,,,\r\n"
        '1002,"D\nD",on,,,\r\n'
        "1003,E,on,postpaid,NaN,\r\n"
        "1004,F,on,,,\r\n"
    )
    with opened(tmp_path) as session:
        result = load(session, sheet)
        assert [(fault.line, fault.column) for fault in result.faults] == [
            *((2, "billing"), (2, "payment"), (2, "credit_limit"), (2, "locked")),
            *((3, "number"), (3, "credit_limit"), (4, "number"), (5, "name"), (7, "credit_limit")),
        ]
        assert str(result.faults[4].reason) == "1001 stands in line 2 already."
        assert not result.applied
        assert list_extensions(session, SITE, ListExtensions()).rows == []


def test_every_extension_is_exported_however_many_a_page_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (extensions, extension_sheet):
        monkeypatch.setattr(module, "MAX_PAGE_EXTENSIONS", 3)
    with opened(tmp_path) as session:
        load(session, "number\n" + "".join(f"100{n}\n" for n in range(7)))
        sheet = export_extensions(session, SITE, ExportExtensions())
        assert sheet.rows == 7
        assert [line.split(",")[0] for line in sheet.text.splitlines()[1:]] == [f"100{n}" for n in range(7)]


def test_columns_in_any_order_and_booleans_in_any_word_come_back_as_exported(tmp_path: Path) -> None:
    sheet = "locked;number;credit_limit;billing;payment\nno;0099;100.5;YES;Postpaid\n1;1002;1,234.50;off;\n"
    with opened(tmp_path) as session:
        assert load(session, sheet).added == 2
        text = export_extensions(session, SITE, ExportExtensions()).text
        assert text.splitlines()[1:] == [
            "0099,,true,postpaid,100.50,false,0.00,100.50,0.00,false",
            "1002,,false,prepaid,1234.50,true,0.00,1234.50,0.00,true",
        ]
        assert load(session, text).unchanged == 2


def test_an_export_holds_what_the_list_finds_in_its_order(tmp_path: Path) -> None:
    with opened(tmp_path) as session:
        load(session, "number,name,credit_limit\n1,wang a,1\n2,li,9\n3,wang b,5\n")
        asked = ExportExtensions(text="wang", sort="credit_limit", descending=True)
        lines = export_extensions(session, SITE, asked).text.splitlines()
    assert [line.split(",")[0] for line in lines] == ["number", "3", "1"]
