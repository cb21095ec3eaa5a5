"""Rasters: GeoTIFF, ESRI ASCII and NetCDF give the same grid; grids that cannot be used are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.transform import Affine

from data.errors import InputError
from data.readers.rasters import read_matching, read_terrain
from data.schema import MANNING

CRS = "EPSG:32648"
LEVEL = 500.0 + np.arange(12.0).reshape(3, 4) / 7.0
WEST, NORTH, CELL = 410_000.0, 3_392_000.0, 5.0


def _tif(
    path: Path,
    values: np.ndarray = LEVEL,
    transform: Affine | None = None,
    crs: str | None = CRS,
    **more: object,
) -> Path:
    bands = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": len(bands),
        "dtype": values.dtype.name, "crs": crs, "transform": transform or Affine(CELL, 0, WEST, 0, -CELL, NORTH),
    }  # fmt: skip
    with rasterio.open(path, "w", **{**profile, **more}) as target:
        target.write(bands)
    return path


def _asc(path: Path, values: np.ndarray = LEVEL, header: str = "") -> Path:
    south = NORTH - CELL * values.shape[0]
    head = f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {WEST}\nyllcorner {south}\n"
    head += f"cellsize {CELL}\nNODATA_value -9999\n"
    rows = "\n".join(" ".join("-9999" if np.isnan(v) else repr(float(v)) for v in row) for row in values)
    path.write_text((header or head) + rows + "\n")
    return path


def _nc(path: Path, flip: bool) -> Path:
    x, y = WEST + (np.arange(4) + 0.5) * CELL, NORTH - (np.arange(3) + 0.5) * CELL
    data = xr.Dataset({"bed": (("y", "x"), LEVEL, {"grid_mapping": "crs"})}, {"x": x, "y": y})
    data["crs"] = xr.DataArray(0, attrs={"spatial_ref": rasterio.CRS.from_string(CRS).to_wkt()})
    (data.isel(y=slice(None, None, -1)) if flip else data).to_netcdf(path)
    return path


def test_formats_agree(tmp_path: Path) -> None:
    files = (
        (_tif(tmp_path / "a.tif"), None),
        (_asc(tmp_path / "b.asc"), CRS),
        (_nc(tmp_path / "c.nc", flip=False), None),
        (_nc(tmp_path / "d.nc", flip=True), None),
    )
    for file, crs in files:
        terrain = read_terrain(file, crs=crs)
        assert np.array_equal(terrain.level_m, LEVEL), file
        grid = terrain.grid
        assert (grid.rows, grid.cols, grid.cell_m, grid.west_m, grid.north_m) == (3, 4, CELL, WEST, NORTH), file
        assert grid.crs == CRS, file


def test_missing_values_at_the_border_are_outside(tmp_path: Path) -> None:
    level = LEVEL.copy()
    level[0, :2] = np.nan
    level[1, 1] = np.nan  # hangs together with the border
    terrain = read_terrain(_asc(tmp_path / "a.asc", level), crs=CRS)
    assert np.array_equal(np.isnan(terrain.level_m), np.isnan(level))


def test_hole_is_filled_when_asked(tmp_path: Path) -> None:
    level = np.full((9, 9), 500.0)
    level[:, 0] = np.nan
    level[4, 4] = np.nan
    file = _tif(tmp_path / "a.tif", level, nodata=np.nan)
    with pytest.raises(InputError, match="row 4, column 4"):
        read_terrain(file)
    filled = read_terrain(file, fill_holes=True).level_m
    assert filled[4, 4] == pytest.approx(500.0, abs=1e-3)
    assert np.isnan(filled[:, 0]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transform": Affine(5, 0, WEST, 0, -4, NORTH)}, "not square"),
        ({"transform": Affine(5, 0, WEST, 0, 5, NORTH)}, "not north-up"),
        ({"transform": Affine(5, 1, WEST, 1, -5, NORTH)}, "not north-up"),
        ({"transform": Affine(1, 0, 0, 0, 1, 0)}, "without a place"),
        ({"crs": "EPSG:2263"}, "not metric"),
        ({"values": np.stack([LEVEL, LEVEL])}, "several bands"),
        ({"values": np.full((3, 4), np.inf)}, "infinite"),
        ({"values": np.full((3, 4), np.nan)}, "no cell has a value"),
        ({"values": LEVEL * 1e6}, "above the range"),
    ],
)
def test_unusable_terrain(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_terrain(_tif(tmp_path / "a.tif", **change))


def test_crs_that_contradicts_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="differs"):
        read_terrain(_tif(tmp_path / "a.tif"), crs="EPSG:32649")


@pytest.mark.parametrize(
    "text",
    [
        "ncols 999999999\nnrows 999999999\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 2 3\n",
        "ncols 4\nnrows 3000\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 2 3 4\n1 2 3 4\n",
        "ncols 4\nnrows 3\nxllcorner 0\nyllcorner 0\ncellsize 0\n1 2 3 4\n1 2 3 4\n1 2 3 4\n",
        "ncols -4\nnrows 3\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 2 3 4\n",
        "ncols four\n",
        "",
        "\x00\x01\x02",
    ],
)
def test_damaged_ascii_grid(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.asc").write_text(text)
    with pytest.raises(InputError):
        read_terrain(tmp_path / "a.asc", crs=CRS)


def test_ascii_grid_cut_anywhere_in_its_values(tmp_path: Path) -> None:
    """GDAL would read zeros for values that are missing at the end."""
    file = _asc(tmp_path / "a.asc", 500.0 + np.zeros((5, 7)))
    text = file.read_text().rstrip()
    values = text.index("500.0")
    for length in range(values, len(text) - len("500.0")):
        file.write_text(text[:length])
        with pytest.raises(InputError):
            read_terrain(file, crs=CRS)
    file.write_text(text + " 500.0")
    with pytest.raises(InputError, match=r"36 values.*5 rows x 7 columns"):
        read_terrain(file, crs=CRS)
    file.write_text(text.replace("ncols", "NCOLS").replace("\n", " \r\n"))
    assert read_terrain(file, crs=CRS).level_m.shape == (5, 7)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_truncated_netcdf(tmp_path: Path, share: float) -> None:
    file = _nc(tmp_path / "c.nc", flip=False)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError):
        read_terrain(file)


def test_matching_raster_needs_a_value_in_the_domain_only(tmp_path: Path) -> None:
    level = LEVEL.copy()
    level[0, 0] = np.nan
    grid = read_terrain(_tif(tmp_path / "a.tif", level)).grid
    domain = np.isfinite(level)
    rough = np.full((3, 4), 0.03)
    rough[0, 0] = np.nan
    read = read_matching(_tif(tmp_path / "n.tif", rough), grid, MANNING, domain)
    assert np.array_equal(read[domain], rough[domain])
    rough[2, 1] = np.nan
    with pytest.raises(InputError, match="row 2, column 1"):
        read_matching(_tif(tmp_path / "n.tif", rough), grid, MANNING, domain)
    rough[2, 1] = 7.0
    with pytest.raises(InputError, match="above the range"):
        read_matching(_tif(tmp_path / "n.tif", rough), grid, MANNING, domain)
    with pytest.raises(InputError, match="another CRS"):
        read_matching(_tif(tmp_path / "n.tif", rough, crs="EPSG:32649"), grid, MANNING, domain)
