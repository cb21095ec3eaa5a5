"""What a city is made into once, before its first forecast cycle."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from data.rules_file import Rules
from data.schema import City
from sim.area_map import warning_level
from sim.checkpoint import fingerprint
from sim.city_water import watch_points
from sim.drains import Sewers, lay_sewers
from sim.exposure import Exposure, expose, whole_persons
from sim.flood_watch import WatchPoints
from sim.forecast.levels import Level, areas_of_places, levels_of
from sim.forecast.states import FORM
from sim.forecast.terms import ForecastTerms
from sim.ground import Ground, prepare_ground
from sim.rulebook import risk_weights
from sim.structures import lifted_nodes


@dataclass(frozen=True, eq=False)
class ForecastGround:
    """A city ready to be flooded again and again; sent to every process that runs members."""

    city: City
    rules: Rules
    terms: ForecastTerms
    levels: tuple[Level, ...]
    ground: Ground
    points: WatchPoints  # with the people of the night
    sewers: Sewers | None

    def points_by(self, time_of_day: str) -> WatchPoints:
        """The places that the watch reads, with the people present by "day" or at "night"."""
        return self.points if time_of_day == "night" else replace(self.points, exposure=self.exposure_by(time_of_day))

    def exposure_by(self, time_of_day: str) -> Exposure:
        """Where the people present by "day" or at "night" are; the places are the same, only their number differs."""
        night = self.points.exposure
        persons = whole_persons(self.city, time_of_day)
        count = np.bincount(night.block, minlength=len(persons))
        return replace(night, at_place=persons[night.block] / count[night.block], persons=persons)

    @cached_property
    def place_areas(self) -> dict[str, np.ndarray]:
        """Row of the area of each place of people, by level."""
        return areas_of_places(self.levels, self.points.exposure.cell)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that the water of a kept state depends on, and of how its arrays are laid out."""
        ground, city = self.ground, self.city
        network = None if self.sewers is None else self.sewers.network
        return fingerprint(
            FORM, city.grid, ground.bed, ground.manning_n, ground.drainage_m_s, ground.initial_depth,
            ground.crest_x, ground.crest_y, ground.inflows, ground.stages, ground.underpass,
            city.pumps, city.gates, city.underpasses, city.barriers, city.lifelines,
            [] if network is None else [getattr(network, field.name) for field in fields(network)],
            city.land_cover, city.land_cover_table, city.sponge, self.rules.hash,
        )  # fmt: skip


def ground_of(city: City, rules: Rules, terms: ForecastTerms) -> ForecastGround:
    """Paint, expose and lay everything that no cycle changes."""
    ground = prepare_ground(city, rules, terms.drainage_factor)
    levels = levels_of(city, rules)
    own = warning_level(city)
    area_map = next(level.area_map for level in levels if level.name == own)
    exposure = expose(city, ground.street, "night", risk_weights(rules))
    points = watch_points(city, ground, rules, area_map, exposure)
    sewers = lay_sewers(city, ground, rules, lifted_nodes(city)) if terms.drains else None
    return ForecastGround(city, rules, terms, levels, ground, points, sewers)
