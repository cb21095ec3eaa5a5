"""Writes a city as a city pack that reads back equal: GeoTIFF, GeoPackage, CSV and city.toml."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from data.readers.city_file import CITY_FILE, VECTOR_LAYERS
from data.safe_folder import SafeFolder
from data.schema import CANDIDATES, LIFELINES, PEOPLE, PUMPS, ROADS, SENSORS, SHELTERS, TEAMS, City, Grid, Table
from data.swmm.pack import write_network

_MADE_AT = "2000-01-01T00:00:00Z"  # GeoPackage keeps a date of its making; a fixed one keeps the bytes the same


def write_city(city: City, folder: str | Path) -> Path:
    """The pack in `folder`, whole or not at all; an earlier pack there is replaced, anything else is refused."""
    with SafeFolder(folder, marker=CITY_FILE) as place:
        sections = _write_rasters(city, place)
        for name in VECTOR_LAYERS:
            frame = getattr(city, name)
            if frame is not None and len(frame):
                _write_vectors(frame, place / f"{name}.gpkg", name)
                sections[name] = {"file": f"{name}.gpkg"}
        for table in (PEOPLE, SHELTERS, CANDIDATES, PUMPS, TEAMS, SENSORS):
            frame = getattr(city, table.name)
            if frame is not None and len(frame):
                _write_csv(frame, table, place / f"{table.name}.csv")
                sections[table.name] = {"file": f"{table.name}.csv", "datum": "WGS84"}
        if city.lifelines is not None and len(city.lifelines):
            _write_csv(city.lifelines, LIFELINES, place / "lifelines.csv")
            sections["lifelines"] = {"file": "lifelines.csv"}
        for name, series in city.river_series.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            series.to_csv(place / name, index=False, lineterminator="\n")
        if city.roads is not None and len(city.roads.edges):
            # every row of the network is one directed line, so numbers and order come back as they were
            known = [name for name in ROADS.names if name in city.roads.edges.columns]
            _write_vectors(city.roads.edges[known].assign(two_way=False), place / "roads.gpkg", "roads")
            sections["roads"] = {"file": "roads.gpkg", "noded": True}
        if city.drainage is not None:
            sections["drainage"] = write_network(city.drainage, place)
        (place / CITY_FILE).write_text(_city_toml(city, sections), encoding="utf-8")
    return Path(folder)


def write_raster(values: np.ndarray, grid: Grid, path: Path, nodata: float | None) -> None:
    """One band as a compressed GeoTIFF."""
    profile = {
        "driver": "GTiff",
        "height": grid.rows,
        "width": grid.cols,
        "count": 1,
        "dtype": values.dtype.name,
        "crs": CRS.from_user_input(grid.crs),
        "transform": Affine(*grid.affine),
        "nodata": nodata,
        "compress": "deflate",
        "predictor": 3 if values.dtype.kind == "f" else 2,
        "tiled": True,
        "BIGTIFF": "IF_SAFER",
    }
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)


def _write_rasters(city: City, place: Path) -> dict[str, dict]:
    write_raster(city.terrain, city.grid, place / "terrain.tif", float("nan"))
    sections: dict[str, dict] = {"terrain": {"file": "terrain.tif"}}
    if city.land_cover is not None and city.land_cover_table is not None:
        write_raster(city.land_cover, city.grid, place / "land_cover.tif", None)
        city.land_cover_table.to_csv(place / "land_cover.csv", index=False, lineterminator="\n")
        sections["land_cover"] = {"file": "land_cover.tif", "table": "land_cover.csv"}
    return sections


def _write_vectors(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MADE_AT})
    try:
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", promote_to_multi=False)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_csv(frame: pd.DataFrame, table: Table, path: Path) -> None:
    known = [name for name in table.names if name in frame.columns]
    frame[known].to_csv(path, index=False, lineterminator="\n")


def _city_toml(city: City, sections: dict[str, dict]) -> str:
    lines = [f"name = {_toml(city.name or city.name_en or 'city')}"]
    lines += [f"name_en = {_toml(city.name_en)}"] if city.name_en else []
    lines += [f"crs = {_toml(city.grid.crs)}"]
    lines += [f"synthetic = {_toml(list(city.synthetic))}", f"notes = {_toml(list(city.notes))}"]
    for name, values in [*sections.items(), ("provenance", city.provenance)]:
        if values:
            lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Texts, flags and lists of texts: JSON writes them as TOML does."""
    return json.dumps(value, ensure_ascii=False)
