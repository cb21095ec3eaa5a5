"""Areas on the grid: which cell lies in which area, level by level."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import box

from data.datum import WGS84, transform
from data.schema import AREA_LEVELS, City

OUTSIDE = "outside"  # code of the ground that no area of the warning level holds


@dataclass(frozen=True)
class AreaMap:
    """The areas of one level, painted on the grid."""

    level: str
    areas: gpd.GeoDataFrame  # rows of City.areas of this level, index 0..n-1
    index: np.ndarray  # int32 (rows, cols): row of `areas`; -1 where none


def map_areas(city: City, level: str) -> AreaMap:
    """Paint one level; a cell belongs to the area that holds its centre."""
    if city.areas is None or city.areas.empty:
        return AreaMap(level, _whole_city(city), np.where(np.isfinite(city.terrain), 0, -1).astype(np.int32))
    areas = city.areas[city.areas["level"] == level].reset_index(drop=True)
    if areas.empty:
        return AreaMap(level, areas, np.full(city.grid.shape, -1, np.int32))
    index = rasterize(
        ((geometry, number) for number, geometry in enumerate(areas.geometry)),
        out_shape=city.grid.shape,
        transform=Affine(*city.grid.affine),
        fill=-1,
        dtype="int32",
    )
    return AreaMap(level, areas, index)


def warned_areas(city: City) -> AreaMap:
    """The areas of the warning level, and one more where blocks or underpasses lie in none of them.

    A gap between two streets must not leave people without a warning: the ground in no area becomes the area
    `OUTSIDE`.
    """
    mapped = map_areas(city, warning_level(city))
    rest = (mapped.index < 0) & np.isfinite(city.terrain)
    if not _anybody(city, rest):
        return mapped
    taken = shapely.union_all(shapely.make_valid(mapped.areas.geometry.to_numpy()))
    shape = shapely.difference(box(*city.grid.bounds), taken)
    row = dict.fromkeys(mapped.areas.columns, "") | {
        "code": OUTSIDE,
        "name": f"{city.name}其他区域",
        "name_en": f"{city.name_en or city.name}, outside all areas",
        "level": mapped.level,
        "drainage_class": "new_town",
        "drainage_mm_h": np.nan,
        "geometry": box(*city.grid.bounds) if shape.is_empty else shape,
    }
    added = gpd.GeoDataFrame([row], geometry="geometry", crs=city.grid.crs)
    areas = gpd.GeoDataFrame(
        pd.concat([mapped.areas, added], ignore_index=True), geometry="geometry", crs=city.grid.crs
    )
    return AreaMap(mapped.level, areas, np.where(rest, len(mapped.areas), mapped.index).astype(np.int32))


def _anybody(city: City, ground: np.ndarray) -> bool:
    """Whether a population block or an underpass stands on the cells where `ground` is true."""
    places = []
    if city.people is not None:
        places.append((city.people["x_m"].to_numpy(float), city.people["y_m"].to_numpy(float)))
    if city.underpasses is not None and not city.underpasses.empty:
        centre = city.underpasses.geometry.representative_point()
        places.append((centre.x.to_numpy(), centre.y.to_numpy()))
    for x_m, y_m in places:
        rows, cols = city.grid.cell_of(x_m, y_m)
        on = rows >= 0
        if ground[rows[on], cols[on]].any():
            return True
    return False


def warning_level(city: City) -> str:
    """The level warnings are issued at: street, or the nearest level above or below that the city has."""
    if city.areas is None or city.areas.empty:
        return "city"
    present = set(city.areas["level"])
    order = ("street", "district", "community", "city", "grid")
    return next((level for level in order if level in present), "city")


def present_levels(city: City) -> list[str]:
    """Levels that the city has, from the city down."""
    if city.areas is None or city.areas.empty:
        return ["city"]
    return [level for level in AREA_LEVELS if (city.areas["level"] == level).any()]


def area_of_points(area_map: AreaMap, city: City, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """Row of `area_map.areas` that holds each point; -1 where none."""
    rows, cols = city.grid.cell_of(x_m, y_m)
    return np.where(rows >= 0, area_map.index[rows, cols], -1)


def names_of_places(city: City, lon: np.ndarray, lat: np.ndarray) -> list[tuple[str, str]]:
    """Name and English name of the finest area that holds each place; those of the city where none does."""
    x_m, y_m = transform(np.asarray(lon, float), np.asarray(lat, float), WGS84, city.grid.crs)
    names = [(city.name, city.name_en)] * len(x_m)
    for level in present_levels(city):
        area_map = map_areas(city, level)
        for place, row in enumerate(area_of_points(area_map, city, x_m, y_m)):
            if row >= 0:
                names[place] = (str(area_map.areas["name"].iloc[row]), str(area_map.areas["name_en"].iloc[row]))
    return names


def _whole_city(city: City) -> gpd.GeoDataFrame:
    row: dict[str, object] = {"code": "city", "name": city.name, "name_en": city.name_en, "parent": "", "level": "city"}
    row |= {"drainage_class": "new_town", "drainage_mm_h": np.nan, "geometry": box(*city.grid.bounds)}
    return gpd.GeoDataFrame([row], geometry="geometry", crs=city.grid.crs)
