"""What an evacuation run leaves: people over time, shelters filling up, where people are stuck, and the balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.evacuation.units import SHELTERED, STRANDED, TURNED_AWAY, Units

COUNTS = ("home", "moving", "sheltered", "stranded", "refused", "turned_away")


@dataclass(frozen=True)
class EvacuationOutcome:
    """Exact whole people. Times in s on the clock of the run; t50, t90, t95 count from the first order.

    `timeline` columns: time_s, ordered (told to leave so far), and the six places they can be in, which sum to it:
    home (complying, not yet left), moving, sheltered, stranded (no open way; they go on when one opens), refused,
    turned_away (no place left at any site they can reach; final).
    `arrivals`: people let in per recorded interval and site, shape (records, sites); nobody leaves, so the running
    sum is the occupancy. `turned_at_door`: people ever turned away at the site's door, most of whom found another.
    `inside_when_closed`: people already inside a site when it closed.
    `stuck` columns: node, stranded, turned_away (persons there at the end; only nodes with any).
    `refused_by_block`, `home_by_block`: persons at the end, shape (blocks,).
    `t50_s`, `t90_s`, `t95_s`: when that share of all who set out or will (ordered less refused) is in a shelter; NaN
    if it never is. `trip_s`: mean, 95 % and longest time from leaving home to the shelter, of those who arrived.
    `balance_error`: largest difference of any sum of people from what it must be, over all checks; must be 0.
    """

    timeline: pd.DataFrame
    arrivals: np.ndarray
    turned_at_door: np.ndarray
    inside_when_closed: np.ndarray
    stuck: pd.DataFrame
    refused_by_block: np.ndarray
    home_by_block: np.ndarray
    first_order_s: float
    t50_s: float
    t90_s: float
    t95_s: float
    trip_mean_s: float
    trip_p95_s: float
    trip_worst_s: float
    unit_count: int
    edge_epochs: int  # flood epochs that the run passed through
    balance_error: int

    @property
    def occupancy(self) -> np.ndarray:
        """People inside each site at the recorded times, shape (records, sites)."""
        return np.cumsum(self.arrivals, axis=0)

    @property
    def peak(self) -> np.ndarray:
        """Most people ever inside each site."""
        return self.arrivals.sum(axis=0)

    def final(self, count: str) -> int:
        """A column of the timeline at the end of the run."""
        return int(self.timeline[count].iloc[-1])


def arrival_times(units: Units, complying: int, first_order_s: float, shares: tuple[float, ...]) -> list[float]:
    """Seconds after the first order at which each share of `complying` people is sheltered; NaN if never."""
    time, persons, _ = _arrived(units)
    order = np.argsort(time, kind="stable")
    inside = np.cumsum(persons[order])
    times = []
    for share in shares:
        needed = max(int(np.ceil(share * complying)), 1)
        k = int(np.searchsorted(inside, needed))
        times.append(float(time[order[k]] - first_order_s) if k < inside.size else float("nan"))
    return times


def trip_times(units: Units) -> tuple[float, float, float]:
    """Mean, 95 % and longest time (s) from home to shelter over the people who arrived; NaN if none did."""
    time, persons, departed = _arrived(units)
    if not persons.size:
        return float("nan"), float("nan"), float("nan")
    trip = time - departed
    order = np.argsort(trip, kind="stable")
    inside = np.cumsum(persons[order])
    p95 = trip[order[int(np.searchsorted(inside, int(np.ceil(0.95 * inside[-1]))))]]
    return float((trip * persons).sum() / inside[-1]), float(p95), float(trip.max())


def stuck_people(units: Units) -> pd.DataFrame:
    """People stranded or turned away, per node."""
    state, node, persons = units.state, units.node, units.persons
    frame = pd.DataFrame(
        {
            "node": node,
            "stranded": np.where(state == STRANDED, persons, 0),
            "turned_away": np.where(state == TURNED_AWAY, persons, 0),
        }
    )[(state == STRANDED) | (state == TURNED_AWAY)]
    return frame.groupby("node", as_index=False).sum()


def _arrived(units: Units) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    inside = units.state == SHELTERED
    return units.sheltered_s[inside], units.persons[inside], units.departed_s[inside]
