"""What one shelter more or less changes, area by area: 20,000 blocks, 500 sites, 100,000 nodes; no flood is run."""

from __future__ import annotations

import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely.geometry import LineString, box

from benchmarks.lattice import Town, lattice_town
from data.rules_file import load_rules
from data.schema import AREAS_RESULT, SHELTERS, City, Grid, RoadNetwork
from sim.adequacy import areas_after
from sim.adequacy_result import StormCase
from sim.demand import Timing
from sim.exposure import whole_persons
from sim.scenario import Plan, Scenario
from sim.storm_water import StormWater, dry_water
from sim.study import Study
from sim.what_if import Changes

GOAL_S = 2.0
CRS, WEST_M, SOUTH_M, CELL_M = "EPSG:32648", 380_000.0, 3_350_000.0, 200.0
CLOSED_SHARE = 0.03  # of the edges, from the second hour on
M2 = 2.0


def run() -> list[dict[str, object]]:
    """CPU and wall seconds of the first answer (everything cached is made) and of later ones."""
    study = _study(lattice_town())
    sites = study.city.shelters
    assert sites is not None
    small = Changes(resize=((str(sites["id"].iloc[0]), 50_000.0),))
    areas_after(study, small)  # compiles
    cases = {
        "one site resized": Changes(resize=((str(sites["id"].iloc[1]), 50_000.0),)),
        "one site removed": Changes(remove=(str(sites["id"].iloc[2]),)),
        "one site added": Changes(add=sites.iloc[[3]].assign(id="new")),
    }
    rows = []
    for name, changes in cases.items():
        wall, cpu = time.perf_counter(), time.process_time()
        table = areas_after(study, changes)
        rows.append(
            {
                "case": f"20,000 blocks x 500 sites, {name}",
                "cpu_s": round(time.process_time() - cpu, 2),
                "wall_s": round(time.perf_counter() - wall, 2),
                "without_place": int(table["without_place"].iloc[0]),
                "goal": f"<= {GOAL_S} s",
            }
        )
    return rows


def _study(town: Town) -> Study:
    rng = np.random.default_rng(2)
    city, scenario, rules = _city(town), Scenario(plan=Plan(open_air=True)), load_rules()
    steps = np.arange(0.0, 7201.0, 300.0)
    depth = np.zeros((len(steps), town.graph.edges), np.float32)
    depth[np.ix_(steps >= 3600.0, rng.random(town.graph.edges) < CLOSED_SHARE)] = 2.0
    persons = whole_persons(city, scenario.time_of_day)
    danger = np.where(rng.random(len(persons)) < 0.05, persons // 2, 0)
    begins = np.where(danger > 0, 5400.0, np.inf)
    storm = StormWater(
        case=StormCase("made", None, 100.0),
        rain_start_s=0.0,
        time_s=steps,
        edge_depth=depth,
        edge_speed=np.zeros_like(depth),
        edge_depth_speed=np.zeros_like(depth),
        site_limit_s=np.full(city.grid.shape, np.inf, np.float32),
        at_risk=danger,
        in_danger=danger.astype(float),
        timing=Timing(begins - 3600.0, begins),
        areas=pd.DataFrame(columns=list(AREAS_RESULT.names)),
    )
    return Study(city, scenario, rules, [dry_water(city, scenario), storm])


def _city(town: Town) -> City:
    x, y = town.x_m + WEST_M, town.y_m + SOUTH_M
    cells = int(np.ceil(max(town.x_m.max(), town.y_m.max()) / CELL_M)) + 2
    grid = Grid(cells, cells, CELL_M, WEST_M - CELL_M, SOUTH_M + (cells - 1) * CELL_M, CRS)
    graph = town.graph
    lines = [LineString([(x[a], y[a]), (x[b], y[b])]) for a, b in zip(graph.tail, graph.head, strict=True)]
    edges = gpd.GeoDataFrame(
        {"tail": graph.tail, "head": graph.head, "length_m": graph.length_m, "road_class": "residential", "lanes": 1,
         "speed_m_s": 8.3, "bridge": False, "underpass": False, "id": ""}, geometry=lines, crs=CRS,
    )  # fmt: skip
    people = _points(x, y, town.block_node).assign(
        id=[f"B{k}" for k in range(len(town.people))], population_day=town.people, population_night=town.people,
        footprint_m2=1e4, area="", source="synthetic",
        **dict.fromkeys(("share_65", "share_14", "share_disabled", "share_basement", "share_hospital"), 0.1),
    )  # fmt: skip
    sites = _points(x, y, town.site_node).assign(
        id=[f"S{k}" for k in range(len(town.capacity))], name="场所", name_en="Site", site_type="park",
        shelter_class="fixed", area_m2=town.capacity * M2, usable_share=1.0, source="synthetic",
    )  # fmt: skip
    for field in SHELTERS:
        if field.name not in sites:
            sites[field.name] = np.nan if field.default is None else field.default
    west, south, east, north = grid.bounds
    marks = np.linspace(west, east, 24)
    areas = gpd.GeoDataFrame(
        [("city", "城", "City", "", "city", "new_town", box(west, south, east, north))]
        + [(f"d{k}", f"区{k}", f"District {k}", "city", "district", "new_town", box(a, south, b, north))
           for k, (a, b) in enumerate(pairwise(marks))],
        columns=["code", "name", "name_en", "parent", "level", "drainage_class", "geometry"],
        geometry="geometry", crs=CRS,
    ).assign(drainage_mm_h=5.0, source="synthetic")  # fmt: skip
    return City(
        name="格网", name_en="Lattice", grid=grid, terrain=np.zeros(grid.shape), areas=areas, people=people,
        shelters=sites, roads=RoadNetwork(nodes=pd.DataFrame({"x_m": x, "y_m": y}), edges=edges),
    )  # fmt: skip


def _points(x: np.ndarray, y: np.ndarray, node: np.ndarray) -> pd.DataFrame:
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x[node], y[node])
    return pd.DataFrame({"x_m": x[node], "y_m": y[node], "lon": lon, "lat": lat})
