"""The flood of one storm over a city with its measures: what comparisons, headroom and planning all begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules
from data.schema import City
from data.units import m_to_mm
from hazards import RainForcing
from sim.apply_measures import apply_measures
from sim.area_result import risk_of_cells
from sim.flooding import FloodedCity, flood_city
from sim.run import end_of_run
from sim.scenario import Scenario
from sim.storm import make_rain


@dataclass(frozen=True, eq=False)
class StormFlood:
    """A flood that has run; times in s since the start of the storm."""

    city: City  # with its measures
    rain: RainForcing
    until_s: float
    flooded: FloodedCity
    risk: np.ndarray  # (rows, cols), person-risk

    @property
    def rain_start_s(self) -> float:
        return float(self.rain.edges_s[0])

    @property
    def rain_end_s(self) -> float:
        """When the rain ends, or the run."""
        return min(self.rain.end_s(), self.until_s)

    @property
    def rain_mm(self) -> float:
        """Rain on the modelled ground, mean, to a tenth."""
        fallen_m = self.rain.until(self.until_s).depth_until(self.until_s)[-1]
        return round(float(m_to_mm(fallen_m @ self.rain.zone_share(np.isfinite(self.city.terrain)))), 1)


def flood_of_storm(scenario: Scenario, city: City, rules: Rules, tell: Callable[[float], None]) -> StormFlood:
    """Build the measures of the scenario and flood the city by its storm. RunStopped where the flood stops itself."""
    city = apply_measures(city, scenario.measure, rules)
    rain = make_rain(scenario.storm, city.grid, rules)
    until_s = end_of_run(scenario, city, rain, rules)
    flooded = flood_city(scenario, city, rain, rules, until_s, tell)
    return StormFlood(city, rain, until_s, flooded, risk_of_cells(city, flooded.exposure, flooded.run.maxima, rules))
