from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from data.datum import WGS84, transform
from data.errors import InputError
from data.readers.people_raster import read_people_raster
from data.readers.points import point_rows
from data.readers.report import Report
from data.schema import PEOPLE

METRIC = "EPSG:32648"
VALUES = np.array([[0.0, 12.5, -9999.0], [3.0, 0.0, 40.0]])


def _write(file: Path, crs: str | None = METRIC, cell: float = 100.0, west: float = 410_000.0, north: float = 3.392e6,
           values: np.ndarray = VALUES, nodata: float | None = -9999.0) -> Path:  # fmt: skip
    with rasterio.open(
        file, "w", driver="GTiff", height=2, width=3, count=1, dtype="float64", crs=crs, nodata=nodata,
        transform=Affine(cell, 0.0, west, 0.0, -cell, north),
    ) as target:  # fmt: skip
        target.write(values, 1)
    return file


def test_cells_with_people_are_points_in_their_middle(tmp_path: Path) -> None:
    frame, rows = read_people_raster(_write(tmp_path / "people.tif"))
    assert frame["id"].tolist() == ["r0c1", "r1c0", "r1c2"]
    assert rows[0] == "row 0, column 1"
    assert frame["persons"].tolist() == [12.5, 3.0, 40.0]
    assert (frame["footprint_m2"] == 10_000.0).all()
    x, y = transform(frame["lon"].to_numpy(), frame["lat"].to_numpy(), WGS84, METRIC)
    assert x == pytest.approx([410_150.0, 410_050.0, 410_250.0], abs=1e-3)
    assert y == pytest.approx([3_391_950.0, 3_391_850.0, 3_391_850.0], abs=1e-3)


def test_cells_of_degrees_shrink_with_latitude(tmp_path: Path) -> None:
    """At 60 degrees north a degree of longitude is half as long as at the equator, to 0.5 % (flattening, scale)."""
    area = {}
    for north in (0.0, 60.0):
        file = _write(tmp_path / "people.tif", "EPSG:4326", 0.01, 103.99, north + 0.01)
        area[north] = read_people_raster(file)[0]["footprint_m2"].mean()
    assert area[0.0] == pytest.approx(111_195.0**2 * 1e-4, rel=0.01)
    assert area[60.0] / area[0.0] == pytest.approx(0.5, rel=0.015)


def test_people_of_a_pack_may_be_a_raster(tmp_path: Path) -> None:
    frame, _ = point_rows(_write(tmp_path / "people.tif"), PEOPLE, Report())
    assert frame["population_day"].tolist() == frame["population_night"].tolist() == [12.5, 3.0, 40.0]
    assert list(frame.columns) == [name for name in PEOPLE.names if name != "geometry"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nodata": None}, "row 0, column 2.*not a number of people"),
        ({"values": np.full((2, 3), 1e9)}, "not a number of people"),
        ({"values": np.zeros((2, 3))}, "no cell has people"),
        ({"crs": None}, "no coordinate reference system"),
    ],
)
def test_bad_rasters(tmp_path: Path, given: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_people_raster(_write(tmp_path / "people.tif", **given))
