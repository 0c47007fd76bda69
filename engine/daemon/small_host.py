"""Before anything large is loaded: is there memory for an engine, and must it be saved?"""

import contextlib
import ctypes

from engine.domain.errors import Refused
from engine.domain.memory import MB, address_space, host_memory

LEAST_FREE = 100 * MB
"""The engine at rest takes 50, and needs its code in memory."""
LEAST_SPACE = 2000 * MB
"""Of addresses: threads and allocators reserve far more than they use."""
SCARCE = 1000 * MB
SCARCE_SPACE = 8000 * MB

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Of mallopt(3)."""
_GIVEN_BACK_BYTES = 128 << 10


def prepare_memory() -> None:
    """Has freed memory given back to a host that has little, which takes a quarter more CPU of an import.

    Raises `Refused`, code `memory`, where an engine would be killed or break off at its start. It must run
    before other threads and before Arrow.
    """
    memory, space = host_memory(), address_space()
    if space < LEAST_SPACE:
        raise Refused(
            "The engine needs an address space of {least_space:,} MB, and `ulimit -v` allows "
            "{space:,} MB. Raise it (`ulimit -v unlimited`); memory is better bounded by a "
            "control group (MemoryMax= of systemd).",
            least_space=LEAST_SPACE // MB,
            space=space // MB,
            code="memory",
        )
    if memory.free < LEAST_FREE:
        raise Refused(
            "The engine needs {least_free:,} MB of free memory to start, and {where} has "
            "{free:,} MB. End other programs there, or give it more memory.",
            least_free=LEAST_FREE // MB,
            where=memory.where,
            free=memory.free // MB,
            code="memory",
        )
    if memory.limit < SCARCE or space < SCARCE_SPACE:
        _save_memory()


def _save_memory() -> None:
    with contextlib.suppress(OSError, AttributeError):
        # Other C libraries than glibc have no mallopt, and no arenas.
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 1)
        library.mallopt(_M_MMAP_THRESHOLD, _GIVEN_BACK_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _GIVEN_BACK_BYTES)
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
