"""The links that units move on: every road edge once on foot and once by car, with flow and storage of its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.movement.units import GROUPS


class Links(NamedTuple):
    """Links as the kernels take them: link e is edge e on foot, link edges + e is edge e by car.

    Walking and cars share the ground, not the room on it. An edge that cars may not use has car room 0.
    """

    tail: np.ndarray  # int32 (links,), node
    head: np.ndarray  # int32 (links,)
    free_ms: np.ndarray  # int32 (links,): at reference speed on dry, empty ground; by car at free speed
    headway_us: np.ndarray  # int32 (links,): microseconds per person or vehicle at its end: 1 / flow capacity
    storage: np.ndarray  # int32 (links,): persons or vehicles that fit; 0: closed to this mode
    area_m2: np.ndarray  # float32 (edges,): footway area, for the density of walkers
    phase: np.ndarray  # int8 (links,): which of the two movements of its head junction; -1: no conflict there
    out_first: np.ndarray  # int64 (nodes + 1,): the edges that leave node v are out_edge[out_first[v]:out_first[v + 1]]
    out_edge: np.ndarray  # int32 (edges,), in rising number; a route table names an edge by its place in this row


class Doors(NamedTuple):
    """Shelter sites as the kernels take them; arrays of shape (sites,) unless said otherwise. Times in ms."""

    node: np.ndarray  # int32
    access_ms: np.ndarray  # int32, on foot from the node to the door
    capacity: np.ndarray  # int64, persons
    opens_ms: np.ndarray  # int32; who comes earlier waits at the door
    closes_ms: np.ndarray  # int32, NEVER (2**31 - 1) where it stays open
    price_ms: np.ndarray  # int64, the plan's price of a place (person-ms): overflow goes where time + price is least
    admitted: np.ndarray  # int64, persons let in so far
    reserved: np.ndarray  # int64, persons let in or on the way
    turned: np.ndarray  # int64, persons ever turned away at the door
    desk_first: np.ndarray  # int64 (sites + 1,): desks of site s are desk_free_ms[desk_first[s]:desk_first[s + 1]]
    desk_free_ms: np.ndarray  # int64 (desks,), when each is next free
    service_ms: np.ndarray  # int32, per person at a desk; 0: no check-in


class RoadWater(NamedTuple):
    """The roads as the water has them from one moment on, as the kernels take them."""

    open: np.ndarray  # uint8 (links,): OPEN, SLOW or CLOSED
    walk_slow: np.ndarray  # float32 (groups, edges): walking speed of each group over its dry speed, (0, 1]; 0 closed
    car_slow: np.ndarray  # float32 (edges,): car speed over free speed, (0, 1]; also where water closes the edge, for
    # drivers who dare: at the speed of the deepest passable water. 0 where no car may ever go.
    depth_m: np.ndarray  # float32 (edges,): deepest water along the edge
    depth_speed_m2_s: np.ndarray  # float32 (edges,): worst product of depth and speed along the edge


OPEN, SLOW, CLOSED = range(3)
NEVER = 2**31 - 1


class Ways(NamedTuple):
    """Next-hop tables: row[layer, by_car, site] of `slot` (-1: not made) holds, per node, the place of the next edge in
    the node's row of `Links.out_edge`; ARRIVED at the site's own node, UNKNOWN where the search did not come.
    """

    row: np.ndarray  # int32 (layers, 2, sites)
    slot: np.ndarray  # uint8 (rows, nodes)


LEFT_WITH, TOLD = range(2)  # layers: what people knew when they left, and the last bulletin
ARRIVED, UNKNOWN = 254, 255


def dry_water(edges: int) -> RoadWater:
    """Roads without any water."""
    zero = np.zeros(edges, np.float32)
    return RoadWater(
        np.zeros(2 * edges, np.uint8), np.ones((len(GROUPS), edges), np.float32), np.ones(edges, np.float32), zero, zero
    )
