"""The figures of the sewers that the report tells: pipes by how full they ran, manholes, outfalls, water."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from api.report.ground import to_wgs84
from data.units import s_to_minutes
from sim.result import Result

PIPE_STATES = ("room", "nearly", "full", "long")
NEARLY_FULL = 0.8  # depth by full depth
LONG_MIN = 30.0  # full at both ends for as long; like the one above it colours the map, no decision rests on it
_FULL_M = 0.001  # a pipe that runs full into the open stands at its crown, but for rounding


@dataclass(frozen=True)
class Sewers:
    """What a network did in the drill.

    `pipes`: name, state (row of PIPE_STATES), length_m and the line in WGS84. `manholes`: name, lat, lon and over_m,
    how far the water in it stood over its rim at worst (0: just at it), of those that filled to the street; deepest
    first. `outfalls`: name, lat, lon, drowned (the water outside stood over the crown of the pipe).
    """

    pipes: gpd.GeoDataFrame
    manholes: pd.DataFrame
    outfalls: pd.DataFrame
    manhole_count: int
    error: float  # of the engine, as a share of all its water

    def length_m(self, *states: str) -> float:
        """Length of the pipes in these states; of all where none is named."""
        wanted = [PIPE_STATES.index(state) for state in states or PIPE_STATES]
        return float(self.pipes.loc[self.pipes["state"].isin(wanted), "length_m"].sum())


def gather_sewers(result: Result) -> Sewers | None:
    """The sewers of a result; None where it ran without a network or its engine gave no tables."""
    drains, network = result.flood.drains, result.city.drainage
    if drains is None or network is None or drains.nodes is None or drains.links is None:
        return None
    nodes = network.nodes.merge(drains.nodes.drop(columns="kind"), on="name", suffixes=("_of_file", ""))
    links = network.links.merge(drains.links.drop(columns="kind"), on="name")
    placed = nodes["x_m"].notna() & nodes["y_m"].notna()
    return Sewers(
        pipes=_pipes(links, result.city.grid.crs),
        manholes=_manholes(nodes[placed], result.city.grid.crs),
        outfalls=_outfalls(network.nodes, nodes[placed], links, result.city.grid.crs),
        manhole_count=int((nodes["kind"] == "junction").sum()),
        error=drains.book.engine_error,
    )


def _pipes(links: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    pipes = links[(links["kind"] == "conduit") & links.geometry.notna()]
    full_min = s_to_minutes(pipes["full_s"].to_numpy(float))
    state = np.select(
        [full_min >= LONG_MIN, full_min > 0.0, pipes["max_fill"].to_numpy(float) >= NEARLY_FULL], [3, 2, 1], 0
    )
    lines = to_wgs84(pipes.geometry.to_numpy(), crs)
    columns = {"name": pipes["name"].to_numpy(), "state": state, "length_m": pipes["length_m"].to_numpy(float)}
    return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326")


def _manholes(nodes: pd.DataFrame, crs: str) -> pd.DataFrame:
    over = nodes["max_head_m"] - nodes["rim_m"]
    full = (nodes["kind"] == "junction") & (over >= 0.0)
    return _at(nodes[full].assign(over_m=over[full]), crs)[["name", "lat", "lon", "over_m"]].sort_values(
        "over_m", ascending=False, kind="stable", ignore_index=True
    )


def _outfalls(all_nodes: pd.DataFrame, nodes: pd.DataFrame, links: gpd.GeoDataFrame, crs: str) -> pd.DataFrame:
    crown = (links["head_invert_m"] + links["height_m"]).groupby(all_nodes["name"].to_numpy()[links["head"]]).max()
    ends = nodes[nodes["kind"] == "outfall"]
    drowned = ends["max_head_m"] > ends["name"].map(crown) + _FULL_M
    return _at(ends.assign(drowned=drowned), crs)[["name", "lat", "lon", "drowned"]].reset_index(drop=True)


def _at(nodes: pd.DataFrame, crs: str) -> pd.DataFrame:
    points = gpd.points_from_xy(nodes["x_m"], nodes["y_m"])
    placed = to_wgs84(np.asarray(points), crs)
    return nodes.assign(lon=[point.x for point in placed], lat=[point.y for point in placed])
