"""The state of a movement run beside its units: queues, junctions, calendars (arrays for the kernels).

Queue q < links stands at the end of link q; queue links + l holds those who start at a node and want to enter link l,
and takes its turn like one more link. All that a kernel asks of a queue and its link lies in one cache line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.movement.books import Books
from sim.movement.harm import HarmLimits
from sim.movement.links import Doors, Links, RoadWater, Ways
from sim.movement.terms import MovementTerms
from sim.movement.units import NOWHERE, Units

# What a queue waits for: nothing (its next unit comes by the calendar of units); its own gate or a clearance, by the
# calendar of queues; room in the next link, in that link's list; the other phase, in the junction's list; an answer.
IDLE, GATED, BLOCKED, RED, ASKING = range(5)

_LINE = 64  # bytes of a cache line
QUEUE = np.dtype(
    {
        "names": [
            "gate_us", "first", "last", "occupancy", "next", "wake_ms", "car_ms", "waiters", "head", "free_ms",
            "headway_us", "storage", "status", "phase", "ripe", "entered", "room_ms",
        ],
        "formats": ["i8", *["i4"] * 11, "u1", "i1", "u1", "i4", "i4"],
        "offsets": [0, *range(8, 52, 4), 52, 53, 54, 56, 60],
        "itemsize": _LINE,
    }
)  # fmt: skip
JUNCTION = np.dtype(
    {
        "names": [
            "switch_ms", "from_ms", "passed_ms", "demand_0", "demand_1", "waiting", "next", "due", "green", "asked",
        ],
        "formats": [*["i4"] * 7, "u1", "u1", "u1"],
        "offsets": [*range(0, 28, 4), 28, 29, 30],
        "itemsize": 32,
    }
)  # fmt: skip

# Places of `Flow.tally`, whole numbers that kernels change ...
COUNT, MOVES, DUE, BUCKET, ASK_FIRST, ASK_LAST, ASK_QUEUES, RIPE, NEWS, RESCUED, RIDDEN, CAUGHT_EVER, STALLED_EVER = (
    range(13)
)
# ... and of `Flow.fixed`, which they do not.
STEP_MS, UNTIL_MS, CLEARANCE_MS, MAX_GREEN_MS, FINISH_MS, CROWD_STEPS = range(6)

# Bits of `Flow.news`.
NEWLY_STRANDED, NEWLY_TURNED, NEWLY_WAITING = 1, 2, 4

DENSITY_STEPS = 256  # entries of the crowd table per person and m2


class Flow(NamedTuple):
    """What the kernels work on, next to units, roads and doors."""

    queue: np.ndarray  # QUEUE (2 links,)
    junction: np.ndarray  # JUNCTION (nodes,)
    turn_us: np.ndarray  # int64 (2 links,), virtual time of a queue among those who wait for turn_link
    turn_link: np.ndarray  # int32 (2 links,)
    served_us: np.ndarray  # int64 (links,), virtual time of the last one let into a link by turn
    unit_first: np.ndarray  # int32 (buckets,): the calendar, lists by Units.behind
    unit_last: np.ndarray
    queue_first: np.ndarray  # int32 (buckets,): lists by `next`
    queue_last: np.ndarray
    node_first: np.ndarray
    node_last: np.ndarray
    ripe: np.ndarray  # int32 (links,), stack of links that got room while others wait for it
    ripe_ms: np.ndarray  # int32 (links,)
    ask: np.ndarray  # int32 (2 links,), queues whose first unit asks for the way
    block_node: np.ndarray  # int32 (blocks,)
    block_access_ms: np.ndarray  # int32 (blocks,)
    pace: np.ndarray  # float64 (groups,), time on dry ground over that of adults
    crowd: np.ndarray  # float32, speed over free speed by density
    willing_m: np.ndarray  # float64 (quantiles,)
    willing_key: np.ndarray  # uint64 (1,)
    struck: np.ndarray  # int64 (edges,), persons whom the water ever caught there or whose car it stopped
    tally: np.ndarray  # int64 (13,)
    fixed: np.ndarray  # int64 (6,)


class Roads(NamedTuple):
    """What the kernels know of the roads as they are now."""

    links: Links
    ways: Ways
    water: RoadWater  # open: CLOSED also where barred
    barred: np.ndarray  # uint8 (links,)
    limits: HarmLimits


class Scene(NamedTuple):
    """All that a kernel is given."""

    flow: Flow
    roads: Roads
    units: Units
    news: np.ndarray  # uint8 (room,)
    doors: Doors
    books: Books


def new_flow(
    links: Links,
    terms: MovementTerms,
    until_ms: int,
    count: int,
    block_node: np.ndarray,
    block_access_ms: np.ndarray,
    willing_key: np.uint64,
) -> Flow:
    """Empty roads at time 0."""
    size, nodes = len(links.tail), len(links.out_first) - 1
    step_ms = max(1, round(terms.step_s * 1000.0))
    queue = _lines(2 * size, QUEUE)
    for name in ("first", "last", "next", "waiters"):
        queue[name] = NOWHERE
    queue["head"] = np.concatenate((links.head, links.tail))
    queue["headway_us"] = np.concatenate((links.headway_us, links.headway_us))
    queue["free_ms"][:size], queue["storage"][:size] = links.free_ms, links.storage
    queue["phase"] = np.concatenate((links.phase, np.full(size, -1, np.int8)))
    junction = np.zeros(nodes, JUNCTION)
    junction["waiting"] = junction["next"] = NOWHERE
    junction["passed_ms"] = -(10**9)
    buckets = until_ms // step_ms + 2
    lists = [np.full(buckets, NOWHERE, np.int32) for _ in range(6)]
    tally = np.zeros(13, np.int64)
    tally[COUNT], tally[ASK_FIRST], tally[ASK_LAST] = count, NOWHERE, NOWHERE
    fixed = [step_ms, until_ms, *(round(s * 1000.0) for s in (terms.clearance_s, terms.max_green_s, terms.finish_s))]
    return Flow(
        queue=queue,
        junction=junction,
        turn_us=np.zeros(2 * size, np.int64),
        turn_link=np.full(2 * size, NOWHERE, np.int32),
        served_us=np.zeros(size, np.int64),
        unit_first=lists[0],
        unit_last=lists[1],
        queue_first=lists[2],
        queue_last=lists[3],
        node_first=lists[4],
        node_last=lists[5],
        ripe=np.empty(size, np.int32),
        ripe_ms=np.empty(size, np.int32),
        ask=np.empty(2 * size, np.int32),
        block_node=np.ascontiguousarray(block_node, np.int32),
        block_access_ms=np.ascontiguousarray(block_access_ms, np.int32),
        pace=1.0 / np.asarray(terms.group_speed, np.float64),
        crowd=terms.crowd.table(DENSITY_STEPS),
        willing_m=np.asarray(terms.willing_m, np.float64),
        willing_key=np.array([willing_key], np.uint64),
        struck=np.zeros(len(links.area_m2), np.int64),
        tally=tally,
        fixed=np.array([*fixed, DENSITY_STEPS], np.int64),
    )


_BESIDE = (("site", "i4"), ("node", "i4"), ("link", "i4"), ("ready_ms", "i4"), ("entered_ms", "i4"), ("behind", "i4"),
           ("size", "i2"), ("mode", "u1"), ("group", "u1"), ("informed", "u1"))  # fmt: skip
_TOGETHER = np.dtype(
    {
        "names": [name for name, _ in _BESIDE],
        "formats": [form for _, form in _BESIDE],
        "offsets": [0, 4, 8, 12, 16, 20, 24, 26, 27, 28],
        "itemsize": _LINE // 2,
    }
)


def own_units(units: Units, count: int, room: int) -> Units:
    """A copy with `room` entries, in which what an event asks of a unit lies in half a cache line."""
    beside = _lines(room, _TOGETHER)
    beside_names = [name for name, _ in _BESIDE]
    columns = {}
    for name, array in zip(Units._fields, units, strict=True):
        column = beside[name] if name in beside_names else np.zeros(room, array.dtype)
        column[:count] = array[:count]
        columns[name] = column
    return Units(**columns)


def _lines(size: int, dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at the start of a cache line."""
    raw = np.zeros(size * dtype.itemsize + _LINE, np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + size * dtype.itemsize].view(dtype)
