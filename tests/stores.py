"""A store of its own for a test, with extensions and a site to begin with."""

import atexit
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.access.settings import set_setting
from engine.api.extensions import SetExtensions
from engine.api.site import SetSetting
from engine.domain.site import Site
from engine.ledger.extensions import set_extensions
from engine.store import Database, Session

NOW = datetime(2026, 3, 1, 12)
UTC = ZoneInfo("UTC")
SITE = Site(zone=UTC, billing=True)


@cache
def _template() -> Path:
    """An empty store, made once for a process of tests."""
    folder = Path(tempfile.mkdtemp(prefix="pbxmeter-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "empty.duckdb"
    Database(path, threads=1).close()
    return path


def new_store(path: Path, *, threads: int = 1) -> Database:
    """The store at `path`, a new one if there is none: copied, which takes a third of making it."""
    if not path.exists():
        shutil.copy(_template(), path)
    return Database(path, threads=threads)


@contextmanager
def opened(folder: Path) -> Generator[Session]:
    """A session on a new store in `folder`."""
    database = new_store(folder / "test.duckdb")
    session = database.session()
    try:
        yield session
    finally:
        session.close()
        database.close()


def bill(session: Session, *numbers: str, credit_limit_micros: int = 0) -> None:
    """Billing on for the site and these extensions, which are added."""
    set_setting(session, SetSetting(name="billing", value="on"))
    request = SetExtensions(
        numbers=list(numbers), create=True, billing=True, credit_limit_micros=credit_limit_micros
    )
    set_extensions(session, request, operator="test", now=NOW)
