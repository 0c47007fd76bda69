"""The committed files agree with one another and with the reference."""

import json
from pathlib import Path

from sample_cdr import extension_sheet
from tests.reference import expected

OFFICE = expected.SAMPLES / "office"


def test_expected_figures_of_both_samples_are_those_of_the_reference() -> None:
    for name, figures in (("asterisk", expected.asterisk()), ("office", expected.office())):
        committed = (expected.SAMPLES / name / "expected.json").read_text(encoding="utf-8")
        assert json.loads(committed) == figures


def test_the_committed_extension_sheet_is_what_its_module_makes(tmp_path: Path) -> None:
    extension_sheet.write(tmp_path / "extensions.csv")
    assert (tmp_path / "extensions.csv").read_bytes() == (OFFICE / "extensions.csv").read_bytes()


def test_after_two_weeks_a_few_are_over_limit_and_some_calls_have_no_rule() -> None:
    figures = expected.office()
    assert figures["over_limit"] == ["8012", "8016", "8029", "8030"]
    assert figures["barred"] == ["8012", "8016", "8017", "8029", "8030"]
