"""A real `rongan serve` in a process of its own, for tests that need the whole house."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.shared_data import ROOT

START_S = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def children(pid: int) -> list[int]:
    """Pids of all processes below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


@dataclass
class Served:
    """One service on one port and home folder; may be killed and started again."""

    home: Path
    city: Path
    port: int = field(default_factory=free_port)
    workers: int = 1
    jobs: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    admin: str = ""
    output: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home.parent / f"{self.home.name}-{self.port}.log"

    def start(self) -> None:
        """Start it and wait until it says that it serves."""
        command = [sys.executable, "-m", "api.cli.main", "serve", str(self.city), "--home", str(self.home)]
        command += ["--port", str(self.port), "--workers", str(self.workers), "--jobs", str(self.jobs)]
        environment = {**os.environ, "RONGAN_CANARY_S": "1", **self.environment}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + START_S
        while "Ctrl-C ends it" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)
        self.output = self.log.read_text()
        found = re.search(r"shown this once: (\S+)", self.output)
        self.admin = found.group(1) if found else self.admin

    def all_pids(self) -> list[int]:
        """The parent and everything below it."""
        assert self.process is not None
        return [self.process.pid, *children(self.process.pid)]

    def stop(self) -> int:
        """End it as an operator does; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30.0)

    def kill(self) -> None:
        """Every process of it at once, without a word."""
        for pid in self.all_pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        assert self.process is not None
        self.process.wait()

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, timeout=10.0)

    def as_admin(self) -> httpx.Client:
        return self.client(**{"X-API-Key": self.admin})
