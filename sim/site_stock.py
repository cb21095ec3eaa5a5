"""What the shelters of a city can take in while one flood runs, and when water or the dark closes their doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import City
from shelters.sites import access_cut, closing_time, flooded
from sim.failures import Failure
from sim.flood_watch import FloodWatch
from sim.outages import outages
from sim.rulebook import site_limits, space_rules
from sim.scenario import Scenario
from sim.site_use import SiteUse, judge_sites
from sim.streets import Streets

_CLOSED_LATER = ("", "flooded", "cut_off")  # these take people in until then


@dataclass(frozen=True)
class SiteStock:
    """The shelter sites in one flood; arrays of shape (sites,)."""

    use: SiteUse  # places, the moment water closes each site, and why the plan leaves it out
    capacity: np.ndarray  # int64, persons let in at the door as long as it is open; 0 where nobody ever is
    dark_at_s: np.ndarray  # when its power fails, which shuts a hall without a supply of its own; inf = never

    @property
    def effective_m2(self) -> np.ndarray:
        """Area that people can use."""
        return self.use.effective_m2

    @property
    def open_capacity(self) -> np.ndarray:
        """Places that the plan gives away: those of the sites used, int64."""
        return self.use.usable_places

    @property
    def excluded(self) -> np.ndarray:
        """Why the plan leaves a site out, a word of EXCLUSIONS; "" = used."""
        return self.use.excluded

    @property
    def wet_at_s(self) -> np.ndarray:
        """When water stands on the site itself; inf = dry, though perhaps cut off."""
        return self.use.wet_s

    @cached_property
    def closed_at_s(self) -> np.ndarray:
        """When the door closes, by water or the dark; inf = stays open."""
        return np.minimum(np.minimum(self.use.wet_s, self.use.cut_s), self.dark_at_s)


def stock_sites(
    city: City, wet: np.ndarray, streets: Streets, time_s: np.ndarray, scenario: Scenario, rules: Rules
) -> SiteStock:
    """Judge the sites of the city by the water on them (`wet`, bool (steps, sites)) and on the roads to them.

    The plan knows the water that is forecast, not a power cut: a site that goes dark keeps its places in the plan and
    takes nobody in from then on.
    """
    assert city.shelters is not None
    sites, open_air = city.shelters, takes_open_air(scenario, rules)
    use = judge_sites(
        sites,
        closing_time(time_s, wet),
        closing_time(time_s, access_cut(streets.graph, streets.walk_time_s, streets.site_node)),
        m2_per_person=space_rules(rules).m2_per_person(scenario.plan.stay),
        year=scenario.start.year,
        open_air=open_air,
    )
    return SiteStock(
        use, places_at_door(use, sites["indoor"].to_numpy(bool) | open_air), dark_at(city, scenario.failure)
    )


def wet_sites(watch: FloodWatch, rules: Rules) -> np.ndarray:
    """Whether the water on each site reaches the limits, bool (steps, sites)."""
    return flooded(watch.stacked("site_depth"), watch.stacked("site_class"), site_limits(rules))


def takes_open_air(scenario: Scenario, rules: Rules) -> bool:
    """Whether sites without a roof take people in."""
    said = scenario.plan.open_air
    return rules.number("shelters.open_air_in_storm") > 0.0 if said is None else said


def places_at_door(use: SiteUse, fit_roof: np.ndarray) -> np.ndarray:
    """Persons that each site lets in while water has not closed it yet, int64.

    Nobody is let in where the reason is not the water: not open, in a floodplain, not fit, or no roof in a storm.
    """
    return np.where(np.isin(use.excluded.astype(str), _CLOSED_LATER) & fit_roof, use.places, 0)


def dark_at(city: City, failures: Sequence[Failure]) -> np.ndarray:
    """When each site first goes without the power that it needs (s, inf: never).

    A park needs none, nor does a hall with emergency power.
    """
    assert city.shelters is not None
    sites, out = city.shelters, outages(city, failures)
    begin = [min((span[0] for span in out.get(("shelter", name), [])), default=np.inf) for name in sites["id"]]
    return np.where(needs_power(sites), np.array(begin, float), np.inf)


def needs_power(sites: pd.DataFrame) -> np.ndarray:
    """Whether a power cut closes each site (a SHELTERS frame): a hall without emergency power, bool (sites,)."""
    return sites["indoor"].to_numpy(bool) & ~sites["power"].to_numpy(bool)
