"""The pages of a list that a table holds, and what it asks for next."""

from collections import OrderedDict
from collections.abc import Iterator

from tui.widgets.rows import PAGE_ROWS, Anchor, Page, PageRequest, Row, RowSource

KEPT_PAGES = 64
"""Pages held for one list; the one unused for longest goes first."""

PREFETCH_ROWS = 64
"""A page is fetched ahead when the view comes this close to it."""


class Pages:
    """What is known of one source. Page `n` holds the rows from `n * PAGE_ROWS` on."""

    def __init__(self, source: RowSource, *, previous: "Pages | None" = None) -> None:
        """`previous`: an older view of the same list; its anchors serve until there are better ones."""
        self.source = source
        self.counted = False
        self.count_wanted = True
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._previous = previous
        self._end: int | None = None
        self._highest = previous.rows if previous is not None else 0

    @property
    def rows(self) -> int:
        """How many rows the list has as far as known: exact once `counted` or its end was seen."""
        return self._end if self._end is not None else self._highest

    @property
    def end_known(self) -> bool:
        return self._end is not None

    @property
    def held(self) -> int:
        """How many pages are in memory."""
        return len(self._pages)

    def row(self, number: int) -> Row | None:
        page = self._pages.get(number // PAGE_ROWS)
        if page is None:
            return None
        place = number % PAGE_ROWS
        return page.rows[place] if place < len(page.rows) else None

    def loaded(self) -> Iterator[tuple[int, Row]]:
        """Every row held, with its number."""
        for number, page in sorted(self._pages.items()):
            yield from enumerate(page.rows, number * PAGE_ROWS)

    def find(self, key: str) -> int | None:
        """The number of the row with this key among those held."""
        return next((number for number, row in self.loaded() if row.key == key), None)

    def store(self, request: PageRequest, page: Page) -> None:
        number = request.start // PAGE_ROWS
        self._pages[number] = page
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)
        reached = request.start + len(page.rows)
        if len(page.rows) < request.size and (page.rows or request.start == 0):
            self._end = reached
        elif not page.rows and not self.counted:
            self._highest = min(self._highest, request.start)
        elif not self.counted:
            # One more row than is known lets the view move on to the next page.
            self._highest = max(self._highest, reached + 1)
            if self._end is not None and reached > self._end:
                self._end = None

    def set_count(self, rows: int) -> None:
        self.counted = True
        self._end = rows
        for number in [number for number in self._pages if number * PAGE_ROWS >= rows]:
            del self._pages[number]

    def missing(self, first: int, last: int) -> int | None:
        """The page to fetch next for a view of rows `first` to `last`: what is seen, then what may be."""
        first, last = max(0, first), max(0, min(last, self.rows - 1))
        seen = range(first // PAGE_ROWS, last // PAGE_ROWS + 1)
        for number in seen:
            if number in self._pages:
                self._pages.move_to_end(number)
        near = (
            min(last + PREFETCH_ROWS, self.rows - 1) // PAGE_ROWS,
            max(0, first - PREFETCH_ROWS) // PAGE_ROWS,
        )
        return next((number for number in (*seen, *near) if number >= 0 and number not in self._pages), None)

    def unread_around(self, row: int, pages: int) -> int | None:
        """The nearest page to that of `row` that is not held, at most `pages` away."""
        here, last = row // PAGE_ROWS, max(0, self.rows - 1) // PAGE_ROWS
        around = (here + step * side for step in range(1, pages + 1) for side in (1, -1))
        return next((number for number in around if 0 <= number <= last and number not in self._pages), None)

    def has_all(self, first: int, last: int) -> bool:
        last = min(last, self.rows - 1)
        return all(n in self._pages for n in range(max(0, first) // PAGE_ROWS, max(0, last) // PAGE_ROWS + 1))

    def request(self, number: int) -> PageRequest:
        """What to ask the source for page `number`."""
        start = number * PAGE_ROWS
        size = PAGE_ROWS
        from_end = self.counted and start + size >= self.rows
        if from_end:
            size = max(1, self.rows - start)
        return PageRequest(
            start=start,
            size=size,
            after=self._anchor_before(number) if number else None,
            before=self._anchor_behind(number),
            from_end=from_end,
        )

    def _anchor_before(self, number: int) -> Anchor | None:
        known = [n for n, page in self._pages.items() if n < number and page.rows and page.last is not None]
        if not known:
            return self._previous._anchor_before(number) if self._previous is not None else None
        nearest = max(known)
        page = self._pages[nearest]
        return Anchor(nearest * PAGE_ROWS + len(page.rows) - 1, page.last)

    def _anchor_behind(self, number: int) -> Anchor | None:
        known = [n for n, page in self._pages.items() if n > number and page.rows and page.first is not None]
        if not known:
            return self._previous._anchor_behind(number) if self._previous is not None else None
        nearest = min(known)
        return Anchor(nearest * PAGE_ROWS, self._pages[nearest].first)

    def forget_previous(self) -> None:
        self._previous = None
