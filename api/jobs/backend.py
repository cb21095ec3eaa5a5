"""Where jobs run: a protocol, and the processes of this machine as its first kind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from api.jobs.limits import Limits
from api.jobs.place import work_folder
from api.jobs.process import ChildRun, Look
from api.jobs.task import Task


class Running(Protocol):
    """A job that has been started."""

    def look(self) -> Look:
        """What is known of it now; never waits long."""
        ...

    def stop(self) -> None:
        """End it; nothing of it runs on."""
        ...


class Backend(Protocol):
    """Starts jobs."""

    def ready(self) -> bool:
        """Whether a job could be started now."""
        ...

    def start(self, task: Task, attempt: int) -> Running:
        """Start a job; its result comes into the home folder."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class LocalBackend:
    """Each job in a fresh process of this machine: a killed one takes nothing with it."""

    def __init__(self, home: Path, limits: Limits | None = None) -> None:
        self._home, self._limits = home, limits

    def ready(self) -> bool:
        return True

    def start(self, task: Task, attempt: int) -> ChildRun:
        return ChildRun(task, self._home, work_folder(self._home, task.id, attempt), self._limits)

    def close(self) -> None:
        return None
