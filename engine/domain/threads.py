"""How a part of the engine gets its thread: the daemon hands down a `Start`."""

import threading
from collections.abc import Callable
from typing import Protocol


class Running(Protocol):
    """A thread that was started."""

    def join(self, timeout: float | None = None) -> None:
        """Waits until it has ended."""

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        ...


class Start(Protocol):
    """Starts a thread."""

    def __call__(self, name: str, work: Callable[[], object], /, *, until: Callable[[], bool]) -> Running:
        """Runs `work` until it returns and `until` says that this was asked for."""
        ...


def start_thread(name: str, work: Callable[[], object], *, until: Callable[[], bool]) -> Running:  # noqa: ARG001
    """A thread that nobody watches, for what is used without a daemon."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
