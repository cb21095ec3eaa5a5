"""Who has to leave, when they are told, and which shelter each block goes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numba as nb
import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import City
from shelters.allocation import Allocation, allocate
from shelters.graph import RoadGraph, snap_points
from shelters.nearest import RoadTravel
from shelters.passability import walking_times
from shelters.paths import NO_EDGE, shortest_path_trees
from shelters.sites import access_cut, capacity_persons, closing_time, flooded, open_capacity
from sim.demand import Timing
from sim.failures import Failure
from sim.flood_watch import FloodWatch
from sim.outages import outages
from sim.phased_travel import PhasedTravel
from sim.rulebook import site_limits, space_rules, walk_rules
from sim.scenario import Plan


@dataclass(frozen=True)
class Streets:
    """The road graph and where blocks and sites meet it; walking times per watch step."""

    graph: RoadGraph
    block_node: np.ndarray  # int32 (blocks,)
    block_access_m: np.ndarray  # float64 (blocks,): along lanes from home to the road
    site_node: np.ndarray
    site_access_m: np.ndarray
    lane_speed_m_s: float  # on those lanes
    walk_time_s: np.ndarray  # float64 (steps, edges), inf = closed

    @property
    def block_access_s(self) -> np.ndarray:
        """Walking time from home to the road (s), shape (blocks,)."""
        return self.block_access_m / self.lane_speed_m_s

    @property
    def site_access_s(self) -> np.ndarray:
        """Walking time from the road to the door (s), shape (sites,)."""
        return self.site_access_m / self.lane_speed_m_s

    @cached_property
    def closed(self) -> np.ndarray:
        """Edges that walkers cannot pass, bool (steps, edges)."""
        return np.isinf(self.walk_time_s)


@dataclass(frozen=True)
class SiteStock:
    """What the shelters can take in this flood."""

    effective_m2: np.ndarray
    capacity: np.ndarray  # persons with every site open
    open_capacity: np.ndarray  # persons; 0 for a site that water closes at any time
    closed_at_s: np.ndarray  # inf = stays open
    wet_at_s: np.ndarray  # when water stands on the site itself; inf = dry, though perhaps cut off
    dark_at_s: np.ndarray  # when its power fails, which shuts a hall without a supply of its own; inf = never


@dataclass(frozen=True)
class ShelterPlan:
    """The plan: demand and order time per block, and the allocation."""

    demand: np.ndarray  # int64 (blocks,)
    order_s: np.ndarray  # float64 (blocks,), inf where nobody is told to leave
    allocation: Allocation
    distance_m: np.ndarray  # float64 (rows of the allocation,)


def lay_streets(city: City, watch: FloodWatch, rules: Rules) -> Streets:
    """Snap blocks and sites to the roads and turn the water on every edge into walking times."""
    assert city.roads is not None
    assert city.people is not None
    assert city.shelters is not None
    nodes, edges = city.roads.nodes, city.roads.edges
    length = edges["length_m"].to_numpy(float)
    graph = RoadGraph.build(edges["tail"].to_numpy(), edges["head"].to_numpy(), length, len(nodes))
    walking = walk_rules(rules)
    x, y = nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float)
    detour = rules.number("evacuation.access_detour")
    block_node, to_road = snap_points(x, y, *_places(city.people))
    site_node, to_site = snap_points(x, y, *_places(city.shelters))
    times = [walking_times(length, d, v, walking) for d, v in zip(watch.edge_depth, watch.edge_speed, strict=True)]
    return Streets(
        graph, block_node, to_road * detour, site_node, to_site * detour, walking.dry_speed_m_s, np.stack(times)
    )


def _places(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return frame["x_m"].to_numpy(float), frame["y_m"].to_numpy(float)


def stock_sites(
    city: City, watch: FloodWatch, streets: Streets, stay: str, rules: Rules, failures: Sequence[Failure] = ()
) -> SiteStock:
    """Capacity of every site, and when water on the site or on all its roads, or the dark, closes it.

    The plan knows the water that is forecast, not a power cut: a site that goes dark keeps its places in the plan and
    takes nobody in from then on. A park needs no power, nor does a hall with emergency power.
    """
    assert city.shelters is not None
    sites = city.shelters
    space = space_rules(rules).m2_per_person(stay)
    area, share = sites["area_m2"].to_numpy(float), sites["usable_share"].to_numpy(float)
    capacity = capacity_persons(area, share, space)
    capacity[~sites["fit_for_flood"].to_numpy(bool)] = 0
    wet = flooded(watch.stacked("site_depth"), watch.stacked("site_class"), site_limits(rules))
    shut = wet | access_cut(streets.graph, streets.walk_time_s, streets.site_node)
    time_s = np.array(watch.time_s)
    closed_at, wet_at = closing_time(time_s, shut), closing_time(time_s, wet)
    dark = dark_at(city, failures)
    closed_at = np.minimum(closed_at, dark)
    return SiteStock(area * share, capacity, open_capacity(capacity, shut), closed_at, wet_at, dark)


def dark_at(city: City, failures: Sequence[Failure]) -> np.ndarray:
    """When each site first goes without the power that it needs (s, inf: never)."""
    assert city.shelters is not None
    sites, out = city.shelters, outages(city, failures)
    begin = [min((span[0] for span in out.get(("shelter", name), [])), default=np.inf) for name in sites["id"]]
    needs = sites["indoor"].to_numpy(bool) & ~sites["power"].to_numpy(bool)
    return np.where(needs, np.array(begin, float), np.inf)


def make_plan(
    options: Plan,
    streets: Streets,
    stock: SiteStock,
    demand: np.ndarray,
    timing: Timing,
    step_s: np.ndarray,
) -> ShelterPlan:
    """Allocate the demand to open sites with the least walking.

    Blocks with one order and one danger form a phase. They walk on roads that are open from the order until just
    before the danger begins; each edge takes its slowest time within that window.
    """
    phases, members = [], []
    told, danger = (np.where(demand > 0, times, np.inf) for times in (timing.told_s, timing.danger_s))
    spans, phase_of = np.unique(np.column_stack([told, danger]), axis=0, return_inverse=True)
    for number, (begin, end) in enumerate(spans):
        member = np.flatnonzero(phase_of.reshape(-1) == number)
        first = max(0, int(np.searchsorted(step_s, begin, side="right")) - 1) if np.isfinite(begin) else 0
        last = int(np.searchsorted(step_s, end, side="left")) if np.isfinite(begin) else 0
        slowest = streets.walk_time_s[first : max(last, first + 1)].max(axis=0)
        phases.append(
            RoadTravel(
                streets.graph,
                slowest,
                streets.block_node[member],
                streets.block_access_s[member],
                streets.site_node,
                streets.site_access_s,
                options.max_walk_min * 60.0,
            )
        )
        members.append(member)
    travel = PhasedTravel(phases, members)
    allocation = allocate(demand, travel, stock.open_capacity, k=options.nearest)
    distance = np.zeros(len(allocation.block))
    for phase, member in zip(phases, members, strict=True):
        rows = np.flatnonzero(np.isin(allocation.block, member))
        distance[rows] = _walked(streets, phase.edge_time_s, allocation.block[rows], allocation.site[rows])
    return ShelterPlan(demand, told, allocation, distance)


def plan_nobody(demand: np.ndarray, timing: Timing) -> ShelterPlan:
    """The plan of a city without roads or shelters: all who must leave are told, and nobody has a place."""
    none, nowhere = np.empty(0, np.int64), np.empty(0)
    given = Allocation(
        block=none, site=none, persons=none, time_s=nowhere, unserved=demand.copy(), occupancy=none,
        walk_person_s=0.0, gap_person_s=0.0, gap=0.0, certified=True, rounds=0, pairs=0,
    )  # fmt: skip
    return ShelterPlan(demand, np.where(demand > 0, timing.told_s, np.inf), given, nowhere)


def plan_table(city: City, plan: ShelterPlan, area_code: np.ndarray) -> pd.DataFrame:
    """The plan in the columns of schema PLAN: assigned rows, then people without a place."""
    assert city.people is not None
    block_id = city.people["id"].to_numpy()
    site_id, site_name = np.empty(0, object), np.empty(0, object)
    if city.shelters is not None:
        site_id, site_name = city.shelters["id"].to_numpy(), city.shelters["name"].to_numpy()
    given = plan.allocation
    left = np.flatnonzero(given.unserved)
    table = pd.DataFrame(
        {
            "block": np.concatenate([block_id[given.block], block_id[left]]),
            "area": np.concatenate([area_code[given.block], area_code[left]]),
            "shelter": np.concatenate([site_id[given.site], np.full(len(left), "", object)]),
            "shelter_name": np.concatenate([site_name[given.site], np.full(len(left), "", object)]),
            "persons": np.concatenate([given.persons, given.unserved[left]]),
            "walk_min": np.concatenate([given.time_s / 60.0, np.full(len(left), np.nan)]),
            "distance_m": np.concatenate([plan.distance_m, np.full(len(left), np.nan)]),
            "leave_by_s": np.nan,
        }
    )
    return table.round({"walk_min": 2, "distance_m": 1})


def _walked(streets: Streets, edge_time_s: np.ndarray, block: np.ndarray, site: np.ndarray) -> np.ndarray:
    """Metres of each row's quickest way, from home to the door."""
    distance = np.zeros(len(block))
    used = np.unique(site)
    for some in np.array_split(used, max(1, len(used) // 128)):
        trees = shortest_path_trees(streets.graph, edge_time_s, streets.site_node[some])
        rows = np.flatnonzero(np.isin(site, some))
        _follow(
            trees.next_edge,
            streets.graph.head,
            streets.graph.length_m,
            np.searchsorted(some, site[rows]),
            streets.block_node[block[rows]],
            rows,
            distance,
        )
    return distance + streets.block_access_m[block] + streets.site_access_m[site]


@nb.njit(cache=True)
def _follow(
    next_edge: np.ndarray,
    head: np.ndarray,
    length: np.ndarray,
    tree: np.ndarray,
    start: np.ndarray,
    row: np.ndarray,
    out: np.ndarray,
) -> None:
    for k in range(tree.size):
        node = start[k]
        total = 0.0
        while next_edge[tree[k], node] != NO_EDGE:
            edge = next_edge[tree[k], node]
            total += length[edge]
            node = head[edge]
        out[row[k]] = total
