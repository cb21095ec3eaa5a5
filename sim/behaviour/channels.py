"""Channels that carry a warning to people: whom each reaches, how fast, and where it is down.

Whether a person can be reached by a channel at all (`coverage`) is a property of the person: a phone that is off at
night stays off, however often the order is repeated. While a channel is down in an area its clock stands still there:
who would have heard after d seconds hears once the channel has worked for d seconds. So a failure never makes anybody
hear earlier, and it leaves those alone who had heard before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.behaviour.draws import uniform
from sim.departure import DelayCurve

CHANNELS = ("app", "broadcast", "door", "television")
EVERYWHERE = -1

Windows = tuple[tuple[float, float], ...]  # (from, until) in s, in order, apart from each other


@dataclass(frozen=True)
class Channel:
    """One way to warn people."""

    name: str  # of CHANNELS
    coverage: float  # share of people it can reach at this time of day
    dispatch_s: float  # from the message to its first appearance on the channel
    curve: DelayCurve  # from there until a person it reaches has taken it in
    needs_power: bool = False  # reaches nobody where the mains have failed

    def __post_init__(self) -> None:
        if not 0.0 <= self.coverage <= 1.0 or not self.dispatch_s >= 0.0:
            raise ValueError(f"coverage(={self.coverage}) must lie in 0..1, dispatch_s(={self.dispatch_s}) be >= 0")


@dataclass(frozen=True)
class ChannelDown:
    """A channel that reaches nobody in an area for a time: a power cut, a broken mast, a hole in the cover."""

    channel: str  # of CHANNELS
    area: int  # index of the area, or EVERYWHERE
    from_s: float
    until_s: float = np.inf


def down_windows(channel: str, area: int, failures: Sequence[ChannelDown]) -> Windows:
    """When the channel is down in the area: intervals in order, overlapping ones joined."""
    spans = sorted(
        (failure.from_s, failure.until_s)
        for failure in failures
        if failure.channel == channel and failure.area in (area, EVERYWHERE) and failure.until_s > failure.from_s
    )
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def working_until(start_s: float, delay_s: np.ndarray, windows: Windows) -> np.ndarray:
    """When a channel has worked for `delay_s` (array, s) since `start_s`; inf where it never will."""
    when = start_s + np.asarray(delay_s, float)
    for down, up in windows:
        if up > start_s:
            when = np.where(when >= max(down, start_s), when + (up - max(down, start_s)), when)
    return when


def worked_for(start_s: float, when_s: np.ndarray, windows: Windows) -> np.ndarray:
    """How long a channel has worked between `start_s` and each of `when_s` (array, s): undoes `working_until`."""
    when = np.asarray(when_s, float)
    worked = np.maximum(when - start_s, 0.0)
    for down, up in windows:
        worked -= np.maximum(np.minimum(when, up) - max(down, start_s), 0.0)
    return worked


def heard_s(channel: Channel, start_s: float, unit: np.ndarray, windows: Windows, seed: int) -> np.ndarray:
    """When each unit hears a message handed to the channel at `start_s`; inf: never. float64, shape of `unit`."""
    covered = uniform(seed, f"{channel.name} covers", unit) < channel.coverage
    delay = channel.dispatch_s + channel.curve.delay(uniform(seed, f"{channel.name} heard", unit))
    return np.where(covered, working_until(start_s, delay, windows), np.inf)


def heard_share(channel: Channel, start_s: float, when_s: np.ndarray, windows: Windows) -> np.ndarray:
    """Share of all people whom the channel has reached by each of `when_s`: what `heard_s` draws from."""
    worked = worked_for(start_s, when_s, windows) - channel.dispatch_s
    return channel.coverage * channel.curve.share(worked)
