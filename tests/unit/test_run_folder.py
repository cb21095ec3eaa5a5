"""A run folder: whole or not at all, the same bytes for the same run, read back, opened by GIS programs."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr

from data.errors import InputError
from data.run_folder import RunFolder, check_output, read_run
from data.schema import FLOOD, GAUGE_SERIES, PLAN, Grid

GRID = Grid(6, 8, 10.0, 410_000.0, 3_392_000.0, "EPSG:32648")
ROUNDED = ("depth", "speed_x", "speed_y", "max_depth", "max_speed")
RELATIVE = 2.0**-13 * (1 + 1e-6)  # half of the last of 12 bits, and the rounding to float32 before
TIMES = np.array([0.0, 300.0, 600.0])


def _variables(seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    values = {}
    for field in FLOOD:
        shape = (len(TIMES), *GRID.shape) if field.dims[0] == "time" else GRID.shape
        values[field.name] = rng.integers(0, 7, shape) if field.dtype == "int" else rng.random(shape)
    values["bed"] += 500.123456789
    values["arrival_s"][0, 0] = np.nan
    return values


def _gauges() -> pd.DataFrame:
    return pd.DataFrame(
        {"time_s": [0.0, 300.0], "gauge": ["P1", "桥"], "stage_m": [np.nan, 500.5], "depth_m": [0.0, 0.5],
         "speed_m_s": [0.0, 1.25]}
    )  # fmt: skip


def _write(folder: Path) -> Path:
    with RunFolder(folder) as run:
        run.write_flood(GRID, TIMES, _variables())
        run.write_table(GAUGE_SERIES, _gauges())
        run.write_text("warnings/W1.xml", "<alert/>\n")
        run.write_json("summary.json", {"city": "蓉", "cells": np.int64(48), "share": np.float64(0.5)})
    return folder


def test_run_comes_back(tmp_path: Path) -> None:
    run = read_run(_write(tmp_path / "run"))
    assert run.summary == {"city": "蓉", "cells": 48, "share": 0.5}
    assert list(run.tables) == ["gauges.csv"]
    pd.testing.assert_frame_equal(run.tables["gauges.csv"], _gauges(), check_dtype=False)
    expected = _variables()
    with run.open_flood() as flood:
        assert flood["time"].to_numpy().tolist() == TIMES.tolist()
        for field in FLOOD:
            read = flood[field.name].to_numpy()
            if field.name in ROUNDED:
                assert (np.abs(read - expected[field.name]) <= RELATIVE * expected[field.name]).all(), field.name
            else:
                assert np.array_equal(read, expected[field.name].astype(read.dtype), equal_nan=True), field.name
        assert flood["bed"].dtype == np.float64
    assert (run.folder / "warnings" / "W1.xml").read_text() == "<alert/>\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = [
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in _write(tmp_path / name).glob("*.*")}
        for name in ("a", "b")
    ]
    assert digests[0] == digests[1]


def test_flood_file_follows_cf_and_is_placed_by_gdal(tmp_path: Path) -> None:
    start = datetime(2026, 7, 15, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    with RunFolder(tmp_path / "run") as run:
        run.write_flood(GRID, TIMES, _variables(), start=start)
        run.write_json("summary.json", {})
    file = tmp_path / "run" / "flood.nc"
    with xr.open_dataset(file) as flood:
        assert flood.attrs["Conventions"] == "CF-1.8"
        assert flood["time"].to_numpy()[1] == np.datetime64("2026-07-15T12:05:00")
        assert flood["y"].to_numpy().tolist() == GRID.y_centres.tolist()
        for field in FLOOD:
            assert flood[field.name].attrs["units"] == field.unit
            assert flood[field.name].attrs["long_name"] == field.meaning
            assert (flood[field.name].attrs | flood[field.name].encoding)["grid_mapping"] == "crs"
        assert flood["crs"].attrs["GeoTransform"] == "410000.0 10.0 0 3392000.0 0 -10.0"
        assert "flood_water_thickness" in flood["depth"].attrs["standard_name"]
    with rasterio.open(f"netcdf:{file}:max_depth") as band:
        assert band.crs.to_epsg() == 32648
        assert tuple(band.transform)[:6] == GRID.affine
        assert np.allclose(band.read(1), _variables()["max_depth"], rtol=RELATIVE)


def test_rounded_depths_keep_volume_and_order(tmp_path: Path) -> None:
    """100,000 depths over five decades: the volume changes by less than 2e-6, no frame passes the maximum.

    Rounding of each depth is uniform within 1.2e-4 of it; the sum of 100,000 spreads by about 4e-7 of the volume.
    """
    grid = Grid(250, 400, 10.0, 410_000.0, 3_392_000.0, "EPSG:32648")
    depth = 10.0 ** np.random.default_rng(2).uniform(-4, 1, (2, *grid.shape)).astype(np.float32)
    maps = {field.name: np.zeros(grid.shape) for field in FLOOD if field.dims[0] != "time"}
    maps["max_depth"] = depth.max(axis=0)
    with RunFolder(tmp_path / "run") as run:
        run.write_flood(grid, TIMES[:2], {"depth": depth, "speed_x": 0 * depth, "speed_y": 0 * depth, **maps})
        run.write_json("summary.json", {})
    with read_run(tmp_path / "run").open_flood() as flood:
        read, highest = flood["depth"].to_numpy(), flood["max_depth"].to_numpy()
    assert (read.max(axis=0) <= highest).all()
    volume = depth.sum(axis=(1, 2), dtype=float)
    assert np.abs(read.sum(axis=(1, 2), dtype=float) / volume - 1.0).max() < 2e-6


def _fail(folder: Path) -> None:
    with RunFolder(folder) as run:
        run.write_flood(GRID, TIMES, _variables())
        run.write_json("summary.json", {"half": True})
        raise RuntimeError("stopped")


def test_failure_leaves_nothing_and_keeps_the_earlier_run(tmp_path: Path) -> None:
    _write(tmp_path / "run")
    for name in ("run", "new"):
        with pytest.raises(RuntimeError):
            _fail(tmp_path / name)
    assert read_run(tmp_path / "run").summary["city"] == "蓉"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_left_over_of_a_killed_run_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "run.partial").mkdir()
    (tmp_path / "run.partial" / "flood.nc").write_bytes(b"half")
    _write(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("dear")
    with pytest.raises(InputError, match="will not overwrite"):
        _write(tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "dear"


def test_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    values = _variables()
    values["depth"] = values["depth"][:, :, :5]
    with pytest.raises(ValueError, match="depth has shape"), RunFolder(tmp_path / "run") as run:
        run.write_flood(GRID, TIMES, values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depth_m": -0.1}, "outside at least 0"),
        ({"speed_m_s": np.inf}, "outside at least 0"),
        ({"more": 1}, "unknown"),
    ],
)
def test_table_that_breaks_the_schema_is_a_fault_of_the_program(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_output(GAUGE_SERIES, _gauges().assign(**change))


def test_missing_column_and_parts_of_people_are_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        check_output(GAUGE_SERIES, _gauges().drop(columns="gauge"))
    row = {name: "" if PLAN[name].dtype == "text" else 1.5 for name in PLAN.names}
    with pytest.raises(ValueError, match="persons: not whole"):
        check_output(PLAN, pd.DataFrame([row]))


def test_json_refuses_what_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"), RunFolder(tmp_path / "run") as run:
        run.write_json("summary.json", {"x": float("nan")})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("summary.json", b"{", "not readable as JSON"),
        ("summary.json", b"[1]", "not a summary"),
        ("gauges.csv", b"time_s,gauge\n", "columns of another table"),
        ("gauges.csv", b"time_s,gauge,stage_m,depth_m,speed_m_s\n0,P1,1\n", "truncated"),
        ("gauges.csv", b"", "empty file"),
    ],
)
def test_damaged_run_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    _write(tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        read_run(tmp_path / "run")
    assert Path(raised.value.file).name == name


def test_damaged_flood_file_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "run")
    (tmp_path / "run" / "flood.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(InputError, match=r"flood\.nc"):
        read_run(tmp_path / "run").open_flood()


def test_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        read_run(tmp_path)


def test_summary_keeps_the_order_of_its_keys(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run") as run:
        run.write_json("summary.json", {"b": 1, "a": [1, 2]})
    assert list(json.loads((tmp_path / "run" / "summary.json").read_text())) == ["b", "a"]
