"""The shipped dialplan: parsed, and its shell part run by a real shell on real lists."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from config.dialplans import asterisk_dialplan, shipped_dialplan
from config.lockout import SPOOL_LIST
from config.settings import Settings, parse_settings
from engine.domain.errors import InvalidInput, NotFound
from engine.lockout.barred_file import BarredFile
from tests.open_folder import open_folder

TEXT = shipped_dialplan("asterisk.conf")
ANY_NUMBER = TEXT[TEXT.index("exten => _9.") :]


def filtered(text: str) -> str:
    """What FILTER of the dialplan leaves of a name."""
    found = re.search(r"Set\(WHO=\$\{FILTER\((.*),\$\{PAYER\}\)\}\)", ANY_NUMBER)
    assert found is not None
    allowed: set[str] = set()
    for first, last, single in re.findall(r"(.)-(.)|(.)", found[1]):
        allowed |= {single} if single else {chr(code) for code in range(ord(first), ord(last) + 1)}
    return "".join(character for character in text if character in allowed)


def held(who: str, path: Path) -> str:
    """What ${SHELL(...)} of the dialplan answers: /bin/sh runs the command and its output is taken."""
    found = re.search(r"Set\(HELD=\$\{SHELL\((.*)\)\}\)", ANY_NUMBER)
    assert found is not None
    command = found[1].replace("${WHO}", who).replace(SPOOL_LIST, str(path))
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True).stdout


def goes_out(payer: str, path: Path) -> bool:
    """Whether the call of a payer is dialled, as the lines of the dialplan decide it."""
    assert 'GotoIf($["${WHO}" = "" | "${WHO}" != "${PAYER}"]?barred)' in ANY_NUMBER
    who = filtered(payer)
    if not who or who != payer:
        return False
    assert 'GotoIf($["${HELD:0:1}" = "0"]?:barred)' in ANY_NUMBER
    return held(who, path)[:1] == "0"


@pytest.mark.parametrize(
    ("barred", "payer", "out"),
    [
        (["1001"], "1001", False),
        (["1001"], "1002", True),
        (["1001"], "100", True),
        (["1001"], "10011", True),
        ([], "1001", True),
        ([str(number) for number in range(1000, 1100)], "1050", False),
        (["100*"], "1001", True),
        (["1*1"], "1001", True),
        (["1*1"], "1*1", False),
        (["*1", "#2", "+49", "12A", "1d"], "+49", False),
        (["*1", "#2", "+49", "12A", "1d"], "12A", False),
        (["*1", "#2", "+49", "12A", "1d"], "12a", True),
        (["*1", "#2", "+49", "12A", "1d"], "1d", False),
        (["*1", "#2", "+49", "12A", "1d"], "#2", False),
        ([], "", False),
        ([], "anna", False),
        (["1001"], "1001x", False),
        ([], "1001'; touch hacked; '", False),
        ([], "-e", False),
        ([], "10 01", False),
    ],
)
def test_a_call_goes_out_only_for_a_payer_who_is_known_not_to_be_barred(
    barred: list[str], payer: str, out: bool
) -> None:
    with open_folder() as folder:
        path = folder / "barred.txt"
        BarredFile(path, shown="x").reconcile(frozenset(barred))
        assert goes_out(payer, path) is out


def test_without_a_list_that_can_be_read_no_call_goes_out(tmp_path: Path) -> None:
    assert not goes_out("1001", tmp_path / "missing.txt")
    closed = tmp_path / "closed.txt"
    closed.write_text("1002\n")
    closed.chmod(0)
    if os.geteuid() != 0:
        assert not goes_out("1001", closed)


def test_emergency_numbers_come_first_and_look_at_no_list() -> None:
    before = TEXT[: TEXT.index("exten => _9.")]
    assert re.findall(r"^exten => ([0-9]+),1,Dial", before, re.MULTILINE) == [
        *("110", "9110", "119", "9119", "120", "9120")
    ]
    assert "SHELL" not in before


def test_refusing_answers_no_call_and_the_payer_outlives_local_channels() -> None:
    code = re.sub(r"^;.*\n", "", TEXT, flags=re.MULTILINE)
    assert "Playback" not in code
    assert "Answer" not in code
    assert 'exten => _9.,1,ExecIf($["${PAYER}" = ""]?Set(__PAYER=${CHANNEL(endpoint)}))' in code
    assert code.rstrip().endswith("same => n(barred),Hangup(21)")


def site(text: str) -> Settings:
    return parse_settings(text, name="config.yaml")


def test_a_sites_own_list_trunk_and_emergency_numbers_stand_in_its_dialplan(tmp_path: Path) -> None:
    settings = site(
        "numbering: {trunks: ['PJSIP/out_*', 'PJSIP/carrier'], emergency: ['112']}\n"
        "lockout: [{kind: file, path: /srv/list.txt}]\n"
    )
    text = asterisk_dialplan(settings, home=tmp_path)
    assert "'${WHO}' /srv/list.txt)" in text
    assert re.findall(r"^exten => ([0-9]+),1,(.*)", text, re.MULTILINE) == [
        ("112", "Dial(PJSIP/${EXTEN}@carrier)"),
        ("9112", "Dial(PJSIP/${EXTEN:1}@carrier)"),
    ]
    assert "trunk_main" not in text
    assert "@other)" in asterisk_dialplan(settings, home=tmp_path, trunk="other")


def test_a_site_like_the_example_gets_the_shipped_file(tmp_path: Path) -> None:
    settings = site(
        f"numbering: {{emergency: ['110', '119', '120']}}\nlockout: [{{kind: file, path: {SPOOL_LIST}}}]\n"
    )
    assert asterisk_dialplan(settings, home=tmp_path) == TEXT


def test_what_a_dialplan_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="names no barred list"):
        asterisk_dialplan(site(""), home=tmp_path)
    with pytest.raises(InvalidInput, match="cannot stand in a dialplan"):
        asterisk_dialplan(site("lockout: [{kind: file, path: /a b)/x}]\n"), home=tmp_path)
    with pytest.raises(InvalidInput, match="no PJSIP endpoint"):
        asterisk_dialplan(site("lockout: [{kind: file}]\n"), home=tmp_path, trunk="a)b")
