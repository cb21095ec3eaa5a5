"""A past event run again as if live: the same loop, its clock set to then, at any speed or as fast as it can."""

from __future__ import annotations

import math
import time as machine
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

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
    last: datetime  # the last cycle made
    cycles: int
    failed: int
    wall_s: float
    stopped: bool = False  # by whoever ran it, with cycles still to come

    @property
    def faster(self) -> float:
        """Times real time."""
        return (self.last - self.first).total_seconds() / self.wall_s if self.wall_s > 0.0 else math.inf


def moments_of(first: datetime, last: datetime, cycle_s: float) -> list[datetime]:
    """The round moments between two at which a cycle every `cycle_s` seconds runs."""
    numbers = range(math.ceil(first.timestamp() / cycle_s), math.floor(last.timestamp() / cycle_s) + 1)
    return [datetime.fromtimestamp(number * cycle_s, UTC) for number in numbers]


def replay_stepped(
    loop: WatchLoop, first: datetime, last: datetime, stop: Callable[[], bool] = lambda: False
) -> Replayed:
    """Every cycle between two moments, one after the other, until `stop`; `loop.clock` is a SteppedClock.

    A cycle that fails is kept as failed and the next one runs. One that runs is finished before it is stopped.
    """
    clock = loop.clock
    assert isinstance(clock, SteppedClock)
    began = machine.perf_counter()
    moments = moments_of(first, last, loop.cycle_s)
    made: list[datetime] = []
    cycles, failed = 0, 0
    for moment in moments:
        if stop():
            break
        clock.set(moment)
        if loop.try_once(moment) is None:
            failed += 1
        else:
            cycles += 1
        loop.look_after(moment)
        made.append(moment)
    start, end = (made[0], made[-1]) if made else (first, first)
    return Replayed(start, end, cycles, failed, machine.perf_counter() - began, len(made) < len(moments))
