"""People on the move as parallel arrays: one unit is a household or platoon that stays together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Where a unit is. Every unit is in exactly one state, and its persons count there and nowhere else.
HOME, MOVING, WAITING, RIDING, AT_DOOR, SHELTERED, STRANDED, REFUSED, TURNED_AWAY = range(9)
STATES = ("home", "moving", "waiting", "riding", "at_door", "sheltered", "stranded", "refused", "turned_away")

# How it travels. BUS and ASSISTED wait near home until a vehicle takes them.
WALK, CAR, BUS, ASSISTED = range(4)
MODES = ("walk", "car", "bus", "assisted")

# Who they are: the slowest of a unit decides how it walks and what water it can stand in.
ADULT, CHILD, ELDER, IMPAIRED = range(4)
GROUPS = ("adult", "child", "elder", "impaired")

# Why a unit is stranded.
NO_REASON, NO_WAY, CAUGHT, STALLED, UNWILLING, GRIDLOCK = range(6)
REASONS = ("", "no_way", "caught", "stalled", "unwilling", "gridlock")

NO_SITE = -1  # bound for no site: asks for one at its node
NOWHERE = -1  # no link, no node
TO_DOOR = -2  # instead of a link: on the way from the node of its site to the door
NEVER_MS = -1


class Units(NamedTuple):
    """Units, one entry each in every array; entries from the count in use on are room for splits.

    Times are whole milliseconds on the clock of the run (int32: good for 24 days), NEVER_MS until they are known.
    """

    block: np.ndarray  # int32, population block it comes from
    site: np.ndarray  # int32, site it is bound for, or NO_SITE
    persons: np.ndarray  # int16
    size: np.ndarray  # int16, room it takes on a road: persons on foot, vehicles by car
    mode: np.ndarray  # uint8, WALK .. ASSISTED
    group: np.ndarray  # uint8, ADULT .. IMPAIRED
    state: np.ndarray  # uint8, HOME .. TURNED_AWAY
    reason: np.ndarray  # uint8, why it is stranded
    informed: np.ndarray  # uint8, 1: follows the last bulletin on roads; 0: what it knew when it left
    node: np.ndarray  # int32, node ahead of it, or where it stands
    link: np.ndarray  # int32, link it is on (edge on foot, edges + edge by car); NOWHERE off the roads, TO_DOOR
    ready_ms: np.ndarray  # int32, when it is next free to act
    entered_ms: np.ndarray  # int32, when it entered its link
    left_ms: np.ndarray  # int32, when it left home
    arrived_ms: np.ndarray  # int32, when it was let in
    behind: np.ndarray  # int32, next unit in the list that this one waits in

    @property
    def room(self) -> int:
        """Entries of every array."""
        return len(self.block)


def no_units(room: int) -> Units:
    """`room` empty entries; a caller fills block, site, persons, size, mode, group and informed."""
    whole = {name: np.zeros(room, np.int32) for name in ("block", "ready_ms", "entered_ms")}
    small = {name: np.zeros(room, np.uint8) for name in ("mode", "group", "state", "reason", "informed")}
    unknown = {
        name: np.full(room, -1, np.int32) for name in ("site", "node", "link", "left_ms", "arrived_ms", "behind")
    }
    counts = {name: np.zeros(room, np.int16) for name in ("persons", "size")}
    return Units(**whole, **small, **unknown, **counts)
