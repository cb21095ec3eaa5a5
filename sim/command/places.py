"""What orders and injects can name in a city: areas, shelters, roads, underpasses, teams, channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely

from data.schema import City, RoadNetwork

_SAME_LENGTH = 0.01  # two directions of a road differ by no more than this share of their length


@dataclass(frozen=True)
class Places:
    """Names and what they stand for; arrays are sorted row numbers, int64."""

    areas: dict[str, np.ndarray]  # code, at any level -> blocks
    shelters: dict[str, int]  # id -> site
    roads: dict[str, np.ndarray]  # id or name -> edges, in both directions
    underpasses: dict[str, np.ndarray]  # id -> edges through it
    teams: dict[str, int] = field(default_factory=dict)  # id -> row of City.teams
    team_kinds: tuple[str, ...] = ()  # kinds of team that the city has
    channels: tuple[str, ...] = ()  # names of warning channels
    sites: dict[str, np.ndarray] = field(default_factory=dict)  # code, at any level -> shelter sites


def places_of(
    city: City,
    areas: Mapping[str, np.ndarray],
    channels: Sequence[str] = (),
    sites: Mapping[str, np.ndarray] | None = None,
) -> Places:
    """The places of a city; `areas` and `sites` hold the rows of City.people and of City.shelters in each area that an
    order or inject may name.
    """
    kinds = [] if city.teams is None else city.teams["kind"].astype(str).tolist()
    return Places(
        areas=dict(areas),
        shelters=_rows(city.shelters),
        roads={} if city.roads is None else _edges_of_roads(city.roads),
        underpasses=_edges_of_underpasses(city),
        teams=_rows(city.teams),
        team_kinds=tuple(sorted(set(kinds))),
        channels=tuple(channels),
        sites=dict(sites or {}),
    )


def opposite_edges(roads: RoadNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (edge, edge back) of edges that run both ways between the same crossings on the same ground, by edge."""
    table = roads.edges
    ends = pd.DataFrame({key: table[key].to_numpy() for key in ("tail", "head", "length_m")})
    ends["edge"] = np.arange(len(ends))
    met = ends.merge(ends, left_on=["tail", "head"], right_on=["head", "tail"], suffixes=("", "_back"))
    longest = met[["length_m", "length_m_back"]].max(axis=1)
    alike = (met["length_m"] - met["length_m_back"]).abs() <= _SAME_LENGTH * longest
    pairs = met.loc[alike, ["edge", "edge_back"]].sort_values(["edge", "edge_back"])
    return pairs["edge"].to_numpy(np.int64), pairs["edge_back"].to_numpy(np.int64)


def _rows(frame: pd.DataFrame | None) -> dict[str, int]:
    return {} if frame is None else {str(name): row for row, name in enumerate(frame["id"])}


def _edges_of_roads(roads: RoadNetwork) -> dict[str, np.ndarray]:
    """Edges by the id of their road, then by its names where no id is written the same."""
    edge, back = opposite_edges(roads)
    found: dict[str, np.ndarray] = {}
    for column in ("id", "name", "name_en"):
        if column not in roads.edges.columns:
            continue
        words = roads.edges[column].fillna("").astype(str).to_numpy(object)
        for word, edges in pd.Series(np.arange(len(words))).groupby(words, sort=True):
            if word and str(word) not in found:
                found[str(word)] = edges.to_numpy(np.int64)
    return {word: np.union1d(edges, back[_members(edge, edges)]) for word, edges in found.items()}


def _members(sorted_values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Positions in `sorted_values` of every entry that equals one of `wanted`."""
    first, last = np.searchsorted(sorted_values, wanted, "left"), np.searchsorted(sorted_values, wanted, "right")
    return np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.empty(0, np.int64)])


def _edges_of_underpasses(city: City) -> dict[str, np.ndarray]:
    """Edges through each underpass: those marked as such that meet its ground; else all but bridges that do."""
    if city.underpasses is None or city.roads is None:
        return {}
    edges = city.roads.edges
    lines = edges.geometry.to_numpy()
    marked, bridge = edges["underpass"].to_numpy(bool), edges["bridge"].to_numpy(bool)
    tree = shapely.STRtree(lines)
    found = {}
    for name, ground in zip(city.underpasses["id"].astype(str), city.underpasses.geometry.to_numpy(), strict=True):
        met = np.sort(tree.query(ground, predicate="intersects")).astype(np.int64)
        through = met[marked[met]]
        found[name] = through if through.size else met[~bridge[met]]
    return found
