"""The two lists of locked packages: what running needs is a part of what development needs."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def locked(name: str) -> dict[str, str]:
    """Package: its version, marker and hashes, as the lock file says."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in text.splitlines() if line and not line.startswith("#")]
    return {re.split(r"[=\[]", line, maxsplit=1)[0]: line.partition("==")[2] for line in lines}


def version(pinned: str) -> str:
    return pinned.split()[0]


def test_both_lock_files_hold_the_same_versions_with_the_same_hashes() -> None:
    everything, running = locked("requirements.lock"), locked("requirements-run.lock")
    assert running.keys() < everything.keys()
    for name, pinned in running.items():
        assert version(pinned) == version(everything[name]), name
        assert set(re.findall(r"sha256:\w+", pinned)) == set(re.findall(r"sha256:\w+", everything[name])), (
            name
        )


def test_running_installs_what_the_product_names_and_nothing_of_development() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    running = locked("requirements-run.lock").keys()
    assert {re.split(r"[<>=\[]", one, maxsplit=1)[0] for one in named} <= running
    assert not running & {"pyright", "ruff", "pytest", "polars", "hypothesis", "uv"}
