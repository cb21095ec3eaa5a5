"""A city pack around the Bellinge sewers: the real network, under ground that is drawn from the rims of its manholes.

The coordinates are UTM zone 32 on ETRS89 (EPSG:25832), in metres: polygons of the small model, whose file says UTM zone
32, agree with those of this network to the millimetre, and the zone puts it at 55.34 N 10.32 E, where Bellinge lies.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from data.city_writer import write_raster
from data.datum import WGS84, transform
from data.schema import DrainageNetwork, Grid
from data.swmm import read_inp
from data.swmm.inp import sections
from data.swmm.network import read_network

CRS = "EPSG:25832"
PAVED, GREEN, COUNTRY = 1, 2, 3
_MARGIN_M = 150.0  # of ground around the subcatchments and pipes
_OUTWARD_SLOPE = 0.005  # of the ground beyond the network, down to the edges
_SMOOTH_M = 15.0
_NEIGHBOURS = 8
_STREET_M = 0.1  # streets lie this much below the ground beside them
_CITY = """name = "贝林厄"
name_en = "Bellinge"
crs = "{crs}"
synthetic = ["terrain", "land_cover"]
notes = ["The sewers are those of Bellinge (Denmark); the ground above them is generated."]

[terrain]
file = "terrain.tif"

[land_cover]
file = "land_cover.tif"
table = "land_cover.csv"

[areas]
file = "areas.geojson"

[drainage]
file = "{inp}"
crs = "{crs}"
inlets = "inlets.csv"

