"""What is known of the terminal before the application starts."""

import pytest

from tui.app.start import ascii_only, says_utf8, unusable_terminal


@pytest.mark.parametrize(
    ("environment", "utf8"),
    [
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "zh_CN.utf8", "LANG": "C"}, True),
        ({"LC_CTYPE": "UTF-8"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "ca_ES.UTF-8@valencia"}, True),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "de_DE@euro"}, False),
        ({}, False),
    ],
)
def test_unicode_signs_need_a_locale_that_names_utf8(environment: dict[str, str], utf8: bool):
    assert says_utf8(environment) is utf8
    assert ascii_only("xterm-256color", environment) is not utf8
    assert ascii_only("linux", environment)


@pytest.mark.parametrize("term", ["", "dumb", "unknown"])
def test_a_terminal_without_screens_is_refused_with_what_to_do(term: str):
    assert "xterm-256color" in unusable_terminal(term, True)
    assert unusable_terminal("xterm", True) == ""
