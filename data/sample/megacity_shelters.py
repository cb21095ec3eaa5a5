"""Shelters of the big city, and the 23 class-1 shelters that the plan wants: candidates without a real place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.readers.columns import fill_absent
from data.sample.megacity_areas import Place, paint
from data.sample.megacity_people import CELL_M
from data.sample.names import stem
from data.sample.people import to_degrees
from data.sample.shelter_sites import TITLES, equip_sites
from data.sample.site_details import detail_sites
from data.schema import CANDIDATES, Grid

M2_PER_PERSON = 1.5  # plan, indicator 18: level of 2020
TARGET_M2_PER_PERSON = 2.0  # plan, indicator 18: level of 2025
PERSONS_PER_SITE = 12_000
# kind, how often, median effective area (m2), usable share, indoor
KINDS = (
    ("park", 0.30, 26_000.0, 0.55, False),
    ("square", 0.20, 9_000.0, 0.60, False),
    ("school", 0.40, 9_000.0, 0.50, True),
    ("stadium", 0.04, 24_000.0, 0.55, True),
    ("building", 0.06, 3_000.0, 0.70, True),
)
SLOT_USABLE = 0.6


def open_megacity_shelters(
    grid: Grid, places: list[Place], night: np.ndarray, rng: np.random.Generator, details: np.random.Generator
) -> pd.DataFrame:
    """The SHELTERS layer with x_m, y_m.

    Sites stand where people are; districts have more or less than the mean, which is the plan's 1.5 m2 per person.
    `details` draws what `rng` did not from the beginning, so that the sites stay as they were.
    """
    street, streets = paint(grid, places, "street", CELL_M)
    districts = [p for p in places if p.level == "district"]
    plenty = {p.code: float(rng.uniform(0.7, 1.35)) for p in districts}
    rows = []
    for number, place in enumerate(streets):
        cell_rows, cell_cols = np.nonzero(street == number)
        weight = night[cell_rows, cell_cols].astype(float)
        count = min(max(round(place.residents / PERSONS_PER_SITE), 1), int((weight > 0).sum()))
        for chosen in rng.choice(len(weight), count, replace=False, p=weight / weight.sum()):
            x = grid.west_m + (cell_cols[chosen] + rng.uniform(0.2, 0.8)) * CELL_M
            y = grid.north_m - (cell_rows[chosen] + rng.uniform(0.2, 0.8)) * CELL_M
            kind = KINDS[int(rng.choice(len(KINDS), p=[k[1] for k in KINDS]))]
            area = kind[2] * rng.lognormal(0.0, 0.5) / kind[3] * plenty[place.parent]
            rows.append((kind[0], x, y, area, kind[3], kind[4]))
    sites = pd.DataFrame(rows, columns=["site_type", "x_m", "y_m", "area_m2", "usable_share", "indoor"])
    residents = int(night.sum())
    effective = float((sites["area_m2"] * sites["usable_share"]).sum())
    sites["area_m2"] = np.round(sites["area_m2"] * M2_PER_PERSON * residents / effective, -1)
    names = [stem(number) for number in rng.permutation(len(sites))]
    sites["name"] = [zh + TITLES[kind][0] for (zh, _), kind in zip(names, sites["site_type"], strict=True)]
    sites["name_en"] = [f"{en} {TITLES[kind][1]}" for (_, en), kind in zip(names, sites["site_type"], strict=True)]
    sites["shelter_class"] = np.where(sites["area_m2"] * sites["usable_share"] >= 2_000.0, "fixed", "emergency")
    sites["id"] = [f"S{number:04d}" for number in range(1, len(sites) + 1)]
    sites["source"] = "synthetic"
    equip_sites(sites, rng)
    sites["lon"], sites["lat"] = to_degrees(grid.crs, sites["x_m"].to_numpy(), sites["y_m"].to_numpy())
    return detail_sites(sites, details)


def plan_slots(grid: Grid, places: list[Place], residents: int) -> pd.DataFrame:
    """The CANDIDATES layer with x_m, y_m: the plan's 23 class-1 shelters, one in each district.

    The plan says neither where nor how large. Their area is what each must have, at a usable share of 0.6, so that all
    together bring the city from 1.5 to 2.0 m2 per person. Equipment and cost are not known.
    """
    districts = [p for p in places if p.level == "district"]
    west, south, east, north = np.array([p.rectangle for p in districts]).T
    missing = (TARGET_M2_PER_PERSON - M2_PER_PERSON) * residents
    x, y = (west + east) / 2, (south + north) / 2
    lon, lat = to_degrees(grid.crs, x, y)
    frame = pd.DataFrame(
        {
            "id": [f"C{number:02d}" for number in range(1, len(districts) + 1)],
            "name": [f"一类应急避难场所规划位（{p.name}）" for p in districts],
            "name_en": [f"Class-1 shelter slot ({p.name_en})" for p in districts],
            "lon": lon,
            "lat": lat,
            "shelter_class": "central",
            "site_type": "park",
            "area_m2": round(missing / len(districts) / SLOT_USABLE, -2),
            "usable_share": SLOT_USABLE,
            "source": "plan",
            "x_m": x,
            "y_m": y,
        }
    )
    return fill_absent(frame, CANDIDATES)
