"""The language of the front ends: English in the sources, others from gettext catalogues in `tui/locale`.

Texts of screens and command line are marked with `_`; those of engine and configuration arrive as messages,
templates with fields, and `said` shows them.
`install` comes before any screen is imported. Texts in class bodies are marked with `N_` and looked up with
`_` when they are shown, so that the language can change while the application runs. `make messages` collects
all of them and compiles the catalogues; it does not see calls of `_` inside f-strings.
"""

import gettext
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from engine.domain.message import N_ as N_  # screens import it from here
from engine.domain.message import Message

LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}
"""What can be chosen, and what each language calls itself."""

DOMAIN = "pbxmeter"
ENGINE_DOMAIN = "sentences"
"""What engine and configuration say."""
LOCALE_FOLDER = Path(__file__).parents[1] / "locale"

CLICK_DOMAIN = "click"
"""What click, which makes the command line, says itself; it asks the standard library for translations."""

CHOICE = "PBXMETER_LANGUAGE"
"""The variable that goes before the locale and the site's setting."""

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def _(text: str) -> str:
    """`text` in the language of the screens."""
    return _translations.gettext(text) if text else ""


def said(message: Message) -> str:
    """A message of engine or configuration in the language of the screens."""
    return message.told(_)


def shown(text: str | Message) -> str:
    """The same, where some texts are no messages: they are in that language already, or somebody's."""
    return said(text) if isinstance(text, Message) else text


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, as the language wants for `count`."""
    return _translations.ngettext(one, many, count)


def flowing(sentences: Iterable[str]) -> str:
    """Whole sentences as one text; Chinese puts no blank between them."""
    return ("" if _language == "zh_CN" else " ").join(sentences)


def language() -> str:
    """The language in force, a key of `LANGUAGES`."""
    return _language


def install(wanted: str | None = None) -> str:
    """Switches to `wanted`, or to what the environment asks for where that is None; else to English."""
    global _translations, _language
    _language = _known(wanted) if wanted else from_environment(os.environ)
    _translations = gettext.translation(DOMAIN, LOCALE_FOLDER, [_language], fallback=True)
    _translations.add_fallback(gettext.translation(ENGINE_DOMAIN, LOCALE_FOLDER, [_language], fallback=True))
    gettext.bindtextdomain(CLICK_DOMAIN, str(LOCALE_FOLDER))
    gettext.textdomain(CLICK_DOMAIN)
    os.environ["LANGUAGE"] = _language
    return _language


def of_site(setting: str) -> str:
    """What a site's setting comes to on this terminal; '' = none: the locale decides."""
    return _known(setting) if setting and shows_chinese(os.environ) else from_environment(os.environ)


def shows_chinese(environment: Mapping[str, str]) -> bool:
    """Whether this terminal may: the Linux console has no such letters, and only UTF-8 is written."""
    names = (environment.get(variable, "") for variable in ("LC_ALL", "LC_CTYPE", "LANG"))
    encoding = next((name for name in names if name), "").partition("@")[0].partition(".")[2]
    utf8 = encoding.lower().replace("-", "") in ("", "utf8")
    return utf8 and environment.get("TERM") != "linux"


def chosen() -> bool:
    """Whether the operator chose a language, so that the site's setting does not count."""
    return bool(os.environ.get(CHOICE))


def from_environment(environment: Mapping[str, str]) -> str:
    """That of the locale variables, in the order in which POSIX reads them, if the terminal shows it."""
    if choice := environment.get(CHOICE):
        return _known(choice)
    names = (environment.get(variable, "") for variable in ("LC_ALL", "LC_MESSAGES", "LANG"))
    wanted = _known(next((name for name in names if name), ""))
    return wanted if shows_chinese(environment) else "en"


def _known(name: str) -> str:
    plain = name.partition(".")[0].partition("@")[0].replace("-", "_")
    return "zh_CN" if plain.lower().startswith("zh") else "en"
