"""What the shelters of a city can take in while one flood runs, and when water or the dark closes their doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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


class DarkSpan(NamedTuple):
    """A site without the power that it needs, from when to when (s; inf: to the end)."""

    site: int
    from_s: float
    until_s: float


@dataclass(frozen=True)
class SiteStock:
    """The shelter sites in one flood; arrays of shape (sites,)."""

    use: SiteUse  # places, the moment water closes each site, and why the plan leaves it out
    capacity: np.ndarray  # int64, persons let in at the door as long as it is open; 0 where nobody ever is
    dark: tuple[DarkSpan, ...] = ()  # when the power fails at halls without a supply of their own, which shuts them
    end_s: float = np.inf  # of the run

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
    def dark_at_s(self) -> np.ndarray:
        """When its power fails and does not come back during the run; inf = never."""
        found = np.full(len(self.capacity), np.inf)
        for span in self.dark:
            if span.until_s >= self.end_s:
                found[span.site] = min(found[span.site], span.from_s)
        return found

    @cached_property
    def water_at_s(self) -> np.ndarray:
        """When water closes the door, on the site or on the way to it; inf = never."""
        return np.minimum(self.use.wet_s, self.use.cut_s)

    @cached_property
    def closed_at_s(self) -> np.ndarray:
        """When the door closes for good, by water or the dark; inf = open at the end."""
        return np.minimum(self.water_at_s, self.dark_at_s)


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
    places = places_at_door(use, sites["indoor"].to_numpy(bool) | open_air)
    return SiteStock(use, places, dark_spans(city, scenario.failure), float(time_s[-1]))


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


def dark_spans(city: City, failures: Sequence[Failure]) -> tuple[DarkSpan, ...]:
    """When each site goes without the power that it needs, once its backup is used up; by site.

    A park needs none, nor does a hall with emergency power.
    """
    assert city.shelters is not None
    out, needs = outages(city, failures), needs_power(city.shelters)
    return tuple(
        DarkSpan(site, from_s, until_s)
        for site, name in enumerate(city.shelters["id"].astype(str))
        if needs[site]
        for from_s, until_s in sorted(out.get(("shelter", name), []))
    )


def needs_power(sites: pd.DataFrame) -> np.ndarray:
    """Whether a power cut closes each site (a SHELTERS frame): a hall without emergency power, bool (sites,)."""
    return sites["indoor"].to_numpy(bool) & ~sites["power"].to_numpy(bool)
