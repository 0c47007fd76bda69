"""The shipped dialplans: run line by line, on real lists, folders and a made AstDB."""

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from config.dialplans import EXAMPLE_NUMBERS, Request, shipped_dialplan, site_dialplan
from config.lockout import SPOOL_LIST
from config.settings import Settings, parse_settings
from engine.domain.errors import InvalidInput, NotFound
from engine.lockout.barred_file import BarredFile
from engine.lockout.barred_folder import BarredFolder
from engine.lockout.keyed import KeyedTarget
from engine.lockout.target import Wanted
from tests.config.dialplan_runner import Call
from tests.open_folder import open_folder

BARRED = "Hangup(21)"
OUT = "Dial(PJSIP/123456@trunk_main)"
AMI = "{kind: asterisk-ami, secret_file: x}"

PAYERS = [
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
    ([], "../1001", False),
]


def site(text: str) -> Settings:
    return parse_settings(text, name="config.yaml")


def printed(target: str, *, home: Path = Path("/nowhere"), **asked: str) -> str:
    settings = site(f"numbering: {{emergency: ['110', '119', '120']}}\nlockout: [{target}]\n")
    return site_dialplan(settings, home=home, request=Request(**asked))


def wanted(barred: list[str]) -> Wanted:
    return Wanted(barred=dict.fromkeys(barred, "locked"), known={})


@pytest.mark.parametrize(("barred", "payer", "out"), PAYERS)
def test_by_a_file_a_call_goes_out_only_for_a_payer_who_is_known_not_to_be_barred(
    barred: list[str], payer: str, out: bool
) -> None:
    with open_folder() as folder:
        path = folder / "barred.txt"
        BarredFile(path, shown="x").reconcile(wanted(barred))
        text = printed(f"{{kind: file, path: {path}}}")
        assert Call(text, endpoint=payer).run() == (OUT if out else BARRED)


@pytest.mark.parametrize(("barred", "payer", "out"), PAYERS)
def test_by_a_folder_a_call_goes_out_only_for_a_payer_who_is_known_not_to_be_barred(
    barred: list[str], payer: str, out: bool
) -> None:
    with open_folder() as folder:
        path = folder / "barred.d"
        target = KeyedTarget("x", BarredFolder(path), remote=False, dry_run=False)
        target.reconcile(wanted(barred))
        text = printed(f"{{kind: folder, path: {path}}}")
        assert Call(text, endpoint=payer).run() == (OUT if out else BARRED)


@pytest.mark.parametrize(("barred", "payer", "out"), PAYERS)
@pytest.mark.parametrize("release", ["", "15", "16", "17"])
def test_by_astdb_a_call_goes_out_only_for_a_payer_who_is_not_barred(
    barred: list[str], payer: str, out: bool, release: str
) -> None:
    database = {f"pbxmeter/{number}": "over limit" for number in barred}
    if not release:
        assert Call(printed(AMI), endpoint=payer, database=database).run() == (OUT if out else BARRED)
        return
    text = printed(AMI, pbx="freepbx", release=release)
    call = Call(text, start="s", variables={"AMPUSER": payer}, database=database)
    passed = "Return()" if release == "17" else "MacroExit()"
    assert call.run() == (passed if out else BARRED)
    assert f"FreePBX {release}" in text


def test_the_payer_stays_the_same_through_local_channels() -> None:
    database = {"pbxmeter/1001": "locked"}
    inherited = {"PAYER": "1001"}
    assert Call(printed(AMI), endpoint="1002", variables=dict(inherited), database=database).run() == BARRED
    text = printed(AMI, pbx="freepbx")
    call = Call(text, start="s", variables={**inherited, "AMPUSER": "1002"}, database=database)
    assert call.run() == BARRED
    for plan in (printed(AMI), text):
        assert "Set(__PAYER=" in plan


def test_without_a_list_that_can_be_read_no_call_goes_out_unless_it_is_to_fail_open(tmp_path: Path) -> None:
    closed = tmp_path / "closed.txt"
    closed.write_text("1002\n")
    closed.chmod(0)
    missing = [f"{{kind: file, path: {tmp_path}/none.txt}}", f"{{kind: folder, path: {tmp_path}/none.d}}"]
    if os.geteuid() != 0:
        missing.append(f"{{kind: file, path: {closed}}}")
    for target in missing:
        assert Call(printed(target), endpoint="1001").run() == BARRED
        assert Call(printed(target, fail="open"), endpoint="1001").run() == OUT


