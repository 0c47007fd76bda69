"""Lists whose pages are asked for by offset and whose answers say how many rows there are in all."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from engine.api.operation import Operation
from engine.domain.errors import PbxmeterError
from tui.link.connection import EngineLink
from tui.widgets.rows import Page, PageRequest, Row

P = TypeVar("P")


class OperationRows(Generic[P]):
    """A `RowSource` over one operation: `ask(offset, limit)` makes it, the rest reads its answer."""

    def __init__(
        self,
        link: EngineLink,
        *,
        ask: Callable[[int, int], Operation[P]],
        rows: Callable[[P], Sequence[Row]],
        total: Callable[[P], int],
        answered: Callable[[P], None] | None = None,
    ) -> None:
        """`answered` is told of every answer, in the thread that fetched it."""
        self._link = link
        self._ask = ask
        self._rows = rows
        self._total = total
        self._answered = answered
        self._cancelled = False

    def page(self, request: PageRequest) -> Page:
        return Page(rows=self._rows(self._answer(request.start, request.size)))

    def count(self) -> int:
        return self._total(self._answer(0, 1))

    def cancel(self) -> None:
        self._cancelled = True

    def _answer(self, offset: int, limit: int) -> P:
        def stop_if_cancelled(_progress: object) -> None:
            if self._cancelled:
                raise PbxmeterError("No longer wanted.", code="cancelled")

        answer = self._link.call(self._ask(offset, limit), progress=stop_if_cancelled)
        if self._answered is not None:
            self._answered(answer)
        return answer
