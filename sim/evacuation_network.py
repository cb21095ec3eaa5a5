"""The road network of an evacuation case as links that units move on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.datum import WGS84, is_metric, transform, utm_crs
from data.errors import InputError
from data.readers.osm_tags import RoadDefaults, road_defaults
from data.readers.report import Report
from data.readers.road_files import is_noded, node_file, read_road_lines
from data.readers.roads import RoadOptions, build_network
from data.readers.tntp import TntpNetwork, read_tntp_network, read_tntp_nodes
from data.units import hours_to_s
from shelters.graph import RoadGraph
from sim.evacuation_case import NetworkFile
from sim.movement.build_links import approach_phases, assemble_links, build_links
from sim.movement.links import ARRIVED, Links
from sim.movement.terms import MovementTerms

_ROOM_FOR_ALL = 1e8  # of a connector: more units than any case has
_FREE_FLOW_PER_S = 1e4  # of a connector for walkers: holds up nobody


@dataclass(frozen=True)
class CaseNetwork:
    """Roads of a case. Arrays over graph nodes or edges.

    A zone that carries no through traffic is two graph nodes: one that people leave from and one that they arrive at.
    `leaves_from`, `arrives_at`: graph node of each node number of the file (int64, -1 none); empty where the file
    has no node numbers of its own. `edges` columns: from, to (node numbers of the file, or of the graph),
    id, name, length_m.
    """

    graph: RoadGraph
    links: Links
    edges: pd.DataFrame
    leaves_from: np.ndarray
    arrives_at: np.ndarray
    node_xy: np.ndarray | None  # metres, shape (nodes, 2), in `crs`; None where the file does not say where nodes are
    crs: str | None
    notes: tuple[str, ...]


def read_case_network(network: NetworkFile, terms: MovementTerms, defaults: RoadDefaults | None = None) -> CaseNetwork:
    """The network of a case; `defaults` says what a lane lets through, None: as the rules of the project have it.

    Raises InputError for files that cannot be used as they stand.
    """
    defaults = defaults or road_defaults()
    found = (
        _planners(network, terms, defaults) if network.file.name.lower().endswith(".tntp") else _roads(network, terms)
    )
    arms = np.diff(found.links.out_first)
    if arms.max(initial=0) >= ARRIVED:
        worst = int(arms.argmax())
        raise InputError(
            "a node with too many links that leave it",
            file=network.file, value=f"{arms[worst]} of node {found.edges['from'][found.graph.tail == worst].iloc[0]}",
            expected=f"at most {ARRIVED - 1}",
        )  # fmt: skip
    return found


def _roads(network: NetworkFile, terms: MovementTerms) -> CaseNetwork:
    """Roads as lines: joined, the largest connected part kept, flow and room by class and lanes."""
    report = Report()
    lines = read_road_lines(network.file, WGS84, crs=network.crs, report=report)
    west, south, east, north = (float(value) for value in lines.total_bounds)
    crs = utm_crs(0.5 * (west + east), 0.5 * (south + north))
    options = RoadOptions(snap_m=network.snap_m, noded=is_noded(network.file))
    roads = build_network(lines.to_crs(crs), options)
    if roads.edges.empty:
        raise InputError("no two roads meet", file=network.file, expected="a network of roads")
    pieces = roads.dropped_edges + int((roads.edges["tail"] < roads.edges["head"]).sum())
    notes = [f"{finding.message}: {finding.value}" for finding in report.findings]
    if roads.dropped_edges:
        notes.append(f"{roads.dropped_edges} of {pieces} road pieces hang on no common network: left out")
    tail, head = (roads.edges[name].to_numpy() for name in ("tail", "head"))
    graph = RoadGraph.build(tail, head, roads.edges["length_m"].to_numpy(), len(roads.nodes))
    node_xy = roads.nodes[["x_m", "y_m"]].to_numpy()
    links = build_links(graph, roads.edges, node_xy, terms)
    if not network.junctions:
        links = links._replace(phase=np.full_like(links.phase, -1))
    names = {name: roads.edges[name].to_numpy() for name in ("id", "name")}
    edges = pd.DataFrame({"from": tail, "to": head, **names, "length_m": graph.length_m})
    none = np.empty(0, np.int64)
    return CaseNetwork(graph, links, edges, none, none, node_xy, crs, tuple(notes))


def _planners(network: NetworkFile, terms: MovementTerms, defaults: RoadDefaults) -> CaseNetwork:
    """A planner's network as it is: times, lengths and capacities of the file, nobody drives through a zone.

    A link holds what stands on its lanes, and never less than what is on it when it flows at its capacity: so links of
    no length that take time can flow too. A connector (no length, no time) has room for everybody. Lanes are capacity
    over that of a lane (rules), rounded up. Walkers take length over walking speed; a link of no length their time
    by car.
    """
    read = read_tntp_network(network.file, length_unit=network.length_unit or "", time_unit=network.time_unit or "")
    tail, head, leaves_from, arrives_at = _split_zones(read)
    length_m, time_s = (read.links[name].to_numpy() for name in ("length_m", "time_s"))
    flow_per_s = read.links["capacity_veh_h"].to_numpy() / hours_to_s(1.0)
    lanes = np.ceil(read.links["capacity_veh_h"].to_numpy() / defaults.lane_capacity_veh_h)
    connector = read.links["connector"].to_numpy()
    room = np.maximum(np.floor(lanes * length_m / terms.car_spacing_m), np.ceil(flow_per_s * time_s))
    room = np.where(connector, _ROOM_FOR_ALL, np.clip(room, 1.0, _ROOM_FOR_ALL))
    walk_s = np.where(length_m > 0.0, length_m / terms.walk_speed_m_s, time_s)
    area_m2 = np.maximum(length_m, 1.0) * terms.walk_width_m
    walk_flow = terms.walk_width_m * terms.walk_flow_p_m_s
    graph = RoadGraph.build(tail, head, length_m, int(max(leaves_from.max(), arrives_at.max())) + 1)
    node_xy, crs = _places(network, read, leaves_from, arrives_at, graph.nodes)
    phase = None
    if network.junctions:
        if node_xy is None:
            raise InputError(
                "junctions need the places of the nodes", file=network.file, place="[network] nodes",
                expected="a file of nodes and crs, or junctions = false",
            )  # fmt: skip
        phase = approach_phases(tail, head, ~connector, node_xy)
    links = assemble_links(
        graph,
        walk_s=walk_s,
        walk_flow_per_s=np.where(connector, _FREE_FLOW_PER_S, walk_flow),
        walk_room=np.where(connector, _ROOM_FOR_ALL, np.floor(area_m2 * terms.walk_room_p_m2)),
        area_m2=np.where(connector, _ROOM_FOR_ALL, area_m2),
        car_s=time_s,
        car_flow_per_s=flow_per_s,
        car_room=room,
        phase=phase,
    )
    ends = {"from": read.links["tail"].to_numpy(), "to": read.links["head"].to_numpy()}
    edges = pd.DataFrame({**ends, "id": "", "name": "", "length_m": length_m})
    untold = int(((length_m == 0.0) & ~connector).sum())
    notes = [f"{untold} links have a time but no length: they hold what is on them at capacity"] if untold else []
    return CaseNetwork(graph, links, edges, leaves_from, arrives_at, node_xy, crs, tuple(notes))


def _split_zones(read: TntpNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Tail and head of each link as graph nodes; the node to leave from and to arrive at, of each node number.

    Node number n is graph node n - 1; a zone below `first_through` is left from there and arrived at in a twin.
    """
    tail, head = (read.links[name].to_numpy() for name in ("tail", "head"))
    numbers = np.arange(read.nodes + 1)
    leaves_from, arrives_at = numbers - 1, numbers - 1
    zone = (numbers >= 1) & (numbers < read.first_through)
    arrives_at = np.where(zone, read.nodes - 1 + numbers, arrives_at)
    return leaves_from[tail], arrives_at[head], leaves_from, arrives_at