def test_to_fail_open_lets_out_whoever_has_no_name_and_still_refuses_the_barred() -> None:
    with open_folder() as folder:
        BarredFile(folder / "barred.txt", shown="x").reconcile(wanted(["1001"]))
        keys = KeyedTarget("x", BarredFolder(folder / "barred.d"), remote=False, dry_run=False)
        keys.reconcile(wanted(["1001"]))
        for target in (
            f"{{kind: file, path: {folder}/barred.txt}}",
            f"{{kind: folder, path: {folder}/barred.d}}",
            AMI,
        ):
            text = printed(target, fail="open")
            assert "fails open" in text
            database = {"pbxmeter/1001": "locked"}
            assert Call(text, endpoint="anna", database=database).run() == OUT
            assert Call(text, endpoint="1001", database=database).run() == BARRED
            assert Call(text, endpoint="1002", database=database).run() == OUT


def test_with_the_mark_asked_for_a_lost_astdb_lets_nobody_out() -> None:
    text = printed(AMI).replace(";same =>", " same =>")
    assert Call(text, endpoint="1002").run() == BARRED
    assert Call(text, endpoint="1002", database={"pbxmeter-list/kept": "1"}).run() == OUT


@pytest.mark.parametrize("target", [AMI, "{kind: file, path: /a}", "{kind: folder, path: /a}"])
def test_emergency_numbers_come_first_and_look_at_nothing(target: str) -> None:
    text = printed(target)
    before = text[: text.index("exten => _9.")]
    assert re.findall(r"^exten => ([0-9]+),1,Dial", before, re.MULTILINE) == [
        *("110", "9110", "119", "9119", "120", "9120")
    ]
    assert not re.search(r"SHELL|DB\(|STAT", before)
    assert Call(text, dialled="9110", start="9110").run() == "Dial(PJSIP/110@trunk_main)"
    hook = printed(target, pbx="freepbx")
    assert Call(hook, start="s", variables={"EMERGENCYROUTE": "YES", "AMPUSER": "1001"}).run() == "Return()"


def test_refusing_answers_no_call() -> None:
    for text in (printed(AMI), printed(AMI, pbx="freepbx"), printed("{kind: file, path: /a}")):
        code = re.sub(r"^;.*\n", "", text, flags=re.MULTILINE)
        assert "Playback" not in code
        assert "Answer" not in code
        assert code.rstrip().endswith("same => n(barred),Hangup(21)")


def test_a_sites_own_family_trunk_and_emergency_numbers_stand_in_its_dialplan(tmp_path: Path) -> None:
    settings = site(
        "numbering: {trunks: ['PJSIP/out_*', 'PJSIP/carrier'], emergency: ['112']}\n"
        "lockout: [{kind: asterisk-ami, secret_file: x, family: bars}, {kind: file, path: /srv/list.txt}]\n"
    )
    text = site_dialplan(settings, home=tmp_path, request=Request())
    assert "${DB(bars/${WHO})}" in text
    assert re.findall(r"^exten => ([0-9]+),1,(.*)", text, re.MULTILINE)[:2] == [
        ("112", "Dial(PJSIP/${EXTEN}@carrier)"),
        ("9112", "Dial(PJSIP/${EXTEN:1}@carrier)"),
    ]
    assert "trunk_main" not in text
    assert "@other)" in site_dialplan(settings, home=tmp_path, request=Request(trunk="other"))


def test_the_first_target_that_fits_is_taken(tmp_path: Path) -> None:
    settings = site(
        "lockout: [{kind: command, run: [/bin/x, '{extension}', '{state}']}, "
        "{kind: freeswitch-esl, password_file: y}, {kind: file}]\n"
    )
    assert site_dialplan(settings, home=tmp_path, request=Request()).startswith("<include>")
    listed = site_dialplan(settings, home=tmp_path, request=Request(pbx="asterisk"))
    assert f"{tmp_path}/lockout/barred.txt" in listed
    assert SPOOL_LIST not in listed


def test_without_emergency_numbers_it_is_said(tmp_path: Path) -> None:
    for target in ("{kind: file}", "{kind: freeswitch-esl, password_file: y}"):
        text = site_dialplan(site(f"lockout: [{target}]\n"), home=tmp_path, request=Request())
        assert "numbering.emergency in config.yaml names none yet" in text
        assert "110" not in text


