"""Which area a point belongs to, and whether the areas hang together."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from data.readers.report import Report
from data.schema import AREA_LEVELS


def area_of_points(areas: gpd.GeoDataFrame, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """Code of the lowest area that holds each point, "" where none does; on a border the first by code."""
    depth = areas["level"].map({level: number for number, level in enumerate(AREA_LEVELS)}).to_numpy()
    codes = areas["code"].to_numpy()
    order = np.lexsort((codes.astype(str), -depth))  # lowest level first, then by code
    tree = shapely.STRtree(np.asarray(areas.geometry.array)[order])
    point, polygon = tree.query(shapely.points(x_m, y_m), predicate="intersects")
    best = np.full(len(x_m), len(areas))
    np.minimum.at(best, point, polygon)
    return np.append(codes[order], "").astype(object)[best]


def tell_areas(areas: gpd.GeoDataFrame, file: Path, report: Report) -> None:
    """Tell parents that do not exist or do not stand above their area."""
    rank = {code: AREA_LEVELS.index(level) for code, level in zip(areas["code"], areas["level"], strict=True)}
    for number, (code, parent) in enumerate(zip(areas["code"], areas["parent"], strict=True), start=1):
        place = f"feature {number}, parent"
        if parent and parent not in rank:
            report.error(
                "unknown parent", file=file, place=place, value=parent, expected="the code of an area, or empty"
            )
        elif parent and rank[parent] >= rank[code]:
            expected = "an area of a level above: " + ", ".join(AREA_LEVELS[: rank[code]])
            report.error("parent not above its area", file=file, place=place, value=parent, expected=expected)
