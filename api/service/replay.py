"""A past event run again as if live: the same loop, its clock set to then, at any speed or as fast as it can."""

from __future__ import annotations

import math
import time as machine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.service.clock import ServiceClock
from api.service.watch import WatchLoop


class SteppedClock(ServiceClock):
    """A clock that stands still until it is set: a replay as fast as it can jumps from cycle to cycle."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)

    def now(self) -> datetime:
        assert self.origin is not None
        return self.origin.astimezone(UTC)

    def set(self, moment: datetime) -> None:
        """Let it show a moment, not before the one it shows."""
        assert self.origin is not None
        if moment < self.origin:
            raise ValueError(f"moment {moment} is before {self.origin}")
        object.__setattr__(self, "origin", moment)

    def wait_s(self, moment: datetime) -> float:
        """Nobody waits for it."""
        return 0.0


@dataclass(frozen=True)
class Replayed:
    """What a replay came to."""

    first: datetime
    last: datetime
    cycles: int
    failed: int
    wall_s: float

    @property
    def faster(self) -> float:
        """Times real time."""
        return (self.last - self.first).total_seconds() / self.wall_s if self.wall_s > 0.0 else math.inf


def replay_stepped(loop: WatchLoop, first: datetime, last: datetime) -> Replayed:
    """Every cycle between two moments, one after the other; `loop.clock` is a SteppedClock.

    A cycle that fails is kept as failed and the next one runs.
    """
    clock = loop.clock
    assert isinstance(clock, SteppedClock)
    began = machine.perf_counter()
    step = timedelta(seconds=loop.cycle_s)
    moment = datetime.fromtimestamp(math.ceil(first.timestamp() / loop.cycle_s) * loop.cycle_s, UTC)
    start, cycles, failed = moment, 0, 0
    while moment <= last:
        clock.set(moment)
        if loop.try_once(moment) is None:
            failed += 1
        else:
            cycles += 1
        loop.look_after(moment)
        moment += step
    return Replayed(start, moment - step, cycles, failed, machine.perf_counter() - began)
