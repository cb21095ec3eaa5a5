"""What the water does to those who do not get out of it: expected deaths at home, on the way and in wet shelters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules
from data.schema import City
from hazards.mortality import PlaceWater, mortality
from sim.flood_run import FloodRun
from sim.flooding import FloodedCity
from sim.movement.outcome import MovementOutcome
from sim.road_water import RoadCells
from sim.rulebook import mortality_parameters
from sim.site_stock import SiteStock

_STRUCK = ("caught", "stalled")  # reasons of those who count where the water caught them


@dataclass(frozen=True)
class DeadlyWater:
    """Share of the people who die wherever they stay in one flood, by the worst water of each place; float64.

    At home it is that of the mean water of the block's dangerous cells, times the share of its people who stand there.
    """

    at_home: np.ndarray  # (blocks,)
    at_node: np.ndarray  # (nodes,), empty without roads
    at_edge: np.ndarray  # (edges,), the worst along it
    at_site: np.ndarray  # (sites,), 0 where the site's own ground stays dry
    demand: np.ndarray  # int64 (blocks,), persons who must leave

    def deaths(self, outcome: MovementOutcome | None) -> float:
        """Expected deaths among those at home when the water was worst there, caught on a road, stranded, without a
        place, or in a shelter that the water entered; None: nobody moves.

        Who waits for a bus or an ambulance is at home. Who was caught counts whether rescued or not; who is still on
        the way at the end lives. People on upper floors are not told apart, nor deaths by other causes.
        """
        if outcome is None:
            return float(self.demand @ self.at_home)
        at_home = outcome.refused_by_block + outcome.home_by_block + outcome.waiting_by_block + outcome.late_by_block
        stay = np.minimum(at_home, self.demand)
        stuck = outcome.stuck[~outcome.stuck["reason"].isin(_STRUCK)]
        node, edge = stuck["node"].to_numpy(np.int64), stuck["edge"].to_numpy(np.int64)
        on_road = edge >= 0
        share = np.zeros(len(stuck))
        share[on_road] = self.at_edge[edge[on_road]]
        share[~on_road] = self.at_node[node[~on_road]]
        on_the_way = stuck["persons"].to_numpy(float) @ share
        caught = float(outcome.struck_by_edge @ self.at_edge) if len(self.at_edge) else 0.0
        return float(stay @ self.at_home + on_the_way + caught + outcome.peak @ self.at_site)


def deadly_water(
    city: City,
    flooded: FloodedCity,
    stock: SiteStock | None,
    demand: np.ndarray,
    at_risk: np.ndarray,
    from_class: int,
    rules: Rules,
) -> DeadlyWater:
    """Mortality by depth (Jonkman 2008) at every place of a flooded city.

    `demand`, `at_risk`: persons per block who must leave, and who stand on cells of hazard class `from_class` or more.
    """
    run, exposure, parameters = flooded.run, flooded.exposure, mortality_parameters(rules)
    maxima = (run.maxima.max_depth, run.maxima.max_depth_speed, run.maxima.max_speed, rise_rate(run))
    danger = exposure.seen(run.maxima.max_hazard) >= from_class
    block = exposure.block[danger]
    count = np.bincount(block, minlength=len(demand))
    wet = np.flatnonzero((count > 0) & (demand > 0))
    means = [
        np.bincount(block, exposure.seen(layer)[danger], minlength=len(count))[wet] / count[wet] for layer in maxima
    ]
    at_home = np.zeros(len(demand))
    at_home[wet] = mortality(PlaceWater(*means), parameters) * np.minimum(at_risk[wet] / demand[wet], 1.0)
    flat = [np.nan_to_num(layer).reshape(-1) for layer in maxima]
    at_site = at_node = at_edge = np.zeros(0)
    if stock is not None:
        sites = flooded.watch.points.site_cells
        share = mortality(PlaceWater(*(sites.worst(layer) for layer in flat)), parameters)
        at_site = np.where(np.isfinite(stock.wet_at_s), share, 0.0)
    cells = flooded.watch.points.road_cells
    if city.roads is not None and cells is not None:
        x, y = (city.roads.nodes[key].to_numpy(float) for key in ("x_m", "y_m"))
        rows, cols = city.grid.cell_of(x, y)
        cell = np.maximum(rows, 0) * city.grid.cols + np.maximum(cols, 0)
        at_node = mortality(PlaceWater(*(np.where(rows >= 0, layer[cell], 0.0) for layer in flat)), parameters)
        at_edge = mortality(PlaceWater(*(_worst_along(cells, layer) for layer in flat)), parameters)
    return DeadlyWater(at_home, at_node, at_edge, at_site, demand)


def inside_flooded(stock: SiteStock, outcome: MovementOutcome) -> np.ndarray:
    """People inside each site whose own ground the water reaches; nobody leaves a shelter again, int64 (sites,)."""
    return np.where(np.isfinite(stock.wet_at_s), outcome.peak, 0).astype(np.int64)


def rise_rate(run: FloodRun) -> np.ndarray:
    """Fastest rise of the water between two kept frames, m/s (rows, cols)."""
    fastest = np.zeros(run.bed.shape)
    for k in range(1, len(run.time_s)):
        rise = (run.depth[k] - run.depth[k - 1]) / (run.time_s[k] - run.time_s[k - 1])
        np.fmax(fastest, rise, out=fastest)
    return fastest


def _worst_along(cells: RoadCells, layer: np.ndarray) -> np.ndarray:
    """Largest value (>= 0) among the cells of each edge; 0 where it has none."""
    owner = np.repeat(np.arange(len(cells.first) - 1), np.diff(cells.first))
    worst = np.zeros(len(cells.first) - 1)
    np.maximum.at(worst, owner, layer[cells.cells])
    return worst
