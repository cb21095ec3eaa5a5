"""Asks what-ifs of a kept study: one process beside each web process holds the study that was asked last."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_LONGEST_ANSWER = 64_000_000


class Busy(Exception):
    """Another question is being answered."""


class Asker:
    """May be used by many threads; questions are answered one at a time."""

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._study = ""

    def ask(self, study: Path, question: dict[str, Any], wait_s: float) -> dict[str, Any] | None:
        """The answer, which may hold a `fault`; None where there was none within `wait_s`. Raises Busy."""
        if not self._turn.acquire(timeout=1.0):
            raise Busy
        try:
            return self._ask(study.resolve(), question, wait_s)
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        self._process, self._study = None, ""

    def _ask(self, study: Path, question: dict[str, Any], wait_s: float) -> dict[str, Any] | None:
        if self._process is None or self._process.poll() is not None or self._study != str(study):
            self._start(study)
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(wait_s, process.kill)  # an answer that does not come ends the reading below
        timer.start()
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline(_LONGEST_ANSWER)
            answer: dict[str, Any] = json.loads(line)
            return answer
        except (OSError, ValueError):  # gone, killed or in the middle of a line
            self.close()
            return None
        finally:
            timer.cancel()

    def _start(self, study: Path) -> None:
        self.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.jobs.what_if"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        assert self._process.stdin is not None
        self._study = str(study)
        begin = {"home": str(self._home), "study": str(study)}
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(begin).encode() + b"\n")
            self._process.stdin.flush()
