"""Engines with too little memory say so before they begin; with little they work."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from engine.api.client import connect
from engine.api.home import START_ERROR_FILE
from engine.api.message_json import from_json
from engine.api.site import Ingest, StopEngine
from engine.daemon import small_host
from engine.domain.errors import Refused
from engine.domain.memory import MB, Memory
from engine.domain.message import Message
from tests.daemon.homes import new_home
from tests.reliability.site import wait_until

OFFICE = Path(__file__).parents[2] / "sample_cdr" / "office"


def _engine(home: Path, *options: str, space: int) -> "subprocess.Popen[str]":
    """An engine as `ulimit -v` bounds it, to so many bytes."""
    return subprocess.Popen(
        [
            *("prlimit", f"--as={space}:{space}", "--"),
            *(sys.executable, "-m", "engine.daemon", "run", "--home", str(home), *options),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_address_space_that_is_too_small_is_refused_in_a_sentence(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    engine = _engine(home, "--background", space=1_228_800_000)
    _, said = engine.communicate(timeout=60)
    reason = (
        "The engine needs an address space of 2,000 MB, and `ulimit -v` allows 1,228 MB. Raise it "
        "(`ulimit -v unlimited`); memory is better bounded by a control group (MemoryMax= of systemd)."
    )
    assert (engine.returncode, said) == (1, f"error: memory: {reason}\n")
    assert str(from_json((home / START_ERROR_FILE).read_text())) == reason


def test_an_engine_in_the_least_address_space_imports(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    engine = _engine(home, "--stay", space=small_host.LEAST_SPACE)
    try:
        wait_until("the engine answers", lambda: (home / "run" / "identity.sock").exists())
        with connect(home) as client:
            found = client.call(Ingest(files=client.give([OFFICE / "Master.csv"]), format="asterisk-csv"))
            assert found.stored == 2125
            client.call(StopEngine())
        engine.communicate(timeout=60)
        assert engine.returncode == 0
    finally:
        engine.kill()
        engine.wait()


def test_a_full_host_is_refused_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory(limit=400 * MB, free=30 * MB, where=Message("the control group {path}", path="/pbx"))
    monkeypatch.setattr(small_host, "host_memory", lambda: memory)
    with pytest.raises(Refused, match=r"needs 100 MB .* the control group /pbx has 30 MB"):
        small_host.prepare_memory()


def test_limits_of_this_process_are_read() -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] in (resource.RLIM_INFINITY, small_host.address_space())
