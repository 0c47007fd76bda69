"""The followed sources of one configuration: their follower, watcher and parsers."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from config.billing_source import bills_from_events, why_not
from config.settings import Settings
from engine.domain.errors import InvalidInput, PbxmeterError
from engine.domain.message import Message
from engine.domain.threads import Start, start_thread
from engine.pipeline.source_parser import SourceParser, parser_of
from engine.tail.checkpoint import Checkpoint
from engine.tail.follower import Follower
from engine.tail.listing import SourceSpec
from engine.tail.watcher import Watcher


class FollowedSources:
    """The sources of one configuration, from the stored checkpoints on."""

    def __init__(
        self,
        settings: Settings,
        known: Sequence[Checkpoint],
        *,
        home: Path,
        piece_bytes: int,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        start: Start = start_thread,
    ) -> None:
        """`now` is naive UTC, `clock` monotonic seconds."""
        self.parsers: dict[str, SourceParser] = {}
        """By the source's path or glob, absolute."""
        self.bulk_parsers: dict[str, SourceParser] = {}
        """The same for backlogs, which another thread reads."""
        self.faults: dict[str, Message] = {}
        """Sources without a parser, and why."""
        specs: list[SourceSpec] = []
        for source in settings.sources:
            path = str(home / source.path)
            try:
                parser = parser_of(source, settings, home)
                events = bills_from_events(settings, home)
                if events is not None and (parser.form.event is not None) != events:
                    raise InvalidInput(
                        why_not(
                            events=events,
                            by=Message("the first source ({path})", path=settings.sources[0].path),
                        )
                    )
                self.parsers[path] = parser
                self.bulk_parsers[path] = parser_of(source, settings, home)
            except PbxmeterError as error:
                self.faults[path] = error.message
            whole = path in self.parsers and self.parsers[path].whole_files
            specs.append(SourceSpec(path=path, whole_files=whole))
        self.watcher = Watcher(
            lambda: [folder for spec in specs for folder in spec.folders()],
            polling=settings.engine.polling,
            start=start,
        )
        self.follower = Follower(
            specs,
            known,
            piece_bytes=piece_bytes,
            clock=clock,
            wall=lambda: now().replace(tzinfo=UTC).timestamp(),
        )

    def close(self) -> None:
        """Lets go of all files."""
        self.watcher.close()
        self.follower.close()
