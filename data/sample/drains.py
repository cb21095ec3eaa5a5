"""The storm sewers of the sample city: drawn under its streets, sized, and read as the city's own network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from data.rules_file import load_rules
from data.sample.drains_census import census
from data.sample.drains_inlets import inlet_cells, place_inlets
from data.sample.drains_inp import name_parts, network_lines
from data.sample.drains_layout import Layout, grid_cells, lay_sewers
from data.sample.drains_sizes import Sewers, size_sewers
from data.sample.land_cover import BARE, BUILDING, FARMLAND, GREEN, PAVED, ROAD, WATER
from data.sample.plan import CityPlan
from data.schema import DrainageNetwork, Grid, RoadNetwork
from data.swmm import inp_of
from data.swmm.network import read_network

FILE = "network.inp"
RUNOFF = {ROAD: 0.9, BUILDING: 0.9, PAVED: 0.75, GREEN: 0.15, WATER: 0.0, FARMLAND: 0.05, BARE: 0.3}  # GB 50014
FARTHEST_M = 250.0  # ground farther from a manhole than this does not drain into it
DESIGN_A = {"old_town": 2.0, "new_town": 3.0, "key_area": 5.0, "hub": 5.0}  # years
OLD_TOWN_SHARE = 0.6  # of today's norm that the sewers of the old town were laid for
STATIONS = 2
TANK_FLOW_M3_S = 6.0  # of the old-town sewer that gets the detention tank
LEAST_COVER_M = 0.1  # ground that lies lower over the crown is left without a sewer


@dataclass(frozen=True)
class Surface:
    """The ground over the sewers, arrays (rows, cols)."""

    terrain: np.ndarray  # m
    raised: np.ndarray  # m, houses raised: what the water sees
    land_cover: np.ndarray
    underpass: np.ndarray  # bool: sunk roads have pumps, not gullies


def build_drains(
    plan: CityPlan, roads: RoadNetwork, surface: Surface, rivers: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> DrainageNetwork:
    """The network with its gullies and what the census found."""
    grid = plan.grid
    water = shapely.union_all(rivers.geometry.to_numpy())
    layout, sewers, bed = _design(grid, lay_sewers(grid, roads, surface.terrain, water), surface, areas)
    kind = _drainage_class(areas, layout)
    names = name_parts(layout)
    inp = inp_of(network_lines(layout, sewers, bed, _tank_place(layout, sewers, kind)), FILE)
    network = read_network(inp, crs=grid.crs, target_crs=grid.crs)
    street = (surface.land_cover == ROAD) & ~surface.underpass
    open_ground = ~np.isin(surface.land_cover, (BUILDING, WATER)) & ~surface.underpass
    cell, on_street, tripled = inlet_cells(grid, roads, surface.raised, street, open_ground)
    manholes = network.nodes.iloc[: len(names.manhole)]
    level = surface.raised.reshape(-1)[cell]
    inlets = place_inlets(plan, cell, on_street, tripled, level, water, manholes, kind)
    seen = census(plan, layout, sewers, names.pipe, kind).set_index("id")
    links = network.links.copy()
    row = links["name"].isin(seen.index)
    for column in ("condition_grade", "blocked_share", "system", "repair_cost"):
        links.loc[row, column] = seen.loc[links["name"][row], column].to_numpy()
    return replace(network, inlets=inlets, links=links)


def _design(grid: Grid, layout: Layout, surface: Surface, areas: gpd.GeoDataFrame) -> tuple[Layout, Sewers, np.ndarray]:
    """Layout, sizes and the river bed at outfalls; manholes that lie too low for their outfall are left out."""
    rules = load_rules()
    while True:
        kind = _drainage_class(areas, layout)
        share = np.where(kind == "old_town", OLD_TOWN_SHARE, 1.0)
        years = np.array([DESIGN_A[name] for name in kind])
        bed = np.full(len(kind), np.nan)
        at_river = layout.to_river
        bed[at_river] = surface.terrain[grid_cells(grid, layout.out_x_m[at_river], layout.out_y_m[at_river])]
        runoff = share * runoff_area_m2(grid, surface.land_cover, layout.x_m, layout.y_m)
        sewers = size_sewers(layout, runoff, years, bed, rules, STATIONS)
        low = layout.ground_m - sewers.start_m - sewers.height_m < LEAST_COVER_M
        if not low.any():
            return layout, sewers, bed
        layout = layout.without(low)


def _drainage_class(areas: gpd.GeoDataFrame, layout: Layout) -> np.ndarray:
    """Drainage class of the community that each manhole lies in, (n,)."""
    communities = areas[areas["level"] == "community"][["drainage_class", "geometry"]]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(layout.x_m, layout.y_m), crs=areas.crs)
    joined = points.sjoin(communities, how="left", predicate="intersects")
    return joined[~joined.index.duplicated()]["drainage_class"].fillna("new_town").to_numpy(object)


def runoff_area_m2(grid: Grid, land_cover: np.ndarray, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """Area times runoff coefficient (m2) of the ground nearest to each manhole, (n,)."""
    x, y = np.meshgrid(grid.x_centres, grid.y_centres)
    away, nearest = cKDTree(np.stack([x_m, y_m], 1)).query(np.stack([x.ravel(), y.ravel()], 1))
    coefficient = np.zeros(256)
    coefficient[list(RUNOFF)] = list(RUNOFF.values())
    weight = np.where(away < FARTHEST_M, coefficient[land_cover.ravel()], 0.0)
    return np.bincount(nearest, weight, minlength=len(x_m)) * grid.cell_area_m2


def _tank_place(layout: Layout, sewers: Sewers, kind: np.ndarray) -> int:
    """The manhole of the old town whose sewer carries nearest to TANK_FLOW_M3_S."""
    inside = (kind == "old_town") & (layout.next_node >= 0)
    return int(np.argmin(np.where(inside, np.abs(sewers.design_flow_m3_s - TANK_FLOW_M3_S), np.inf)))
