"""The site's configuration: what is read, and what errors say."""

import os
import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.lockout import AmiTarget, CommandTarget, EslTarget, FileTarget, FolderTarget
from config.new_site import shipped_text
from config.settings import (
    BackupSettings,
    EngineSettings,
    Numbering,
    Settings,
    Source,
    host_zone,
    load_settings,
    parse_settings,
    secret_files,
)
from engine.domain.errors import ConfigError

WHOLE = r"""
site:
  timezone: Asia/Shanghai
numbering:
  extensions: '[1-8]\d{2,4}'
  trunks: ['IAX2/carrier', 'PJSIP/trunk_*', 'DAHDI/*']
  emergency: ['110', 119, 0120]
sources:
  - path: /var/log/asterisk/cdr-csv/Master.csv
    format: asterisk-csv
    timezone: UTC
lockout:
  - kind: file
    path: lockout/barred.txt
backup:
  every: 12h
  keep: 3
  path: /mnt/backups
engine:
  socket_group: pbxmeter
  idle_exit_seconds: 90
  memory_mb: 300
"""


def test_a_whole_site_is_read_as_written() -> None:
    settings = parse_settings(WHOLE, name="config.yaml")
    assert settings.site.timezone == ZoneInfo("Asia/Shanghai")
    assert settings.numbering == Numbering(
        extensions=r"[1-8]\d{2,4}",
        trunks=("IAX2/carrier", "PJSIP/trunk_*", "DAHDI/*"),
        emergency=("110", "119", "0120"),
    )
    assert settings.sources == (
        Source(path="/var/log/asterisk/cdr-csv/Master.csv", format="asterisk-csv", timezone=ZoneInfo("UTC")),
    )
    assert settings.lockout == (FileTarget(path="lockout/barred.txt"),)
    assert settings.backup == BackupSettings(every=timedelta(hours=12), keep=3, path="/mnt/backups")
    assert settings.engine == EngineSettings(socket_group="pbxmeter", idle_exit_seconds=90, memory_mb=300)


def test_a_missing_file_is_a_new_site(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "config.yaml") == Settings()
    assert Settings().sources == ()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "sources:\n", "sources: []\nlockout:\n"])
def test_an_empty_site_has_defaults(text: str) -> None:
    assert parse_settings(text, name="config.yaml") == Settings()


def test_what_the_examples_offer_behind_a_hash_is_served() -> None:
    offered = re.sub(r"^( *)# (?=[ a-z_-]+:)", r"\1", shipped_text("example", "en"), flags=re.MULTILINE)
    assert parse_settings(offered, name="example.yaml").engine.socket_group == "pbxmeter"


@pytest.mark.parametrize("path", ["config/texts/example.yaml", "sample_cdr/office/config.yaml"])
def test_the_examples_are_sound(path: str) -> None:
    root = Path(__file__).parents[2]
    assert load_settings(root / path).sources


