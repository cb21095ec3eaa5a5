"""Areas of all levels and the rules that colour them: rain signals everywhere, impact rules scaled to the level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
from shapely.geometry.base import BaseGeometry

from data.datum import WGS84
from data.rules_file import Rules
from data.schema import AREA_LEVELS, City
from hazards import ImpactRules, PeopleRule, RainForcing, Rule, RuleSeries, impact_series, rain_signal_series
from sim.area_map import AreaMap, map_areas, present_levels, warned_areas, warning_level
from sim.flood_watch import CLASSES
from sim.warnings import impact_rules, rain_signals, underpass_areas

_OUTLINE_M = 20.0  # outlines in messages are simplified by this much
LEAST_PERSONS = 1.0  # no rule scaled to a small area asks for less than one person


@dataclass(frozen=True, eq=False)
class Level:
    """The areas of one level and the rules that hold there."""

    area_map: AreaMap
    outlines: tuple[BaseGeometry, ...]  # WGS84, simplified
    impact: ImpactRules
    told: Rule | None  # people who must leave bring at least this colour; None above the level of warnings
    underpass_area: np.ndarray  # row of the area of each underpass, -1 = none

    @property
    def name(self) -> str:
        """One of AREA_LEVELS."""
        return self.area_map.level

    @property
    def count(self) -> int:
        """How many areas it has."""
        return len(self.area_map.areas)


def levels_of(city: City, rules: Rules) -> tuple[Level, ...]:
    """Every level that the city has, from the city down.

    Warnings are issued for one level (`warning_level`), and the impact rules are meant for it. Levels above and below
    have the same rules with the counts of people multiplied by forecast.level_people_factor. Water in an underpass and
    an order to leave are matters of the level of warnings and those below: they colour no whole city.
    """
    factor = dict(zip(AREA_LEVELS, rules.numbers("forecast.level_people_factor"), strict=True))
    base, own = impact_rules(rules), warning_level(city)
    order = Rule("people_told", int(rules.number("warning.order_level")), 1.0, "persons")
    levels = []
    for name in present_levels(city):
        area_map = warned_areas(city) if name == own else map_areas(city, name)
        fine = AREA_LEVELS.index(name) >= AREA_LEVELS.index(own)
        impact = scaled(base, factor[name] / factor[own])
        levels.append(
            Level(
                area_map,
                outlines(area_map.areas),
                impact if fine else replace(impact, underpasses=()),
                order if fine else None,
                underpass_areas(city, area_map),
            )
        )
    return tuple(levels)


def scaled(rules: ImpactRules, factor: float) -> ImpactRules:
    """The rules with their counts of people multiplied, but for no less than one person."""
    people = [PeopleRule(r.level, r.hazard_class, max(r.persons * factor, LEAST_PERSONS)) for r in rules.people]
    return replace(rules, people=tuple(people))


def outlines(areas: gpd.GeoDataFrame) -> tuple[BaseGeometry, ...]:
    """Simplified outlines in WGS84."""
    return tuple(gpd.GeoSeries(areas.geometry.simplify(_OUTLINE_M), crs=areas.crs).to_crs(WGS84))


class SignalAreas:
    """Which zones of rain lie in which areas, worked out once for each zone map."""

    def __init__(self, levels: tuple[Level, ...], rules: Rules) -> None:
        self._levels = levels
        self._signals = rain_signals(rules)
        self._zone: np.ndarray | None = None
        self._known = False
        self._pairs: list[np.ndarray] = []

    def series(self, rain: RainForcing, time_s: np.ndarray) -> tuple[RuleSeries, ...]:
        """Signals of the areas of every level, by what has fallen until each time (s, clock of the rain).

        An area takes the worst zone that has a cell in it.
        """
        self._learn(rain.zone, rain.zones)
        zones = rain_signal_series(rain, time_s, self._signals, 0.0)
        found = []
        for level, pairs in zip(self._levels, self._pairs, strict=True):
            value = np.zeros((len(time_s), level.count, len(zones.rules)))
            met = np.zeros(value.shape, bool)
            if pairs.size:
                area, zone = np.divmod(pairs, rain.zones)
                here, first = np.unique(area, return_index=True)
                value[:, here] = np.maximum.reduceat(zones.value[:, zone], first, axis=1)
                met[:, here] = np.logical_or.reduceat(zones.met[:, zone], first, axis=1)
            found.append(RuleSeries(np.asarray(time_s, float), zones.rules, value, met))
        return tuple(found)

    def _learn(self, zone: np.ndarray | None, zones: int) -> None:
        same = zone is self._zone
        if not same and zone is not None and self._zone is not None:
            same = np.array_equal(zone, self._zone)
        if self._known and same:
            return
        self._pairs = []
        for level in self._levels:
            inside = level.area_map.index >= 0
            of_cell = 0 if zone is None else zone[inside].astype(np.int64)
            self._pairs.append(np.unique(level.area_map.index[inside].astype(np.int64) * zones + of_cell))
        self._zone, self._known = zone, True


def impact_of(
    level: Level, time_s: np.ndarray, people_by_class: np.ndarray, underpass_depth_m: np.ndarray, from_class: int
) -> RuleSeries:
    """Impact rules of the areas of a level, the order to leave among them.

    `people_by_class` (times, areas, 7) persons, `underpass_depth_m` (times, underpasses); people who stand in class
    `from_class` or worse are those who must leave.
    """
    series = impact_series(time_s, people_by_class, underpass_depth_m, level.underpass_area, level.impact)
    if level.told is None:
        return series
    must_leave = np.ceil(people_by_class[:, :, from_class:].sum(axis=2) - 1e-9)[:, :, None]
    return series.joined(RuleSeries(series.time_s, (level.told,), must_leave, level.told.holds(must_leave)))


def count_people(
    levels: tuple[Level, ...], areas: Mapping[str, np.ndarray], persons: np.ndarray, place_class: np.ndarray
) -> list[np.ndarray]:
    """People of each area by the class they stand in, (areas, 7) for every level.

    `persons` and `place_class` are parallel (places,); `areas` has the area of each place by level, as
    `areas_of_places` finds them.
    """
    counts = []
    for level in levels:
        area = areas[level.name]
        inside = area >= 0
        key = area[inside] * CLASSES + place_class[inside]
        counts.append(
            np.bincount(key, weights=persons[inside], minlength=level.count * CLASSES).reshape(level.count, CLASSES)
        )
    return counts


def areas_of_places(levels: tuple[Level, ...], cell: np.ndarray) -> dict[str, np.ndarray]:
    """Row of the area of each place (flat cell) by level, int64, -1 = none."""
    return {level.name: level.area_map.index.reshape(-1)[cell].astype(np.int64) for level in levels}
