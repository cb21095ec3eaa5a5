"""A city made ready for questions about its shelters: roads, people, areas, the water of each storm, once for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.errors import RunStopped
from data.rules_file import Rules
from data.schema import City
from shelters.graph import RoadGraph
from shelters.sites import access_cut, closing_time
from sim.area_map import AreaMap, area_of_points, map_areas, present_levels, warned_areas, warning_level
from sim.exposure import whole_persons
from sim.flood_jobs import run_jobs
from sim.ground import prepare_ground
from sim.rulebook import space_rules, walk_rules
from sim.scenario import Scenario, Storm
from sim.site_stock import takes_open_air
from sim.site_use import SiteUse, judge_sites
from sim.site_water import site_cells
from sim.storm_water import StormWater, dry_water, storm_labels, storm_water
from sim.streets import Places, flooded_times, road_graph, snap

if TYPE_CHECKING:
    from sim.storm_view import StormView

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Level:
    """The areas of one level and the blocks in them."""

    map: AreaMap
    block: np.ndarray  # int64 (blocks,), row of the areas; -1: in none


class StormRoads:
    """The roads under one storm: walking times at every step, and what is left of them at the worst."""

    def __init__(self, graph: RoadGraph, water: StormWater, rules: Rules) -> None:
        self.graph = graph
        self.time_s = water.time_s
        self.walk_time_s = flooded_times(graph, water.edge_depth, water.edge_speed, water.edge_depth_speed, rules)

    @cached_property
    def slowest_s(self) -> np.ndarray:
        """Longest walking time of each edge (s), inf where it is closed at any moment; float64 (edges,)."""
        return self.walk_time_s.max(axis=0)

    @cached_property
    def length_m(self) -> np.ndarray:
        """Length of each edge (m), inf where it is closed at any moment; float64 (edges,)."""
        return np.where(np.isfinite(self.slowest_s), self.graph.length_m, np.inf)

    def cut_s(self, site_node: np.ndarray) -> np.ndarray:
        """When the last road to each site closes (s), inf: never."""
        return closing_time(self.time_s, access_cut(self.graph, self.walk_time_s, site_node))


class Study:
    """See `prepare`. `storms` and `roads` go together, the dry case first and then by rain."""

    def __init__(self, city: City, scenario: Scenario, rules: Rules, storms: Sequence[StormWater]) -> None:
        assert city.people is not None
        self.city, self.scenario, self.rules = city, scenario, rules
        self.storms = tuple(storms)
        self.persons = whole_persons(city, scenario.time_of_day)
        self.graph = road_graph(city)
        self.roads = tuple(StormRoads(self.graph, water, rules) for water in self.storms)
        self.blocks = self.places(city.people)
        self.walk_speed_m_s = walk_rules(rules).dry_speed_m_s
        ground = prepare_ground(city, rules, scenario.flood.drainage_factor)
        self._building, self._street = ground.building, ground.street
        self.levels = tuple(self._level(name) for name in present_levels(city))
        self.views: dict[tuple[int, str], StormView] = {}  # of the city's own sites, by storm and stay

    @classmethod
    def prepare(
        cls,
        city: City,
        scenario: Scenario,
        rules: Rules,
        storms: Sequence[Storm],
        *,
        workers: int | None = None,
        tell: Progress = lambda stage, fraction: None,
    ) -> Study:
        """Flood the city by each storm, several side by side. RunStopped where one of them stops itself."""
        asked = [replace(scenario, storm=storm) for storm in dict.fromkeys(storms)]
        found = run_jobs(
            storm_water, city, asked, rules, workers=workers, tell=lambda done: tell("Flooding the city", done)
        )  # fmt: skip
        waters = []
        for water, label in zip(found, storm_labels([one.storm for one in asked]), strict=True):
            if isinstance(water, RunStopped):
                raise water
            waters.append(replace(water, case=replace(water.case, label=label)))
        waters.sort(key=lambda water: water.case.rain_mm)
        tell("Judging shelters", 0.0)
        return cls(city, scenario, rules, [dry_water(city, scenario), *waters])

    def places(self, points: pd.DataFrame) -> Places:
        """Snap points (columns x_m, y_m) to the roads."""
        return snap(self.city, points, self.rules)

    def access_s(self, places: Places) -> np.ndarray:
        """Walking time between points and the road (s)."""
        return places.access_m / self.walk_speed_m_s

    def area_of(self, points: pd.DataFrame, level: Level) -> np.ndarray:
        """Row of the level's areas that holds each point, -1: none."""
        return area_of_points(level.map, self.city, points["x_m"].to_numpy(float), points["y_m"].to_numpy(float))

    def lowest_area(self, points: pd.DataFrame) -> np.ndarray:
        """Code of the finest area that holds each point, "" where none (text)."""
        code = np.full(len(points), "", object)
        for level in self.levels:
            row = self.area_of(points, level)
            codes = level.map.areas["code"].astype(str).to_numpy()
            code = np.where(row >= 0, codes[np.maximum(row, 0)], code) if len(codes) else code
        return code

    def use(self, sites: pd.DataFrame, storm: int, stay: str, *, places: Places | None = None) -> SiteUse:
        """Judge sites (a SHELTERS frame with x_m, y_m, whether in the pack or not) under one storm."""
        places = self.places(sites) if places is None else places
        cells = site_cells(self.city_with(sites), self._building, self._street)
        limit = self.storms[storm].site_limit_s.reshape(-1)
        wet_s = -cells.worst(-np.where(np.isfinite(limit), limit, np.float32(3e38))).astype(float)
        off = np.diff(cells.first) == 0  # a site off the grid: nothing is known of its water
        wet_s = np.where(off | (wet_s > 1e38), np.inf, wet_s)
        return judge_sites(
            sites,
            wet_s,
            self.roads[storm].cut_s(places.node),
            m2_per_person=space_rules(self.rules).m2_per_person(stay),
            year=self.scenario.start.year,
            open_air=not self.storms[storm].is_storm or takes_open_air(self.scenario, self.rules),
        )

    def city_with(self, sites: pd.DataFrame) -> City:
        """The city with these shelter sites instead of its own."""
        return replace(self.city, shelters=sites)

    def _level(self, name: str) -> Level:
        assert self.city.people is not None
        mapped = warned_areas(self.city) if name == warning_level(self.city) else map_areas(self.city, name)
        people = self.city.people
        return Level(
            mapped, area_of_points(mapped, self.city, people["x_m"].to_numpy(float), people["y_m"].to_numpy(float))
        )