def test_the_commented_example_says_the_same_in_every_language() -> None:
    texts = {language: shipped_text("example", language) for language in ("en", "zh_CN")}
    assert texts["en"] != texts["zh_CN"]
    assert parse_settings(texts["en"], name="") == parse_settings(texts["zh_CN"], name="")
    # Also the keys that are only shown, behind a #.
    keys = {
        language: re.findall(r"^[ #-]*([a-z_]+):", text, re.MULTILINE) for language, text in texts.items()
    }
    assert keys["en"] == keys["zh_CN"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "sources:\n  - path: a\n    formt: x\n",
            r":3: sources\[0\]\.formt: unknown key; did you mean format\?",
        ),
        ("sites:\n", r":1: sites: unknown key; did you mean site\?"),
        ("site: Asia/Shanghai\n", r":1: site: must hold keys"),
        ("site:\n  timezone: Mars/Base\n", r":2: site\.timezone: 'Mars/Base' is not a time zone"),
        ("site:\n  timezone: 5\n", r":2: site\.timezone: must be text in quotes"),
        (
            "numbering:\n  extensions: '[1-8'\n",
            r":2: numbering\.extensions: '\[1-8' is not a regular expression",
        ),
        (
            "numbering:\n  extensions: '(?=8)(\\d+)+x'\n",
            r":2: numbering\.extensions: '.*' is not a regular expression that can be used: .*\(\?=",
        ),
        ("numbering:\n  extensions: '(\\d)\\1'\n", r":2: numbering\.extensions: .* invalid escape sequence"),
        (f"numbering:\n  extensions: '{'1' * 1001}'\n", r":2: numbering\.extensions: is longer than 1000"),
        ("numbering:\n  extensions: '.*'\n", r":2: numbering\.extensions: '\.\*' also matches no number"),
        ("numbering:\n  trunks: 'IAX2/x'\n", r":2: numbering\.trunks: must be a list"),
        ("numbering:\n  trunks:\n    - 'IAX2/['\n", r":3: numbering\.trunks\[0\]: 'IAX2/\[' is not a glob"),
        ("numbering:\n  emergency: [abc]\n", r":2: numbering\.emergency\[0\]: 'abc' is not a number"),
        (
            "numbering:\n  rewrite:\n    - match: '^0'\n      to: '+'\n      off: trunk\n",
            r":5: numbering\.rewrite\[0\]\.off: unknown key; did you mean of\?",
        ),
        (
            "numbering:\n  rewrite:\n    - {match: '^9', to: ''}\n    - {match: '(?<=0)1', to: x}\n",
            r":4: numbering\.rewrite\[1\]\.match: .* is not a regular expression that can be used",
        ),
        (
            "numbering:\n  rewrite:\n    - match: '^9(0)'\n      to: '\\2'\n",
            r":4: numbering\.rewrite\[0\]\.to: .* does not fit '\^9\(0\)': .* requests 2 matches",
        ),
        (
            "numbering:\n  rewrite:\n    - match: '^9'\n      to: 'x\\'\n",
            r":4: numbering\.rewrite\[0\]\.to: .* not allowed at end",
        ),
        (
            f"numbering:\n  rewrite:\n    - match: '^9'\n      to: '{'1' * 65}'\n",
            r":4: numbering\.rewrite\[0\]\.to: has 65 characters; a number has 64 at most",
        ),
        (
            "numbering:\n  rewrite:\n    - match: '^9'\n      to: \"1\\n2\"\n",
            r":4: numbering\.rewrite\[0\]\.to: must be one line without control characters",
        ),
        (
            "numbering:\n  rewrite:\n    - match: '^9'\n",
            r":3: numbering\.rewrite\[0\]: to is missing",
        ),
        (
            "numbering:\n  rewrite:\n    - {match: '^9', to: '', of: caller}\n",
            r":3: numbering\.rewrite\[0\]\.of: 'caller' is not a known kind of number",
        ),
        ("numbering:\n  rewrite: '^9'\n", r":2: numbering\.rewrite: must be a list"),
        (
            "numbering:\n  rewrite:\n" + "    - {match: '9', to: '8'}\n" * 101,
            r":2: numbering\.rewrite: has 101 items; at most 100 are read",
        ),
        ("numbering:\n  payer: boss\n", r":2: numbering\.payer: 'boss' is not a known payer"),
        ("sources:\n  - path: a\n    format: asterisk-cvs\n", r"\.format: .* did you mean asterisk-csv\?"),
        ("sources:\n  - path: a\n    format: own/x.yaml\n", r":3: .*there is no format file 'own/x\.yaml'"),
        ("sources:\n  - format: asterisk-csv\n", r":2: sources\[0\]: path is missing"),
        ("sources:\n  - path: ''\n    format: 3cx\n", r":2: sources\[0\]\.path: must not be empty"),
        ("backup:\n  every: daily\n", r":2: backup\.every: 'daily' is not a span of time"),
        ("backup:\n  keep: 0\n", r":2: backup\.keep: .* from 1 to"),
        ("lockout:\n  - path: x\n", r":2: lockout\[0\]: kind is missing"),
        ("lockout:\n  - kind: ami\n", r":2: lockout\[0\]\.kind: 'ami' is not a known kind"),
        ("lockout:\n  - kind: file\n    port: 1\n", r":3: lockout\[0\]\.port: unknown key"),
        (
            "lockout:\n  - kind: asterisk-ami\n    host: 127.0.0.1\n",
            r":2: lockout\[0\]: secret_file is missing",
        ),
        ("lockout:\n  - kind: freeswitch-esl\n", r":2: lockout\[0\]: password_file is missing"),
        ("lockout:\n  - kind: command\n", r":2: lockout\[0\]: run is missing"),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, port: 0}]\n",
            r"port: must be a whole number from 1",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, host: 'a b'}]\n",
            r"host: 'a b' cannot be used here",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, family: 'p%'}]\n",
            r"family: 'p%' cannot be used here",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, family: 'a_b'}]\n",
            r"family: 'a_b' cannot be used here",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, family: a/b}]\n",
            r"family: 'a/b' cannot be used here",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, family: CIDNAME}]\n",
            r"family: 'CIDNAME' belongs to",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, username: 'a:b'}]\n",
            r"username: 'a:b' cannot be used",
        ),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, live: true}]\n",
            r"live: is not served by this version",
        ),
        ("lockout: [{kind: freeswitch-esl, password_file: x, hang_up: true}]\n", r"hang_up: is not served"),
        (
            "lockout: [{kind: asterisk-ami, secret_file: x, lease_seconds: 9}]\n",
            r"lease_seconds: is not served",
        ),
        ("lockout: [{kind: asterisk-ami, secret_file: x, engine_lost: deny}]\n", r"it serves: host, port, "),
        (
            "lockout: [{kind: freeswitch-esl, password_file: x, realm: a/b}]\n",
            r"realm: 'a/b' cannot be used here",
        ),
        (
            "lockout: [{kind: freeswitch-esl, password_file: x, username: me}]\n",
            r"username: 'me' cannot be used",
        ),
        (
            "lockout: [{kind: command, run: [set-barred, '{extension}']}]\n",
            r"name the program with its full path",
        ),
        ("lockout: [{kind: command, run: ['/bin/{state}']}]\n", r"name the program with its full path"),
        (
            "lockout: [{kind: command, run: [/bin/x, '{extension}']}]\n",
            r"must hand over \{extension\} and \{state\}",
        ),
        (
            "lockout: [{kind: command, run: [/bin/x, '{state}'], whole_list: true}]\n",
            r"\{state\} says nothing",
        ),
        ("lockout: [{kind: command, run: /bin/x}]\n", r"run: must be a list"),
        ("lockout: [{kind: command, run: []}]\n", r"run: must be a program and its arguments"),
        ("lockout: [{kind: file}, {kind: file}]\n", r"lockout\[1\]: is the same target as lockout\[0\]"),
        ('lockout:\n  - kind: file\n    path: "a\\r\\nb"\n', r":3: .*path: must be one line"),
        ("engine:\n  memory_mb: 60\n", r":2: engine\.memory_mb: .*64"),
        ("engine:\n  idle_exit_seconds: 1.5\n", r":2: engine\.idle_exit_seconds: must be a whole number"),
        ("site:\nsite:\n", r":2: site: is given twice, first in line 1"),
        ("site: [\n", r":2: this is not YAML"),
        ("a: &x 1\nb: *x\n", r":1: anchors and aliases"),
        ("site:\n\ttimezone: UTC\n", r":2: this is not YAML"),
        ("site: !!python/object:os.system x\n", r":1: site: must hold keys"),
        ("- a\n", r":1: must hold keys"),
        ("\x00", r":1: this is not YAML"),
        ("[" * 5000, r":1: this is not YAML"),
    ],
)
def test_an_error_names_file_line_and_key(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, name="config.yaml")
    assert re.match(r"config\.yaml:\d+: ", str(caught.value))
    assert re.search(place, str(caught.value)), str(caught.value)


