"""Vector layers: formats, reference systems, datums, geometry, and files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from data.datum import WGS84, gcj02_from_wgs84
from data.errors import InputError
from data.readers.vectors import read_vectors, to_crs
from data.schema import AREAS, BARRIERS, BUILDINGS, RIVERS

CRS = "EPSG:32648"
SQUARE = box(410_000, 3_391_000, 410_100, 3_391_100)


def _frame(geometry: list, crs: str | None = CRS, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"height_m": [4.0] * len(geometry), **columns}, geometry=geometry, crs=crs)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_formats_agree(tmp_path: Path, name: str) -> None:
    """GeoJSON is in degrees with 7 decimals: 1e-7 degrees are 11 mm."""
    frame = _frame([SQUARE, MultiPolygon([SQUARE, box(410_200, 3_391_000, 410_210, 3_391_010)])])
    (frame.to_crs(WGS84) if name.endswith("geojson") else frame).to_file(tmp_path / name)
    read = read_vectors(tmp_path / name, BUILDINGS, "polygon", CRS)
    assert read["height_m"].tolist() == [4.0, 4.0]
    assert read.crs.to_string() == CRS
    assert shapely.hausdorff_distance(read.geometry.array, frame.geometry.array).max() < 0.012


def test_missing_column_takes_its_default(tmp_path: Path) -> None:
    _frame([SQUARE]).drop(columns="height_m").to_file(tmp_path / "a.gpkg")
    assert read_vectors(tmp_path / "a.gpkg", BUILDINGS, "polygon", CRS)["height_m"].tolist() == [3.0]


def test_missing_value_takes_its_default(tmp_path: Path) -> None:
    _frame([SQUARE, SQUARE], height_m=[np.nan, 7.0]).to_file(tmp_path / "a.gpkg")
    assert read_vectors(tmp_path / "a.gpkg", BUILDINGS, "polygon", CRS)["height_m"].tolist() == [3.0, 7.0]


def test_codes_kept_as_numbers_become_text(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"code": [510104], "name": ["锦江区"], "level": ["district"]}, geometry=[SQUARE], crs=CRS)
    frame.to_file(tmp_path / "a.gpkg")
    assert read_vectors(tmp_path / "a.gpkg", AREAS, "polygon", CRS)["code"].tolist() == ["510104"]


def test_crs_from_the_key_where_the_file_has_none(tmp_path: Path) -> None:
    _frame([SQUARE]).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_vectors(tmp_path / "a.shp", BUILDINGS, "polygon", CRS)
    read = read_vectors(tmp_path / "a.shp", BUILDINGS, "polygon", CRS, crs=CRS)
    assert read.geometry.iloc[0].equals(SQUARE)


def test_gcj02_layer_is_moved(tmp_path: Path) -> None:
    """A square drawn on a Chinese map service lies where it belongs, to the 11 mm of GeoJSON."""
    degrees = to_crs(np.array([SQUARE], dtype=object), CRS, WGS84)
    drawn = shapely.transform(degrees, lambda xy: np.column_stack(gcj02_from_wgs84(xy[:, 0], xy[:, 1])))
    _frame(list(drawn), crs=WGS84).to_file(tmp_path / "a.geojson")
    read = read_vectors(tmp_path / "a.geojson", BUILDINGS, "polygon", CRS, datum="GCJ-02")
    assert shapely.hausdorff_distance(read.geometry.iloc[0], SQUARE) < 0.015
    as_is = read_vectors(tmp_path / "a.geojson", BUILDINGS, "polygon", CRS)
    assert as_is.geometry.iloc[0].centroid.distance(SQUARE.centroid) > 200.0


def test_gcj02_needs_degrees(tmp_path: Path) -> None:
    _frame([SQUARE]).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="datum of degrees"):
        read_vectors(tmp_path / "a.gpkg", BUILDINGS, "polygon", CRS, datum="GCJ-02")


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (
            [SQUARE, Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])],
            "feature 2, geometry: invalid polygon.*Self-intersection",
        ),
        ([SQUARE, None], "feature 2, geometry: no geometry"),
        ([SQUARE, Polygon()], "feature 2, geometry: no geometry"),
        ([LineString([(0, 0), (1, 1)])], "wrong kind of geometry.*LineString.*a polygon"),
        ([Point(0, 0)], "wrong kind of geometry.*Point"),
    ],
)
def test_bad_geometry_is_named_by_feature(tmp_path: Path, geometry: list, message: str) -> None:
    _frame(geometry).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=message):
        read_vectors(tmp_path / "a.gpkg", BUILDINGS, "polygon", CRS)


def test_swapped_degrees_are_noticed(tmp_path: Path) -> None:
    _frame([box(30.6, 104.0, 30.7, 104.1)], crs=WGS84).to_file(tmp_path / "a.geojson")
    with pytest.raises(InputError, match="swapped"):
        read_vectors(tmp_path / "a.geojson", BUILDINGS, "polygon", CRS)


def test_bad_value_is_named_by_feature(tmp_path: Path) -> None:
    line = LineString([(410_000, 3_391_000), (410_100, 3_391_000)])
    frame = gpd.GeoDataFrame({"crest_m": [501.0, np.nan]}, geometry=[line, line], crs=CRS)
    frame.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="feature 2, crest_m: empty"):
        read_vectors(tmp_path / "a.gpkg", BARRIERS, "line", CRS)


def test_layers_that_cannot_be_chosen_between(tmp_path: Path) -> None:
    for layer in ("one", "two"):
        _frame([SQUARE]).to_file(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(InputError, match="not one layer"):
        read_vectors(tmp_path / "a.gpkg", BUILDINGS, "polygon", CRS)


def test_empty_layer(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    with pytest.raises(InputError, match="no features"):
        read_vectors(tmp_path / "a.geojson", RIVERS, "polygon", CRS)


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_truncated_file(tmp_path: Path, name: str, share: float) -> None:
    squares = [box(x, 3_391_000, x + 8, 3_391_008) for x in range(410_000, 414_000, 10)]
    frame = _frame(squares)
    (frame.to_crs(WGS84) if name.endswith("geojson") else frame).to_file(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError):
        read_vectors(tmp_path / name, BUILDINGS, "polygon", CRS)
