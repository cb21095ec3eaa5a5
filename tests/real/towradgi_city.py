"""Towradgi Creek as a city pack: an area for each gauge's polygon, its gauges, and ground that is made up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from data.city_writer import write_city
from data.schema import City
from tests.real.towradgi_case import EPOCH, LEVEL, catchment_grid, storm

WHOLE = "T"  # code of the catchment; an area is "T" and the name of its gauge
CRS = "EPSG:28356"


def towradgi_city() -> City:
    """The 49 polygons below one whole; flat ground, which the data has not: rain alone can be warned of."""
    names, polygons = storm().names, list(storm().polygons)
    grid = catchment_grid()
    x, y = storm().places.T
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    whole = shapely.union_all(polygons)
    areas = gpd.GeoDataFrame(
        {
            "code": [WHOLE, *(WHOLE + name for name in names)],
            "name": ["陶拉吉溪", *(f"{name}号雨量站" for name in names)],
            "name_en": ["Towradgi Creek", *(f"Gauge {name}" for name in names)],
            "parent": ["", *[WHOLE] * len(names)],
            "level": ["city", *[LEVEL] * len(names)],
            "drainage_class": "new_town",
            "drainage_mm_h": 0.0,
            "source": "fact",
        },
        geometry=[whole, *polygons],
        crs=CRS,
    )
    sensors = pd.DataFrame(
        {
            "id": names, "name": names, "name_en": names, "quantity": "rain", "lon": lon, "lat": lat,
            "interval_s": 60.0, "asset": "", "source": "fact", "x_m": x, "y_m": y,
        }
    )  # fmt: skip
    return City(
        name="陶拉吉溪", name_en="Towradgi Creek", grid=grid, terrain=np.full((grid.rows, grid.cols), 10.0),
        areas=areas, sensors=sensors, synthetic=("terrain",),
        provenance={"terrain": "synthetic: flat, the data has none", "areas": "fact: polygons of the gauges"},
    )  # fmt: skip


def write_towradgi(folder: Path) -> tuple[Path, Path]:
    """The pack, and a folder with the rain of every minute as observations of its gauges."""
    observations = folder / "observations"
    observations.mkdir(parents=True)
    count = len(storm().minutes_mm)
    ends = [(EPOCH + timedelta(minutes=k + 1)).isoformat() for k in range(count)]
    for name, values in zip(storm().names, storm().minutes_mm.T, strict=True):
        rows = pd.DataFrame({"sensor": name, "time": ends, "value": values})
        rows.to_csv(observations / f"{name}.csv", index=False, float_format="%.6f")
    return write_city(towradgi_city(), folder / "pack"), observations
