"""What the water asks of a structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from hazards.surface.flow import SurfaceFlow

Interval = tuple[float, float]  # from, until (s); until may be infinite


class Structure(Protocol):
    """Something that is looked at once per window of a few seconds and then acts on the surface.

    `node` is the node of the sewer that it lifts water to, if any, and `delivered_m3_s` the rate at which it does so
    in the window under way.
    """

    @property
    def name(self) -> str: ...

    @property
    def node(self) -> int | None: ...

    @property
    def delivered_m3_s(self) -> float: ...

    @property
    def change_times_s(self) -> Sequence[float]:
        """Instants at which it changes by the clock; a window should begin there."""

    @property
    def state(self) -> dict[str, Any]:
        """What it has done so far, for reports."""

    def act(self, flow: SurfaceFlow, now_s: float, window_s: float) -> None:
        """Look at the water at `now_s` and do what is due until `now_s + window_s`."""

    def save(self) -> dict[str, np.ndarray]:
        """Copies of what it remembers, by name; `load` goes on from them."""

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember what `save` gave."""


def during(intervals: Sequence[Interval], now_s: float) -> bool:
    """Whether `now_s` lies in one of the intervals, their ends not included."""
    return any(begin <= now_s < end for begin, end in intervals)


def checked_intervals(intervals: Sequence[Interval], name: str) -> tuple[Interval, ...]:
    """The intervals in order of time; ValueError where one ends before it begins."""
    for begin, end in intervals:
        if not begin < end:
            raise ValueError(f"{name} must end after it begins, got {begin:g} to {end:g} s")
    return tuple(sorted((float(begin), float(end)) for begin, end in intervals))


def finite_ends(intervals: Sequence[Interval]) -> tuple[float, ...]:
    """Every instant at which an interval begins or ends."""
    return tuple(sorted({instant for interval in intervals for instant in interval if instant < float("inf")}))
