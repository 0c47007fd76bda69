"""Languages: what the environment asks for, and catalogues that fit their texts."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tui.text import i18n
from tui.text.i18n import _

TERMS = {
    "PBX": "交换机",
    "account": "账号",
    "adjustment": "调账",
    "admin": "管理员",
    "alarm": "告警",
    "audit": "审计",
    "balance": "余额",
    "barred": "限呼",
    "books": "账簿",
    "CDR": "话单",
    "credit limit": "信用额度",
    "currency": "货币",
    "cycle": "周期",
    "extension": "分机",
    "first block": "首段",
    "inbound": "呼入",
    "ledger": "账目",
    "lock": "锁",
    "lockout": "限呼",
    "outbound": "外呼",
    "over limit": "超限",
    "period": "期间",
    "postpaid": "后付费",
    "prefix": "前缀",
    "prepaid": "预付费",
    "quarantine": "隔离",
    "rate rule": "费率规则",
    "rated? anew": "重新计价",
    "recharged?": "充值",
    "reversal": "冲正",
    "rule": "规则|无费率",
    "site": "站点",
    "talk time": "通话时长",
    "target": "目标",
    "trunk": "中继",
    "undo": "撤销",
    "unrated": "未计价|无费率",
}
"""What a Chinese administrator calls things; a word that is typed as it stands is left in English."""

_CODE = re.compile(r"\{\w*\}|`[^`]*`|--\w[\w-]*|\$\w+|\b\w+:")
_UNWANTED = re.compile("账户|你|呼出|被限制|(?<!Free)PBX(?!METER)|Enter")
"""Other words for the same."""


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh-Hans"}, "zh_CN"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"PBXMETER_LANGUAGE": "zh_CN", "LC_ALL": "en_GB.UTF-8"}, "zh_CN"),
        ({"LANG": "xx_YY@nonsense"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "TERM": "linux"}, "en"),
        ({"PBXMETER_LANGUAGE": "zh_CN", "TERM": "linux"}, "zh_CN"),
        ({"LANG": "zh_CN.GB18030", "TERM": "xterm"}, "en"),
    ],
)
def test_the_first_locale_variable_decides(environment: dict[str, str], language: str):
    assert i18n.from_environment(environment) == language


def test_a_sites_language_is_spoken_where_the_terminal_shows_it(monkeypatch: pytest.MonkeyPatch):
    for variable in (i18n.CHOICE, "LC_ALL", "LC_CTYPE", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LANG", "C")
    assert i18n.of_site("zh_CN") == "zh_CN"
    assert i18n.of_site("") == "en"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert i18n.of_site("") == "zh_CN"
    assert i18n.of_site("en") == "en"
    monkeypatch.setenv("TERM", "linux")
    assert i18n.of_site("zh_CN") == "en"


def test_chinese_is_spoken_when_installed():
    i18n.install("zh_CN")
    assert _("Extensions") == "分机"
    assert i18n.ngettext("%s row", "%s rows", 2) % 2 == "2 行"
    assert _("") == ""


def test_the_compiled_catalogue_is_that_of_the_source():
    folder = Path(i18n.LOCALE_FOLDER) / "zh_CN" / "LC_MESSAGES"
    with (folder / "pbxmeter.po").open("rb") as source, (folder / "pbxmeter.mo").open("rb") as compiled:
        written, shipped = read_po(source, locale="zh_CN"), read_mo(compiled)
    assert texts_of(shipped) == {key: text for key, text in texts_of(written).items() if any(text)}


@pytest.mark.parametrize("domain", ["pbxmeter", "sentences"])
def test_the_words_of_the_trade_are_the_same_everywhere_in_chinese(domain: str):
    with (i18n.LOCALE_FOLDER / "zh_CN" / "LC_MESSAGES" / f"{domain}.po").open("rb") as source:
        texts = texts_of(read_po(source, locale="zh_CN"))
    strays = [
        f"{word}: {english} = {chinese}"
        for english, (chinese, *_) in texts.items()
        for word, term in TERMS.items()
        if re.search(rf"\b{word}s?\b", _CODE.sub("", english))
        and not any(known in chinese for known in term.split("|"))
        and word not in chinese
    ]
    assert strays == []
    assert [chinese for (chinese, *_) in texts.values() if _UNWANTED.search(chinese)] == []


def texts_of(catalogue: Iterable[Message]) -> dict[str, tuple[str, ...]]:
    """Every translation by its text."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (message.string,)
        if isinstance(message.string, str)
        else tuple(message.string or ())
        for message in catalogue
        if message.id
    }
