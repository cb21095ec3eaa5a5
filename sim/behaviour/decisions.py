"""From an order to the road: when each unit hears of it, by whom, and when it leaves home.

The chain is that of HEC-LifeSim (technical reference manual, eq. 12): a warning is issued at WI = HO + IH + CD + ID,
the hazard's occurrence and its identification, which end with the order, then the communication delay until those who
run the channels know, and the issuance delay until the message goes out. Channels and neighbours carry it; the people
get ready; those who comply leave. Every draw depends on seed, purpose and unit alone, so the answer to an
order depends neither on other orders nor on when they come, and asking again with failures that begin later gives
whoever had heard before them the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.behaviour.channels import Channel, ChannelDown, Windows, down_windows, heard_s
from sim.behaviour.contagion import Spread, spread
from sim.behaviour.draws import uniform
from sim.behaviour.people import REFUSE
from sim.departure import DelayCurve

NOBODY = 255  # of Answer.by: never reached


@dataclass(frozen=True)
class Behaviour:
    """What decides when people hear and leave."""

    channels: tuple[Channel, ...]
    preparation: DelayCurve  # from hearing of it until leaving home
    contagion_per_s: float  # q: neighbours told per second by each who knows, while all are left to be told
    communication_s: float = 0.0  # from the order until those who run the channels have it
    issuance_s: float = 0.0  # until the message is written, approved and handed to the channels

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if len(set(names)) != len(names):
            raise ValueError(f"channels(={names}) must differ")
        for name in ("contagion_per_s", "communication_s", "issuance_s"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be >= 0")

    @property
    def neighbours(self) -> int:
        """The number of the neighbours in `Answer.by`, after those of the channels."""
        return len(self.channels)


@dataclass(frozen=True)
class Answer:
    """What units make of an order; arrays of the shape of `unit`, times in s on the clock of the run."""

    unit: np.ndarray  # int64
    reached_s: np.ndarray  # float64, inf: never
    by: np.ndarray  # uint8, which channel reached it first; Behaviour.neighbours, or NOBODY
    leaves_s: np.ndarray  # float64, inf: never, because it was not reached or refuses


def answer_order(
    behaviour: Behaviour,
    order_s: float,
    unit: np.ndarray,
    area: np.ndarray,
    intent: np.ndarray,
    failures: Sequence[ChannelDown] = (),
    *,
    seed: int,
) -> Answer:
    """The answer of units (int64 numbers) in areas (int, by number) to an order to leave given at `order_s`.

    `intent` (COMPLY, SHADOW or REFUSE): who refuses is reached and stays. `failures`: those that are known, begun or
    not. For an order given again, and for people whose area gets more than one, the earliest answer counts.
    """
    unit, area = np.asarray(unit, np.int64), np.asarray(area, np.int64)
    start_s = order_s + behaviour.communication_s + behaviour.issuance_s
    reached = np.full(unit.shape, np.inf)
    by = np.full(unit.shape, NOBODY, np.uint8)
    lowest = int(area.min(initial=0))
    patterns: dict[tuple[Windows, ...], list[int]] = {}  # areas where the same channels are down at the same times
    for number in np.flatnonzero(np.bincount(area - lowest)).tolist():
        patterns.setdefault(_windows(behaviour, number + lowest, failures), []).append(number)
    pattern_of = np.zeros(int(area.max(initial=0)) - lowest + 1, np.int64)
    for index, numbers in enumerate(patterns.values()):
        pattern_of[numbers] = index
    for index, windows in enumerate(patterns):
        here = np.flatnonzero(pattern_of[area - lowest] == index)
        first, who = np.full(len(here), np.inf), np.full(len(here), NOBODY, np.uint8)
        for number, (channel, down) in enumerate(zip(behaviour.channels, windows, strict=True)):
            _earlier(heard_s(channel, start_s, unit[here], down, seed), number, first, who)
        told = uniform(seed, "told by neighbours", unit[here])
        _earlier(_spread(behaviour, start_s, windows).told_s(told), behaviour.neighbours, first, who)
        reached[here], by[here] = first, who
    ready = reached + behaviour.preparation.delay(uniform(seed, "prepared", unit))
    return Answer(unit, reached, by, np.where(np.asarray(intent) == REFUSE, np.inf, ready))


def reach_over_time(
    behaviour: Behaviour, order_s: float, area: int, failures: Sequence[ChannelDown], when_s: np.ndarray
) -> np.ndarray:
    """Expected share of an area's people reached by each of `when_s`: the curve that `answer_order` draws from."""
    start_s = order_s + behaviour.communication_s + behaviour.issuance_s
    here = _spread(behaviour, start_s, _windows(behaviour, area, failures))
    return np.interp(when_s, here.time_s, here.reached, left=0.0)


def leave_delay(behaviour: Behaviour, share: float) -> float:
    """Delay (s) after the order by which `share` of the people who are ever reached and comply have left home."""
    return float(leave_delays(behaviour, np.array([share]))[0])


def leave_delays(behaviour: Behaviour, share: np.ndarray) -> np.ndarray:
    """The same of several shares, float64 in their shape.

    Every channel working. Sums reach and preparation over quantiles of both, 1,000 each; inf where nobody is reached.
    """
    here = _spread(behaviour, behaviour.communication_s + behaviour.issuance_s, ((),) * len(behaviour.channels))
    middle = (np.arange(1000) + 0.5) / 1000
    reached = here.reached
    if not reached[-1] > 0.0:
        return np.full(np.shape(share), np.inf)
    rising = np.concatenate([[True], np.diff(reached) > 0.0])
    heard = np.interp(middle * reached[-1], reached[rising], here.time_s[rising])
    leaves = heard[:, None] + behaviour.preparation.delay(middle)[None, :]
    return np.quantile(leaves, share)


def _earlier(when_s: np.ndarray, number: int, first_s: np.ndarray, who: np.ndarray) -> None:
    """Note channel `number` where it is earlier than what came before."""
    who[when_s < first_s] = number
    np.minimum(first_s, when_s, out=first_s)


def _windows(behaviour: Behaviour, area: int, failures: Sequence[ChannelDown]) -> tuple[Windows, ...]:
    return tuple(down_windows(channel.name, area, failures) for channel in behaviour.channels)


def _spread(behaviour: Behaviour, start_s: float, windows: tuple[Windows, ...]) -> Spread:
    return spread(behaviour.channels, windows, behaviour.contagion_per_s, start_s)
