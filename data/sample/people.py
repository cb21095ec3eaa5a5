"""Who is where, by day and by night: square population blocks filled from the floor area of the buildings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from data.sample.plan import CityPlan

BLOCK_M = 120.0  # about; the blocks divide the side of the domain evenly
OLD_FLATS = 6.0  # people per floor area in old-town homes, relative to new ones: flats are smaller there
PATIENTS = 0.5  # of those in a hospital at night; the rest are staff and family
# people per floor area, relative to homes at night
NIGHT = {"residential": 1.0, "mixed": 0.45, "hospital": 0.25, "farmland": 0.8, "station": 0.02, "office": 0.01}
DAY = {
    "residential": 0.40,
    "mixed": 0.85,
    "office": 0.85,
    "industry": 0.60,
    "school": 1.60,
    "hospital": 0.90,
    "station": 1.60,
    "farmland": 0.70,
}


def settle_people(plan: CityPlan, buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """The PEOPLE layer with x_m, y_m: blocks of about 120 m that hold anyone by day or night.

    The blocks tile the domain; each point is the centre of its square. Both totals equal the plan's people: those
    who leave their quarter by day work in another one.
    """
    rng = plan.rng("people")
    grid = plan.grid
    count = round(plan.side_m / BLOCK_M)
    block_m = plan.side_m / count
    col = ((buildings["x_m"].to_numpy() - grid.west_m) / block_m).astype(int)
    row = ((grid.north_m - buildings["y_m"].to_numpy()) / block_m).astype(int)
    cell = row * count + col
    floor = buildings["floor_m2"].to_numpy()
    use = buildings["use"]
    crowding = np.where(buildings["zone"] == "old", OLD_FLATS, 1.0)
    night = np.bincount(cell, floor * crowding * use.map(NIGHT).fillna(0.0).to_numpy(), count * count)
    day = np.bincount(cell, floor * use.map(DAY).fillna(0.0).to_numpy(), count * count)
    beds = np.bincount(cell, floor * (use == "hospital").to_numpy() * NIGHT["hospital"], count * count)
    old_floor = np.bincount(cell, floor * (buildings["zone"] == "old").to_numpy(), count * count)
    total_floor = np.bincount(cell, floor, count * count)
    # high flats are roomier: people per floor area fall with density
    spread = rng.uniform(0.8, 1.2, count * count)
    night_people = largest_remainder(night**0.85 * spread, plan.people)
    day_people = largest_remainder(day**0.8 * spread, plan.people)
    held = np.flatnonzero(night_people + day_people > 0)
    old = (old_floor / np.maximum(total_floor, 1.0))[held]
    x = grid.west_m + (held % count + 0.5) * block_m
    y = grid.north_m - (held // count + 0.5) * block_m
    lon, lat = to_degrees(grid.crs, x, y)
    n = len(held)
    return pd.DataFrame(
        {
            "id": [f"B{number:05d}" for number in held],
            "lon": lon,
            "lat": lat,
            "footprint_m2": round(block_m**2, 2),
            "population_day": day_people[held],
            "population_night": night_people[held],
            "share_65": np.round(0.11 + 0.10 * old + rng.uniform(-0.03, 0.03, n), 4),
            "share_14": np.round(0.15 - 0.04 * old + rng.uniform(-0.03, 0.03, n), 4),
            "share_disabled": np.round(0.05 + 0.02 * old + rng.uniform(-0.01, 0.01, n), 4),
            "share_basement": np.round(rng.uniform(0.0, 0.02, n) * (0.5 + old), 4),
            "share_hospital": np.round(PATIENTS * (beds / np.maximum(night, 1e-9))[held], 4),
            "source": "synthetic",
            "x_m": x,
            "y_m": y,
        }
    )


def largest_remainder(weights: np.ndarray, total: int) -> np.ndarray:
    """Integers in proportion to the weights that sum to the total exactly (Hamilton's method)."""
    exact = weights * (total / weights.sum())
    whole = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:short]] += 1
    return whole


def to_degrees(crs: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude (WGS 84, degrees, 7 decimals) of points in a metric CRS."""
    lon, lat = transform(x, y, crs, WGS84)
    return np.round(lon, 7), np.round(lat, 7)
