"""A watch that hangs is noticed by its silence, ended, and told; one that is merely slow, or new, is left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.service.heartbeat import PREFIX
from api.service.listening import STOPPED, Listener
from api.store.store import Store
from tests.publish_case import TurnedClock
from tests.service.test_supervise import child, pids, until
from tests.shared_data import ROOT

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
CYCLE_S = 600.0


def _beat(store: Store, pid: int, silent_s: float, stage: str = "observations") -> None:
    at = (NOW - timedelta(seconds=silent_s)).isoformat()
    with store.writing("watch") as tx:
        tx.put(PREFIX + "watch", {"at": at, "pid": pid, "stage": stage, "cycleSeconds": CYCLE_S})


def _told(store: Store) -> list[str]:
    with store.reading() as rx:
        return [entry.body["state"] for entry in rx.entries(0, 100) if entry.kind == "fault"]


@pytest.mark.parametrize(
    ("silent_s", "stage", "own", "ended"),
    [
        (1900.0, "observations", True, True),
        (1900.0, STOPPED, True, False),  # a replay that is over
        (1700.0, "forecast", True, False),
        (9999.0, "forecast", False, False),  # the sign of life is of the one before
    ],
)
def test_only_a_watch_that_hangs_is_ended(tmp_path: Path, silent_s: float, stage: str, own: bool, ended: bool) -> None:
    kid = child(tmp_path / "log", "watch")
    with Store.open(f"sqlite:///{tmp_path / 'r.db'}") as store:
        kid.start()
        process = kid.process
        assert process is not None
        try:
            until(lambda: pids(tmp_path / "log"))
            listener = Listener(store, TurnedClock(shown=[NOW]), kid)
            _beat(store, process.pid if own else process.pid + 1, silent_s, stage)
            listener.look()
            assert process.poll() is None  # not at the first look: the machine may have slept
            listener.look()
            if ended:
                assert process.wait(20.0) == -signal.SIGKILL
                listener.look()
                kid.start()
                assert kid.process is not None
                _beat(store, kid.process.pid, 1.0)
                listener.look()
            else:
                assert process.poll() is None
            assert _told(store) == (["failed", "over"] if ended else [])
        finally:
            assert kid.process is not None
            kid.process.kill()
            kid.process.wait()


def test_one_that_never_gives_a_sign_of_life_is_ended_after_half_an_hour(tmp_path: Path) -> None:
    kid = child(tmp_path / "log", "watch")
    with Store.open(f"sqlite:///{tmp_path / 'r.db'}") as store:
        kid.start()
        assert kid.process is not None
        kid.started_s -= 1801.0
        listener = Listener(store, TurnedClock(shown=[NOW]), kid)
        listener.look()
        listener.look()
        assert kid.process.wait(20.0) == -signal.SIGKILL
        assert _told(store) == ["failed"]


def test_a_watch_that_hangs_ends_some_seconds_after_it_was_asked() -> None:
    hangs = (
        "import os, signal, time\n"
        "from api.cli import watch\n"
        "watch.LAST_SECONDS = 0.5\n"
        "with watch._stopped() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    assert stop.is_set()\n"
        "    time.sleep(60.0)\n"
    )
    assert subprocess.run([sys.executable, "-c", hangs], cwd=ROOT, timeout=30.0).returncode == 1
