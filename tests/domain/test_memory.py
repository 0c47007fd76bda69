"""What the host and control groups leave, read from folders laid out as the kernel lays them out."""

from pathlib import Path

import pytest

from engine.domain.memory import Memory, host_memory
from engine.domain.message import Message

KB = 1024
HOST = "MemTotal: 4000000 kB\nMemFree: 100 kB\nMemAvailable: 3000000 kB\nSwapFree: 0 kB\n"
V2_MOUNT = "30 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MOUNTS = (
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)


def host(root: Path, *, groups: str = "", mounts: str = "", meminfo: str = HOST) -> Path:
    """A root with `proc` in it."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(meminfo)
    (root / "proc/self/cgroup").write_text(groups)
    (root / "proc/self/mountinfo").write_text("22 1 0:20 / /proc rw - proc proc rw\n" + mounts)
    return root


def group(root: Path, path: str, **files: object) -> None:
    """A control group's folder; `memory_max` = the file memory.max."""
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("memory_", "memory.", 1)).write_text(f"{content}\n")


def test_without_a_control_group_it_is_what_the_host_has_available(tmp_path: Path) -> None:
    assert host_memory(host(tmp_path)) == Memory(
        limit=4_000_000 * KB, free=3_000_000 * KB, where=Message("this host")
    )


def test_free_swap_of_the_host_counts(tmp_path: Path) -> None:
    root = host(tmp_path, meminfo=HOST.replace("SwapFree: 0", "SwapFree: 500"))
    assert host_memory(root).free == 3_000_500 * KB


def test_a_group_of_version_2_leaves_its_limit_less_what_is_used_but_for_pages_of_files(
    tmp_path: Path,
) -> None:
    root = host(tmp_path, groups="0::/system.slice/pbxmeter.service\n", mounts=V2_MOUNT)
    stat = "anon 100\ninactive_file 30000\nactive_file 5000\nfile 99999"
    group(
        root,
        "sys/fs/cgroup/system.slice/pbxmeter.service",
        memory_max=400_000,
        memory_high="max",
        memory_current=150_000,
        memory_stat=stat,
    )
    folder = "sys/fs/cgroup/system.slice/pbxmeter.service"
    where = Message("the control group /{group}", group=folder)
    assert host_memory(root) == Memory(limit=400_000, free=285_000, where=where)


@pytest.mark.parametrize(("inner", "outer"), [(400_000, 300_000), (300_000, 400_000), ("max", 300_000)])
def test_the_tightest_of_all_groups_around_it_counts(tmp_path: Path, inner: object, outer: object) -> None:
    root = host(tmp_path, groups="0::/outer/inner\n", mounts=V2_MOUNT)
    group(root, "sys/fs/cgroup/outer", memory_max=outer, memory_current=1000)
    group(root, "sys/fs/cgroup/outer/inner", memory_max=inner, memory_current=1000)
    found = host_memory(root)
    assert (found.limit, found.free) == (300_000, 299_000)
    assert str(found.where).endswith("inner") == (inner == 300_000)


def test_where_the_kernel_slows_a_group_down_its_memory_ends_too(tmp_path: Path) -> None:
    root = host(tmp_path, groups="0::/a\n", mounts=V2_MOUNT)
    group(root, "sys/fs/cgroup/a", memory_max=400_000, memory_high=350_000, memory_current=0)
    assert host_memory(root).limit == 350_000


def test_a_group_of_version_1_counts_with_the_groups_within_it(tmp_path: Path) -> None:
    root = host(tmp_path, groups="4:memory:/pbx\n1:cpu:/other\n0::/\n", mounts=V1_MOUNTS)
    group(root, "sys/fs/cgroup/memory", memory_limit_in_bytes=9223372036854771712, memory_usage_in_bytes=7)
    group(
        root,
        "sys/fs/cgroup/memory/pbx",
        memory_limit_in_bytes=400_000,
        memory_usage_in_bytes=100_000,
        memory_stat="inactive_file 1\ntotal_inactive_file 20000\ntotal_active_file 3000",
    )
    assert host_memory(root).free == 323_000


def test_a_container_that_sees_only_its_part_of_the_groups_finds_its_own(tmp_path: Path) -> None:
    mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    root = host(tmp_path, groups="4:memory:/docker/abc\n", mounts=mounts)
    group(root, "sys/fs/cgroup/memory", memory_limit_in_bytes=256_000, memory_usage_in_bytes=6_000)
    assert host_memory(root).free == 250_000


def test_a_group_that_is_over_its_limit_leaves_nothing(tmp_path: Path) -> None:
    root = host(tmp_path, groups="0::/a\n", mounts=V2_MOUNT)
    group(root, "sys/fs/cgroup/a", memory_max=100, memory_current=200)
    assert host_memory(root).free == 0


def test_a_host_without_these_files_sets_no_limit(tmp_path: Path) -> None:
    assert host_memory(tmp_path).free > 1 << 50
