"""Rivers over time: what each reach brings into the domain, and the level at which it leaves it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import binary_erosion, label, mean

from data.errors import InputError
from data.schema import City
from hazards import Inflow, StageBoundary

_TOUCHING = np.ones((3, 3))  # cells that meet in a corner belong together


@dataclass(frozen=True)
class RiverWater:
    """Inflows and held stages of all reaches."""

    inflows: tuple[Inflow, ...] = ()
    stages: tuple[StageBoundary, ...] = ()


def river_water(city: City, bed: np.ndarray) -> RiverWater:
    """Each reach enters over its stretch of the rim with the highest bed, and is held at the one with the lowest.

    Its discharge is `inflow_series` where it names one, else the steady `inflow_m3_s`; its level is `stage_series`, and
    without one nothing is held. Raises InputError where a series has no place on the rim, or both have the same.
    """
    rivers = city.rivers
    if rivers is None or rivers.empty:
        return RiverWater()
    inside = np.isfinite(bed)
    rim = inside & ~binary_erosion(inside, _TOUCHING)
    inflows, stages = [], []
    for number in range(len(rivers)):
        row = rivers.iloc[number]
        steady = float(row.get("inflow_m3_s", 0.0))
        inflow_file, stage_file = _file(row, "inflow_series"), _file(row, "stage_series")
        stretches = _stretches(city, number, rim, bed)
        if not stretches and (inflow_file or stage_file):
            raise _error(row, "meets no edge of the domain", inflow_file or stage_file)
        if len(stretches) == 1 and stage_file and (inflow_file or steady > 0.0):
            raise _error(row, "meets the edge of the domain once and cannot both enter and leave there", stage_file)
        if inflow_file:
            inflows.append(Inflow(stretches[0], *_series(city, row, inflow_file, "flow_m3_s")))
        elif steady > 0.0 and stretches:
            inflows.append(Inflow(stretches[0], np.array([0.0]), np.array([steady])))
        if stage_file:
            stages.append(StageBoundary(stretches[-1], *_series(city, row, stage_file, "stage_m")))
    return RiverWater(tuple(inflows), tuple(stages))


def _stretches(city: City, number: int, rim: np.ndarray, bed: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cells (rows, cols) of the connected stretches of the rim under a reach, the highest bed first."""
    assert city.rivers is not None
    grid = city.grid
    shape = [(city.rivers.geometry.iloc[number], 1)]
    painted = rasterize(shape, out_shape=grid.shape, transform=Affine(*grid.affine), fill=0, dtype="uint8") > 0
    stretch, count = label(rim & painted, _TOUCHING)
    level = mean(bed, stretch, np.arange(1, count + 1)) if count else np.zeros(0)
    rows, cols = np.nonzero(stretch)
    member = stretch[rows, cols] - 1
    return [(rows[member == k], cols[member == k]) for k in np.argsort(-level, kind="stable")]


def _file(row: pd.Series, column: str) -> str:
    name = row.get(column, "")
    return name if isinstance(name, str) else ""


def _series(city: City, row: pd.Series, file: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(time_s, values) of a series of the city."""
    if file not in city.river_series:
        raise _error(row, "names a series that the city does not hold", file)
    series = city.river_series[file]
    return series["time_s"].to_numpy(float), series[column].to_numpy(float)


def _error(row: pd.Series, message: str, file: str) -> InputError:
    name = _file(row, "name_en") or _file(row, "name") or "unnamed"
    expected = "a reach that crosses the edge of the domain where water enters and where it leaves"
    return InputError(f"the river reach {message}", place=f"rivers, {name}", value=file, expected=expected)
