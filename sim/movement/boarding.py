"""Units and vehicles: who waits for one, who gets on, who gets off and where."""

from __future__ import annotations

import numpy as np

from sim.movement.books import move_to
from sim.movement.doors import bind, split
from sim.movement.flow import COUNT, NEWLY_WAITING, NEWS, RESCUED, RIDDEN
from sim.movement.off_road import knock
from sim.movement.stage import Stage
from sim.movement.units import NO_REASON, NOWHERE, RIDING, STRANDED, WAITING, WALK


def waiting(stage: Stage, block: int | None) -> np.ndarray:
    """Ids of WAITING units (of one block), first come first."""
    units = stage.scene.units
    ids = np.flatnonzero(units.state[: stage.count] == WAITING).astype(np.int32)
    if block is not None:
        ids = ids[units.block[ids] == block]
    return ids[np.lexsort((ids, units.left_ms[ids]))]


def board(stage: Stage, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
    """WAITING units get on: ids and persons."""
    aboard, persons = _take_aboard(stage, stage.in_state(ids, WAITING), seats)
    stage.scene.flow.tally[RIDDEN] += persons
    return aboard, persons


def pick_up(stage: Stage, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
    """STRANDED units get on and leave their car behind: ids and persons."""
    aboard, persons = _take_aboard(stage, stage.in_state(ids, STRANDED), seats)
    stage.scene.flow.tally[RESCUED] += persons
    stage.scene.units.mode[aboard] = WALK
    return aboard, persons


def _take_aboard(stage: Stage, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
    """In this order as many as fit; the last may split."""
    stage.make_room(1)
    scene = stage.scene
    units, flow = scene.units, scene.flow
    aboard, persons = [], 0
    for u in ids.tolist():
        if persons >= seats:
            break
        if units.persons[u] > seats - persons:
            flow.tally[COUNT] = split(u, stage.count, int(units.persons[u]) - (seats - persons), units)
        move_to(u, RIDING, stage.now_ms, units, scene.books)
        units.reason[u], units.link[u] = NO_REASON, NOWHERE
        aboard.append(u)
        persons += int(units.persons[u])
    return np.array(aboard, np.int32), persons


def alight(stage: Stage, ids: np.ndarray, site: int) -> None:
    """RIDING units are at the door of `site`."""
    ids = stage.in_state(ids, RIDING)
    stage.make_room(len(ids))
    scene = stage.scene
    units = scene.units
    for u in ids.tolist():
        if units.site[u] != site:
            bind(u, site, units, scene.doors)
        units.mode[u] = WALK
        knock(u, stage.acting_ms, scene)


def set_down(stage: Stage, ids: np.ndarray, node: int) -> None:
    """RIDING units get off at a crossing and are WAITING there."""
    scene = stage.scene
    for u in stage.in_state(ids, RIDING).tolist():
        scene.units.node[u] = node
        move_to(u, WAITING, stage.now_ms, scene.units, scene.books)
        scene.news[u] |= NEWLY_WAITING
        scene.flow.tally[NEWS] += 1
