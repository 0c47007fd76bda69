"""A home that is replaced under a running engine."""

import os
import shutil
import signal
from pathlib import Path
from random import Random

import pytest

from engine.api.extensions import Recharge, SetExtensions
from engine.api.site import GetStatus, SyncLockouts, Verify
from engine.domain.errors import PbxmeterError
from tests.reliability.lines import Lines
from tests.reliability.nursery import Nursery
from tests.reliability.site import Site, wait_until


def test_an_engine_writes_nothing_into_the_home_of_another_that_took_its_place(
    tmp_path: Path, nursery: Nursery
) -> None:
    home = tmp_path / "home"
    first = Site(home, nursery)
    first.start()
    with first.client() as client:
        client.call(GetStatus())
    # It sleeps while everything changes, as one that is idle does between two looks.
    os.kill(first.pid, signal.SIGSTOP)
    shutil.rmtree(home)
    second = Site(home, nursery)
    second.start()
    lines = Lines(Random(1)).some(200)  # noqa: S311 - a history to repeat
    barred = home / "lockout" / "barred.txt"
    with second.client() as client:
        client.call(SetExtensions(numbers=["8017"], locked=True))
        wait_until("8017 is barred", lambda: barred.exists() and "8017" in barred.read_text())
        wait_until("the first engine sleeps", lambda: not first.ended(0))
        os.kill(first.pid, signal.SIGCONT)
        second.append(lines)
        wait_until("the first engine ends", lambda: first.ended(0))
        assert "8017" in barred.read_text()
        second.check(client, lines)
    first.forget()
    assert not (home / "start-error").exists()
    second.kill()
    second.start()
    with second.client() as client:
        second.check(client, lines)
        assert client.call(GetStatus()).calls == 200
        assert client.call(Verify()).clean
    second.stop()


def test_nothing_is_acknowledged_into_files_that_were_removed(site: Site) -> None:
    site.start()
    with site.client() as client:
        client.call(SyncLockouts())
        shutil.rmtree(site.home)
        with pytest.raises(PbxmeterError) as refused:
            client.call(Recharge(numbers=["8001"], amount_micros=5_000_000, key="k1"))
        assert refused.value.code in ("home_lost", "engine_down")
    wait_until("the engine ends", lambda: site.ended(0))
    site.forget()
    assert not site.home.exists()


def test_an_engine_whose_home_was_moved_ends_and_what_it_stored_is_there(site: Site) -> None:
    site.start()
    elsewhere = site.home.with_name("moved")
    with site.client() as client:
        site.recharge(client, "8001", 5_000_000, "k1")
        # The barred list is compared in full before: no thread is about to write it.
        client.call(SyncLockouts())
        site.home.rename(elsewhere)
        wait_until("the engine ends", lambda: site.ended(0))
    site.forget()
    assert "were replaced, moved or removed" in (elsewhere / "engine.log").read_text()
    assert not site.home.exists()
    elsewhere.rename(site.home)
    with site.on() as client:
        # The same key again moves nothing: it is known.
        assert site.recharge(client, "8001", 5_000_000, "k1").rows[0].balance_after_micros == 5_000_000
