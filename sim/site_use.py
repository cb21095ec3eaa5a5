"""Which shelter sites a storm leaves to be used, how many people they hold, and why the others are out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import EXCLUSIONS
from shelters.sites import free_places


@dataclass(frozen=True)
class SiteUse:
    """Sites in one storm; arrays of shape (sites,)."""

    effective_m2: np.ndarray  # float64
    places: np.ndarray  # int64, persons at the space of the stay, people already inside taken off
    wet_s: np.ndarray  # float64, when water on the site reaches the limits; inf: never
    cut_s: np.ndarray  # float64, when its last road closes; inf: never
    excluded: np.ndarray  # text, one of EXCLUSIONS; "": used

    @property
    def open(self) -> np.ndarray:
        """Sites that are there, bool: the plan's indicator counts their area, fit or not."""
        return self.excluded != "not_open"

    @property
    def dry(self) -> np.ndarray:
        """Open sites that no water reaches and that stay connected, whatever else they lack, bool."""
        return self.open & ~np.isfinite(self.wet_s) & ~np.isfinite(self.cut_s)

    @property
    def used(self) -> np.ndarray:
        """Sites that take people in, bool."""
        return self.excluded == ""

    @property
    def usable_places(self) -> np.ndarray:
        """Places of the sites used, 0 elsewhere; int64."""
        return np.where(self.used, self.places, 0)


def judge_sites(
    sites: pd.DataFrame, wet_s: np.ndarray, cut_s: np.ndarray, *, m2_per_person: float, year: int, open_air: bool
) -> SiteUse:
    """Judge the rows of a SHELTERS frame; the first reason that holds, in the order of EXCLUSIONS, is given.

    A site is `no_road` where it was cut off from the start. A storm over a city with rivers brings river flood and
    surface water, so a site must be fit for both.
    """
    area, share, inside = (sites[name].to_numpy(float) for name in ("area_m2", "usable_share", "occupants"))
    places = free_places(area, share, inside, m2_per_person)
    opens = sites["open_year"].to_numpy(float)
    fit = sites["fit_for_flood"].to_numpy(bool) & sites["fit_for_waterlogging"].to_numpy(bool)
    reasons = {
        "not_open": np.nan_to_num(opens, nan=-np.inf) > year,
        "floodplain": sites["in_floodplain"].to_numpy(bool),
        "not_fit": ~fit,
        "no_capacity": places == 0,
        "no_road": cut_s <= 0.0,
        "flooded": np.isfinite(wet_s),
        "cut_off": np.isfinite(cut_s),
        "open_air": ~sites["indoor"].to_numpy(bool) & (not open_air),
    }
    assert tuple(reasons) == EXCLUSIONS[1:]
    excluded = np.select(list(reasons.values()), list(reasons), "").astype(object)
    return SiteUse(area * share, places, wet_s, cut_s, excluded)
