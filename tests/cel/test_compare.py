"""CDRs and CEL of the same calls, held against each other."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from config.settings import Numbering, Settings, SiteSettings
from engine.api.site import SourcesCompared
from engine.domain.errors import InvalidInput
from engine.pipeline.compare import compare_sources
from engine.tail.file_reader import Content
from tests.cel.events import CelSite
from tests.pipeline.test_legs import ASTERISK, CASES, UTC

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the records of real PBXs are not beside the repository"
)


def compared(site: CelSite, cdr: Path, cel: Path, numbering: Numbering = ASTERISK) -> SourcesCompared:
    settings = Settings(site=SiteSettings(timezone=UTC), numbering=numbering)
    with ExitStack() as stack, site.database.reading() as session:
        return compare_sources(
            session,
            cdr=stack.enter_context(closing(Content(str(cdr)))),
            cel=stack.enter_context(closing(Content(str(cel)))),
            settings=settings,
            home=site.folder,
            book=site.state.book,
            site=site.state.site,
        )


def test_ringing_and_announcements_are_the_difference(new_site: Callable[[], CelSite]) -> None:
    site = new_site()
    folder = CASES / "asterisk-answered-before-dial"
    result = compared(site, folder / "Master.csv", folder / "cel-Master.csv")
    (row,) = result.rows
    assert (row.payer_cdr, row.payer_cel, row.seconds_cdr, row.seconds_cel) == ("1001", "1001", 13, 8)
    assert (result.legs, result.different, row.cost_difference_micros) == (1, 1, -5_000_000)


def test_calls_without_records_and_with_the_same_seconds_are_told(new_site: Callable[[], CelSite]) -> None:
    site = new_site()
    folder = CASES / "asterisk-blind-to-outside"
    result = compared(site, folder / "Master.csv", folder / "cel-Master.csv")
    assert [row.payer_cel for row in result.rows] == ["1001", "1001"]
    assert all(row.seconds_cdr is not None and row.seconds_cel is not None for row in result.rows)
    assert site.calls() == []


def test_files_in_the_wrong_order_are_refused(new_site: Callable[[], CelSite]) -> None:
    site = new_site()
    folder = CASES / "asterisk-account-code"
    with pytest.raises(InvalidInput, match="Name the CDRs first"):
        compared(site, folder / "cel-Master.csv", folder / "Master.csv")
