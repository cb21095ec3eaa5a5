"""`rongan flood` from the outside: what it writes, what it says, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from api.cli.main import run
from data.errors import RunStopped
from data.schema import FLOOD, GAUGE_SERIES
from hazards import SurfaceFlow
from tests.api.flood_case_files import CASE, COLS, ROWS, write_asc, write_good_case

FLOOD_KEYS = {
    "cells", "cell_m", "steps", "continuity_error", "max_depth_m", "volume_in_m3", "volume_out_m3",
    "volume_stored_m3", "cell_updates_per_s",
}  # fmt: skip


def _run(folder: Path, *extra: str) -> int:
    return run(["flood", str(folder / "case.toml"), "--out", str(folder / "out"), *extra])


def test_run_folder_holds_what_the_design_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_good_case(tmp_path)
    assert _run(tmp_path, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert printed == written
    assert set(written) == {"flood", "wall_s"}
    assert set(written["flood"]) == FLOOD_KEYS
    assert written["flood"]["cells"] == ROWS * COLS
    rain = 60 / 3.6e6 * 60 * ROWS * COLS * 25.0
    inflow = 0.15 * 120.0
    assert written["flood"]["volume_in_m3"] == pytest.approx(rain + inflow, rel=1e-6)
    balance = (
        written["flood"]["volume_in_m3"] - written["flood"]["volume_out_m3"] - written["flood"]["volume_stored_m3"]
    )
    assert abs(balance) < 1e-5 * (rain + inflow)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"flood.nc", "gauges.csv", "summary.json"}


def test_flood_file_opens_as_labelled_arrays(tmp_path: Path) -> None:
    write_good_case(tmp_path)
    assert _run(tmp_path) == 0
    with xr.open_dataset(tmp_path / "out" / "flood.nc") as flood:
        assert set(FLOOD.names) <= set(flood.data_vars)
        assert flood.depth.dims == ("time", "y", "x")
        assert flood.sizes["time"] == 3
        wet = flood.depth.isel(time=-1).sel(x=411002.5, y=3392022.5)
        assert float(wet) > 0.0
        for field in FLOOD:
            assert flood[field.name].attrs["units"] == field.unit
    gauges = pd.read_csv(tmp_path / "out" / "gauges.csv")
    assert list(gauges.columns) == list(GAUGE_SERIES.names)
    assert gauges.time_s.tolist() == [0.0, 60.0, 120.0]
    assert gauges.depth_m.iloc[-1] > 0.0
    assert gauges.stage_m.iloc[-1] == pytest.approx(500.0 - 0.05 * 8 + gauges.depth_m.iloc[-1], abs=1e-4)


def test_same_case_gives_the_same_water(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_good_case(tmp_path / name)
        assert _run(tmp_path / name) == 0
    with xr.open_dataset(tmp_path / "a/out/flood.nc") as a, xr.open_dataset(tmp_path / "b/out/flood.nc") as b:
        assert a.equals(b)
    assert (tmp_path / "a/out/gauges.csv").read_bytes() == (tmp_path / "b/out/gauges.csv").read_bytes()


def test_stopped_run_ends_with_3_and_keeps_what_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_good_case(tmp_path)
    advance = SurfaceFlow.advance

    def fail_late(self: SurfaceFlow, until_s: float) -> None:
        advance(self, min(until_s, 90.0))
        if until_s > 90.0:
            raise RunStopped("depth is not a number", time_s=90.0, place="row 3, column 4")

    monkeypatch.setattr(SurfaceFlow, "advance", fail_late)
    assert _run(tmp_path) == 3
    assert "depth is not a number at t = 90.0 s, row 3, column 4" in capsys.readouterr().err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["stopped"] == {
        "message": "depth is not a number", "time_s": 90.0, "place": "row 3, column 4",
    }  # fmt: skip
    with xr.open_dataset(tmp_path / "out" / "flood.nc", decode_times=False) as flood:
        assert flood.time.to_numpy().tolist() == [0.0, 60.0, 90.0]


def test_every_part_of_a_case_reaches_the_water(tmp_path: Path) -> None:
    """Infiltration by land cover, drains, a held level, a zone of roughness, a building: volumes show each of them."""
    write_good_case(tmp_path)
    assert _run(tmp_path) == 0
    plain = json.loads((tmp_path / "out" / "summary.json").read_text())["flood"]
    ring = "[[[411040,3392040],[411060,3392040],[411060,3392050],[411040,3392050],[411040,3392040]]]"
    polygon = (
        '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:32648"}},"features":'
        f'[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}]}}'
    )
    (tmp_path / "zone.geojson").write_text(polygon)
    parts = {
        "loss": "[loss]\nrate_mm_h = 20",
        "drains": "[loss]\ndrainage_mm_h = 20",
        "level": "[[stage]]\npoint = [411002, 3392002]\nstage_m = 500.5",
        "start": "[initial]\ndepth = 0.1",
    }
    for name, part in parts.items():
        (tmp_path / "case.toml").write_text(CASE + part)
        assert _run(tmp_path) == 0
        changed = json.loads((tmp_path / "out" / "summary.json").read_text())["flood"]
        assert abs(changed["continuity_error"]) < 1e-5, name
        key = "volume_out_m3" if name in ("loss", "drains") else "volume_in_m3"
        assert changed[key] > plain[key] * 1.1, name
    head = CASE.replace("manning = 0.03", 'manning = 0.03\nbuildings = "zone.geojson"\nbuilding_height_m = 4')
    (tmp_path / "case.toml").write_text(head + '[[manning_zone]]\npolygons = "zone.geojson"\nvalue = 0.1')
    assert _run(tmp_path) == 0
    with xr.open_dataset(tmp_path / "out" / "flood.nc") as flood:
        assert float(flood.bed.sel(x=411047.5, y=3392047.5)) == pytest.approx(500.0 - 0.05 * 9 + 4.0, abs=1e-4)
        assert float(flood.bed.sel(x=411047.5, y=3392037.5)) == pytest.approx(500.0 - 0.05 * 9, abs=1e-4)
        assert np.isfinite(flood.depth).all()


def test_rain_maps_and_infiltration_by_land_cover_reach_the_water(tmp_path: Path) -> None:
    """It rains 36 mm/h for 100 s on the western half alone, half of which is lawn that takes in all of it."""
    write_good_case(tmp_path)
    x, y = np.array([411020.0, 411060.0]), np.array([3392015.0, 3392045.0])
    rate = np.zeros((2, 2, 2))
    rate[0, :, 0] = 36.0
    field = xr.Dataset(
        {"rain": (("time", "y", "x"), rate, {"units": "mm/h"})},
        coords={"time": ("time", [0.0, 100.0], {"units": "s"}), "y": y, "x": x},
    )
    field.to_netcdf(tmp_path / "rain.nc")
    write_asc(tmp_path / "cover.asc", np.where(np.arange(COLS)[None, :] < 4, 2.0, 1.0) * np.ones((ROWS, 1)))
    (tmp_path / "cover.csv").write_text(
        "code,name,manning_n,infiltration,constant_mm_h\n1,road,0.015,none,0\n2,lawn,0.2,constant,72\n"
    )
    text = CASE.replace('series = "rain.csv"', 'grid = "rain.nc"').split("[[inflow]]")[0].replace("manning = 0.03", "")
    (tmp_path / "case.toml").write_text(
        text + '[land_cover]\nraster = "cover.asc"\ntable = "cover.csv"\n[loss]\ninfiltration = "land_cover"'
    )
    assert _run(tmp_path) == 0
    flood = json.loads((tmp_path / "out" / "summary.json").read_text())["flood"]
    rain = 36.0 / 3.6e6 * 100.0 * ROWS * 8 * 25.0
    assert flood["volume_in_m3"] == pytest.approx(rain, rel=1e-6)
    assert flood["volume_out_m3"] == pytest.approx(0.5 * rain, rel=0.02)  # four of the eight columns are lawn
    with xr.open_dataset(tmp_path / "out" / "flood.nc") as water:
        lawn = water.max_depth.to_numpy()[:, :4]
        assert lawn.max() < 1e-3
