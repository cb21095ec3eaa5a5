"""The process that does one job: `python -m api.jobs.child`, started by `api.jobs.process` and watched by it.

It reads one line from its standard input, the order (JSON), and from then on that input only says that whoever
started it is alive: when it ends, the process and all that it has started end too. Progress goes line by line (JSON)
to the standard output; whatever libraries print goes to the standard error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from api.jobs.faults import fault_of
from api.jobs.limits import Limits
from api.jobs.place import put_in_place
from api.jobs.task import Task

_BETWEEN_S = 0.2  # progress is told no more often
_LOST = 4  # exit code where whoever started it is gone


def order_line(task: Task, home: Path, work: Path, limits: Limits | None) -> str:
    """What the child is sent; `home` and `work` as its machine sees them."""
    told = {"task": asdict(task), "home": str(home), "work": str(work), "limits": limits and asdict(limits)}
    return json.dumps(told, allow_nan=False)


def main() -> int:
    """Do the job of the order; 0: its result is in place."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print must not stand among the lines of progress
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limits = order["limits"]
    if limits is not None:
        limits = Limits(**{**limits, "samples": tuple(limits["samples"])})
    return _do(Task(**order["task"]), Path(order["home"]), Path(order["work"]), limits, told)


def _do(task: Task, home: Path, work: Path, limits: Limits | None, told: TextIO) -> int:
    from api.jobs.perform import perform

    os.chdir(home)  # every path is relative to it, so that results do not tell where it lies
    tell = _Teller(told)
    try:
        out = perform(task, work, tell, limits)
        put_in_place(out, home, task.id)
    except Exception as error:  # whatever it was, the table must hear of it
        tell.line({"fault": fault_of(error)})
        return 1
    tell.line({"done": True})
    return 0


class _Teller:
    """Stage and fraction as lines, a few per second; a stage's first and last word always."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage, self._at = "", 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if stage != self._stage or fraction >= 1.0 or now - self._at >= _BETWEEN_S:
            self._stage, self._at = stage, now
            self.line({"stage": stage, "fraction": round(min(max(float(fraction), 0.0), 1.0), 4)})

    def line(self, told: dict[str, Any]) -> None:
        self._stream.write(json.dumps(told, ensure_ascii=False) + "\n")
        self._stream.flush()


def _end_with_parent() -> None:
    """A run whose watcher was killed would go on beside the one that takes its place."""
    while os.read(0, 4096):
        pass
    if os.getpgrp() == os.getpid():  # leader of a group of its own: take the processes of its pools along
        os.killpg(0, signal.SIGKILL)
    os._exit(_LOST)


if __name__ == "__main__":
    sys.exit(main())
