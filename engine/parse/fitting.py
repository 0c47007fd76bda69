"""How well a format reads the beginning of a file."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from config.format_model import Format
from config.settings import Numbering
from engine.domain.errors import InvalidInput
from engine.domain.message import NOTHING, Message
from engine.parse.dress import DELIMITERS
from engine.parse.layouts import Layouts
from engine.parse.parser import Parser
from engine.parse.schema import Parsed

HEAD_BYTES = 262_144
"""As much of a file as is looked at."""


@dataclass(frozen=True, kw_only=True)
class Zones:
    """Of the times in the file, and of the site."""

    source: ZoneInfo
    site: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a format reads the head."""

    form: Format
    parsed: Parsed | None
    fault: Message
    """Why the file as a whole is of no use to the format; '' = it is of use."""
    form_read: Format
    """The format as the file is dressed."""
    notes: tuple[Message, ...] = ()
    """What is other than the format says."""
    closeness: float = 0.0
    """The share of the columns needed that a header has which is not the format's."""

    @property
    def undecided(self) -> bool:
        """Whether the file was refused because its dates can be read two ways."""
        return "two ways" in self.fault.template

    @property
    def share(self) -> float:
        """Calls and events among the lines that are no headers and not blank."""
        if self.parsed is None:
            return 0.0
        lines = self.parsed.records + self.parsed.rejects.num_rows
        return self.parsed.records / lines if lines else 0.0

    @property
    def weight(self) -> tuple[float, bool, int]:
        """The better fit is the greater."""
        directions = self.parsed.calls["direction"].to_pylist() if self.parsed is not None else []
        return round(self.share, 2), self.form.header, sum(name != "other" for name in directions)


def fitted(form: Format, head: bytes, numbering: Numbering, zones: Zones) -> Fit:
    whole = len(head) < HEAD_BYTES
    parser = Parser(form, numbering=numbering, source_zone=zones.source, site_zone=zones.site)
    try:
        parsed = parser.parse(head, base_offset=0, first=True, final=whole)
    except InvalidInput as error:
        return _unfit(form, parser.dress.form, head, error.message)
    return Fit(
        form=form,
        parsed=parsed,
        fault=NOTHING,
        form_read=parser.dress.form,
        notes=tuple(note for note in parser.notes if note != parser.zone_doubt),
    )


def _unfit(form: Format, dressed: Format, head: bytes, fault: Message) -> Fit:
    """A format that cannot read the head; with a header, by the delimiter that shows most of its columns."""
    if form.header:
        others = [replace(dressed, delimiter=mark) for mark in DELIMITERS if mark != dressed.quote]
        dressed = max([dressed, *others], key=lambda one: _closeness(one, head))
        layouts = Layouts(dressed)
        try:
            layouts.resume(layouts.header_of(head) or b"")
        except InvalidInput as error:
            fault = error.message
    return Fit(form=form, parsed=None, fault=fault, form_read=dressed, closeness=_closeness(dressed, head))


def _closeness(form: Format, head: bytes) -> float:
    if not form.header:
        return 0.0
    layouts = Layouts(form)
    titles = {title.lower() for title in layouts.titles(layouts.header_of(head) or b"")}
    found = {form.names[title] for title in titles & form.names.keys()}
    return len(found & set(form.required)) / len(form.required)
