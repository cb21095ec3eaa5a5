"""A job in a process of its own: started, looked at, stopped with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.jobs.child import order_line
from api.jobs.faults import lost
from api.jobs.limits import Limits
from api.jobs.place import fresh_work
from api.jobs.task import Task

_LONGEST_LINE = 100_000
_GRACE_S = 2.0  # between asking a process to end and ending it


@dataclass(frozen=True)
class Look:
    """What is known of a run now."""

    stage: str = ""
    fraction: float = 0.0  # of the stage
    ended: bool = False
    fault: dict[str, Any] | None = None  # problem details where it ended without a result


class ChildRun:
    """One run of one task. Ends with the process that made it, whatever ends that."""

    def __init__(self, task: Task, home: Path, work: Path, limits: Limits | None = None) -> None:
        self._work = fresh_work(work)
        self._log = self._work / "log.txt"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.jobs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=Path(__file__).parents[2],  # where our packages lie, if they are not installed
                start_new_session=True,  # a group of its own, to be ended together
            )
        self._look = Look()
        self._done = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once: `look` says so
            self._process.stdin.write(order_line(task, home.resolve(), self._work.resolve(), limits).encode() + b"\n")
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def look(self) -> Look:
        """What is known now."""
        code = self._process.poll()
        if code is None:
            with self._lock:
                return self._look
        self._reader.join(timeout=5.0)
        with self._lock:
            last = self._look
        if self._done and code == 0:
            return Look(last.stage, 1.0, True)
        return Look(last.stage, last.fraction, True, last.fault or {**lost(1), "exit_code": code, "log": self._tail()})

    def stop(self) -> None:
        """End the run and all that it started; returns when it has ended."""
        for sign, wait_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, 30.0)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(wait_s)
                break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # of its pools, who may have outlived it
        self._close()

    def wait(self, seconds: float) -> bool:
        """Whether the run has ended, `seconds` from now at the latest."""
        until = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        return self._process.poll() is not None

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):  # closed under our hands: the run was stopped
            while line := self._process.stdout.readline(_LONGEST_LINE):
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return  # killed in the middle of a line
        with self._lock:
            if "stage" in told:
                self._look = Look(str(told["stage"]), float(told["fraction"]))
            elif "fault" in told:
                self._look = Look(self._look.stage, self._look.fraction, fault=told["fault"])
            self._done = self._done or bool(told.get("done"))

    def _tail(self, most: int = 2_000) -> str:
        from api.jobs.faults import without_paths

        try:
            return without_paths(self._log.read_bytes()[-most:].decode("utf-8", "replace"))
        except OSError:
            return ""
