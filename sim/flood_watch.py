"""What the water does to people, roads and shelters while the flood runs: one row per watch step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.schema import City
from hazards import HazardLimits, hazard_class_map
from shelters.sites import FloodLimits, flooded
from sim.area_map import AreaMap
from sim.exposure import Exposure
from sim.flood_run import Frame
from sim.road_water import RoadCells, worst_along
from sim.sea import DeepSpells
from sim.site_water import SiteCells

CLASSES = 7  # dry, H1 .. H6


@dataclass(frozen=True)
class WatchPoints:
    """Cells that the watch reads at each step, fixed before the run."""

    area_map: AreaMap  # the level warnings are issued at
    exposure: Exposure
    street: np.ndarray  # bool (rows, cols): streets and open ground, neither river nor building
    road_cells: RoadCells | None
    site_cells: SiteCells
    underpass_cells: list[np.ndarray]  # flat indices per underpass
    limits: HazardLimits
    ponding_depth_m: float
    sea_depth_m: float
    site_limits: FloodLimits  # from which water a shelter site counts as flooded


@dataclass
class FloodWatch:
    """Collects the rows; give `take` to the flood loop as its frame receiver."""

    city: City
    points: WatchPoints
    time_s: list[float] = field(default_factory=list)
    people_by_class: list[np.ndarray] = field(default_factory=list)  # (areas, 7) persons
    block_danger: list[np.ndarray] = field(default_factory=list)  # (blocks, 7) persons
    ponded_cells: list[np.ndarray] = field(default_factory=list)  # (areas,) street cells
    edge_depth: list[np.ndarray] = field(default_factory=list)  # (edges,) m
    edge_speed: list[np.ndarray] = field(default_factory=list)  # (edges,) m/s
    edge_depth_speed: list[np.ndarray] = field(default_factory=list)  # (edges,) m2/s, worst product in one place
    site_depth: list[np.ndarray] = field(default_factory=list)  # (sites,) m
    site_class: list[np.ndarray] = field(default_factory=list)  # (sites,)
    underpass_depth: list[np.ndarray] = field(default_factory=list)  # (underpasses,) m
    volume_m3: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        points = self.points
        self._cells = points.exposure.cell
        self._block = points.exposure.block
        self._persons = points.exposure.at_place
        self._area = points.area_map.index.reshape(-1)[self._cells].astype(np.int64)
        self._street_area = np.where(points.street, points.area_map.index, -1).reshape(-1)
        self._blocks = len(points.exposure.persons)
        self._areas = len(points.area_map.areas)
        self.place_class = np.zeros(self._cells.size, np.int64)  # class at each place of people, at the last look
        self._spells = DeepSpells(points.street, points.sea_depth_m)
        self.site_limit_s = np.full(points.street.shape, np.inf, np.float32)  # first time a site there is flooded

    def take(self, frame: Frame) -> None:
        """Read one frame."""
        points = self.points
        depth = frame.depth.reshape(-1)
        speed = np.hypot(frame.speed_x, frame.speed_y)
        hazard = hazard_class_map(np.nan_to_num(frame.depth), np.nan_to_num(speed), points.limits).reshape(-1)
        speed = speed.reshape(-1)
        self.time_s.append(frame.time_s)
        self._spells.take(frame.time_s, frame.depth)
        self.volume_m3.append(float(np.nansum(depth, dtype=np.float64)) * self.city.grid.cell_area_m2)
        reached = flooded(depth, hazard, points.site_limits).reshape(self.site_limit_s.shape)
        np.minimum(self.site_limit_s, frame.time_s, out=self.site_limit_s, where=reached)
        here = self.place_class = hazard[self._cells].astype(np.int64)
        self.block_danger.append(self._count(self._block, here, self._blocks))
        self.people_by_class.append(self._count(self._area, here, self._areas))
        ponded = self._street_area[(depth > points.ponding_depth_m) & (self._street_area >= 0)]
        self.ponded_cells.append(np.bincount(ponded, minlength=self._areas))
        if points.road_cells is not None:
            edges = points.road_cells.first.size - 1
            worst = [np.empty(edges, np.float32) for _ in range(3)]
            worst_along(points.road_cells.first, points.road_cells.cells, depth, speed, *worst)
            for rows, values in zip((self.edge_depth, self.edge_speed, self.edge_depth_speed), worst, strict=True):
                rows.append(values)
        self.site_depth.append(points.site_cells.worst(np.nan_to_num(depth)))
        self.site_class.append(points.site_cells.worst(hazard))
        deepest = [float(np.nanmax(depth[cells], initial=0.0)) for cells in points.underpass_cells]
        self.underpass_depth.append(np.array(deepest))

    @property
    def deep_s(self) -> np.ndarray:
        """Longest time without a break that each street cell stood deeper than the sea depth (rows, cols), s."""
        return self._spells.longest_s

    def stacked(self, name: str) -> np.ndarray:
        """The rows of one series as an array, time first."""
        return np.stack(getattr(self, name))

    def blocks_in(self, from_class: int) -> np.ndarray:
        """People of each block who stand in class `from_class` or worse, (times, blocks) persons."""
        return np.stack([row[:, from_class:].sum(axis=1) for row in self.block_danger])

    def _count(self, group: np.ndarray, hazard: np.ndarray, groups: int) -> np.ndarray:
        inside = group >= 0
        key = group[inside] * CLASSES + hazard[inside]
        count = np.bincount(key, weights=self._persons[inside], minlength=groups * CLASSES)
        return count.reshape(groups, CLASSES)