[provenance]
terrain = "synthetic: rims of the manholes interpolated and smoothed, lowered along the pipes, falling to the edges"
land_cover = "synthetic: each subcatchment paved by its share, nearest to the pipes first; the country takes all water"
drainage = "fact: Bellinge open data set, SWMM model without runoff of pervious ground"
"""


def write_bellinge(inp: Path, folder: Path, cell_m: float = 10.0) -> Path:
    """The pack of a SWMM input of Bellinge in `folder`, which names the input where it lies."""
    network = read_network(read_inp(inp), crs=CRS, target_crs=CRS)
    grid = _grid(network, cell_m)
    folder.mkdir(parents=True, exist_ok=True)
    write_raster(generated_terrain(network, grid), grid, folder / "terrain.tif", float("nan"))
    write_raster(_land_cover(network, grid), grid, folder / "land_cover.tif", None)
    _cover_table().to_csv(folder / "land_cover.csv", index=False)
    _areas(network).to_file(folder / "areas.geojson", driver="GeoJSON")
    _openings(network).to_csv(folder / "inlets.csv", index=False)
    (folder / "city.toml").write_text(_CITY.format(crs=CRS, inp=inp), encoding="utf-8")
    return folder


def generated_terrain(network: DrainageNetwork, grid: Grid) -> np.ndarray:
    """Level of the ground (m, float64, rows x cols): linear between rims, so that only manholes are low points.

    Beyond the network the nearest rims by inverse distance, less a fall with the distance from it.
    """
    nodes = network.nodes[network.nodes["kind"] == "junction"]
    places, rim = nodes[["x_m", "y_m"]].to_numpy(), nodes["rim_m"].to_numpy()
    x, y = np.meshgrid(grid.x_centres, grid.y_centres)
    level = LinearNDInterpolator(places, rim)(x, y)
    beyond = np.isnan(level)
    distance, near = cKDTree(places).query(np.column_stack([x[beyond], y[beyond]]), k=_NEIGHBOURS)
    weight = distance**-2.0
    level[beyond] = (weight * rim[near]).sum(axis=1) / weight.sum(axis=1)
    level -= _OUTWARD_SLOPE * grid.cell_m * distance_transform_edt(beyond)
    return gaussian_filter(level, _SMOOTH_M / grid.cell_m) - np.where(_along_pipes(network, grid), _STREET_M, 0.0)


def _grid(network: DrainageNetwork, cell_m: float) -> Grid:
    assert network.subcatchments is not None
    bounds = [network.subcatchments.total_bounds, network.links.total_bounds]
    west, south = np.floor((np.min(bounds, axis=0)[:2] - _MARGIN_M) / cell_m) * cell_m
    east, north = np.ceil((np.max(bounds, axis=0)[2:] + _MARGIN_M) / cell_m) * cell_m
    return Grid(round((north - south) / cell_m), round((east - west) / cell_m), cell_m, float(west), float(north), CRS)


def _along_pipes(network: DrainageNetwork, grid: Grid) -> np.ndarray:
    lines = network.links.geometry[network.links["kind"] == "conduit"]
    return _painted(((line, 1) for line in lines), grid, all_touched=True) > 0


def _land_cover(network: DrainageNetwork, grid: Grid) -> np.ndarray:
    """Each subcatchment paved by the share that the file gives it, from its pipes outwards; the rest is green.

    The country around has no runoff in the file, and none here.
    """
    share = {row.tokens[0]: float(row.tokens[4]) / 100.0 for row in sections(network.inp)["SUBCATCHMENTS"]}
    assert network.subcatchments is not None
    frame = network.subcatchments
    number = _painted(zip(frame.geometry, range(1, len(frame) + 1), strict=True), grid) - 1
    from_pipes = distance_transform_edt(~_along_pipes(network, grid)).reshape(-1)
    cover = np.where(number.reshape(-1) >= 0, GREEN, COUNTRY).astype(np.uint8)
    for own, name in enumerate(frame["name"]):
        cells = np.flatnonzero(number.reshape(-1) == own)
        first = cells[np.argsort(from_pipes[cells], kind="stable")]
        cover[first[: round(share[name] * len(cells))]] = PAVED
    return cover.reshape(grid.shape)


def _painted(shapes: object, grid: Grid, *, all_touched: bool = False) -> np.ndarray:
    return rasterize(
        shapes, out_shape=grid.shape, transform=Affine(*grid.affine), fill=0, dtype="int32", all_touched=all_touched
    )


def _cover_table() -> pd.DataFrame:
    """Lawn on loam as in the sample city (Green-Ampt)."""
    return pd.DataFrame(
        {
            "code": [PAVED, GREEN, COUNTRY], "name": ["paved", "green", "country"], "manning_n": [0.016, 0.05, 0.05],
            "infiltration": ["none", "green_ampt", "constant"], "constant_mm_h": [0.0, 0.0, 500.0],
            "conductivity_mm_h": [0.0, 3.4, 0.0], "suction_mm": [0.0, 88.9, 0.0],
            "moisture_deficit": [0.0, 0.2, 0.0], "source": "derived",
        }
    )  # fmt: skip


def _areas(network: DrainageNetwork) -> gpd.GeoDataFrame:
    """One area over all subcatchments, which drains by its pipes and its soil alone."""
    assert network.subcatchments is not None
    row = {"code": "461", "name": "贝林厄", "name_en": "Bellinge", "level": "district", "drainage_class": "new_town"}
    town = [network.subcatchments.union_all()]
    frame = gpd.GeoDataFrame([row | {"drainage_mm_h": 0.0, "source": "synthetic"}], geometry=town, crs=CRS)
    return frame.to_crs(WGS84)


def _openings(network: DrainageNetwork) -> pd.DataFrame:
    """What opens otherwise than a manhole in the street with its gullies.

    Foul sewers (S in Danish names, spildevand) have lids with gaps and holes alone. Chambers and basins open like a
    manhole: what overflows there is on the ground and not lost.
    """
    nodes = network.nodes
    foul = (nodes["kind"] == "junction") & (nodes["name"].str[3] == "S")
    chosen = nodes[foul | (nodes["kind"] == "storage")]
    lid = foul[chosen.index].to_numpy()
    lon, lat = transform(chosen["x_m"].to_numpy(), chosen["y_m"].to_numpy(), CRS, WGS84)
    return pd.DataFrame(
        {
            "id": chosen["name"], "node": chosen["name"], "lon": lon, "lat": lat,
            "weir_length_m": np.where(lid, 0.1, 5.8), "orifice_area_m2": np.where(lid, 0.005, 0.46),
            "source": "derived",
        }
    )  # fmt: skip
