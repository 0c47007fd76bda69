"""Home folders with a database that says what was written into it."""

import os
from pathlib import Path

from engine.access.settings import set_setting
from engine.api.home import DATABASE_FILE
from engine.api.site import SetSetting
from engine.store import Database, Writer


def write(path: Path, currency: str, *, killed: bool = False) -> None:
    """Sets the site's currency in a database; `killed` leaves it in the log, as a killed engine does."""
    if killed:
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == 0
            return
    database = Database(path, threads=1)
    writer = Writer(database)
    writer.run(lambda session: set_setting(session, SetSetting(name="currency", value=currency)))
    if killed:
        os._exit(0)
    writer.close()
    database.close()


def currency(home: Path) -> str:
    """What the database of a home says."""
    database = Database(home / DATABASE_FILE, threads=1)
    with database.reading() as session:
        found = dict(session.records(tuple[str, str], "access.settings"))
    database.close()
    return found["currency"]


def new_home(folder: Path) -> Path:
    """An empty home."""
    folder.mkdir(mode=0o700)
    return folder
