"""The smallest worst trip of all plans that serve the most people: the bottleneck transport problem, with its proof.

If trips of at most T suffice to serve as many people as trips of any length, and trips shorter than T do not, T is the
smallest worst trip. Both are maximum flows; the second is proven by a cut: a set of blocks whose sites nearer
than T have fewer places than people want (Garfinkel and Rao 1971 for the method; the cut needs no trust in it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.candidates import CandidateTable, Travel
from shelters.max_flow import MaxFlow, most_served

_STEP = 1.5  # each limit tried is longer than the last by a factor that itself grows so, until enough are served


@dataclass(frozen=True)
class WorstTrip:
    """The limit that the worst trip cannot beat."""

    limit_ms: int  # 0 when nobody is served
    served: int  # people with a place in any best plan
    table: CandidateTable  # every pair within the limit
    used: CandidateTable  # the pairs of a plan that serves that many
    served_certified: bool  # proven: no plan serves more, however long its trips
    worst_certified: bool  # proven: with shorter trips alone a plan serves fewer


def least_worst_trip(demand: np.ndarray, travel: Travel, capacity: np.ndarray, usable: np.ndarray) -> WorstTrip:
    """The smallest worst trip (real time, ms) of plans with the fewest unserved; whole persons, exact."""
    table, most = _table_that_serves_most(demand, travel, capacity, usable)
    flow = MaxFlow(demand, table, capacity)
    served = flow.served(_longest(table))
    served_certified = served == most
    if not served_certified:  # then the table lists all pairs, and its cut is the proof
        served_certified = served == most_served(demand, capacity, table, flow.stuck(_longest(table)))
    if not served:
        nothing = table.within(-1)
        return WorstTrip(0, 0, nothing, nothing, served_certified, True)
    times = np.unique(table.time_ms)
    low, high = -1, int(np.searchsorted(times, table.time_ms[flow.persons > 0].max()))
    while high - low > 1:
        middle = (low + high) // 2
        if flow.served(int(times[middle])) == served:
            high = int(np.searchsorted(times, table.time_ms[flow.persons > 0].max()))
        else:
            low = middle
    limit = int(times[high])
    flow.served(limit - 1)
    worst_certified = serve_fewer(demand, capacity, table.within(limit - 1), flow.stuck(limit - 1), served)
    flow.served(limit)
    used = table.take(flow.persons > 0, False)
    return WorstTrip(limit, served, table.within(limit), used, served_certified, worst_certified)


def serve_fewer(
    demand: np.ndarray, capacity: np.ndarray, table: CandidateTable, stuck: np.ndarray, people: int
) -> bool:
    """Whether the cut behind the blocks `stuck` proves that no plan on the table's pairs serves so many people."""
    return most_served(demand, capacity, table, stuck) < people


def _table_that_serves_most(
    demand: np.ndarray, travel: Travel, capacity: np.ndarray, usable: np.ndarray
) -> tuple[CandidateTable, int]:
    """(table, bound): all pairs within a limit that serve `bound` people, which no plan can beat, or all pairs.

    The bound counts people with a way to any place, and places.
    """
    nearest = travel.candidates(1, None, usable)
    can_go = np.zeros(len(demand), bool)
    can_go[nearest.block] = True
    most = min(int(demand[can_go].sum()), int(capacity.sum()))
    longest = travel.longest_ms()
    limit = int(nearest.time_ms[demand[nearest.block] > 0].max(initial=1))
    step = _STEP
    while limit < longest:
        table = travel.within(limit, usable)
        flow = MaxFlow(demand, table, capacity)
        if flow.served(limit) == most:
            return table, most
        limit, step = int(limit * step) + 1, step * _STEP
    return travel.all_pairs(usable), most


def _longest(table: CandidateTable) -> int:
    return int(table.time_ms.max(initial=0))