def test_every_kind_of_target_is_read_with_its_defaults() -> None:
    text = (
        "lockout: [{kind: folder}, {kind: asterisk-ami, secret_file: ami.secret},\n"
        "  {kind: freeswitch-esl, password_file: esl.secret, username: me@office, dry_run: true},\n"
        "  {kind: command, run: [/bin/x, '{extension}', '{state}'], seconds: 5},\n"
        "  {kind: command, run: [/bin/x, 2], name: 'the UCM', whole_list: true}]\n"
    )
    settings = parse_settings(text, name="config.yaml")
    assert settings.lockout == (
        FolderTarget(path="/var/spool/pbxmeter/barred.d"),
        AmiTarget(
            host="127.0.0.1", port=5038, username="pbxmeter", secret_file="ami.secret", family="pbxmeter"
        ),
        EslTarget(
            port=8021, username="me@office", password_file="esl.secret", realm="pbxmeter", dry_run=True
        ),
        CommandTarget(run=("/bin/x", "{extension}", "{state}"), shown="/bin/x", seconds=5),
        CommandTarget(run=("/bin/x", "2"), shown="the UCM", whole_list=True),
    )
    assert secret_files(settings) == ["ami.secret", "esl.secret"]


def test_bytes_that_are_not_utf8_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"site:\n  timezone: \xff\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2: the file is not UTF-8"):
        load_settings(path)


def test_the_database_takes_a_share_of_the_hosts_memory_by_default() -> None:
    host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
    assert 64 <= EngineSettings().memory_mb <= max(64, host / 4)


def test_the_host_zone_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Shanghai")
    assert host_zone() == ZoneInfo("Asia/Shanghai")
    monkeypatch.setenv("TZ", "Nonsense/Zone")
    assert host_zone().key
