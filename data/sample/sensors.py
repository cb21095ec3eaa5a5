"""Sensors of a city that does not exist: rain gauges, depth in underpasses, levels of rivers, pumps, gates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.readers.columns import fill_absent
from data.sample.people import to_degrees
from data.schema import SENSORS, Grid

_SPACING_M = 1_500.0  # of rain gauges in a city; those of a region stand wider apart
_MOST_ACROSS = 12
_RAIN_S, _POND_S, _LEVEL_S, _STATE_S = 300.0, 60.0, 300.0, 60.0


def place_sensors(
    grid: Grid,
    rng: np.random.Generator,
    *,
    underpasses: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    pumps: pd.DataFrame | None = None,
    gates: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """The SENSORS layer with x_m, y_m.

    Rain gauges stand on a lattice of 1.5 km or more, each moved at random by up to a third of that; one depth sensor
    stands in each underpass, one level sensor in each river, and pumping stations and gates tell how they stand.
    """
    rows = _rain_gauges(grid, rng)
    for asset in _points(underpasses, "id"):
        rows.append(_row("PD", asset, "pond_depth", _POND_S, "积水深度", "Pond depth"))
    for number, asset in enumerate(_points(rivers, "name"), start=1):
        rows.append({**_row("WL", asset, "water_level", _LEVEL_S, "水位", "Water level"), "id": f"WL{number:02d}"})
    if pumps is not None:
        names = (pumps[key].astype(str) for key in ("id", "name", "name_en"))
        for asset in zip(*names, pumps["x_m"].to_numpy(float), pumps["y_m"].to_numpy(float), strict=True):
            rows.append(_row("PR", asset, "pump_running", _STATE_S, "运行", "running"))
    for asset in _points(gates, "id"):
        rows.append(_row("GO", asset, "gate_opening", _STATE_S, "开度", "opening"))
    frame = pd.DataFrame(rows)
    frame["lon"], frame["lat"] = to_degrees(grid.crs, frame["x_m"].to_numpy(), frame["y_m"].to_numpy())
    return fill_absent(frame.assign(source="synthetic"), SENSORS)


def _rain_gauges(grid: Grid, rng: np.random.Generator) -> list[dict[str, object]]:
    west, south, east, north = grid.bounds
    across = int(np.clip(round(min(east - west, north - south) / _SPACING_M), 1, _MOST_ACROSS))
    step_x, step_y = (east - west) / across, (north - south) / across
    rows: list[dict[str, object]] = []
    for number in range(across * across):
        row, col = divmod(number, across)
        off_x, off_y = rng.uniform(-1 / 3, 1 / 3, 2)
        rows.append(
            {
                "id": f"RG{number + 1:03d}",
                "name": f"雨量站{number + 1:03d}",
                "name_en": f"Rain gauge {number + 1:03d}",
                "quantity": "rain",
                "interval_s": _RAIN_S,
                "asset": "",
                "x_m": west + (col + 0.5 + off_x) * step_x,
                "y_m": north - (row + 0.5 + off_y) * step_y,
            }
        )
    return rows


def _points(layer: gpd.GeoDataFrame | None, key: str) -> list[tuple[str, str, str, float, float]]:
    """(asset, name, name_en, x, y) of every feature, at a point inside it."""
    if layer is None:
        return []
    points = layer.geometry.representative_point()
    return [
        (str(asset), str(name), str(name_en), float(point.x), float(point.y))
        for asset, name, name_en, point in zip(layer[key], layer["name"], layer["name_en"], points, strict=True)
    ]


def _row(
    prefix: str, asset: tuple[str, str, str, float, float], quantity: str, interval_s: float, zh: str, en: str
) -> dict[str, object]:
    name, title, title_en, x, y = asset
    return {
        "id": f"{prefix}-{name}",
        "name": f"{title}{zh}",
        "name_en": f"{title_en}, {en.lower()}",
        "quantity": quantity,
        "interval_s": interval_s,
        "asset": name,
        "x_m": x,
        "y_m": y,
    }
