"""Closing the books of a movement run: who is where at the end, how long it took."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.movement.flow import CAUGHT_EVER, COUNT, MOVES, RESCUED, RIDDEN, STALLED_EVER, Scene
from sim.movement.interrupt import in_circle, in_held_queues
from sim.movement.outcome import MovementOutcome
from sim.movement.units import (
    GRIDLOCK,
    HOME,
    MODES,
    MOVING,
    REASONS,
    REFUSED,
    SHELTERED,
    STATES,
    STRANDED,
    TURNED_AWAY,
    WAITING,
)

_MS_PER_S = 1000.0


def close_books(
    scene: Scene,
    until_ms: int,
    first_order_s: float,
    start: np.ndarray,
    ordered: np.ndarray,
    unordered: np.ndarray,
    balance_error: int,
    not_reached: int,
    stayed: int,
    worst_s: np.ndarray | None = None,
) -> MovementOutcome:
    """The outcome; `start`: persons in each state before anything happened. See `Movement.outcome` for the others."""
    units, books, flow = scene.units, scene.books, scene.flow
    count = int(flow.tally[COUNT])
    records, edges = len(books.change), len(scene.roads.links.area_m2)
    state, reason = units.state[:count].copy(), units.reason[:count].copy()
    persons, link = units.persons[:count].astype(np.int64), units.link[:count]
    held = stuck_in_circles(scene)
    state[held], reason[held] = STRANDED, GRIDLOCK
    change = books.change.copy()
    change[-1, MOVING] -= persons[held].sum()
    change[-1, STRANDED] += persons[held].sum()
    people = start + np.cumsum(change, axis=0)
    told = np.asarray(ordered, np.int64) + np.asarray(unordered, np.int64)
    if told.shape != (records,):
        raise ValueError(f"ordered and unordered have shape {told.shape}; one number per record, {records}")
    people[:, HOME] += told - people.sum(axis=1)  # whom nobody has told anything yet is not in the picture
    time_s = np.minimum(np.arange(records) * (books.record_ms[0] / _MS_PER_S), until_ms / _MS_PER_S)
    timeline = pd.DataFrame({"time_s": time_s, "ordered": ordered, "unordered": unordered})
    for number, name in enumerate(STATES):
        timeline[name] = people[:, number]
    inside = state == SHELTERED
    trip = (units.arrived_ms[:count] - units.left_ms[:count])[inside] / _MS_PER_S
    wait = (units.arrived_ms[:count] - units.entered_ms[:count])[inside] / _MS_PER_S
    given_up = (state == STRANDED) | (state == TURNED_AWAY)
    blocks = len(flow.block_node)
    went = int(told[-1] - people[-1, REFUSED]) - not_reached - stayed
    arrived_s = units.arrived_ms[:count][inside] / _MS_PER_S
    closes_ms = scene.doors.closes_ms
    early = inside & (units.arrived_ms[:count] < closes_ms[np.maximum(units.site[:count], 0)])
    kept = np.bincount(units.site[:count][early], persons[early], minlength=len(closes_ms)).astype(np.int64)
    shares = [int(np.ceil(share * went)) for share in (0.5, 0.9, 0.95)]
    t50, t90, t95 = (when - first_order_s for when in _when(arrived_s, persons[inside], shares))
    return MovementOutcome(
        timeline=timeline,
        arrivals=books.arrivals,
        turned_at_door=scene.doors.turned.copy(),
        inside_when_closed=np.where(closes_ms <= until_ms, kept, 0),
        stuck=_stuck(scene, given_up, state, reason, persons, np.where(link >= 0, link % max(edges, 1), -1)),
        refused_by_block=_by_block(units.block[:count], persons, state == REFUSED, blocks),
        home_by_block=_by_block(units.block[:count], persons, state == HOME, blocks),
        waiting_by_block=_by_block(units.block[:count], persons, state == WAITING, blocks),
        late_by_block=_by_block(units.block[:count], persons, _left_late(scene, count, state, worst_s), blocks),
        struck_by_edge=flow.struck.copy(),
        first_order_s=float(first_order_s),
        t50_s=t50,
        t90_s=t90,
        t95_s=t95,
        trip_mean_s=_mean(trip, persons[inside]),
        trip_p95_s=_when(trip, persons[inside], [int(np.ceil(0.95 * persons[inside].sum()))])[0],
        trip_worst_s=float(trip.max()) if trip.size else float("nan"),
        door_wait_mean_s=_mean(wait, persons[inside]),
        caught=int(flow.tally[CAUGHT_EVER]),
        stalled=int(flow.tally[STALLED_EVER]),
        rescued=int(flow.tally[RESCUED]),
        ridden=int(flow.tally[RIDDEN]),
        unit_count=count,
        link_moves=int(flow.tally[MOVES]),
        balance_error=max(balance_error, -int(people[:, HOME].min())),
        not_reached=not_reached,
    )


def stuck_in_circles(scene: Scene) -> np.ndarray:
    """Which units (bool) wait on a blocked road that waits, over other blocked roads, for itself, or behind one."""
    flow, units = scene.flow, scene.units
    count = int(flow.tally[COUNT])
    held, stuck = np.zeros(len(flow.queue), np.uint8), np.zeros(units.room, np.uint8)
    in_circle(flow, held)
    in_held_queues(flow, held, units, stuck)
    link = units.link[:count]
    on_road = (link >= 0) & (units.state[:count] == MOVING)
    return (stuck[:count] == 1) | (on_road & (held[np.maximum(link, 0)] == 1))


def _stuck(
    scene: Scene, which: np.ndarray, state: np.ndarray, reason: np.ndarray, persons: np.ndarray, edge: np.ndarray
) -> pd.DataFrame:
    units = scene.units
    ids = np.flatnonzero(which)
    frame = pd.DataFrame(
        {
            "node": units.node[ids],
            "edge": edge[ids].astype(np.int64),
            "reason": np.array(REASONS)[np.where(state[ids] == STRANDED, reason[ids], 0)],
            "mode": np.array(MODES)[units.mode[ids]],
            "block": units.block[ids],
            "persons": persons[ids],
        }
    )
    return frame.groupby([name for name in frame.columns if name != "persons"], as_index=False).sum()


def _left_late(scene: Scene, count: int, state: np.ndarray, worst_s: np.ndarray | None) -> np.ndarray:
    """Who left home only after the water was worst there, bool (count,)."""
    if worst_s is None:
        return np.zeros(count, bool)
    units = scene.units
    left_ms = units.left_ms[:count]
    gone = (left_ms >= 0) & (state != HOME) & (state != REFUSED) & (state != WAITING)
    return gone & (left_ms / _MS_PER_S > np.asarray(worst_s, float)[units.block[:count]])


def _by_block(block: np.ndarray, persons: np.ndarray, which: np.ndarray, blocks: int) -> np.ndarray:
    return np.bincount(block[which], persons[which], minlength=blocks).astype(np.int64)


def _mean(value: np.ndarray, persons: np.ndarray) -> float:
    return float((value * persons).sum() / persons.sum()) if persons.sum() else float("nan")


def _when(value: np.ndarray, persons: np.ndarray, wanted: list[int]) -> list[float]:
    """The values that so many persons (at least one) do not exceed; NaN where there are fewer."""
    order = np.argsort(value, kind="stable")
    so_far = np.cumsum(persons[order])
    place = [int(np.searchsorted(so_far, max(many, 1))) for many in wanted]
    return [float(value[order[k]]) if k < len(so_far) else float("nan") for k in place]
