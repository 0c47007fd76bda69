"""Sentences of engine and command line: every template has a translation, every sentence finds its own."""

import ast
import errno
import os
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from config.settings import parse_settings
from engine.domain.errors import ConfigError, InvalidInput
from engine.domain.filters import parse_filter
from engine.domain.money import parse_amount
from engine.domain.zones import zone
from tests.messages import ROOT, all_templates
from tests.tui.test_i18n import texts_of
from tui.text import i18n
from tui.text.sentences import DOMAIN, SYSTEM_ERRORS, said, template_of

_FIXED = re.compile(r"\{\w*\}")
SCREENS = [*ROOT.glob("tui/screens/**/*.py"), *ROOT.glob("tui/widgets/*.py")]
FOLDER = i18n.LOCALE_FOLDER / "zh_CN" / "LC_MESSAGES"


@pytest.fixture
def chinese() -> Iterator[None]:
    i18n.install("zh_CN")
    yield
    i18n.install("en")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / f"{DOMAIN}.po").open("rb") as source:
        return read_po(source, locale="zh_CN")


def test_every_sentence_of_engine_and_command_line_has_a_translation(catalogue: Catalog):
    written = {
        str(message.id) for message in catalogue if message.id and message.string and not message.fuzzy
    }
    assert sorted(all_templates() - written) == []
    assert sorted(written - all_templates()) == [], "`make messages` drops what nobody says any more"


def test_a_translation_names_no_field_that_its_sentence_does_not_have(catalogue: Catalog):
    wrong = [
        message.id
        for message in catalogue
        if message.id and not _fields(str(message.string)) <= _fields(str(message.id))
    ]
    assert wrong == []


@pytest.mark.parametrize("domain", [DOMAIN, i18n.CLICK_DOMAIN])
def test_the_compiled_catalogue_is_that_of_the_source(domain: str):
    with (FOLDER / f"{domain}.po").open("rb") as source, (FOLDER / f"{domain}.mo").open("rb") as compiled:
        written, shipped = read_po(source, locale="zh_CN"), read_mo(compiled)
    assert texts_of(shipped) == {key: text for key, text in texts_of(written).items() if any(text)}


def test_a_sentence_made_from_a_template_finds_that_template(catalogue: Catalog, chinese: None):
    """Numbers stand for the fields: they are in every sentence and look like no template's words."""
    texts = {str(message.id): str(message.string) for message in catalogue if message.id}
    for text, translation in texts.items():
        fields = {name: str(700 + place) for place, name in enumerate(sorted(_fields(text)))}
        sentence = text.format(**fields)
        assert said(sentence) == translation.format(**fields) or _said_elsewhere(sentence, text, texts)


@pytest.mark.parametrize("path", sorted(SCREENS), ids=lambda path: path.name)
def test_every_error_that_a_screen_shows_is_said_in_its_language(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "said"
        for part in node.args
    }
    untold = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in ("error.message", "fault.reason", "candidate.reason")
        and id(node) not in told
    ]
    assert untold == []


def test_what_the_system_says_of_a_file_is_in_chinese(chinese: None):
    for number in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.ENOTDIR, errno.EROFS, errno.EDQUOT):
        assert os.strerror(number) in SYSTEM_ERRORS
    assert (
        said("/x/a.csv: the file cannot be read: Permission denied.") == "/x/a.csv: 文件无法读取：没有权限。"
    )
    assert said("/x: No space left on device.") == "/x: 磁盘空间不足。"


def test_the_systems_words_are_those_of_the_c_library():
    assert sorted(set(SYSTEM_ERRORS) - {os.strerror(number) for number in errno.errorcode}) == []


def test_english_stays_as_it_was_made():
    sentence = "There is no account anna."
    assert said(sentence) == sentence


def test_what_nobody_knows_stays_as_it_is(chinese: None):
    assert said("A name, of somebody: quite long. And more; of it") == (
        "A name, of somebody: quite long. And more; of it"
    )
    assert said("recharge") != "recharge"
    assert said("There is no account recharge.") == "没有账号 recharge。"


def test_errors_of_typed_values_are_in_chinese_and_keep_the_name_of_their_field(chinese: None):
    with pytest.raises(InvalidInput) as refused:
        parse_amount("12,5", field="amount")
    assert said(refused.value.message) == ("amount: '12,5' 不是金额。小数点请写成点，如 12.5。")


@pytest.mark.parametrize(
    ("without_its_field", "chinese_text"),
    [
        ("'none' is not a whole number.", "'none' 不是整数。"),
        ("must be more than 0 and at most 1,000,000,000,000.", "必须大于 0，最多 1,000,000,000,000。"),
        ("金额: '1e5' is not an amount. Write it as 1234.50.", "金额: '1e5' 不是金额。请写成 1234.50。"),
    ],
)
def test_a_sentence_is_known_without_the_name_of_its_field(
    without_its_field: str, chinese_text: str, chinese: None
):
    assert said(without_its_field) == chinese_text


def test_a_fault_of_a_filter_is_in_chinese_throughout(chinese: None):
    with pytest.raises(InvalidInput) as refused:
        parse_filter("exd:1001", zone=zone("UTC"))
    told = said(refused.value.message)
    assert told.startswith("where: 'exd:1001'（第 1 列）：没有字段 ")
    assert "是不是想写" in told
    assert "要查找文字本身，请加引号。" in told


def test_an_error_of_the_configuration_keeps_file_line_and_key(chinese: None):
    with pytest.raises(ConfigError) as refused:
        parse_settings("sources:\n  - path: /a\n    formatt: 3cx\n", name="config.yaml")
    assert said(refused.value.message).startswith("config.yaml:3: sources[0].formatt: 未知的键；")
    assert said(f"{refused.value.message} The last good configuration stays in force.").endswith(
        " 沿用上一份正确的配置。"
    )


def test_several_sentences_in_one_text_are_translated_one_by_one(chinese: None):
    assert said("/b is in force now. What was there before is kept as /c.") == (
        "/b 现已生效。原来的内容保存为 /c。"
    )
    assert said("for numbers of 9 characters, this one has 12; switched off; not for extension 8001") == (
        "适用于 9 位的号码，此号码有 12 位；已停用；不适用于分机 8001"
    )
    assert said("applies 22:00–06:00, through midnight, on any day; switched off") == (
        "适用于 22:00–06:00，跨午夜，每天；已停用"
    )


def test_a_text_too_long_for_a_sentence_is_left_alone(chinese: None):
    text = "Sign in first. " * 1000
    assert said(text) == text


def _said_elsewhere(sentence: str, text: str, texts: dict[str, str]) -> bool:
    """Whether another template says the same under other names of its fields, or more of it."""
    return any(
        template_of(other, "").match(sentence) is not None
        for other in texts
        if other != text and _FIXED.sub("", other) == _FIXED.sub("", text)
    )


def _fields(text: str) -> set[str]:
    return {name for _literal, name, *_rest in string.Formatter().parse(text) if name is not None}
