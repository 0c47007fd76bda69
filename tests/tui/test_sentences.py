"""What is said to people: every template has a translation, and each front end fills it by itself."""

import ast
import errno
import os
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from config.settings import parse_settings
from engine.api.message_json import from_json, to_json
from engine.domain.errors import LEAVES, ConfigError, InvalidInput, PbxmeterError, error_from_wire
from engine.domain.filters import parse_filter
from engine.domain.message import Message, as_it_is, clauses, of_system, phrases, sentences
from engine.domain.money import parse_amount
from engine.domain.names import Unrated
from engine.domain.system_words import SYSTEM_WORDS
from engine.domain.zones import zone
from tests.tui.test_i18n import texts_of
from tui.text import i18n
from tui.text.i18n import said

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for package in ("config", "engine", "tui") for path in ROOT.glob(f"{package}/**/*.py"))
FOLDER = i18n.LOCALE_FOLDER / "zh_CN" / "LC_MESSAGES"
ERRORS = {error.__name__ for error in (PbxmeterError, *LEAVES)}
TEMPLATE_FIRST = {*ERRORS, "Message", "fail", "N_", "_"}
"""Calls whose first argument is a template."""


@pytest.fixture
def chinese() -> Iterator[None]:
    i18n.install("zh_CN")
    yield
    i18n.install("en")


def catalogue(domain: str) -> Catalog:
    with (FOLDER / f"{domain}.po").open("rb") as source:
        return read_po(source, locale="zh_CN")


@cache
def translations() -> dict[str, str]:
    found: dict[str, str] = {}
    for domain in (i18n.DOMAIN, i18n.ENGINE_DOMAIN):
        for message in catalogue(domain):
            if message.id and not message.fuzzy:
                for key, text in texts_of([message]).items():
                    found[key if isinstance(key, str) else key[0]] = str(text[0])
    return found


def fields_of(text: str) -> set[str]:
    return {name for _literal, name, *_rest in string.Formatter().parse(text) if name is not None}


def name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def template_of(call: ast.Call) -> ast.expr | None:
    """The argument of a call that is a template."""
    name = name_of(call)
    if name in TEMPLATE_FIRST and call.args:
        return call.args[0]
    if name in ("in_field", "fault") and len(call.args) > 1:
        return call.args[1]
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_is_found_by_the_extraction_and_has_a_translation(path: Path):
    known = translations()
    missing = [
        f"{call.lineno}: {template.value}"
        for call in calls(path)
        if isinstance(template := template_of(call), ast.Constant)
        and isinstance(template.value, str)
        and template.value
        and not known.get(template.value)
    ]
    assert missing == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_is_built_before_it_can_be_translated(path: Path):
    """No f-string, sum or %-format is a template, least of all one of an error."""
    built = [
        f"{call.lineno}: {ast.unparse(template)}"
        for call in calls(path)
        if (template := template_of(call)) is not None
        and isinstance(template, ast.JoinedStr | ast.BinOp)
        and not _translated_already(template)
    ]
    assert built == []


def _translated_already(text: ast.expr) -> bool:
    """`_("%d lines") % count`: a screen's own error, in the language of the screen."""
    return (
        isinstance(text, ast.BinOp)
        and isinstance(text.left, ast.Call)
        and name_of(text.left) in ("_", "ngettext")
    )


@pytest.mark.parametrize("domain", [i18n.DOMAIN, i18n.ENGINE_DOMAIN])
def test_a_translation_has_the_fields_of_its_template(domain: str):
    """It may leave one out where the language needs none, but fills none that is not there."""
    wrong = [
        message.id
        for message in catalogue(domain)
        if message.id and "python-brace-format" in message.flags
        for text in texts_of([message]).values()
        if not fields_of(str(text[0]))
        <= fields_of(message.id if isinstance(message.id, str) else message.id[-1])
    ]
    assert wrong == []


@pytest.mark.parametrize("domain", [i18n.DOMAIN, i18n.ENGINE_DOMAIN, i18n.CLICK_DOMAIN])
def test_the_compiled_catalogue_is_that_of_the_source(domain: str):
    with (FOLDER / f"{domain}.mo").open("rb") as compiled:
        shipped = read_mo(compiled)
    assert texts_of(shipped) == {key: text for key, text in texts_of(catalogue(domain)).items() if any(text)}