def test_what_a_dialplan_cannot_hold_is_refused(tmp_path: Path) -> None:
    def printed_for(text: str, **asked: str) -> str:
        return site_dialplan(site(text), home=tmp_path, request=Request(**asked))

    with pytest.raises(NotFound, match="names no barred list"):
        printed_for("")
    with pytest.raises(NotFound, match="freeswitch-esl"):
        printed_for("lockout: [{kind: file}]\n", pbx="freeswitch")
    with pytest.raises(InvalidInput, match="cannot stand in a dialplan"):
        printed_for("lockout: [{kind: file, path: /a b)/x}]\n")
    with pytest.raises(InvalidInput, match="no name of a trunk"):
        printed_for("lockout: [{kind: file}]\n", trunk="a)b")


class FreeSwitchCall:
    """The conditions of a FreeSWITCH dialplan, in its order, with the answers of mod_db."""

    def __init__(self, text: str, *, database: dict[str, str], module: bool = True) -> None:
        self._extensions = ET.fromstring(text).findall("extension")  # noqa: S314 - our own file
        self._database = database
        self._module = module

    def run(self, dialled: str, **variables: str) -> list[str]:
        """The applications with their data."""
        values = {"destination_number": dialled, **variables}
        done: list[str] = []
        for extension in self._extensions:
            matched = False
            for condition in extension.findall("condition"):
                found = re.search(
                    condition.attrib["expression"], self._value(condition.attrib["field"], values)
                )
                actions = condition.findall("action" if found else "anti-action")
                for action in actions:
                    data = self._filled(action.attrib["data"], values)
                    data = data.replace("$1", found[1] if found and found.re.groups else "")
                    if action.attrib["application"] in ("set", "export"):
                        name, _, value = data.partition("=")
                        values[name] = value
                    else:
                        done.append(f"{action.attrib['application']} {data}")
                        matched = True
                if not found and condition.attrib.get("break", "on-false") == "on-false":
                    break
            if matched and extension.attrib.get("continue") != "true":
                return done
        return done

    def _value(self, name: str, values: dict[str, str]) -> str:
        return self._filled(name, values) if "${" in name else values.get(name, "")

    def _filled(self, text: str, values: dict[str, str]) -> str:
        while found := re.search(r"\$\{([^${}]*)\}", text):
            name, _, offset = found[1].partition(":")
            if name.startswith("db(exists/"):
                key = name.removeprefix("db(exists/").removesuffix(")")
                value = "-ERR" if not self._module else "true" if key in self._database else "false"
            else:
                value = values.get(name, "")[int(offset or 0) :]
            text = text[: found.start()] + value + text[found.end() :]
        return text


def test_freeswitch_refuses_the_barred_and_lets_emergency_numbers_out() -> None:
    text = printed("{kind: freeswitch-esl, password_file: y}")
    assert text == shipped_dialplan("freeswitch.xml")
    assert f"({EXAMPLE_NUMBERS})" in text
    call = FreeSwitchCall(text, database={"pbxmeter/1001": "locked"})
    out, refused = ["bridge sofia/gateway/trunk_main/123"], ["hangup CALL_REJECTED"]
    assert call.run("9123", user_name="1002") == out
    assert call.run("9123", user_name="1001") == refused
    assert call.run("9123", user_name="1002", payer="1001") == refused
    assert call.run("9123", user_name="") == refused
    assert call.run("9123", user_name="anna") == refused
    assert call.run("1003", user_name="1001") == []
    assert call.run("9110", user_name="1001") == ["bridge sofia/gateway/trunk_main/110"]
    assert call.run("110", user_name="1001") == ["bridge sofia/gateway/trunk_main/110"]
    assert FreeSwitchCall(text, database={}, module=False).run("9123", user_name="1002") == refused
    opened = printed("{kind: freeswitch-esl, password_file: y}", fail="open")
    assert FreeSwitchCall(opened, database={}, module=False).run("9123", user_name="anna") == out
    assert FreeSwitchCall(opened, database={"pbxmeter/1001": "x"}).run("9123", user_name="1001") == refused


def test_freeswitch_gets_the_sites_realm_gateway_and_numbers(tmp_path: Path) -> None:
    settings = site(
        "numbering: {trunks: ['sofia/gateway/carrier'], emergency: ['112']}\n"
        "lockout: [{kind: freeswitch-esl, password_file: y, realm: bars}]\n"
    )
    text = site_dialplan(settings, home=tmp_path, request=Request())
    call = FreeSwitchCall(text, database={"bars/1001": "locked"})
    assert call.run("9123", user_name="1001") == ["hangup CALL_REJECTED"]
    assert call.run("112", user_name="1001") == ["bridge sofia/gateway/carrier/112"]
    assert call.run("9123", user_name="1002") == ["bridge sofia/gateway/carrier/123"]
