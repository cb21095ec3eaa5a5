"""Listens for the watch of `rongan serve`: one that hangs is silent, ends by nobody's doing, and is started anew."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from api.service.clock import ServiceClock
from api.service.heartbeat import last_beat
from api.service.heartbeat import silent_s as silent_since
from api.service.supervise import Child
from api.store.errors import StoreError
from api.store.store import Store

WATCH = "watch"  # name of its sign of life
STOPPED = "stopped"  # stage of a watch that has nothing more to do
_LISTEN_S = 10.0
_CYCLES = 3.0  # of silence: a stage of a cycle may take long, and a watch that is ended in it begins it again
_LEAST_S = 300.0
_FIRST_S = 1800.0  # for the first sign of life: a large city takes minutes to prepare
_LOG = logging.getLogger("rongan.serve")


@dataclass
class Listener:
    """Ends a watch that is silent for much longer than its cycle; who looks after the child starts it again."""

    store: Store
    clock: ServiceClock
    child: Child
    _silent: int = field(default=0)  # looks in a row that found it silent
    _told: bool = field(default=False)

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop`."""
        while not stop.wait(_LISTEN_S):
            try:
                self.look()
            except StoreError as away:  # then it cannot be heard either, and is not to blame
                self._silent = 0
                _LOG.warning("the watch cannot be listened for: %s", away)
            except Exception:
                _LOG.exception("the watch cannot be listened for")

    def look(self) -> None:
        """End it where two looks in a row find it silent: a machine that slept has to be heard once first."""
        process = self.child.process
        if process is None or process.poll() is not None:
            self._silent = 0
            return
        with self.store.reading() as rx:
            beat = last_beat(rx, WATCH)
            from_it = beat is not None and beat.get("pid") == process.pid
            silent_s = silent_since(rx, WATCH, self.clock.now()) or 0.0
        if beat is None or not from_it:
            silent_s, most_s = time.monotonic() - self.child.started_s, _FIRST_S
        else:
            silent_s /= self.clock.speed
            most_s = max(_CYCLES * float(beat.get("cycleSeconds", 0.0)) / self.clock.speed, _LEAST_S)
            if beat.get("stage") == STOPPED:
                silent_s = 0.0
            if self._told and silent_s < _LEAST_S:
                self._tell("over", "")
                self._told = False
        self._silent = self._silent + 1 if silent_s > most_s else 0
        if self._silent >= 2:
            self._silent = 0
            _LOG.error("the watch has been silent for %.0f s; it is ended and started anew", silent_s)
            process.kill()
            self._tell("failed", f"silent for {silent_s:.0f} s; started anew")
            self._told = True

    def _tell(self, state: str, why: str) -> None:
        with self.store.writing("serve") as tx:
            tx.entry("fault", WATCH, {"what": "watch", "state": state, "error": why})
