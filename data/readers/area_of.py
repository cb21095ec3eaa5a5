"""Which area a point belongs to, and whether the areas hang together."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from data.readers.report import Report
from data.schema import AREA_LEVELS

_SLIVER = 0.01  # of an area; borders drawn twice never meet exactly


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
    """Tell parents that do not exist or do not stand above their area; doubt outlines that do not fit together."""
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
    _tell_overlaps(areas, file, report)
    _tell_outside_parents(areas, file, report)


def _tell_overlaps(areas: gpd.GeoDataFrame, file: Path, report: Report) -> None:
    """Doubt areas of one level that share ground: people and sites there count for one of them alone."""
    told = []
    codes, levels, shapes = _columns(areas)
    for level in AREA_LEVELS:
        rows = np.flatnonzero(levels == level)
        first, second = shapely.STRtree(shapes[rows]).query(shapes[rows], predicate="intersects")
        first, second = rows[first[first < second]], rows[second[first < second]]
        smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
        share = shapely.area(shapely.intersection(shapes[first], shapes[second])) / smaller
        told += [
            (f"feature {b + 1}", f"{part:.0%} shared with {codes[a]}", "areas of one level side by side")
            for a, b, part in zip(first, second, share, strict=True)
            if part > _SLIVER
        ]
    report.row_warnings("areas of one level overlap", file=file, told=told)


def _tell_outside_parents(areas: gpd.GeoDataFrame, file: Path, report: Report) -> None:
    """Doubt areas that reach out of their parent: the figures of the parent are not the sum of its areas."""
    codes, _, shapes = _columns(areas)
    row_of = {code: row for row, code in enumerate(codes)}
    above = np.array([row_of.get(parent, -1) for parent in areas["parent"]], dtype=int)
    rows = np.flatnonzero(above >= 0)
    out = 1.0 - shapely.area(shapely.intersection(shapes[rows], shapes[above[rows]])) / shapely.area(shapes[rows])
    told = [
        (f"feature {row + 1}", f"{part:.0%} outside {codes[above[row]]}", "an area within its parent")
        for row, part in zip(rows, out, strict=True)
        if part > _SLIVER
    ]
    report.row_warnings("area reaches out of its parent", file=file, told=told)


def _columns(areas: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, levels and sound outlines."""
    return areas["code"].to_numpy(), areas["level"].to_numpy(), shapely.make_valid(np.asarray(areas.geometry.array))
