"""Sums over the areas of a study: of blocks and sites by the area they lie in, per person, and the outlines."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.datum import WGS84
from sim.study import Study


def sum_in(area: np.ndarray, values: np.ndarray, areas: int) -> np.ndarray:
    """Sum of the values of blocks or sites over the area each lies in (-1: none); keeps whole numbers whole."""
    total = np.zeros(areas, np.asarray(values).dtype)
    inside = area >= 0
    np.add.at(total, area[inside], np.asarray(values)[inside])
    return total


def per_person(amount: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Amount per person, NaN where nobody lives.

    To nine decimals: one person in 20 million still counts, so that nobody is rounded into reach.
    """
    out = np.full(len(people), np.nan)
    np.divide(amount, people, out=out, where=people > 0)
    return np.round(out, 9)


def area_shapes(study: Study) -> gpd.GeoDataFrame:
    """Outlines of the areas in the order of the area tables, in degrees: code, level, geometry."""
    parts = [
        level.map.areas[["code", "geometry"]].assign(level=level.map.level)
        for level in study.levels
        if len(level.map.areas)
    ]
    joined = pd.concat(parts, ignore_index=True)[["code", "level", "geometry"]]
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=study.city.grid.crs).to_crs(WGS84)
