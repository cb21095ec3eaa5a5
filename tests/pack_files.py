"""A small whole city pack on disk for tests, and small changes to its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
from rasterio.transform import Affine
from shapely.geometry import LineString, box

from data.city_writer import write_city
from data.readers.roads import RoadOptions, build_network
from data.schema import City
from tests.small_network import small_network
from tests.tiny_city import NORTH_M, WEST_M, tiny_city
from tests.tiny_teams import tiny_teams
from tests.watered_city import watered_city


def full_city() -> City:
    """The tiny city with every layer that a pack can hold."""
    city = tiny_city()
    west, south = WEST_M, city.grid.south_m
    cover = np.ones(city.grid.shape, np.uint8)
    cover[:, 30:] = 2
    table = pd.DataFrame(
        {
            "code": [1, 2], "name": ["street", "grass"], "manning_n": [0.015, 0.05],
            "infiltration": ["none", "horton"], "constant_mm_h": 0.0, "horton_f0_mm_h": [0.0, 60.0],
            "horton_fc_mm_h": [0.0, 5.0], "horton_k_1_h": [0.0, 2.0], "conductivity_mm_h": 0.0, "suction_mm": 0.0,
            "moisture_deficit": 0.0, "source": "synthetic",
        }
    )  # fmt: skip
    crs = city.grid.crs
    houses = [box(west + 60 + 50 * k, south + 420, west + 80 + 50 * k, south + 440) for k in range(8)]
    watered = watered_city()
    assert city.roads is not None
    assert watered.pumps is not None
    lines = city.roads.edges.assign(name="", name_en="", source="synthetic", two_way=False)
    return replace(
        city,
        land_cover=cover,
        land_cover_table=table,
        buildings=gpd.GeoDataFrame({"height_m": 3.0}, index=range(8), geometry=houses, crs=crs),
        barriers=gpd.GeoDataFrame(
            {"crest_m": [502.5], "id": ["L1"], "name": ["堤"]},
            geometry=[LineString([(west, south + 300), (west + 200, south + 310)])],
            crs=crs,
        ),
        underpasses=gpd.GeoDataFrame(
            {
                "id": ["U1"], "name": ["下穿"], "name_en": ["Underpass"], "closure_depth_m": [0.3],
                "pump_m3_s": [0.1], "pump_on_depth_m": [0.05], "reopen_depth_m": [0.05], "pump_node": [""],
                "source": ["synthetic"],
            },
            geometry=[box(west + 200, south + 100, west + 260, south + 115)],
            crs=crs,
        ),
        rivers=gpd.GeoDataFrame(
            {
                "name": ["河"], "name_en": ["River"], "base_depth_m": [0.5], "inflow_m3_s": [0.0],
                "inflow_series": ["upper.csv"], "stage_series": ["lower.csv"],
                "source": ["synthetic"],
            },
            geometry=[box(west + 560, south, west + 590, NORTH_M)],
            crs=crs,
        ),
        drainage=small_network(city.grid),
        pumps=watered.pumps.assign(to_node=["", "", "M3"]),
        gates=watered.gates,
        lifelines=watered.lifelines,
        river_series={
            "upper.csv": pd.DataFrame({"time_s": [0.0, 3600.0], "flow_m3_s": [1.0, 8.5]}),
            "lower.csv": pd.DataFrame({"time_s": [0.0, 7200.0], "stage_m": [499.5, 500.25]}),
        },
        roads=build_network(lines, RoadOptions(noded=True)),
        teams=tiny_teams(city),
        provenance={"terrain": "synthetic: a plane with a hollow", "shelters": "synthetic: four sites"},
        synthetic=("terrain", "people", "shelters"),
        notes=("A city for tests.",),
    )  # fmt: skip


def write_pack(folder: Path) -> Path:
    """The full city as a pack in `folder`."""
    return write_city(full_city(), folder)


def edit_text(pack: Path, name: str, old: str, new: str) -> None:
    """Replace a text that occurs in a file."""
    file = pack / name
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit_table(pack: Path, name: str, row: int, column: str, value: object) -> None:
    """Put a value into a CSV file; `row` counts from 0 below the header."""
    frame = pd.read_csv(pack / name, dtype=str, keep_default_na=False)
    frame.loc[row, column] = str(value)
    frame.to_csv(pack / name, index=False)


def edit_vectors(pack: Path, name: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> None:
    """Rewrite a GeoPackage after a change of its frame."""
    file = pack / name
    frame = change(pyogrio.read_dataframe(file))
    file.unlink()
    pyogrio.write_dataframe(frame, file, driver="GPKG", promote_to_multi=False)


def edit_raster(
    pack: Path, name: str, change: Callable[[np.ndarray], np.ndarray], crs: object = "same", **profile: object
) -> None:
    """Rewrite a GeoTIFF after a change of its values, CRS or profile."""
    with rasterio.open(pack / name) as source:
        values, old = source.read(1), source.profile
    values = change(values)
    old.update(height=values.shape[0], width=values.shape[1], dtype=values.dtype.name, **profile)
    if crs != "same":
        old["crs"] = crs
    with rasterio.open(pack / name, "w", **old) as target:
        target.write(values, 1)


def cut(pack: Path, name: str, share: float) -> None:
    """Keep only the first part of a file, as a broken download does."""
    file = pack / name
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])


def affine(west: float, north: float, cell_x: float, cell_y: float) -> Affine:
    """A north-up transform."""
    return Affine(cell_x, 0.0, west, 0.0, -cell_y, north)