def _places(
    network: NetworkFile, read: TntpNetwork, leaves_from: np.ndarray, arrives_at: np.ndarray, nodes: int
) -> tuple[np.ndarray | None, str | None]:
    """Metric coordinates of the graph nodes, where the case says in which CRS the file of nodes is."""
    if network.crs is None and network.nodes is None:
        return None, None
    file = network.nodes or node_file(network.file)
    xy, own = read_tntp_nodes(file, read.nodes)
    source = own or network.crs
    if source is None:
        return None, None
    target = source if is_metric(source) else _zone_of(file, xy, source)
    moved = np.column_stack(transform(xy[:, 0], xy[:, 1], source, target))
    if not np.isfinite(moved).all():
        raise InputError(
            "coordinates beyond the reference system (longitude and latitude swapped?)",
            file=file, place="[network] crs", value=source, expected="x, then y of the crs",
        )  # fmt: skip
    found = np.empty((nodes, 2))
    found[leaves_from[1:]] = moved
    found[arrives_at[1:]] = moved
    return found, target


def _zone_of(file: object, xy: np.ndarray, source: str) -> str:
    lon, lat = transform(xy[:, 0], xy[:, 1], source, WGS84)
    middle = float(np.median(lon)), float(np.median(lat))
    if not np.isfinite(middle).all() or abs(middle[1]) > 84.0:
        raise InputError(
            "coordinates beyond the reference system (longitude and latitude swapped?)",
            file=str(file), place="[network] crs", value=source, expected="x, then y of the crs",
        )  # fmt: skip
    return utm_crs(*middle)
