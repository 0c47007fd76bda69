"""What a site bills from: call records (CDRs), or events of channels (CEL).

Never both, for they tell of the same calls.
"""

from pathlib import Path

from config.formats import load_format
from config.settings import Settings, Source
from engine.domain.message import Message


def kind_name(*, events: bool) -> str:
    """CEL or CDRs, for people."""
    return "CEL" if events else "CDRs"


def holds_events(source: Source, base: Path) -> bool:
    """Whether a source's lines are events of channels.

    Raises `ConfigError` when its format cannot be loaded.
    """
    return load_format(source.format, base).event is not None


def bills_from_events(settings: Settings, base: Path) -> bool | None:
    """Whether the configured sources say that the site bills from events: the first of them decides.

    None = there are none. Raises `ConfigError` as `holds_events` does.
    """
    return holds_events(settings.sources[0], base) if settings.sources else None


def other_kind(settings: Settings, base: Path) -> list[Source]:
    """The sources that are not read, because their lines are of the other kind than those of the first."""
    events = bills_from_events(settings, base)
    return [source for source in settings.sources if holds_events(source, base) != events]


def why_not(*, events: bool, by: Message) -> Message:
    """Why a file or source is refused; `events`: what the site bills from, `by`: what has decided it."""
    return Message(
        "This site bills from {own}, as {by} says. {other} tell of the same calls, which would be charged "
        "twice; docs/cel.md says how to switch.",
        own=kind_name(events=events),
        by=by,
        other=kind_name(events=not events),
    )
