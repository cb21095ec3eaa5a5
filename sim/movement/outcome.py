"""What a movement run leaves: people over time, shelters filling up, where people are stuck, and the balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class MovementOutcome:
    """Exact whole people. Times in s on the clock of the run; t50, t90, t95 count from the first order.

    `timeline` columns: time_s; `ordered` (told to leave so far) and `unordered` (who leave of their own accord), whose
    sum is that of the places people can be in: home, moving, waiting (for a bus or an ambulance), riding, at_door
    (queueing at a shelter), sheltered, stranded, refused, turned_away.
    `arrivals`: people let in per recorded interval and site, shape (records, sites); nobody leaves, so the running
    sum is the occupancy. `turned_at_door`: people ever turned away at the site's door, most of whom found another.
    `inside_when_closed`: people already inside a site when it closed.
    `stuck` columns: node, edge (-1: at the node), reason (a word of REASONS; "" for turned away), mode, block, persons:
    people stranded or turned away at the end.
    `refused_by_block`, `home_by_block`, `waiting_by_block`: persons at the end, shape (blocks,); who waits for a
    vehicle does so near home, but for those whose vehicle could not go on. `late_by_block`: persons who left home only
    after the water was worst there. `struck_by_edge`: persons whom the water ever caught on an edge or whose car it
    stopped there, rescued or not, shape (edges,).
    `t50_s`, `t90_s`, `t95_s`: when that share of all who set out or will is in a shelter; NaN if it never is. Those who
    refuse, who were told to stay after all, and whom no order had reached by the end are not among them: how many the
    last are is said by `not_reached`, to be shown beside these times.
    `trip_*`: from leaving home to being let in, of those who arrived.
    `balance_error`: largest difference of any sum of people from what it must be, over all exchanges; must be 0.
    """

    timeline: pd.DataFrame
    arrivals: np.ndarray
    turned_at_door: np.ndarray
    inside_when_closed: np.ndarray
    stuck: pd.DataFrame
    refused_by_block: np.ndarray
    home_by_block: np.ndarray
    waiting_by_block: np.ndarray
    late_by_block: np.ndarray
    struck_by_edge: np.ndarray
    first_order_s: float
    t50_s: float
    t90_s: float
    t95_s: float
    trip_mean_s: float
    trip_p95_s: float
    trip_worst_s: float
    door_wait_mean_s: float  # from reaching the door to being let in; NaN if nobody was
    caught: int  # persons whom the water ever caught on a road
    stalled: int  # persons in cars that ever stalled or floated
    rescued: int  # persons picked up by a crew after they were stranded
    ridden: int  # persons taken by bus or ambulance
    unit_count: int
    link_moves: int  # links entered, over all units
    balance_error: int
    not_reached: int = 0  # persons told to leave who were at home at the end and had heard of no order

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
