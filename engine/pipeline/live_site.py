"""The site and the rate book as the engine holds them in memory, renewed after commits."""

import threading
from dataclasses import replace
from zoneinfo import ZoneInfo

from config.settings import Numbering
from engine.access.settings import load_site
from engine.api.rates import CheckRates
from engine.domain.message import Message
from engine.domain.site import Site
from engine.pipeline.account_cache import AccountCache
from engine.rating.book import RateBook
from engine.rating.check import MAX_REMARKS, check_rates, remarks_by_rate
from engine.store import Database, Session


class LiveSite:
    """Renewed in the writer thread only, read from anywhere; both values are frozen."""

    def __init__(self, database: Database, *, zone: ZoneInfo, numbering: Numbering) -> None:
        self._lock = threading.Lock()
        self._remarks_lock = threading.Lock()
        self._remarks: tuple[RateBook, dict[int, list[Message]]] | None = None
        self._zone = zone
        self.numbering = numbering
        self.account_cache = AccountCache()
        """The writer thread's own."""
        with database.reading() as session:
            self._site = self._load(session)
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

    def remarks(self, session: Session) -> dict[int, list[Message]]:
        """What a check of the list found, by rule; computed once for each list (1.4 s for 100,000 rules)."""
        book = self.book
        with self._remarks_lock:
            if self._remarks is None or self._remarks[0] is not book:
                self._remarks = (book, remarks_by_rate(check_rates(session, CheckRates(limit=MAX_REMARKS))))
            return self._remarks[1]

    def configure(self, session: Session, *, zone: ZoneInfo, numbering: Numbering) -> None:
        """Takes over a changed config.yaml."""
        with self._lock:
            self._zone = zone
            self.numbering = numbering
        self.renew_site(session)

    def renew_site(self, session: Session) -> None:
        """Reads the settings again."""
        site = self._load(session)
        with self._lock:
            self._site = site

    def _load(self, session: Session) -> Site:
        numbering = self.numbering
        site = load_site(session, self._zone)
        return replace(site, payer=numbering.payer, unclaimed=numbering.unclaimed, rewrite=numbering.rewrite)

    def renew_book(self, session: Session) -> None:
        """Reads the rate list again."""
        book = RateBook.load(session)
        with self._lock:
            self._book = book
