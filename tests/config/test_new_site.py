"""The config.yaml that the guide writes."""

import re
from pathlib import Path

import pytest

from config.new_site import NewSite, config_text, extension_pattern, write_new
from config.settings import load_settings, parse_settings
from engine.domain.errors import ConfigError, Refused, StorageError

SITE = NewSite(
    timezone="Asia/Shanghai",
    extensions=r"8\d{3}|1\d{2}",
    trunks=("PJSIP/trunk_*", "it's: #1"),
    path="/var/log/asterisk/cdr-csv/Master.csv",
    format="asterisk-csv",
    source_timezone="UTC",
)


def changed(**fields: object) -> NewSite:
    values = {name: getattr(SITE, name) for name in NewSite.__dataclass_fields__}
    return NewSite(**(values | fields))  # pyright: ignore[reportArgumentType] - the fields' own types


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_file_says_what_was_answered(tmp_path: Path, language: str):
    text = config_text(SITE, base=tmp_path, language=language)
    settings = parse_settings(text, name="config.yaml", base=tmp_path)
    assert settings.site.timezone.key == "Asia/Shanghai"
    assert settings.numbering.extensions == SITE.extensions
    assert settings.numbering.trunks == SITE.trunks
    (source,) = settings.sources
    assert (source.path, source.format) == (SITE.path, "asterisk-csv")
    assert source.timezone is not None
    assert source.timezone.key == "UTC"
    assert len(settings.lockout) == 1


def test_the_comments_are_in_the_language_of_the_guide(tmp_path: Path):
    english, chinese = (config_text(SITE, base=tmp_path, language=language) for language in ("en", "zh_CN"))
    assert "edit it as you like" in english
    assert "可随意修改" in chinese


def test_without_trunks_and_a_zone_of_the_file_the_defaults_stay(tmp_path: Path):
    text = config_text(changed(trunks=(), source_timezone=""), base=tmp_path)
    settings = parse_settings(text, name="config.yaml", base=tmp_path)
    assert settings.numbering.trunks == ()
    assert settings.sources[0].timezone is None


@pytest.mark.parametrize(
    "fields",
    [
        {"timezone": "Mars/Base"},
        {"extensions": "("},
        {"extensions": ".*"},
        {"trunks": ("[open",)},
        {"path": "two\nlines"},
        {"format": "no-such-format"},
    ],
)
def test_an_answer_that_config_yaml_cannot_hold_is_refused(tmp_path: Path, fields: dict[str, object]):
    with pytest.raises(ConfigError):
        config_text(changed(**fields), base=tmp_path)


def test_the_file_is_private_and_whole(tmp_path: Path):
    path = tmp_path / "config.yaml"
    write_new(path, config_text(SITE, base=tmp_path))
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_settings(path).sources[0].path == SITE.path
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.yaml"]


def test_an_existing_file_is_never_replaced(tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_text("mine")
    with pytest.raises(Refused, match="exists already"):
        write_new(path, "other")
    assert path.read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.yaml"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot be written"):
        write_new(tmp_path / "no" / "config.yaml", "")


@pytest.mark.parametrize(
    ("seen", "pattern"),
    [
        (["8001", "8002", "8030"], r"8\d{3}"),
        (["201", "305", "8001", "8002"], r"[23]\d{2}|8\d{3}"),
        (["8001", "0110", "+4930", "", "7", "ab12"], r"8\d{3}"),
        ([f"80{number:02}" for number in range(10)] + ["110"], r"8\d{3}"),
        ([], ""),
    ],
)
def test_the_pattern_proposed_fits_the_numbers_seen(seen: list[str], pattern: str):
    assert extension_pattern(seen) == pattern
    if pattern:
        assert all(re.fullmatch(pattern, number) for number in seen if number.startswith("8"))
