"""Where people of an evacuation case start and where they go, as nodes of its network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from data.datum import WGS84, transform
from data.errors import InputError
from data.readers.points import point_rows
from data.readers.report import Report
from data.readers.tntp import read_tntp_trips
from data.schema import CASE_PEOPLE, CASE_SHELTERS
from shelters.graph import snap_points
from sim.evacuation_case import EvacuationCase
from sim.evacuation_network import CaseNetwork
from sim.movement.units import NO_SITE

_MOST_OFF = 0.5  # share of rows off the network from which coordinates or CRS must be wrong
_FAR_OFF_M = 1e9
_SHARES = ("share_65", "share_14", "share_disabled")


@dataclass(frozen=True)
class Origins:
    """Where people start; arrays of shape (origins,). Nobody is lost: `off_network` persons start nowhere."""

    node: np.ndarray  # int32
    access_s: np.ndarray  # float64, on foot from home to the road
    persons: np.ndarray  # int64
    shares: pd.DataFrame  # share_65, share_14, share_disabled
    off_network: int


@dataclass(frozen=True)
class Goals:
    """Shelters; arrays of shape (sites,)."""

    name: tuple[str, ...]
    node: np.ndarray  # int32
    access_s: np.ndarray  # float64
    capacity: np.ndarray  # float64, persons; inf: no limit


def read_origins(case: EvacuationCase, network: CaseNetwork, detour: float, walk_m_s: float) -> Origins:
    """The people of the case at the nodes where they start, as whole people.

    `detour`: way along lanes over straight line to the road. Raises InputError where rows cannot be placed at all.
    """
    file = case.people.file
    if case.people.trips:
        zones = len(network.leaves_from) - 1
        if zones < 1:
            raise InputError("trips need a TNTP network", file=case.file, place="[people] trips", expected="file = ...")
        persons = whole_people(read_tntp_trips(file, zones) * case.people.factor)
        some = np.flatnonzero(persons)
        node = network.leaves_from[some + 1]
        nobody = pd.DataFrame(0.0, index=range(len(some)), columns=list(_SHARES))
        return Origins(node.astype(np.int32), np.zeros(len(some)), persons[some], nobody, 0)
    frame, rows = point_rows(file, CASE_PEOPLE, Report())
    node, straight_m = _places(frame, rows, file, network, network.leaves_from, case.car_share > 0.0)
    persons = whole_people(frame["persons"].to_numpy(float) * case.people.factor)
    off = straight_m > case.access_m
    if off.mean() > _MOST_OFF:
        raise InputError(
            f"{int(off.sum())} of {len(off)} places lie off the network (lon and lat swapped, or another CRS?)",
            file=file, place=f"{rows[int(np.argmax(off))]}, lon, lat", value=f"{straight_m[off].min():.0f} m away",
            expected=f"places within access_m = {case.access_m:g} m of a crossing",
        )  # fmt: skip
    on = np.flatnonzero(~off & (persons > 0))
    return Origins(
        node[on].astype(np.int32),
        straight_m[on] * detour / walk_m_s,
        persons[on],
        frame.iloc[on][list(_SHARES)].reset_index(drop=True),
        int(persons[off].sum()),
    )


def read_goals(case: EvacuationCase, network: CaseNetwork, detour: float, walk_m_s: float) -> Goals:
    """The shelters of the case. Raises InputError for one that no road comes near."""
    if case.shelter_file is not None:
        file = case.shelter_file
        frame, rows = point_rows(file, CASE_SHELTERS, Report())
    else:
        file = case.file
        rows = [f"[shelter {number}]" for number in range(1, len(case.shelters) + 1)]
        at = [shelter.at or (np.nan, np.nan) for shelter in case.shelters]
        frame = pd.DataFrame(
            {
                "name": [shelter.name for shelter in case.shelters],
                "node": [shelter.node or 0 for shelter in case.shelters],
                "lon": [lon for lon, _ in at], "lat": [lat for _, lat in at],
                "capacity": [np.nan if s.capacity is None else float(s.capacity) for s in case.shelters],
            }
        )  # fmt: skip
    node, straight_m = _places(frame, rows, file, network, network.arrives_at, case.car_share > 0.0)
    far = np.flatnonzero(straight_m > case.access_m)
    if len(far):
        raise InputError(
            "shelter without road (longitude and latitude swapped, or another CRS?)",
            file=file, place=rows[far[0]], value=f"{frame['name'].iloc[far[0]]}, {straight_m[far[0]]:.0f} m away",
            expected=f"a place within access_m = {case.access_m:g} m of a crossing",
        )  # fmt: skip
    capacity = np.floor(frame["capacity"].to_numpy(float))
    return Goals(
        tuple(frame["name"]),
        node.astype(np.int32),
        straight_m * detour / walk_m_s,
        np.where(np.isnan(capacity), np.inf, capacity),
    )


def whole_people(persons: np.ndarray) -> np.ndarray:
    """Whole people, int64: the running sum is rounded, so that the total is the exact one to half a person."""
    return np.diff(np.rint(np.cumsum(persons)), prepend=0.0).astype(np.int64)


def nearest_goal(network: CaseNetwork, node: np.ndarray, goal_node: np.ndarray, by_car: bool) -> np.ndarray:
    """The goal that is nearest to each node by time on empty roads, int32; NO_SITE where no way leads to any.

    Of goals equally near, or at one node, the first of the list.
    """
    links, edges = network.links, network.graph.edges
    mine = slice(edges, None) if by_car else slice(0, edges)
    usable = np.flatnonzero(links.storage[mine] > 0)
    head, tail = links.head[mine][usable], links.tail[mine][usable]
    time = np.maximum(links.free_ms[mine][usable], 1).astype(np.float64)
    order = np.lexsort((time, tail, head))
    head, tail, time = head[order], tail[order], time[order]
    first = np.r_[True, (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])]  # the quickest of parallel links
    nodes = network.graph.nodes
    against = csr_array((time[first], (head[first], tail[first])), shape=(nodes, nodes))
    places, of_place = np.unique(goal_node, return_index=True)
    distance, _, source = dijkstra(against, indices=places, min_only=True, return_predecessors=True)
    goal_at = np.full(nodes, NO_SITE)
    goal_at[places] = of_place
    found = np.where(np.isfinite(distance), goal_at[np.maximum(source, 0)], NO_SITE)
    return found[node].astype(np.int32)


def _places(
    frame: pd.DataFrame, rows: list[str], file: Path, network: CaseNetwork, of_number: np.ndarray, by_car: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Graph node of each row, by its number or else the nearest crossing, and the straight way to it (m)."""
    number = frame["node"].to_numpy(np.int64)
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    at = np.isfinite(lon) & np.isfinite(lat)
    numbered = number > 0
    for bad, message, expected in (
        (numbered & at, "a place by node and by coordinates", "one of them"),
        (~numbered & ~at, "a row without a place", "node, or lon and lat"),
        (
            at & ((np.abs(lon) > 180.0) | (np.abs(lat) > 90.0)),
            "impossible coordinates (swapped?)",
            "degrees, lon first",
        ),
        (numbered & (number >= max(len(of_number), 1)), "no such node", f"a node of 1 to {len(of_number) - 1}"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            value = number[row] if numbered[row] else f"{lon[row]:g}, {lat[row]:g}"
            if not len(of_number) and numbered[row]:
                expected = "lon and lat: this network has no node numbers of its own"
            raise InputError(message, file=file, place=rows[row], value=value, expected=expected)
    node = np.zeros(len(frame), np.int64)
    straight_m = np.zeros(len(frame))
    node[numbered] = of_number[number[numbered]]
    if at.any():
        if network.node_xy is None or network.crs is None:
            raise InputError(
                "places by coordinates need to know where the nodes are",
                file=file, place=rows[int(np.argmax(at))], expected="nodes and crs under [network], or node numbers",
            )  # fmt: skip
        x, y = transform(lon[at], lat[at], WGS84, network.crs)
        there = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(there, x, _FAR_OFF_M), np.where(there, y, _FAR_OFF_M)
        nodes = crossings(network, by_car)
        if not len(nodes):
            raise InputError("no road for cars", file=file, expected="a network with roads that cars may use")
        place, straight_m[at] = snap_points(network.node_xy[nodes, 0], network.node_xy[nodes, 1], x, y)
        node[at] = nodes[place]
    return node, straight_m


def off_crossings(network: CaseNetwork, by_car: bool) -> int:
    """Nodes with roads of that mode outside `crossings`; zones without through traffic do not count."""
    links, edges = network.links, network.graph.edges
    mine = slice(edges, None) if by_car else slice(0, edges)
    usable = links.storage[mine] > 0
    used = np.unique(np.concatenate([links.tail[mine][usable], links.head[mine][usable]]))
    zone = network.leaves_from != network.arrives_at
    zones = np.concatenate([network.leaves_from[zone], network.arrives_at[zone]])
    return len(np.setdiff1d(np.setdiff1d(used, zones), crossings(network, by_car)))


def crossings(network: CaseNetwork, by_car: bool) -> np.ndarray:
    """Nodes from which every other one can be reached, int64: the largest strongly connected part of that mode.

    A zone without through traffic is none: it cannot be left again by those who arrive.
    """
    links, edges = network.links, network.graph.edges
    mine = slice(edges, None) if by_car else slice(0, edges)
    usable = links.storage[mine] > 0
    tail, head = links.tail[mine][usable], links.head[mine][usable]
    nodes = network.graph.nodes
    graph = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes, nodes))
    _, part = connected_components(graph, directed=True, connection="strong")
    used = np.unique(np.concatenate([tail, head]))
    return used[part[used] == np.bincount(part[used]).argmax()] if len(used) else used
