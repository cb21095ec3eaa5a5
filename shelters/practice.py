"""The practice in the field: everybody goes to the nearest site that still has room.

No plan looks ahead here, so somebody who had a good second choice takes the place of somebody who had none. Two orders
of filling: "listed", block after block as they stand in the list, each to its nearest sites with room; "near", the
shortest trips first, as when all leave at once and whoever arrives first gets in.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from data.compiling import njit
from shelters.allocation import Allocation
from shelters.candidates import CandidateTable, Travel
from shelters.certificate import check_plan, plan_cost
from shelters.paths import TICKS_PER_S
from shelters.whole_numbers import whole_numbers

_LISTED = 8  # nearest sites with room, listed per block, anew when a block has used up its list: long lists cost more
_PATIENCE = 8  # rounds after which lists get twice as long, and again
_FEW_SITES = 32  # with room: then all of them are listed


def nearest_with_room(
    demand_persons: np.ndarray,
    travel: Travel,
    capacity_persons: np.ndarray,
    order: Literal["listed", "near"] = "listed",
) -> Allocation:
    """The plan that practice makes, whole persons, ties to the block and site named first; nothing is proven of it.

    `gap_person_s` and `gap` are NaN. A block is split where a site fills up.
    """
    if order not in ("listed", "near"):
        raise ValueError(f"order(={order!r}) must be listed or near")
    demand = whole_numbers("demand_persons", demand_persons, (travel.blocks,))
    capacity = whole_numbers("capacity_persons", capacity_persons, (travel.sites,))
    left, room = demand.copy(), capacity.copy()
    parts: list[CandidateTable] = []
    persons: list[np.ndarray] = []
    rounds = 0
    while left.any() and room.any():
        k = _LISTED << (rounds // _PATIENCE)
        rounds += 1
        few = int((room > 0).sum()) <= max(_FEW_SITES, k)
        table = travel.all_pairs(room > 0) if few else travel.candidates(k, None, room > 0)
        table = table.take(left[table.block] > 0, table.complete or few)
        table = table.take(np.lexsort((table.site, table.time_ms, table.block)), table.complete)
        turn = np.arange(len(table)) if order == "listed" else np.argsort(table.time_ms, kind="stable")
        given = np.zeros(len(table), np.int64)
        last = table.first[1:] - 1
        last[np.diff(table.first) < k] = -1  # all that these blocks can reach is listed
        ended = _fill(table.block, table.site, turn, last, table.complete, left, room, given)
        parts.append(table.take(given > 0, False))
        persons.append(given[given > 0])
        if ended:
            break
    return _plan(demand, capacity, parts, persons, left, rounds)


@njit(nogil=True, cache=True)
def _fill(block, site, turn, last, complete, left, room, given):  # type: ignore[no-untyped-def]
    """Give places pair by pair in the order of `turn`. False: a block has come to the end of a list that is not all."""
    for p in turn:
        i = block[p]
        j = site[p]
        amount = min(left[i], room[j])
        given[p] = amount
        left[i] -= amount
        room[j] -= amount
        if not complete and p == last[i] and left[i] > 0:
            return False
    return True


def _plan(
    demand: np.ndarray,
    capacity: np.ndarray,
    parts: list[CandidateTable],
    persons: list[np.ndarray],
    unserved: np.ndarray,
    rounds: int,
) -> Allocation:
    none = [np.empty(0, np.int64)]
    block, site, time_ms = (
        np.concatenate(none + [column(part) for part in parts])
        for column in (lambda part: part.block, lambda part: part.site, lambda part: part.time_ms)
    )
    given = np.concatenate(none + persons)
    order = np.lexsort((time_ms, block))
    block, site, time_ms, given = block[order], site[order], time_ms[order], given[order]
    check_plan(demand, capacity, block, site, given, unserved)
    occupancy = np.zeros(len(capacity), np.int64)
    np.add.at(occupancy, site, given)
    return Allocation(
        block=block,
        site=site,
        persons=given,
        time_s=time_ms / TICKS_PER_S,
        unserved=unserved,
        occupancy=occupancy,
        walk_person_s=plan_cost(given, time_ms, unserved, 0) / TICKS_PER_S,
        gap_person_s=float("nan"),
        gap=float("nan"),
        certified=False,
        rounds=rounds,
        pairs=len(block),
    )
