"""Which names a source has, and how often its folder is looked through."""

import fnmatch
import itertools
from pathlib import Path

import pytest

from engine.tail.follower import Follower
from engine.tail.listing import SourceSpec, entries


@pytest.mark.parametrize(
    "pattern", ["*", "a*", "*.b", "ab*ba", "a*a", "a*b*", "*a*", "[ab]*", "a?*", "*[!a]", ".*", "*.", "ba"]
)
def test_a_glob_finds_what_a_shell_would(tmp_path: Path, pattern: str) -> None:
    names = {
        "".join(letters) for length in (1, 2, 3, 4) for letters in itertools.product("ab.", repeat=length)
    }
    names -= {".", ".."}
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "aab.b.ba").mkdir()
    spec = SourceSpec(path=str(tmp_path / pattern))
    found = {Path(entry.path).name for entry in entries(spec, str(tmp_path)) if not entry.base}
    hidden = set() if pattern.startswith(".") else {name for name in names if name.startswith(".")}
    assert found == set(fnmatch.filter(names - hidden, pattern))


def test_a_folder_that_takes_long_to_list_is_left_alone_for_a_while(tmp_path: Path) -> None:
    # Each look at this clock is a tenth of a second after the one before, so that listing takes long.
    ticks = itertools.count()
    follower = Follower(
        [SourceSpec(path=str(tmp_path / "*.cdr"), whole_files=True)], [], clock=lambda: next(ticks) / 10
    )
    (tmp_path / "1.cdr").write_text("call 1\n")
    assert len(follower.sweep()) == 1
    (tmp_path / "2.cdr").write_text("call 2\n")
    sweeps = 0
    while len(follower.sweep()) == 1:
        sweeps += 1
    assert 0 < sweeps < 10
