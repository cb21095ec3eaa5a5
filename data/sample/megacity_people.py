"""People of the big city: small blocks where they are dense, large ones in the country."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.sample.megacity_areas import Place, paint
from data.sample.people import largest_remainder, to_degrees
from data.schema import Grid

CELL_M = 300.0
DENSE_PER_KM2 = 2_600.0
COUNTRY_CELLS = 5  # country blocks are 5 x 5 cells
TOWN_PER_KM2 = 14_000.0  # density that sets how wide a town is


def spread_people(
    grid: Grid, places: list[Place], flat: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Residents at night and people by day on cells of 300 m, int64 (rows, cols).

    Each street has a town in its middle that thins out with distance; `flat` (rows, cols) is the share of a cell
    fit to build on. Whole numbers add up to the residents of every street.
    """
    street, streets = paint(grid, places, "street", CELL_M)
    size = street.shape[0]
    x = grid.west_m + (np.arange(size) + 0.5) * CELL_M
    y = grid.north_m - (np.arange(size) + 0.5) * CELL_M
    night = np.zeros(street.shape, np.int64)
    day = np.zeros(street.shape, np.int64)
    for number, place in enumerate(streets):
        rows, cols = np.nonzero(street == number)
        west, south, east, north = place.rectangle
        at_x = west + (east - west) * rng.uniform(0.4, 0.6)
        at_y = south + (north - south) * rng.uniform(0.4, 0.6)
        away = np.hypot(x[cols] - at_x, y[rows] - at_y)
        radius = 1e3 * np.sqrt(place.residents / TOWN_PER_KM2 / np.pi)
        weight = (np.exp(-((away / radius) ** 2)) + 0.012) * rng.lognormal(0.0, 0.35, len(rows))
        weight *= 0.02 + flat[rows, cols]
        night[rows, cols] = largest_remainder(weight, place.residents)
        work = weight * (1.0 + 0.8 * np.exp(-((2.0 * away / radius) ** 2)))
        day[rows, cols] = largest_remainder(work, place.residents)
    return night, day


def people_table(
    grid: Grid,
    places: list[Place],
    night: np.ndarray,
    day: np.ndarray,
    rng: np.random.Generator,
    details: np.random.Generator,
) -> pd.DataFrame:
    """The PEOPLE layer with x_m, y_m and area (the community that holds the block).

    `details` draws the hospitals, which `rng` does not know, so that the blocks stay as they were.
    """
    size = night.shape[0]
    dense = night > DENSE_PER_KM2 * (CELL_M / 1e3) ** 2
    row, col = np.indices(night.shape)
    wide = size // COUNTRY_CELLS + 1
    country = size * size + (row // COUNTRY_CELLS) * wide + col // COUNTRY_CELLS
    key = np.where(dense, row * size + col, country).ravel()
    _, block = np.unique(key, return_inverse=True)
    cells = np.bincount(block)
    mean_x = np.bincount(block, col.ravel() + 0.5) / cells * CELL_M + grid.west_m
    mean_y = grid.north_m - np.bincount(block, row.ravel() + 0.5) / cells * CELL_M
    at_night, by_day = (np.bincount(block, a.ravel()).astype(np.int64) for a in (night, day))
    held = np.flatnonzero(at_night + by_day > 0)
    x, y = mean_x[held], mean_y[held]
    lon, lat = to_degrees(grid.crs, x, y)
    community, communities = paint(grid, places, "community", grid.cell_m)
    codes = np.array([p.code for p in communities], dtype=object)
    r, c = grid.cell_of(x, y)
    n = len(held)
    urban = cells[held] == 1
    return pd.DataFrame(
        {
            "id": [f"B{number:05d}" for number in range(n)],
            "lon": lon,
            "lat": lat,
            "footprint_m2": cells[held] * CELL_M**2,
            "population_day": by_day[held],
            "population_night": at_night[held],
            "share_65": np.round(np.where(urban, 0.12, 0.19) + rng.uniform(-0.03, 0.03, n), 4),
            "share_14": np.round(np.where(urban, 0.13, 0.14) + rng.uniform(-0.03, 0.03, n), 4),
            "share_disabled": np.round(0.06 + rng.uniform(-0.01, 0.01, n), 4),
            "share_basement": np.round(np.where(urban, rng.uniform(0.0, 0.015, n), 0.0), 4),
            "share_hospital": np.round(
                np.where(urban & (details.random(n) < 0.02), details.uniform(0.02, 0.3, n), 0.0), 4
            ),
            "source": "synthetic",
            "x_m": x,
            "y_m": y,
            "area": codes[community[r, c]],
        }
    )
