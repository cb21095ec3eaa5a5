"""Moments on the clock of a drill, and which of several at the same time comes first."""

from __future__ import annotations

from collections.abc import Callable

import simpy

# What happens at one moment happens in this order, and before any vehicle or crew.
EXCHANGE, WATER, INJECT_END, INJECT, WARNING, ORDER = range(-6, 0)


class Moment(simpy.Event):
    """A time (s) on the clock of the run at which `act` is called; of several at one time the lowest rank comes first,
    of one rank that which was made first.
    """

    def __init__(self, env: simpy.Environment, at_s: float, rank: int, act: Callable[[], None]) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        self.callbacks.append(lambda _: act())
        env.schedule(self, priority=rank, delay=max(at_s - env.now, 0.0))  # type: ignore[arg-type]
