"""What the engine holds in memory between transactions: the site and the rate book, renewed after commits."""

import threading
from zoneinfo import ZoneInfo

from config.settings import Numbering
from engine.access.settings import load_site
from engine.domain.site import Site
from engine.rating.book import RateBook
from engine.store import Database, Session


class State:
    """Renewed in the writer thread only, read from anywhere; both values are frozen."""

    def __init__(self, database: Database, *, zone: ZoneInfo, numbering: Numbering) -> None:
        self._lock = threading.Lock()
        self._zone = zone
        self.numbering = numbering
        with database.reading() as session:
            self._site = load_site(session, zone)
            self._book = RateBook.load(session)

    @property
    def site(self) -> Site:
        """The site as of the last commit."""
        with self._lock:
            return self._site

    @property
    def book(self) -> RateBook:
        """The rate book as of the last commit."""
        with self._lock:
            return self._book

    def configure(self, session: Session, *, zone: ZoneInfo, numbering: Numbering) -> None:
        """Takes over a changed config.yaml."""
        with self._lock:
            self._zone = zone
            self.numbering = numbering
        self.renew_site(session)

    def renew_site(self, session: Session) -> None:
        """Reads the settings again."""
        site = load_site(session, self._zone)
        with self._lock:
            self._site = site

    def renew_book(self, session: Session) -> None:
        """Reads the rate list again."""
        book = RateBook.load(session)
        with self._lock:
            self._book = book
