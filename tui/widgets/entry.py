"""A one-line input."""

from textual.suggester import Suggester
from textual.widgets import Input


class Entry(Input):
    """A one-line input that does not blink."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        password: bool = False,
        max_length: int = 0,
        suggester: Suggester | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            password=password,
            max_length=max_length,
            suggester=suggester,
            id=id,
            compact=True,
        )
        self.cursor_blink = False
