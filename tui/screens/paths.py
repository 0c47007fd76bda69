"""Naming a file of this host, with completion."""

from collections.abc import Sequence
from pathlib import Path

from textual.suggester import Suggester

from engine.domain.errors import InvalidInput
from tui.text.i18n import _
from tui.widgets.field import Field, TypedField
from tui.widgets.forms import Form

MAX_LISTED = 2000


class PathSuggester(Suggester):
    """Offers the rest of a name that is there."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return completed_path(value)


def completed_path(text: str) -> str | None:
    """The first entry of the folder that begins as typed; folders end with a slash. None = there is none."""
    folder, _slash, begun = text.rpartition("/")
    if not begun:
        return None
    try:
        where = Path(folder or ("/" if text.startswith("/") else ".")).expanduser()
        found = sorted(
            entry.name + ("/" if entry.is_dir() else "")
            for entry, _number in zip(where.iterdir(), range(MAX_LISTED), strict=False)
            if entry.name.startswith(begun)
        )
    except (OSError, RuntimeError):
        return None
    return text[: len(text) - len(begun)] + found[0] if found else None


class PathField(TypedField[Path]):
    """A file on this host; `~` is the operator's home folder. → completes."""

    def __init__(self, key: str, label: str, text: str = "", *, must_exist: bool = False) -> None:
        super().__init__(key, label, text, max_length=4000)
        self._must_exist = must_exist
        self.entry.suggester = PathSuggester()
        self.add_class("-path")

    def read(self, text: str) -> Path:
        if not text:
            raise InvalidInput(_("Name a file."), field=self.key)
        try:
            path = Path(text).expanduser().absolute()
            if self._must_exist and not path.is_file():
                raise InvalidInput(_("No such file."), field=self.key)
        except (OSError, RuntimeError, ValueError) as error:
            raise InvalidInput(_("This is no path."), field=self.key) from error
        return path


class FileForm(Form[Path]):
    """Asks for a file that is there."""

    CSS_PATH = "paths.tcss"

    def __init__(self, title: str, *, intro: str, submit: str, text: str = "") -> None:
        super().__init__(title, submit=submit, intro=intro)
        self.path = PathField("path", _("File"), text, must_exist=True)

    @property
    def changed(self) -> bool:
        return False

    def fields(self) -> Sequence[Field[object]]:
        return [self.path]

    async def submit(self) -> Path:
        return self.path.value
