"""The ground of the big city cut into rectangles: 23 districts of their real areas, streets, communities."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from data.sample.areas import drainage_mm_h
from data.sample.districts import CITY_CODE, LAYOUT, Unit, units
from data.sample.names import stem
from data.sample.people import largest_remainder
from data.sample.plan import CENTRE_X_M, CENTRE_Y_M, CRS
from data.schema import Grid

CELLS = 1_197  # per side; 1197^2 cells of 1 ha are 14,328.1 km2, 0.03 % less than the sum of the districts
CELL_M = 100.0
PERSONS_PER_STREET = 62_000
COMMUNITIES_PER_STREET = 8
OLD_TOWN = ("锦江区", "青羊区", "金牛区", "武侯区", "成华区")

Rectangle = tuple[float, float, float, float]  # west, south, east, north (m)


@dataclass(frozen=True)
class Place:
    """An area of the city with its rectangle and residents."""

    code: str
    name: str
    name_en: str
    parent: str
    level: str
    rectangle: Rectangle
    residents: int
    kind: str  # drainage class
    source: str


def city_grid() -> Grid:
    """The raster: the core of the city lies at the centre that the smaller sample cities have."""
    return Grid(CELLS, CELLS, CELL_M, CENTRE_X_M - 71_600.0, CENTRE_Y_M + 73_000.0, CRS)


def lay_out(rng: np.random.Generator) -> list[Place]:
    """All areas, city first; residents are whole numbers that add up level by level."""
    grid = city_grid()
    found = units()
    boxes: dict[str, Rectangle] = {}
    _cut(LAYOUT, grid.bounds, {u.name: u for u in found}, boxes)
    residents = largest_remainder(np.array([u.residents for u in found]), round(sum(u.residents for u in found)))
    total = int(residents.sum())
    places = [
        Place(
            CITY_CODE,
            "成都市（合成示例）",
            "Chengdu (synthetic sample)",
            "",
            "city",
            grid.bounds,
            total,
            "new_town",
            "fact",
        )
    ]
    named = 0
    for unit, people in zip(found, residents, strict=True):
        kind = "old_town" if unit.name in OLD_TOWN else "new_town"
        box = boxes[unit.name]
        places.append(
            Place(unit.code, unit.name, unit.name_en, CITY_CODE, "district", box, int(people), kind, unit.source)
        )
        count = max(round(people / PERSONS_PER_STREET), 3)
        streets = _split(box, count)
        share = rng.lognormal(0.0, 0.45, count)
        for number, (street, held) in enumerate(zip(streets, largest_remainder(share, int(people)), strict=True), 1):
            zh, en = stem(named)
            named += 1
            code = f"{unit.code}{number:03d}"
            street_place = Place(
                code, f"{zh}街道", f"{en} Subdistrict", unit.code, "street", street, int(held), kind, "synthetic"
            )
            places.append(street_place)
            for member, community in enumerate(_split(street, COMMUNITIES_PER_STREET), 1):
                names = f"{zh}第{member}社区", f"{en} Community {member}"
                places.append(Place(f"{code}{member:03d}", *names, code, "community", community, 0, kind, "synthetic"))
    return places


def _cut(tree: tuple | str, box: Rectangle, by_name: dict[str, Unit], boxes: dict[str, Rectangle]) -> None:
    """Cut a rectangle in two by the areas of both sides, and on, until each piece has one name."""
    if isinstance(tree, str):
        boxes[tree] = box
        return
    way, first, second = tree
    share = _area(first, by_name) / (_area(first, by_name) + _area(second, by_name))
    west, south, east, north = box
    if way == "|":
        at = west + share * (east - west)
        pieces = (west, south, at, north), (at, south, east, north)
    else:
        at = north - share * (north - south)
        pieces = (west, at, east, north), (west, south, east, at)
    _cut(first, pieces[0], by_name, boxes)
    _cut(second, pieces[1], by_name, boxes)


def _area(tree: tuple | str, by_name: dict[str, Unit]) -> float:
    if isinstance(tree, str):
        return by_name[tree].area_km2
    return _area(tree[1], by_name) + _area(tree[2], by_name)


def _split(box: Rectangle, count: int) -> list[Rectangle]:
    """Cut a rectangle into `count` pieces of equal area, always across its longer side."""
    if count == 1:
        return [box]
    west, south, east, north = box
    first = count // 2
    share = first / count
    if east - west >= north - south:
        at = west + share * (east - west)
        return _split((west, south, at, north), first) + _split((at, south, east, north), count - first)
    at = north - share * (north - south)
    return _split((west, at, east, north), first) + _split((west, south, east, at), count - first)


def area_table(places: list[Place], built_share: dict[str, float]) -> gpd.GeoDataFrame:
    """The AREAS layer; the drainage capacity of the class counts for the built-up share of an area."""
    west, south, east, north = np.array([p.rectangle for p in places]).T
    return gpd.GeoDataFrame(
        {
            "code": [p.code for p in places],
            "name": [p.name for p in places],
            "name_en": [p.name_en for p in places],
            "parent": [p.parent for p in places],
            "level": [p.level for p in places],
            "drainage_class": [p.kind for p in places],
            "drainage_mm_h": [round(drainage_mm_h(p.kind) * built_share[p.code], 2) for p in places],
            "source": [p.source for p in places],
        },
        geometry=shapely.box(west, south, east, north),
        crs=CRS,
    )


def paint(grid: Grid, places: list[Place], level: str, cell_m: float) -> tuple[np.ndarray, list[Place]]:
    """Which place of a level holds the centre of each cell of a raster of `cell_m`, and the places in that order."""
    size = round(grid.cols * grid.cell_m / cell_m)
    mine = [p for p in places if p.level == level]
    index = np.full((size, size), -1, np.int32)
    for number, place in enumerate(mine):
        west, south, east, north = place.rectangle
        c0, c1 = (round((x - grid.west_m) / cell_m) for x in (west, east))
        r0, r1 = (round((grid.north_m - y) / cell_m) for y in (north, south))
        index[r0:r1, c0:c1] = number
    return index, mine
