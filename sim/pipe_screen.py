"""Which pipes to try repairing: a quick look before each is repaired in a run of its own."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from data.errors import InputError
from data.rules_file import Rules
from data.schema import City
from sim.flood_jobs import FloodOutcome
from sim.measures import Pipes
from sim.rulebook import pipe_capacity_share

_REACH_M = 300.0  # a pipe backs up its own street and the next; derived: the size of a street block


@dataclass(frozen=True)
class Screened:
    """Pipes worth a run of their own, the most promising first."""

    repairs: tuple[Pipes, ...]
    screened: int  # damaged pipes looked at


def pipes_worth_repairing(city: City, flood: FloodOutcome, rules: Rules, count: int) -> Screened:
    """The `count` pipes of the highest score, each as a measure of its own.

    Score = share of the full flow lost x how full the pipe ran x person-risk within 300 m of its middle. The share lost
    is 1 - (share of its condition grade) (1 - blocked share); a pipe that the census has not seen has lost none that
    we know of. How full it ran is its greatest fill in the flood, 1 where the flood did not say. Equal scores (no
    person at risk near) fall back on loss x fill. InputError where no pipe is known to be damaged.
    """
    links, lost = damaged_pipes(city, rules)
    fill = np.ones(len(links))
    if flood.pipes is not None:
        ran = dict(zip(flood.pipes["name"], flood.pipes["max_fill"].to_numpy(float), strict=True))
        fill = np.clip([ran.get(name, 1.0) for name in links["name"]], 0.0, 1.0)
    near = _risk_near(city, flood.risk, links.geometry.to_numpy())
    order = np.lexsort((links["name"].to_numpy(str), -lost * fill, -lost * fill * near))[:count]
    chosen = links.iloc[order]
    repairs = tuple(
        Pipes(kind="pipes", id=str(name), cost=None if np.isnan(cost) else float(cost), ids=(str(name),))
        for name, cost in zip(chosen["name"], chosen["repair_cost"].to_numpy(float), strict=True)
    )
    return Screened(repairs, len(links))


def damaged_pipes(city: City, rules: Rules) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Conduits known to carry less than they were built for, and the share of their full flow that is lost.

    InputError where the city has no network or its census found none.
    """
    if city.drainage is None:
        raise InputError("the city has no sewer network", place="--pipes", expected="a city pack with drainage")
    links = city.drainage.links[city.drainage.links["kind"] == "conduit"]
    share = np.array([1.0, *pipe_capacity_share(rules)])  # grade 0: not seen
    lost = 1.0 - share[links["condition_grade"].to_numpy(int)] * (1.0 - links["blocked_share"].to_numpy(float))
    if not (lost > 0.0).any():
        raise InputError(
            "no pipe of the network is known to be damaged", place="--pipes",
            expected="a census of pipes (condition_grade, blocked_share) with the network",
        )  # fmt: skip
    return links[lost > 0.0], lost[lost > 0.0]


def _risk_near(city: City, risk: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Person-risk within reach of the middle of each line; 0 for a pipe without coordinates."""
    rows, cols = np.nonzero(risk > 0.0)
    near = np.zeros(len(lines))
    placed = np.flatnonzero([line is not None for line in lines])
    if rows.size == 0 or placed.size == 0:
        return near
    tree = cKDTree(np.column_stack([city.grid.x_centres[cols], city.grid.y_centres[rows]]))
    middle = shapely.line_interpolate_point(lines[placed], 0.5, normalized=True)
    value = risk[rows, cols].astype(np.float64)
    found = tree.query_ball_point(np.column_stack([shapely.get_x(middle), shapely.get_y(middle)]), _REACH_M)
    near[placed] = [float(value[cells].sum()) for cells in found]
    return near
