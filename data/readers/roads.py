"""Turns road lines into a directed graph: shared ends become nodes, walkers get both directions, loose parts go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from data.readers.report import Report
from data.schema import ROADS, RoadNetwork

_SAME_POINT_M = 0.01  # vertices of two lines this close are one junction drawn twice with rounding
_SAME_LENGTH = 0.2  # relative difference up to which two opposite one-way lines are the two lanes of one road
_COLUMNS = tuple(name for name in ROADS.names if name not in ("geometry", "two_way"))


@dataclass(frozen=True)
class RoadOptions:
    """How lines are joined; scheme parameters of ours, derived."""

    snap_m: float = 0.5  # ends closer than this are one node
    noded: bool = False  # lines are cut at every junction already: only their ends are nodes
    warn_dropped_share: float = 0.01  # of the pieces; more is told as a warning


def build_network(lines: gpd.GeoDataFrame, options: RoadOptions | None = None) -> RoadNetwork:
    """The network of lines with the columns of schema ROADS in a metric CRS.

    Lines are cut where they share a vertex with another line or an end lies within `snap_m`, unless they are
    `noded`; crossings without a shared vertex (overpasses) stay unconnected. Rows: every piece forward, then every
    piece backward; the way back of a one-way road has speed 0 (walkers only) unless a line of its own runs there.
    Footways have speed 0. Only the largest strongly connected part is kept; nodes are numbered by x, then y.
    """
    options = options or RoadOptions()
    parts, row = shapely.get_parts(np.asarray(lines.geometry.array), return_index=True)
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    node = _nodes(coordinates, owner, options)
    at = np.flatnonzero(node >= 0)
    joined = owner[at[:-1]] == owner[at[1:]]
    start, end = at[:-1][joined], at[1:][joined]
    whole = node[start] != node[end]  # a loop leads nowhere
    start, end = start[whole], end[whole]
    values = lines.iloc[row[owner[start]]]
    geometry = _pieces(coordinates, start, end)
    edges = _both_ways(values, geometry, node[start], node[end])
    return _largest_part(edges, coordinates, node, str(lines.crs))


def tell_dropped(file: Path, network: RoadNetwork, report: Report, options: RoadOptions) -> None:
    """Warn where more than a small share of the road pieces hangs on no common network."""
    pieces = network.dropped_edges + int((network.edges["tail"] < network.edges["head"]).sum())
    if network.dropped_edges > options.warn_dropped_share * pieces:
        report.warn(
            f"{network.dropped_edges} of {pieces} road pieces are not connected to the largest network: left out",
            file=file,
            remedy="join their ends, or set a larger snap_m in [roads]",
        )


def _nodes(coordinates: np.ndarray, owner: np.ndarray, options: RoadOptions) -> np.ndarray:
    """Node number of each vertex, -1 where a line just bends."""
    first = np.r_[True, owner[1:] != owner[:-1]]
    last = np.r_[owner[1:] != owner[:-1], True]
    is_end = first | last
    ends = np.unique(coordinates[is_end], axis=0)
    tree = cKDTree(ends)
    pairs = tree.query_pairs(options.snap_m, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(ends), len(ends)))
    count, cluster = connected_components(graph, directed=False)
    asked = np.flatnonzero(is_end) if options.noded else np.arange(len(coordinates))
    near, nearest = tree.query(coordinates[asked], distance_upper_bound=options.snap_m)
    node = np.full(len(coordinates), -1)
    node[asked] = np.where(np.isfinite(near), cluster[np.minimum(nearest, len(ends) - 1)], -1)
    if options.noded:
        return node
    bends = np.flatnonzero(node < 0)
    _, key = np.unique(np.round(coordinates / _SAME_POINT_M), axis=0, return_inverse=True)
    key = key.ravel()
    neighbours = np.concatenate([np.column_stack([key[bends], key[bends + side]]) for side in (-1, 1)])
    branches = np.bincount(np.unique(neighbours, axis=0)[:, 0], minlength=len(coordinates))
    crossing = bends[branches[key[bends]] > 2]  # not where a road and its way back just bend together
    _, group = np.unique(key[crossing], return_inverse=True)
    node[crossing] = count + group.ravel()
    return node


def _pieces(coordinates: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    length = end - start + 1
    piece = np.repeat(np.arange(len(start)), length)
    offset = np.arange(len(piece)) - np.repeat(np.cumsum(length) - length, length)
    return shapely.linestrings(coordinates[np.repeat(start, length) + offset], indices=piece)


def _both_ways(values: pd.DataFrame, geometry: np.ndarray, tail: np.ndarray, head: np.ndarray) -> gpd.GeoDataFrame:
    length = shapely.length(geometry)
    forward = {name: values[name].to_numpy() for name in _COLUMNS if name in values.columns}
    forward["speed_m_s"] = np.where(values["road_class"].to_numpy() == "footway", 0.0, values["speed_m_s"].to_numpy())
    two_way = values["two_way"].to_numpy(bool)
    needs_back = two_way | ~_has_opposite(tail, head, length, ~two_way)
    backward = {name: column[needs_back] for name, column in forward.items()}
    backward["speed_m_s"] = np.where(two_way, forward["speed_m_s"], 0.0)[needs_back]
    shape = np.concatenate([geometry, shapely.reverse(geometry[needs_back])])
    columns: dict[str, np.ndarray] = {
        "tail": np.concatenate([tail, head[needs_back]]),
        "head": np.concatenate([head, tail[needs_back]]),
        "length_m": shapely.length(shape),  # of each row's own line: the last bit depends on the direction
    }
    columns |= {name: np.concatenate([column, backward[name]]) for name, column in forward.items()}
    return gpd.GeoDataFrame(columns, geometry=shape)


def _has_opposite(tail: np.ndarray, head: np.ndarray, length: np.ndarray, one_way: np.ndarray) -> np.ndarray:
    """Whether a one-way piece has another one-way piece of about its length running back."""
    pieces = pd.DataFrame({"tail": tail, "head": head, "length": length, "piece": np.arange(len(tail))})[one_way]
    met = pieces.merge(pieces, left_on=["tail", "head"], right_on=["head", "tail"], suffixes=("", "_back"))
    alike = (met["length"] - met["length_back"]).abs() <= _SAME_LENGTH * met[["length", "length_back"]].max(axis=1)
    found = np.zeros(len(tail), bool)
    found[met.loc[alike, "piece"].to_numpy(dtype=np.int64)] = True
    return found


def _largest_part(edges: gpd.GeoDataFrame, coordinates: np.ndarray, node: np.ndarray, crs: str) -> RoadNetwork:
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    count = int(node.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(edges), np.int8), (tail, head)), shape=(count, count))
    _, part = connected_components(graph, directed=True, connection="strong")
    used = np.unique(np.concatenate([tail, head]))
    largest = np.bincount(part[used]).argmax() if len(used) else 0
    kept = (part[tail] == largest) & (part[head] == largest)
    edges = edges[kept].reset_index(drop=True)
    vertex = np.full(count, -1, np.int64)
    with_node = np.flatnonzero(node >= 0)[::-1]
    vertex[node[with_node]] = with_node  # the first vertex of each node gives its place
    old = np.unique(np.concatenate([edges["tail"], edges["head"]]))
    xy = coordinates[vertex[old]]
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    number = np.full(count, -1, np.int64)
    number[old[order]] = np.arange(len(old))
    edges["tail"], edges["head"] = number[edges["tail"]], number[edges["head"]]
    nodes = pd.DataFrame(xy[order], columns=["x_m", "y_m"])
    dropped = int((~kept & (tail < head)).sum())
    return RoadNetwork(nodes, edges.set_crs(crs), dropped)
