"""Children are started again when they end, end when they are asked, and never outlive their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from api.service.child import Orders
from api.service.clock import ServiceClock
from api.service.settings import Settings
from api.service.supervise import Child, Supervisor
from tests.shared_data import ROOT


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def pids(file: Path) -> list[int]:
    return [int(line.split()[0]) for line in file.read_text().splitlines()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def child(file: Path, name: str = "kid", **more) -> Child:
    settings = Settings(database_url="postgresql://someone:secret@nowhere/x")
    return Child("tests.service.child_case", Orders(name, settings, ServiceClock(), more={"file": str(file), **more}))


def test_orders_come_through_whole():
    clock = ServiceClock(datetime(1998, 8, 17, tzinfo=UTC), 12.5, 60.0)
    orders = Orders("web 1", Settings(port=1234, cors_origins=("https://a.example",)), clock, "x", {"url": "u"})
    assert Orders.read(orders.line()) == orders


def test_a_killed_child_is_started_again_and_all_end_at_the_end(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    ends: list[tuple[str, int]] = []
    supervisor = Supervisor([child(one, "one"), child(two, "two")], lambda kid, code: ends.append((kid.name, code)))
    supervisor.start()
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        until(lambda: pids(one) and pids(two))
        told = Path(f"/proc/{pids(one)[0]}")
        if told.exists():  # where others could look, there is no password
            assert b"secret" not in (told / "cmdline").read_bytes() + (told / "environ").read_bytes()
        os.kill(pids(one)[0], signal.SIGKILL)
        until(lambda: len(pids(one)) == 2)
        assert ends == [("one", -signal.SIGKILL)]
        assert len(pids(two)) == 1
    finally:
        stop.set()
        thread.join()
    assert not any(alive(pid) for pid in pids(one) + pids(two))


def test_a_child_that_keeps_ending_is_started_later_and_later(tmp_path):
    supervisor = Supervisor([child(tmp_path / "log", exit=3)])
    supervisor.start()
    kid = supervisor.children[0]
    waits = []
    for _ in range(3):
        assert kid.process is not None
        kid.process.wait(20.0)
        now = time.monotonic()
        supervisor.look()
        waits.append(kid.start_again_s - now)
        kid.start_again_s = 0.0
        supervisor.look()
    supervisor.stop()
    assert [round(wait, 1) for wait in waits] == [0.2, 0.4, 0.8]
    assert kid.restarts == 3


def test_a_deaf_child_is_ended_hard(tmp_path):
    supervisor = Supervisor([child(tmp_path / "log", deaf=True)], last_seconds=0.3)
    supervisor.start()
    until(lambda: pids(tmp_path / "log"))
    time.sleep(0.2)  # until it is deaf
    supervisor.stop()
    assert not alive(pids(tmp_path / "log")[0])


def test_children_end_with_a_parent_that_was_killed(tmp_path):
    log = tmp_path / "log"
    parent = subprocess.Popen([sys.executable, "-m", "tests.service.parent_case", str(log)], cwd=ROOT)
    try:
        until(lambda: pids(log))
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not alive(pids(log)[0]))


def test_a_child_that_cannot_be_started_just_now_ends_no_other(tmp_path, monkeypatch):
    one, two = child(tmp_path / "one", "one"), child(tmp_path / "two", "two")
    supervisor = Supervisor([one, two])
    supervisor.start()
    try:
        until(lambda: pids(tmp_path / "one") and pids(tmp_path / "two"))
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", _no_room)
            os.kill(pids(tmp_path / "one")[0], signal.SIGKILL)
            until(lambda: not one.alive)
            supervisor.look()
            time.sleep(0.3)
            supervisor.look()  # tried, in vain
            assert two.alive
        one.start_again_s = 0.0
        supervisor.look()
        until(lambda: len(pids(tmp_path / "one")) == 2)
        assert len(pids(tmp_path / "two")) == 1
    finally:
        supervisor.stop()


def _no_room(*given, **named):
    raise OSError("Resource temporarily unavailable")
