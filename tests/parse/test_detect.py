"""What a file's own unique ids say about the zone of its times."""

import re
from zoneinfo import ZoneInfo

import pytest

from config.settings import Numbering
from engine.api.site import DetectResult
from engine.parse.detect import detect
from sample_cdr.site import FOLDER

HEAD = (FOLDER / "Master.csv").read_bytes()[:20_000]


def found(source_zone: str | None, head: bytes = HEAD) -> DetectResult:
    zone = ZoneInfo(source_zone) if source_zone else None
    return detect(head, name="Master.csv", site_zone=ZoneInfo("UTC"), numbering=Numbering(), source_zone=zone)


@pytest.mark.parametrize("zone", ["America/Lima", "Asia/Tokyo"])
def test_a_zone_that_the_unique_ids_disprove_is_contradicted(zone: str) -> None:
    assert "unique ids" in str(found(zone).contradiction)


def test_the_zone_that_fits_and_a_zone_not_asked_for_are_not_contradicted() -> None:
    right = found(None)
    assert right.timezone
    assert not right.contradiction
    assert not found(right.timezone).contradiction


def test_ids_without_an_epoch_contradict_nothing() -> None:
    lines = HEAD.decode().splitlines()[:20]
    without = re.sub(r"1\d{9}\.\d+", "x", "\n".join(lines)) + "\n"
    assert not found("Asia/Tokyo", without.encode()).contradiction
