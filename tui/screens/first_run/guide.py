"""The guide of a new site: finds CDR files, shows what is in them, asks a few questions, writes config.yaml.

Every step can be left with Esc; nothing is written before the last one.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from glob import escape
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from config.places import FoundFile, found_files
from engine.api.site import DetectResult, GetSettings, ListSources
from engine.domain.errors import PbxmeterError
from tui.link.connection import EngineLink
from tui.screens.first_run.file import FilePreview
from tui.screens.first_run.site import SiteForm, Written
from tui.screens.paths import FileForm
from tui.screens.task import Cancelled, Report, run_task
from tui.terminal.text import clean
from tui.text.format import size_of
from tui.text.i18n import _
from tui.widgets.dialogs import Confirm, TextDialog
from tui.widgets.shell import Shell

MAX_PATH_SHOWN = 44
"""Cells of a path; of a longer one, its end."""

OTHER, DEMO, LATER = "other", "demo", "later"


@dataclass(frozen=True)
class Chosen:
    """What to begin with: a found file, or `what` else."""

    what: str
    file: FoundFile | None = None


class WhereScreen(ModalScreen[Chosen | None]):
    """Offers the CDR files that are on this host."""

    CSS_PATH = "first_run.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", show=False)]

    def __init__(self, found: list[FoundFile]) -> None:
        super().__init__()
        self._found = found

    def compose(self) -> ComposeResult:
        dialog = Vertical(classes="dialog guide")
        dialog.border_title = _("A new site")
        with dialog:
            intro = _("pbxmeter reads the files in which your PBX writes its calls (CDRs). Which of them?")
            told = (
                _("These look like such files:")
                if self._found
                else _("None was found in the usual places. Name the file, or look where your PBX writes.")
            )
            yield Static(f"{intro}\n{told}", classes="dialog-text", markup=False)
            yield OptionList(
                *(Option(self._line(file)) for file in self._found),
                Option(_("Another file…"), id=OTHER),
                Option(_("Only look around: sample data"), id=DEMO),
                Option(_("Not now: I write config.yaml myself"), id=LATER),
                markup=False,
                compact=True,
            )
            yield Static(
                _("Enter: go on   Esc: leave. The guide is in the commands (:) later on."),
                classes="dialog-keys",
                markup=False,
            )

    @staticmethod
    def _line(file: FoundFile) -> Content:
        changed = f"{datetime.fromtimestamp(file.changed_at):%Y-%m-%d %H:%M}"
        path = clean(file.source if "*" in file.source else str(file.path))
        if len(path) > MAX_PATH_SHOWN:
            path = "…" + path[1 - MAX_PATH_SHOWN :]
        return Content.assemble(path, (f"  {file.pbx}, {size_of(file.size)}, {changed}", "$text-muted"))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option.id is not None:
            self.dismiss(Chosen(event.option.id))
        else:
            self.dismiss(Chosen("file", self._found[event.option_index]))

    def action_leave(self) -> None:
        self.dismiss(None)


class Guide:
    """The steps, one after the other, over the screen in front."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def wanted(self) -> bool:
        """Whether this site is new: nothing configured, no file ever read."""
        try:
            sources = await self._shell.link.ask(ListSources())
        except PbxmeterError:
            return False
        return not sources.rows and not sources.files

    async def run(self) -> None:
        """From the first question to the end, or until Esc."""
        found = await self._shell.link.run(found_files)
        while True:
            chosen = await self._shell.push_screen_wait(WhereScreen(found))
            if chosen is None or chosen.what == LATER:
                return
            if chosen.what == DEMO:
                if await self._shell.push_screen_wait(Confirm(demo_question(), yes=_("Open it"))):
                    self._shell.open_demo()
                    return
                continue
            file = chosen.file or await self._named()
            if file is not None and await self._set_up(file):
                return

    async def _named(self) -> FoundFile | None:
        form = FileForm(
            _("CDR file"),
            intro=_("A file of this host, as your PBX writes it. → completes names."),
            submit=_("Look"),
            text="/var/log/",
        )
        path = await self._shell.push_screen_wait(form)
        if path is None:
            return None
        return FoundFile(pbx="", path=path, source=escape(str(path)), format="", size=0, changed_at=0)

    async def _set_up(self, file: FoundFile) -> bool:
        """Whether the site was set up; False = another file is wanted."""
        shell = self._shell
        form_name = ""
        while True:
            try:
                detected = await run_task(
                    shell,
                    _("Reading %s…") % clean(file.path.name),
                    partial(_detected, shell.link, file.path, form_name),
                )
                settings = await shell.link.ask(GetSettings())
            except Cancelled:
                return False
            except PbxmeterError as error:
                shell.tell(error)
                return False
            # What was typed while the file was read was not meant for a page that nobody had seen.
            shell.forget_input()
            chosen = await shell.push_screen_wait(
                FilePreview(file, detected, format_name=form_name, ascii_only=shell.ascii_only)
            )
            if chosen is None:
                return False
            if chosen.retry:
                form_name = chosen.format
                continue
            written = await shell.push_screen_wait(
                SiteForm(
                    file,
                    chosen.format,
                    detected,
                    config_path=Path(settings.config_path),
                    currency=settings.values["currency"],
                )
            )
            if written is not None:
                await self._finish(written)
                return True

    async def _finish(self, written: Written) -> None:
        if written.instead:
            await self._shell.push_screen_wait(TextDialog(_("config.yaml"), written.instead))
            return
        self._shell.done(
            _("Wrote %s. Calls appear as they are read; next: rates (3).") % clean(str(written.path))
        )


def _detected(link: EngineLink, path: Path, form: str, report: Report) -> DetectResult:
    # pyarrow comes with the client: imported after the first paint.
    from engine.api.files import detect_file

    return detect_file(link.client, path, form=form, progress=report)


def demo_question() -> str:
    """What the sample data are, and that this site is left for them."""
    return _(
        "Leave this site and open the sample office? It is a site of its own in a throwaway folder, so that "
        "no sample call ever stands among real ones: two weeks of 30 extensions, with calls still coming in. "
        "It is removed when you leave it. Later on: pbxmeter demo."
    )
