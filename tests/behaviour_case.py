"""People and channels of the tests of behaviour."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.behaviour.channels import Channel
from sim.behaviour.decisions import Behaviour
from sim.behaviour.people import PeopleShares
from sim.departure import Rayleigh, Weibull

APP = Channel("app", 0.7, 60.0, Weibull(600.0, 1.0))
BROADCAST = Channel("broadcast", 0.6, 120.0, Weibull(300.0, 1.3), needs_power=True)
DOOR = Channel("door", 0.9, 600.0, Weibull(2400.0, 1.5))
TELEVISION = Channel("television", 0.2, 180.0, Weibull(1800.0, 1.0), needs_power=True)
ALL = (APP, BROADCAST, DOOR, TELEVISION)


def behaviour(*channels: Channel, contagion_per_s: float = 0.0005, **other: Any) -> Behaviour:
    """A chain of these channels with a preparation of 600 s sigma and no delay before them, unless said otherwise."""
    return Behaviour(channels, other.pop("preparation", Rayleigh(600.0)), contagion_per_s, **other)


def shares(blocks: int, informed: float = 1.0, **given: float | list[float]) -> PeopleShares:
    """Everybody an adult who walks and complies, but for what is given."""
    values = dict.fromkeys(("elder", "child", "impaired", "assisted", "car", "bus", "compliance", "shadow"), 0.0)
    filled = {
        name: np.broadcast_to(np.asarray(value, float), (blocks,))
        for name, value in {**values, "compliance": 1.0, **given}.items()
    }
    return PeopleShares(**filled, informed=informed)  # type: ignore[arg-type]


def count_over_time(when_s: np.ndarray, persons: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Persons whose time has come by each of `time_s` (rising); int64, shape of `time_s`. inf: never."""
    bins = np.searchsorted(time_s, when_s, side="left")
    found = np.zeros(len(time_s) + 1, np.int64)
    np.add.at(found, bins, np.asarray(persons, np.int64))
    return np.cumsum(found[:-1])
