"""The ground the storm falls on: a city's layers as the arrays that the surface flow takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine

from data.rules_file import Rules
from data.schema import City, Grid
from data.units import mm_h_to_m_s
from hazards import Inflow, StageBoundary, barrier_crests, raise_buildings
from sim.area_map import map_areas, present_levels
from sim.river_water import river_water
from sim.rulebook import drainage_mm_h

_OPEN_GROUND_MANNING = 0.03  # s m(-1/3), for a city without land cover; derived: between asphalt and short grass


@dataclass(frozen=True)
class Ground:
    """Everything about the surface that does not change while it rains; arrays of shape (rows, cols)."""

    city: City
    bed: np.ndarray  # float64, m, buildings raised
    manning_n: np.ndarray  # float64, s m(-1/3)
    initial_depth: np.ndarray  # float64, m: water that stands in the rivers
    drainage_m_s: np.ndarray  # float64: equivalent drainage capacity
    crest_x: np.ndarray | None
    crest_y: np.ndarray | None
    building: np.ndarray  # bool
    river: np.ndarray  # bool
    underpass: np.ndarray  # int32, number of the underpass; -1 where none
    inflows: tuple[Inflow, ...]  # what the rivers bring
    stages: tuple[StageBoundary, ...]  # levels at which they leave

    @cached_property
    def street(self) -> np.ndarray:
        """Cells where people walk: inside the domain, neither building nor river."""
        return np.isfinite(self.bed) & ~self.building & ~self.river

    @property
    def underpass_cells(self) -> list[np.ndarray]:
        """Flat indices of the cells of each underpass."""
        count = 0 if self.city.underpasses is None else len(self.city.underpasses)
        flat = self.underpass.reshape(-1)
        return [np.flatnonzero(flat == number) for number in range(count)]


def prepare_ground(city: City, rules: Rules, drainage_factor: float) -> Ground:
    """Paint a city's layers on its grid.

    Drainage works under streets and open ground: a roof drains into its street, a river is not drained.
    """
    grid = city.grid
    domain = np.isfinite(city.terrain)
    height = building_heights(grid, city.buildings)
    river = _paint(grid, city.rivers, None) > 0
    building = (height > 0.0) & domain & ~river
    bed = raise_buildings(city.terrain, building, np.where(building, height, 1.0))
    initial = np.zeros(grid.shape)
    if city.rivers is not None and "base_depth_m" in city.rivers:
        initial = np.where(domain, _paint(grid, city.rivers, "base_depth_m"), 0.0)
    crest_x, crest_y = barrier_crests(grid, barrier_lines(city.barriers)) if city.barriers is not None else (None, None)
    underpass = _numbered(grid, city.underpasses)
    drainage = np.where(domain & ~river & ~building, _drainage(city, rules) * drainage_factor, 0.0)
    rivers = river_water(city, bed)
    if rivers.stages:
        crest_x, crest_y = _wall_behind(rivers.stages, grid, crest_x, crest_y)
    return Ground(
        city=city,
        bed=bed,
        manning_n=_manning(city),
        initial_depth=initial,
        drainage_m_s=drainage,
        crest_x=crest_x,
        crest_y=crest_y,
        building=building,
        river=river & domain,
        underpass=underpass,
        inflows=rivers.inflows,
        stages=rivers.stages,
    )


def building_heights(grid: Grid, buildings: gpd.GeoDataFrame | None) -> np.ndarray:
    """Height (m) that buildings raise each cell by, by the polygon that holds its centre; 0 where none stands."""
    return _paint(grid, buildings, "height_m")


def barrier_lines(barriers: gpd.GeoDataFrame) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Walls and embankments as the polylines (x, y, crest) that `barrier_crests` takes; multi-lines in parts."""
    parts = barriers.explode(index_parts=False)
    lines = []
    for line, crest in zip(parts.geometry, parts["crest_m"], strict=True):
        x, y = line.coords.xy
        lines.append((np.asarray(x), np.asarray(y), float(crest)))
    return lines


def _paint(grid: Grid, frame: gpd.GeoDataFrame | None, column: str | None) -> np.ndarray:
    if frame is None or frame.empty:
        return np.zeros(grid.shape)
    values = np.ones(len(frame)) if column is None else frame[column].to_numpy(float)
    shapes = zip(frame.geometry, values, strict=True)
    return rasterize(shapes, out_shape=grid.shape, transform=Affine(*grid.affine), fill=0.0, dtype="float64")


def _numbered(grid: Grid, frame: gpd.GeoDataFrame | None) -> np.ndarray:
    if frame is None or frame.empty:
        return np.full(grid.shape, -1, np.int32)
    shapes = ((geometry, number) for number, geometry in enumerate(frame.geometry))
    return rasterize(
        shapes, out_shape=grid.shape, transform=Affine(*grid.affine), fill=-1, dtype="int32", all_touched=True
    )


def _wall_behind(
    stages: tuple[StageBoundary, ...], grid: Grid, crest_x: np.ndarray | None, crest_y: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The crests with walls on the outer faces of held cells: what leaves there leaves by the held level alone."""
    crest_x = np.full((grid.rows, grid.cols + 1), -np.inf) if crest_x is None else crest_x
    crest_y = np.full((grid.rows + 1, grid.cols), -np.inf) if crest_y is None else crest_y
    for stage in stages:
        rows, cols = stage.cells
        for outer, inner in ((0, 0), (grid.cols, grid.cols - 1)):
            crest_x[rows[cols == inner], outer] = np.inf
        for outer, inner in ((0, 0), (grid.rows, grid.rows - 1)):
            crest_y[outer, cols[rows == inner]] = np.inf
    return crest_x, crest_y


def _manning(city: City) -> np.ndarray:
    if city.land_cover is None or city.land_cover_table is None:
        return np.full(city.grid.shape, _OPEN_GROUND_MANNING)
    by_code = np.full(256, _OPEN_GROUND_MANNING)
    by_code[city.land_cover_table["code"].to_numpy(int)] = city.land_cover_table["manning_n"].to_numpy(float)
    return by_code[city.land_cover]


def _drainage(city: City, rules: Rules) -> np.ndarray:
    """Capacity (m/s) of the lowest area that holds each cell; what it does not state comes from its class.

    Ground in no area drains like the new town, as a pack without areas does.
    """
    by_class = drainage_mm_h(rules)
    capacity = np.full(city.grid.shape, mm_h_to_m_s(by_class["new_town"]))
    for level in present_levels(city):
        area_map = map_areas(city, level)
        if area_map.areas.empty:
            continue
        stated = area_map.areas["drainage_mm_h"].to_numpy(float)
        usual = area_map.areas["drainage_class"].map(by_class).to_numpy(float)
        rate = mm_h_to_m_s(np.where(np.isnan(stated), usual, stated))
        capacity = np.where(area_map.index >= 0, rate[np.maximum(area_map.index, 0)], capacity)
    return capacity