def test_every_help_text_has_a_translation():
    walk = (
        "from tui.commands.program import cli\n"
        "import click, inspect, json\n"
        "texts = []\n"
        "def visit(command):\n"
        "    texts.append(inspect.cleandoc(command.help or ''))\n"
        "    texts.extend(p.help or '' for p in command.params if isinstance(p, click.Option))\n"
        "    if isinstance(command, click.Group):\n"
        "        context = click.Context(command)\n"
        "        for name in command.list_commands(context):\n"
        "            visit(command.get_command(context, name))\n"
        "visit(cli)\n"
        "print(json.dumps([text for text in texts if text]))\n"
    )
    done = subprocess.run([sys.executable, "-c", walk], capture_output=True, text=True, check=True, cwd=ROOT)
    known = translations()
    assert [text for text in ast.literal_eval(done.stdout) if not known.get(text)] == []


SCREENS = [path for path in MODULES if path.is_relative_to(ROOT / "tui")]
SPOKEN = {"message", "what", "reason", "config_error", "raw_missing", "contradiction", "watching_message"}


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_front_end_puts_a_message_into_a_text_as_it_is(path: Path):
    """Formatted, it would be English; `said` makes a text of it first."""
    raw = [
        f"{part.value.lineno}: {ast.unparse(part.value)}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for part in node.values
        if isinstance(part, ast.FormattedValue)
        and isinstance(part.value, ast.Attribute)
        and part.value.attr in SPOKEN
    ]
    assert raw == []


def test_a_message_is_english_by_itself_and_carries_its_fields():
    message = Message("There is no extension {number}.", number="8001")
    assert str(message) == "There is no extension 8001."
    assert (message.template, message.fields) == ("There is no extension {number}.", {"number": "8001"})
    assert not Message()


def test_a_message_survives_the_wire_with_what_is_in_it(chinese: None):
    error = InvalidInput.in_field("amount", "{shown!r} is out of range.", shown="1e9")
    back = error_from_wire("invalid", error.code, from_json(to_json(error.message)), "amount")
    assert isinstance(back, InvalidInput)
    assert (back.message, str(back)) == (error.message, "amount: '1e9' is out of range.")
    assert said(back.what) == "'1e9' 超出范围。"


def test_braces_in_a_field_or_in_a_text_without_fields_are_no_template(chinese: None):
    assert str(Message("a document begins with {")) == "a document begins with {"
    assert said(Message("There is no account {name}.", name="{name!r}")) == "没有账号 {name!r}。"
    assert said(as_it_is("{0}")) == "{0}"
    assert from_json("no JSON {") == as_it_is("no JSON {")


def test_a_word_of_a_vocabulary_is_translated_and_somebodys_text_is_not(chinese: None):
    told = Message("fits, but the call is not charged: {unrated}", unrated=Unrated.NO_RULE)
    assert str(told) == "fits, but the call is not charged: no rule"
    assert said(told) != str(told) and "no rule" not in said(told)
    assert said(Message("There is no account {name}.", name="no rule")) == "没有账号 no rule。"


def test_what_the_system_says_of_a_file_is_in_chinese(chinese: None):
    for number in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.ENOTDIR, errno.EROFS, errno.EDQUOT):
        assert os.strerror(number) in SYSTEM_WORDS
    denied = of_system(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    assert said(Message("{name}: the file cannot be read: {reason}.", name="/x/a.csv", reason=denied)) == (
        "/x/a.csv: 文件无法读取：没有权限。"
    )


def test_the_systems_words_are_those_of_the_c_library():
    assert sorted(set(SYSTEM_WORDS) - {os.strerror(number) for number in errno.errorcode}) == []


def test_errors_of_typed_values_are_in_chinese_with_and_without_the_name_of_their_field(chinese: None):
    with pytest.raises(InvalidInput) as refused:
        parse_amount("12,5", field="amount")
    assert said(refused.value.message) == "amount: '12,5' 不是金额。小数点请写成点，如 12.5。"
    assert said(refused.value.what) == "'12,5' 不是金额。小数点请写成点，如 12.5。"


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
    kept = Message("{fault} The last good configuration stays in force.", fault=refused.value)
    assert said(kept).endswith(" 沿用上一份正确的配置。")


def test_several_messages_in_one_text_are_joined_as_the_language_wants(chinese: None):
    off, days = Message("switched off"), Message("on any day")
    assert str(clauses([off, days])) == "switched off; on any day"
    assert said(clauses([off, Message(), days])) == "已停用；每天"
    assert said(phrases([as_it_is("22:00–06:00"), Message("through midnight"), days])) == (
        "22:00–06:00，跨午夜，每天"
    )
    assert (
        str(sentences([Message("Sign in first."), Message("Sign in first.")]))
        == "Sign in first. Sign in first."
    )
    assert said(sentences([Message("Sign in first."), Message("Sign in first.")])) == "请先登录。请先登录。"
