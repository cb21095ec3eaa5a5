"""A backend whose jobs do what a test says, when it says so."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from api.jobs.manifest import write_manifest
from api.jobs.place import fresh_work, put_in_place, work_folder
from api.jobs.process import Look
from api.jobs.task import Task, params_sha256

SUMMARY = "summary.json"  # the one file of a result


class FakeRun:
    def __init__(self, backend: FakeBackend, task: Task, attempt: int) -> None:
        self.backend, self.task, self.attempt = backend, task, attempt
        self.now = Look("Flooding the city", 0.5)
        self.stopped = False

    def finish(self) -> None:
        """Put a result in place and end."""
        out = fresh_work(work_folder(self.backend.home, self.task.id, self.attempt)) / "out"
        out.mkdir()
        (out / SUMMARY).write_text(f'{{"seed": {self.task.seed}}}\n')
        write_manifest(out, self.task.kind, params_sha256(self.task.kind, self.task.params), self.task.seed)
        put_in_place(out, self.backend.home, self.task.id)
        self.now = Look("Sealing the result", 1.0, True)

    def fail(self, fault: dict[str, Any]) -> None:
        self.now = Look("Moving people", 0.2, True, fault)

    def look(self) -> Look:
        if self.backend.at_once and not self.now.ended:
            self.finish()
        return self.now

    def stop(self) -> None:
        self.stopped = True


class FakeBackend:
    """Counts how often each job was started."""

    def __init__(self, home: Path, at_once: bool = False) -> None:
        self.home, self.at_once, self.is_ready = home, at_once, True
        self.runs: list[FakeRun] = []
        self.started: Counter[str] = Counter()
        self._lock = threading.Lock()

    def ready(self) -> bool:
        return self.is_ready

    def start(self, task: Task, attempt: int) -> FakeRun:
        run = FakeRun(self, task, attempt)
        with self._lock:
            self.runs.append(run)
            self.started[task.id] += 1
        return run

    def close(self) -> None:
        return None
