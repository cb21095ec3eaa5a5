"""The ground of a flood case: bed, buildings, roughness, infiltration classes, water at the start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from data.errors import InputError
from data.flood_case.keys import SECTIONS
from data.readers.rasters import read_matching
from data.readers.tables import read_table
from data.readers.vectors import read_vectors
from data.schema import BUILDINGS, INITIAL_DEPTH, LAND_COVER, LAND_COVER_CODE, MANNING, TERRAIN, Field, Grid, Table

ZONE = Table("manning_zone", "Polygons with one roughness.", (Field("geometry", "", "Polygon", "geometry"),))


def read_buildings(file: Path, terrain: dict[str, Any], grid: Grid) -> np.ndarray:
    """Height (m) by which each cell is raised, by the polygon that holds its centre; 0 where no building stands."""
    if "buildings" not in terrain:
        return np.zeros(grid.shape)
    default = terrain["building_height_m"]
    fields = (replace(field, default=default) if field.name == "height_m" else field for field in BUILDINGS)
    table = Table(BUILDINGS.name, BUILDINGS.meaning, tuple(fields))
    frame = read_vectors(file.parent / terrain["buildings"], table, "polygon", grid.crs)
    return burn(grid, zip(frame.geometry, frame["height_m"], strict=True))


def read_roughness(
    file: Path,
    written: dict[str, Any],
    grid: Grid,
    domain: np.ndarray,
    cover: tuple[np.ndarray, pd.DataFrame] | None,
) -> np.ndarray:
    """Manning n of every cell: [terrain] manning or else the land cover, then the zones in their order."""
    manning = written["terrain"].get("manning")
    if manning is None:
        if cover is None:
            key = next(s for s in SECTIONS if s.name == "terrain").key("manning")
            assert key is not None
            raise InputError(
                "no roughness", file=file, place="[terrain] manning", expected=f"{key.expected()}; or a [land_cover]"
            )
        codes, table = cover
        by_code = np.full(256, np.nan)
        by_code[table["code"].to_numpy()] = table["manning_n"]
        roughness = np.where(domain, by_code[codes], np.nan)
    elif isinstance(manning, str):
        roughness = read_matching(file.parent / manning, grid, MANNING, domain)
    else:
        roughness = np.where(domain, manning, np.nan)
    for zone in written["manning_zone"]:
        frame = read_vectors(file.parent / zone["polygons"], ZONE, "polygon", grid.crs)
        inside = burn(grid, ((shape, 1.0) for shape in frame.geometry)) > 0.0
        roughness = np.where(inside & domain, zone["value"], roughness)
    return roughness


def read_land_cover(
    file: Path, section: dict[str, Any], grid: Grid, domain: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame] | None:
    """Class codes (uint8; 0 outside the domain) and their table, every code of the raster in it."""
    if not section:
        return None
    raster = file.parent / section["raster"]
    codes = read_matching(raster, grid, LAND_COVER_CODE, domain)
    table = read_table(file.parent / section["table"], LAND_COVER)
    found = np.unique(codes[domain])
    unknown = found[~np.isin(found, table["code"])]
    if unknown.size:
        cells = int((codes == unknown[0]).sum())
        raise InputError(
            f"{cells} cells have a class that the table lacks",
            file=raster,
            place=f"class {unknown[0]:g}",
            value=float(unknown[0]),
            expected=f"a class of {section['table']}: " + ", ".join(str(code) for code in table["code"]),
        )
    return np.where(domain, codes, 0).astype(np.uint8), table


def read_initial_depth(
    file: Path, section: dict[str, Any], grid: Grid, domain: np.ndarray, ground: np.ndarray
) -> np.ndarray | None:
    """Water depth (m) at the start; from a level it is what stands above `ground` (bed with buildings)."""
    if "stage" in section:
        level = _number_or_raster(file, section["stage"], grid, TERRAIN, domain)
        return np.where(domain, np.maximum(level - ground, 0.0), np.nan)
    if section.get("depth", 0.0) == 0.0:
        return None
    return _number_or_raster(file, section["depth"], grid, INITIAL_DEPTH, domain)


def read_drainage(file: Path, section: dict[str, Any], grid: Grid, domain: np.ndarray) -> np.ndarray | None:
    """Drainage capacity (mm/h) of every cell; None where there is none."""
    written = section.get("drainage_mm_h", 0.0)
    if written == 0.0:
        return None
    field = Field("drainage_mm_h", "mm/h", "Drainage capacity", dims=("y", "x"), minimum=0, maximum=500)
    return _number_or_raster(file, written, grid, field, domain)


def burn(grid: Grid, shapes: Iterable[tuple[BaseGeometry, float]]) -> np.ndarray:
    """Values of polygons on the cells whose centres they hold, 0 elsewhere; later polygons win."""
    pairs = list(shapes)
    if not pairs:
        return np.zeros(grid.shape)
    return rasterize(pairs, out_shape=grid.shape, transform=Affine(*grid.affine), fill=0.0, dtype=np.float64)


def _number_or_raster(file: Path, written: float | str, grid: Grid, field: Field, domain: np.ndarray) -> np.ndarray:
    if isinstance(written, str):
        return read_matching(file.parent / written, grid, field, domain)
    return np.where(domain, written, np.nan)
