"""Languages: what the environment asks for, and catalogues that fit their texts."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tui import i18n
from tui.i18n import _


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh-Hans"}, "zh_CN"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"PBXMETER_LANGUAGE": "zh_CN", "LC_ALL": "en_GB.UTF-8"}, "zh_CN"),
        ({"LANG": "xx_YY@nonsense"}, "en"),
    ],
)
def test_the_first_locale_variable_decides(environment: dict[str, str], language: str):
    assert i18n.from_environment(environment) == language


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


def texts_of(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
    """Every translation by its text."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (message.string,)
        if isinstance(message.string, str)
        else tuple(message.string)
        for message in catalogue
        if message.id
    }
