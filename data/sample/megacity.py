"""The big sample city: 14,328 km2 and 20.9 million people in the 23 districts of Chengdu, on invented ground."""

from __future__ import annotations

import zlib

import numpy as np
from scipy.ndimage import gaussian_filter

from data.sample.hollows import spill_levels
from data.sample.megacity_areas import Place, area_table, city_grid, lay_out, paint
from data.sample.megacity_land import cover_megacity, cut_rivers, megacity_cover_table, raise_land
from data.sample.megacity_people import CELL_M, DENSE_PER_KM2, people_table, spread_people
from data.sample.megacity_roads import lay_main_roads
from data.sample.megacity_shelters import open_megacity_shelters, plan_slots
from data.sample.sensors import place_sensors
from data.sample.teams import station_teams
from data.schema import City, Grid

STEEP = 0.08  # slope from which nothing is built
HOLLOW_M = 1.0  # deepest hollow without an outlet: real valleys drain, random ones would not


def build_megacity(seed: int) -> City:
    """The sample city of size "megacity"."""
    grid = city_grid()
    rng = {name: np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in LAYERS}
    places = lay_out(rng["areas"])
    land = raise_land(grid, rng["terrain"])
    slope = np.hypot(*np.gradient(gaussian_filter(land, 2.0), grid.cell_m))
    flat = np.clip(1.0 - slope / STEEP, 0.0, 1.0)
    ratio = round(CELL_M / grid.cell_m)
    coarse = flat.reshape(grid.rows // ratio, ratio, grid.cols // ratio, ratio).mean(axis=(1, 3))
    night, day = spread_people(grid, places, coarse, rng["people"])
    built = np.kron(night > DENSE_PER_KM2 * (CELL_M / 1e3) ** 2, np.ones((ratio, ratio), bool)).astype(bool)
    rivers = cut_rivers(grid, land)
    land = np.maximum(land, spill_levels(land) - HOLLOW_M)
    people = people_table(grid, places, night, day, rng["blocks"], rng["hospitals"])
    roads = lay_main_roads(grid, built, slope > STEEP, rivers, rng["roads"])
    return City(
        name="成都市（合成示例）",
        name_en="Chengdu (synthetic sample)",
        grid=grid,
        terrain=land,
        land_cover=cover_megacity(grid, land, built, rivers),
        land_cover_table=megacity_cover_table(),
        rivers=rivers,
        areas=area_table(places, _built_share(grid, places, built)),
        people=people,
        shelters=open_megacity_shelters(grid, places, night, rng["shelters"], rng["site_details"]),
        candidates=plan_slots(grid, places, int(night.sum())),
        roads=roads,
        teams=station_teams(grid, people, roads.nodes, rng["teams"]),
        sensors=place_sensors(grid, rng["sensors"], rivers=rivers),
        provenance=PROVENANCE,
        synthetic=tuple(PROVENANCE),
        notes=NOTES,
    )


def _built_share(grid: Grid, places: list[Place], built: np.ndarray) -> dict[str, float]:
    """Built-up share of each area."""
    share: dict[str, float] = {}
    for level in ("city", "district", "street", "community"):
        index, mine = paint(grid, places, level, grid.cell_m)
        cells = np.bincount(index.ravel(), minlength=len(mine))
        held = np.bincount(index.ravel(), built.ravel(), minlength=len(mine))
        share |= {p.code: float(h / max(c, 1)) for p, h, c in zip(mine, held, cells, strict=True)}
    return share


LAYERS = ("areas", "terrain", "people", "blocks", "hospitals", "shelters", "site_details", "roads", "teams",
          "sensors")  # fmt: skip

PROVENANCE = {
    "areas": "synthetic: rectangles; names of the 23 districts from the plans, areas of 17 of them facts, of 3 derived "
    "(less the functional zones), of 3 zones round synthetic figures; streets and communities invented",
    "people": "synthetic: blocks in the districts, shares of old, young and disabled; totals by district derived from "
    "residents of 2010 (fact; missing for Xinjin and Jianyang: derived from density) times one factor to the census "
    "total of 2020, 20,937,757 (fact)",
    "terrain": "synthetic: plain of 3.5 per mille, mountains in the west and a ridge in the east",
    "rivers": "synthetic: courses, widths and flows; names from the plans",
    "land_cover": "synthetic: built-up where people are dense; roughness and infiltration derived from textbook values",
    "drainage": "derived: capacity of the drainage class (drainage.toml, unverified) times the built-up share",
    "shelters": "synthetic: sites; their total of 1.5 m2 per person is the plan's 2020 level",
    "candidates": "synthetic: places and sizes of the plan's 23 class-1 slots, of which it gives the number alone; one "
    "in each district, sizes derived from the gap to 2.0 m2",
    "roads": "synthetic: nets of 600 m and 3 km",
    "teams": "synthetic: posts where residents are, vehicles by round figures per resident",
    "sensors": "synthetic: rain gauges on a lattice, a level sensor in each river",
}

NOTES = (
    "合成城市：区名和总量真实，地形虚构；街道和场所均非真实。 "
    "Synthetic city: real names and totals of districts on invented ground; no street or shelter in it is real.",
    "网格 100 米：没有建筑、堤防和下穿隧道，街道显示不出来。 "
    "Cells of 100 m: no buildings, embankments or underpasses; streets do not show.",
    "四边开放。 All four edges are open.",
    "规划的 23 处一级避难场所只是候选位，位置和面积均为合成，尚不可用。 "
    "The 23 class-1 shelters of the plan are candidate slots with synthetic places and areas; nobody can use them yet.",
)
