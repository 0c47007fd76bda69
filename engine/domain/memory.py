"""Memory that the host and the control groups of this process leave it, and its address space."""

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.domain.message import Message

MB = 1_000_000
UNLIMITED = 1 << 60
"""Of bytes: where nothing sets a limit."""

RESERVED_SPACE = 1600 * MB
"""Of addresses, by threads and allocators, which use little of them."""

_LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")
_USED = ("memory.current", "memory.usage_in_bytes")
_PREFIX = "total_"
"""Of the counts of version 1 that include groups within the group."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What there is for this process, in bytes. Pages of files that can be read again count as free."""

    limit: int
    """At most, whatever else runs."""
    free: int
    """Now."""
    where: Message
    """Who leaves so little: "this host", or a control group."""


class _Bound(NamedTuple):
    free: int
    limit: int
    where: Message


def host_memory(root: Path = Path("/")) -> Memory:
    """Memory of the host, of the process's control group and of all groups around it: the least of them.

    Control groups of versions 1 and 2; `root` holds `proc` and what it names.
    """
    bounds = [_host(root), *(bound for folder in _groups(root) if (bound := _group(folder, root)))]
    least = min(bounds)
    return Memory(limit=min(bound.limit for bound in bounds), free=max(0, least.free), where=least.where)


def address_space() -> int:
    """The bytes that `ulimit -v` lets this process have in all; `UNLIMITED` = as many as it likes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft


def free_memory(root: Path = Path("/")) -> Memory:
    """`host_memory`, or what is left of the address space where that is less."""
    memory, space = host_memory(root), address_space()
    pages = next(iter(_lines(Path("/proc/self/statm"))), "0").split()[0]
    left = max(0, space - int(pages) * resource.getpagesize())
    if space == UNLIMITED or left >= memory.free:
        return memory
    limit = min(memory.limit, max(0, space - RESERVED_SPACE))
    return Memory(limit=limit, free=left, where=Message("the address space (`ulimit -v`)"))


def _host(root: Path) -> _Bound:
    sizes: dict[str, int] = {}
    for line in _lines(root / "proc/meminfo"):
        name, _, value = line.partition(":")
        sizes[name] = int(value.split()[0]) * 1024
    limit = sizes.get("MemTotal", UNLIMITED)
    return _Bound(sizes.get("MemAvailable", limit) + sizes.get("SwapFree", 0), limit, Message("this host"))


def _group(folder: Path, root: Path) -> _Bound | None:
    """What a control group leaves; None = it sets no limit."""
    limits = [size for name in _LIMITS if (size := _size(folder / name)) is not None]
    limit = min(limits, default=UNLIMITED)
    used = next((size for name in _USED if (size := _size(folder / name)) is not None), None)
    if limit >= UNLIMITED or used is None:
        return None
    counts = dict(line.split() for line in _lines(folder / "memory.stat") if line.count(" ") == 1)
    pages = ("inactive_file", "active_file")
    files = sum(int(counts.get(_PREFIX + name, counts.get(name, 0))) for name in pages)
    where = Message("the control group /{group}", group=folder.relative_to(root))
    return _Bound(limit - used + min(files, used), limit, where)


def _groups(root: Path) -> Iterator[Path]:
    """The folders of the process's own groups and of those around them."""
    paths: dict[str, str] = {}
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            paths["cgroup" if controllers else "cgroup2"] = path
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, kind = line.partition(" - ")
        system = kind.split()
        if system[:1] == ["cgroup"] and "memory" not in system[-1].split(","):
            continue
        if system[:1] and (path := paths.get(system[0])) is not None:
            top, place = mount.split()[3:5]
            # In a container the mount may begin within the hierarchy.
            inner = path.removeprefix(top.rstrip("/")) if path.startswith(top) else "/"
            base = root / place.lstrip("/")
            folder = base / inner.lstrip("/")
            yield folder
            yield from (around for around in folder.parents if around.is_relative_to(base))


def _size(path: Path) -> int | None:
    """A number of bytes; None = there is no such file, or it sets no limit."""
    text = next(iter(_lines(path)), "")
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
