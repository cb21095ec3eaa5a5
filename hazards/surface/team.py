"""How many threads a run takes, and setting them to work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from hazards.surface.crew import call_helpers, dismiss_helpers
from hazards.surface.state import Desk
from hazards.surface.steps import run_until
from hazards.surface.tiles import TILE_ROWS, tile_counts

_CELLS_PER_THREAD = 60_000  # below, sharing out a step costs more than a second thread brings
_BLOCKS_PER_THREAD = 6  # so that a helper put aside by the system holds up little


class Team:
    """The threads of one run: the caller's own and, for large rasters, some helpers."""

    def __init__(self, shape: tuple[int, int], threads: int | None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads(={threads}) must be >= 1")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
        wanted = min(cores, shape[0] * shape[1] // _CELLS_PER_THREAD) if threads is None else threads
        self.threads = 1 if sys.platform == "win32" else max(1, wanted)  # there is no sched_yield there
        tile_rows, _ = tile_counts(*shape)  # a block is of whole tiles: two threads never note the same one
        self._block_rows = TILE_ROWS * -(-tile_rows // (self.threads * _BLOCKS_PER_THREAD))
        self._helpers = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

    @contextmanager
    def at_work(self, desk: Desk, *rest: Any) -> Iterator[Callable[[], None]]:
        """Call the helpers in for a while; gives the function that runs the step loop until its time to stop."""
        *arrays, numbers = rest
        arguments: tuple[Any, ...] = (self._block_rows, *arrays, desk, numbers)
        jobs: list[Future[None]] = []
        if self._helpers is not None:
            call_helpers(desk.counters)
            jobs = [self._helpers.submit(run_until, me, *arguments) for me in range(1, self.threads)]
        try:
            yield lambda: run_until(0, *arguments)
        finally:
            dismiss_helpers(desk.counters)
            for job in jobs:
                job.result()
