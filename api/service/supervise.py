"""Starts the processes of a service, starts them again when they end, and ends them all."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api.service.child import LAST_SECONDS, Orders

_LOG = logging.getLogger("rongan.serve")
_LOOK_S = 0.05
_FIRST_WAIT_S = 0.2  # before a child that ended is started again; doubled while it keeps ending
_LONGEST_WAIT_S = 30.0
_STEADY_S = 30.0  # a child that lived this long has not failed at its start


@dataclass
class Child:
    """One process. `module` is run with `python -m`; `orders` are written to its standard input."""

    module: str
    orders: Orders
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0  # monotonic
    start_again_s: float = 0.0
    quick_ends: int = 0  # in a row
    restarts: int = 0

    @property
    def name(self) -> str:
        return self.orders.name

    def start(self) -> None:
        # A session of its own: Ctrl-C in a terminal reaches the parent alone, which ends the children in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module], stdin=subprocess.PIPE, start_new_session=True
        )
        self.started_s = time.monotonic()
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(self.orders.line())
            self.process.stdin.flush()  # and stays open: its end is how the child learns of ours
        except BrokenPipeError:
            _LOG.warning("%s ended before it had read its orders", self.name)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Keeps children running. `on_restart(child, exit code)` is told of every one that ended by itself."""

    children: Sequence[Child]
    on_restart: Callable[[Child, int], None] = field(default=lambda child, code: None)
    last_seconds: float = LAST_SECONDS + 1.0  # between asking to stop and ending hard

    def start(self) -> None:
        """Start all."""
        for child in self.children:
            child.start()

    def run(self, stop: threading.Event) -> None:
        """Look after them until `stop` is set, then end them."""
        try:
            while not stop.wait(_LOOK_S):
                self.look()
        finally:
            self.stop()

    def look(self) -> None:
        """Start again who has ended: at once the first time, later and later while it keeps ending."""
        now = time.monotonic()
        for child in self.children:
            if child.alive:
                continue
            if child.process is not None:
                code = child.process.wait()
                _close(child)
                steady = now - child.started_s >= _STEADY_S
                child.quick_ends = 0 if steady else child.quick_ends + 1
                wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (child.quick_ends - 1)) if not steady else 0.0
                child.start_again_s = now + wait_s
                _LOG.warning("%s ended (%s); started again in %.1f s", child.name, _ended(code), wait_s)
                self.on_restart(child, code)
            if now >= child.start_again_s:
                child.restarts += 1
                try:
                    child.start()
                except OSError as error:  # out of memory or processes just now: the others must not end for that
                    child.start_again_s = now + _FIRST_WAIT_S * 10.0
                    _LOG.error("%s cannot be started: %s", child.name, error)

    def stop(self) -> None:
        """Ask all to stop, wait, end hard who has not. No child is left when this returns."""
        running = [child for child in self.children if child.alive]
        for child in running:
            assert child.process is not None
            child.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + self.last_seconds
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            _close(child)


def _close(child: Child) -> None:
    if child.process is not None and child.process.stdin is not None:
        child.process.stdin.close()
    child.process = None


def _ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
