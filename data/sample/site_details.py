"""What a shelter site is equipped and fit for, beside the facilities of its class; all synthetic."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import SHELTERS

CONVERSION_H = {"park": 3.0, "square": 2.0, "school": 6.0, "stadium": 8.0, "building": 1.0, "greenway": 2.0}
MARKED = 0.9  # share of the sites whose refuge area is marked out
SUPPORTING = {"emergency": 0.3, "fixed": 0.7, "central": 1.0}  # share with management point, signs, lights
COUNTED = 0.85  # share of the stocks that somebody has counted; the rest is not known
WATER_L_PER_M2 = (1.0, 9.0)  # of effective area; at 2 m2 per person and 15 L a day, 7.5 lasts a day
M2_PER_TOILET = (60.0, 260.0)
M2_PER_KIT = (6.0, 40.0)
OPENED = 0.3  # share of the sites whose year of opening is known; all lie before the plan's base year
YEARS = (2010, 2020)


def detail_sites(sites: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The frame with every column of SHELTERS, and x_m and y_m as they are.

    Stocks are 0 where the site has none of the kind. Riverside greenways lie in the floodplain and are fit neither
    for river flood nor for water on the streets; nothing else is said of the other sites: the storm tells.
    """
    n = len(sites)
    kind, shelter_class = sites["site_type"], sites["shelter_class"]
    effective = (sites["area_m2"] * sites["usable_share"]).to_numpy(float)
    riverside = (kind == "greenway").to_numpy()
    outdoor = ~sites["indoor"].to_numpy(bool)
    water = _stock(effective * rng.uniform(*WATER_L_PER_M2, n), sites["water"], -2, rng)
    toilets = _stock(effective / rng.uniform(*M2_PER_TOILET, n), sites["toilets"], 0, rng)
    kits = _stock(effective / rng.uniform(*M2_PER_KIT, n), sites["supplies"], 0, rng)
    year = rng.integers(*YEARS, n).astype(float)
    year[rng.random(n) >= OPENED] = np.nan
    detailed = sites.assign(
        longest_stay="",
        refuge_area=rng.random(n) < MARKED,
        supporting=rng.random(n) < shelter_class.map(SUPPORTING).to_numpy(),
        water_l=water,
        toilet_count=toilets,
        kits=kits,
        fit_for_flood=~riverside,
        fit_for_waterlogging=~riverside,
        fit_for_landslide=~riverside,
        fit_for_earthquake=outdoor | (rng.random(n) < 0.7),
        fit_for_fire=outdoor & (effective >= 10_000.0),
        in_floodplain=riverside,
        conversion_time_h=kind.map(CONVERSION_H).to_numpy(float),
        open_year=year,
        occupants=0.0,
    )
    rest = [name for name in sites.columns if name not in SHELTERS]
    return detailed[[*SHELTERS.names, *rest]]


def _stock(amount: np.ndarray, has: pd.Series, digits: int, rng: np.random.Generator) -> np.ndarray:
    """Rounded amounts, at least one step where there is any, 0 where there is none, NaN where nobody counted."""
    stock = np.where(has.to_numpy(bool), np.maximum(np.round(amount, digits), 10.0**-digits), 0.0)
    return np.where(rng.random(len(stock)) < COUNTED, stock, np.nan)
