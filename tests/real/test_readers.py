"""Readers on real files: terrain of three countries, the roads of Chengdu, a datum that is not what it seems."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.datum import wgs84_from_gcj02
from data.readers.city_file import CityFile, Layer
from data.readers.datum_doubt import tell_wrong_datum
from data.readers.points import place_points
from data.readers.rasters import read_terrain
from data.readers.report import Report
from data.readers.roads import RoadOptions, build_network
from data.readers.sumo import read_sumo
from data.readers.vectors import read_vectors
from data.schema import ROADS, City, Grid
from tests.shared_data import shared

CRS = "EPSG:32648"


@pytest.mark.parametrize(
    ("parts", "crs", "shape", "expected_crs"),
    [
        (("merewether_2007", "topography1.asc"), None, (416, 321), "EPSG:32756"),
        (("newcastle_centre_dem", "NewcastleCentreDEM_2m.img"), None, (195, 342), "EPSG:27700"),
        (("swmm_demo_catchment_aalto", "raster_dem.tif"), None, (231, 234), "EPSG:3879"),
        (("ea_test3", "test3DEM.asc"), "EPSG:27700", (71, 186), "EPSG:27700"),
    ],
)
def test_terrain(parts: tuple[str, ...], crs: str | None, shape: tuple[int, int], expected_crs: str) -> None:
    terrain = read_terrain(shared(*parts), crs=crs)
    assert terrain.grid.shape == shape
    assert terrain.grid.crs == expected_crs
    assert np.isfinite(terrain.level_m).mean() > 0.5


def test_roads_of_the_sumo_network() -> None:
    """852 edges; the cars' largest strong part has 372 nodes, with the walkers' ways back it is larger."""
    lines = read_sumo(shared("roads", "chengdu_sumo", "chengdu.net.xml"), CRS)
    assert len(lines) == 852
    network = build_network(lines, RoadOptions(noded=True))
    assert 372 <= len(network.nodes) <= 459
    west, south, east, north = lines.to_crs("EPSG:4326").total_bounds
    assert 104.03 < west < east < 104.08
    assert 30.62 < south < north < 30.66


def _northern_roads() -> gpd.GeoDataFrame:
    file = shared("chengdu_roads_didi_area", "edges.shp")
    return read_vectors(file, ROADS, "line", CRS, crs="EPSG:4326", report=Report())


def test_roads_of_the_shapefile_without_a_crs() -> None:
    lines = _northern_roads()
    assert len(lines) == 3046
    assert lines.length.sum() == pytest.approx(651_400, rel=1e-3)
    network = build_network(lines.assign(two_way=False))
    assert network.dropped_edges > 0
    assert len(network.nodes) > 1031


@pytest.mark.parametrize(
    ("file", "kind", "corrected", "doubt"),
    [
        ("hotel_facilities_filtered.csv", None, False, True),
        ("hotel_facilities_filtered.csv", None, True, False),
        ("supply_facilities_CLEAN.csv", "学校", False, False),
        ("demand_grids_daytime_CLEAN.csv", None, False, False),
    ],
)
def test_hotels_are_in_gcj02_and_schools_are_not(file: str, kind: str | None, corrected: bool, doubt: bool) -> None:
    """The hotels of the shelter set were found to be GCJ-02 by another method; schools look like WGS84."""
    points = pd.read_csv(shared("roads", "chengdu_shelter", file))
    if kind:
        points = points[points["facility_type"] == kind]
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    if corrected:
        lon, lat = wgs84_from_gcj02(lon, lat)
    grid = Grid(10, 10, 5000.0, 390_000.0, 3_420_000.0, CRS)
    shelters = place_points(pd.DataFrame({"lon": lon, "lat": lat}), grid)
    city = City("", "", grid, np.zeros(grid.shape), shelters=shelters, roads=build_network(_northern_roads()))
    datum = "GCJ-02" if corrected else "WGS84"
    layer = Layer((Path(file),), datum=datum)
    report = Report()
    tell_wrong_datum(city, CityFile(Path("city.toml"), "", "", None, (), (), {}, {"shelters": layer}), report)
    assert [finding.severity for finding in report.findings] == (["warning"] if doubt else [])
