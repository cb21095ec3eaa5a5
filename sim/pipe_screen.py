"""Which pipes to try repairing: a quick look before each is repaired in a run of its own."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

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

    Score = share of the full flow lost x how full the pipe ran x person-risk within 300 m east, west, north and south
    of its middle. The share lost is 1 - (share of its condition grade) (1 - blocked share); a pipe that the census has
    not seen has lost none that we know of. How full it ran is its greatest fill in the flood, 1 where the flood did not
    say. Equal scores (no person at risk near) fall back on loss x fill. InputError where no pipe is known to be
    damaged.
    """
    links, lost = damaged_pipes(city, rules)
    fill = np.ones(len(links))
    if flood.pipes is not None:
        ran = dict(zip(flood.pipes["name"], flood.pipes["max_fill"].to_numpy(float), strict=True))
        fill = np.clip(np.nan_to_num([ran.get(name, 1.0) for name in links["name"]], nan=1.0), 0.0, 1.0)
    near = risk_near(city, flood.risk, links.geometry.to_numpy())
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


def risk_near(city: City, risk: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Person-risk in the square of cells up to the reach from the middle of each line; 0 for a pipe not on the grid.

    By a table of sums from the north-western corner, so that a city of many pipes and cells costs little.
    """
    grid, near = city.grid, np.zeros(len(lines))
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    row, col = grid.cell_of(shapely.get_x(middle), shapely.get_y(middle))
    on = np.flatnonzero(row >= 0)
    sums = np.zeros((grid.rows + 1, grid.cols + 1))
    np.cumsum(np.cumsum(risk, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
    reach = max(1, round(_REACH_M / grid.cell_m))
    top, bottom = np.clip([row[on] - reach, row[on] + reach + 1], 0, grid.rows)
    left, right = np.clip([col[on] - reach, col[on] + reach + 1], 0, grid.cols)
    near[on] = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return near
