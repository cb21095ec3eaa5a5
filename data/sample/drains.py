"""The storm sewers of the sample city as a SWMM model: drawn, sized and written as the lines of an .inp file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.rules_file import load_rules
from data.sample.drains_layout import Layout, lay_sewers
from data.sample.drains_sizes import PIPE_MANNING, Sewers, downstream_order, full_flow, size_sewers
from data.sample.land_cover import BARE, BUILDING, FARMLAND, GREEN, PAVED, ROAD, WATER
from data.schema import Grid, RoadNetwork
from data.schema.drainage import INLETS, DrainageNetwork, Inp

RUNOFF = {ROAD: 0.9, BUILDING: 0.9, PAVED: 0.75, GREEN: 0.15, WATER: 0.0, FARMLAND: 0.05, BARE: 0.3}  # GB 50014
FARTHEST_M = 250.0  # ground farther from a manhole than this does not drain into it
DESIGN_A = {"old_town": 2.0, "new_town": 3.0, "key_area": 5.0, "hub": 5.0}  # years
OLD_TOWN_SHARE = 0.6  # of the norm that old sewers were laid for


def build_drains(
    grid: Grid,
    roads: RoadNetwork,
    terrain: np.ndarray,
    land_cover: np.ndarray,
    rivers: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
) -> DrainageNetwork:
    """The network; `terrain` and `land_cover` of shape (rows, cols), `rivers` and `areas` layers of the pack."""
    rules = load_rules()
    water = shapely.union_all(rivers.geometry.to_numpy())
    layout = lay_sewers(grid, roads, terrain, water)
    kind = _drainage_class(areas, layout)
    share = np.where(kind == "old_town", OLD_TOWN_SHARE, 1.0)
    catchment = share * _runoff_area(grid, land_cover, layout)
    design_a = np.array([DESIGN_A[name] for name in kind])
    row, col = _outfall_cell(grid, layout)
    bed = np.where(layout.to_river, terrain[row, col], -np.inf)
    sewers = size_sewers(layout, catchment, design_a, bed, rules)
    low = layout.ground_m - sewers.start_m < 0.6  # too low to reach an outfall by gravity, and what drains there
    for node in downstream_order(layout.next_node)[::-1]:
        low[node] |= layout.next_node[node] >= 0 and low[layout.next_node[node]]
    if low.any():
        kept = layout.without(low)
        return _network(grid, kept, size_sewers(kept, catchment[~low], design_a[~low], bed[~low], rules))
    return _network(grid, layout, sewers)


def _drainage_class(areas: gpd.GeoDataFrame, layout: Layout) -> np.ndarray:
    """Drainage class of the community that each manhole lies in."""
    communities = areas[areas["level"] == "community"].reset_index(drop=True)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(layout.x_m, layout.y_m), crs=areas.crs)
    joined = points.sjoin(communities[["drainage_class", "geometry"]], how="left", predicate="intersects")
    kind = joined[~joined.index.duplicated()]["drainage_class"]
    return kind.fillna("new_town").to_numpy(object)


def _runoff_area(grid: Grid, land_cover: np.ndarray, layout: Layout) -> np.ndarray:
    """Area times runoff coefficient (m2) of the ground nearest to each manhole."""
    x, y = np.meshgrid(grid.x_centres, grid.y_centres)
    away, nearest = cKDTree(np.stack([layout.x_m, layout.y_m], 1)).query(np.stack([x.ravel(), y.ravel()], 1))
    coefficient = np.zeros(256)
    for code, value in RUNOFF.items():
        coefficient[code] = value
    weight = np.where(away < FARTHEST_M, coefficient[land_cover.ravel()], 0.0)
    return np.bincount(nearest, weight, minlength=len(layout.x_m)) * grid.cell_area_m2


def _outfall_cell(grid: Grid, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    x = np.where(np.isnan(layout.out_x_m), layout.x_m, layout.out_x_m)
    y = np.where(np.isnan(layout.out_y_m), layout.y_m, layout.out_y_m)
    row = np.floor((grid.north_m - y) / grid.cell_m).astype(int)
    col = np.floor((x - grid.west_m) / grid.cell_m).astype(int)
    return np.clip(row, 0, grid.rows - 1), np.clip(col, 0, grid.cols - 1)


def _network(grid: Grid, layout: Layout, sewers: Sewers) -> DrainageNetwork:
    count = len(layout.x_m)
    manholes = [f"J{number:04d}" for number in range(1, count + 1)]
    ends = np.flatnonzero(layout.next_node < 0)
    outfall = {int(node): f"O{number:03d}" for number, node in enumerate(ends, start=1)}
    rim = np.floor(layout.ground_m * 1000.0) / 1000.0
    invert = np.round(sewers.invert_m, 3)
    depth = np.round(rim - invert, 3)
    length = np.array([max(line.length, 1.0) for line in layout.line])
    to = [manholes[layout.next_node[i]] if layout.next_node[i] >= 0 else outfall[i] for i in range(count)]
    base = np.where(layout.next_node >= 0, invert[layout.next_node], np.round(sewers.end_m, 3))
    up = np.round(sewers.start_m - invert, 3)
    down = np.round(np.maximum(sewers.end_m - base, 0.0), 3)
    lines = [
        "[TITLE]",
        ";;Synthetic storm sewers of the Rong'an sample city: no pipe of it exists",
        "",
        "[OPTIONS]",
        "FLOW_UNITS CMS",
        "INFILTRATION GREEN_AMPT",
        "FLOW_ROUTING DYNWAVE",
        "LINK_OFFSETS DEPTH",
        "ALLOW_PONDING NO",
        "SKIP_STEADY_STATE NO",
        "START_DATE 07/15/2026",
        "START_TIME 20:00:00",
        "REPORT_START_DATE 07/15/2026",
        "REPORT_START_TIME 20:00:00",
        "END_DATE 07/16/2026",
        "END_TIME 02:00:00",
        "REPORT_STEP 00:05:00",
        "WET_STEP 00:01:00",
        "DRY_STEP 00:05:00",
        "ROUTING_STEP 5",
        "INERTIAL_DAMPING PARTIAL",
        "NORMAL_FLOW_LIMITED BOTH",
        "FORCE_MAIN_EQUATION H-W",
        "VARIABLE_STEP 0.75",
        "MIN_SURFAREA 1.167",
        "MAX_TRIALS 8",
        "HEAD_TOLERANCE 0.0015",
        "MINIMUM_STEP 0.5",
        "THREADS 1",
        "",
        "[EVAPORATION]",
        "CONSTANT 0.0",
        "",
        "[JUNCTIONS]",
        ";;Name Elevation MaxDepth InitDepth SurDepth Aponded",
    ]
    lines += [f"{manholes[i]} {invert[i]:.3f} {depth[i]:.3f} 0 0 0" for i in range(count)]
    lines += ["", "[OUTFALLS]", ";;Name Elevation Type Gated"]
    lines += [f"{outfall[i]} {sewers.end_m[i]:.3f} FREE {'YES' if layout.to_river[i] else 'NO'}" for i in outfall]
    lines += ["", "[CONDUITS]", ";;Name FromNode ToNode Length Roughness InOffset OutOffset"]
    lines += [
        f"C{i + 1:04d} {manholes[i]} {to[i]} {length[i]:.2f} {PIPE_MANNING} {up[i]:.3f} {down[i]:.3f}"
        for i in range(count)
    ]
    lines += ["", "[XSECTIONS]", ";;Link Shape Geom1 Geom2 Geom3 Geom4 Barrels"]
    lines += [
        f"C{i + 1:04d} CIRCULAR {sewers.height_m[i]} 0 0 0 1"
        if sewers.round[i]
        else f"C{i + 1:04d} RECT_CLOSED {sewers.height_m[i]} {sewers.width_m[i]} 0 0 1"
        for i in range(count)
    ]
    lines += ["", "[REPORT]", "INPUT NO", "CONTROLS NO", "SUBCATCHMENTS NONE", "NODES NONE", "LINKS NONE"]
    lines += ["", "[COORDINATES]", ";;Node X Y"]
    lines += [f"{manholes[i]} {layout.x_m[i]:.2f} {layout.y_m[i]:.2f}" for i in range(count)]
    lines += [f"{outfall[i]} {layout.out_x_m[i]:.2f} {layout.out_y_m[i]:.2f}" for i in outfall]
    vertices = [f"C{i + 1:04d} {x:.2f} {y:.2f}" for i in range(count) for x, y in list(layout.line[i].coords)[1:-1]]
    lines += ["", "[VERTICES]", ";;Link X Y", *vertices, ""]
    nodes = pd.DataFrame(
        {
            "name": manholes + list(outfall.values()),
            "kind": ["junction"] * count + ["outfall"] * len(outfall),
            "invert_m": np.concatenate([invert, np.round(sewers.end_m[ends], 3)]),
            "max_depth_m": np.concatenate([depth, np.zeros(len(ends))]),
        }
    )
    nodes["rim_m"] = nodes["invert_m"] + nodes["max_depth_m"]
    nodes["surcharge_depth_m"] = 0.0
    nodes["x_m"] = np.round(np.concatenate([layout.x_m, layout.out_x_m[ends]]), 2)
    nodes["y_m"] = np.round(np.concatenate([layout.y_m, layout.out_y_m[ends]]), 2)
    nodes["line"] = 0
    number = {name: row for row, name in enumerate(nodes["name"])}
    slope = np.maximum(sewers.start_m - sewers.end_m, 1e-4) / length
    area = np.where(sewers.round, np.pi / 4 * sewers.height_m**2, sewers.height_m * sewers.width_m)
    links = gpd.GeoDataFrame(
        {
            "name": [f"C{i + 1:04d}" for i in range(count)],
            "kind": "conduit",
            "tail": np.arange(count),
            "head": [number[name] for name in to],
            "length_m": np.round(length, 2),
            "roughness": PIPE_MANNING,
            "shape": np.where(sewers.round, "CIRCULAR", "RECT_CLOSED"),
            "height_m": sewers.height_m,
            "width_m": sewers.width_m,
            "barrels": 1,
            "tail_invert_m": np.round(sewers.start_m, 3),
            "head_invert_m": base + down,
            "full_area_m2": area,
            "full_flow_m3_s": [
                full_flow(*row) for row in zip(sewers.width_m, sewers.height_m, sewers.round, slope, strict=True)
            ],
            "line": 0,
            "condition_grade": 0,
            "blocked_share": 0.0,
            "system": "",
            "repair_cost": np.nan,
        },
        geometry=list(layout.line),
        crs=grid.crs,
    )
    inlets = pd.DataFrame(columns=[*INLETS.names, "x_m", "y_m", "node_index"])
    return DrainageNetwork(Inp(tuple(lines), Path("network.inp"), Path(".")), nodes, links, inlets, "CMS", False)
