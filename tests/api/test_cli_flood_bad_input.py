"""Bad flood cases from the outside: exit code 2, one message with file, place, value and remedy, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from api.cli.main import run
from tests.api.flood_case_files import CASE, COLS, ROWS, WEST, level, write_asc, write_good_case


def _replace(old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        assert old in CASE
        (folder / "case.toml").write_text(CASE.replace(old, new))

    return spoil


def _append(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "case.toml").write_text(CASE + text) and None


def _dem(change: Callable[[np.ndarray], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        values = level()
        change(values)
        write_asc(folder / "dem.asc", values)

    return spoil


def _file(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


def _hole(values: np.ndarray) -> None:
    values[4:6, 9] = -9999


def _hole_at_gauge(values: np.ndarray) -> None:
    values[6, 8:] = -9999  # reaches the border: outside the domain


def _hole_at_inflow(values: np.ndarray) -> None:
    values[7, 0] = -9999


def _all_nodata(values: np.ndarray) -> None:
    values[:] = -9999


def _geographic(folder: Path) -> None:
    write_asc(folder / "dem.asc", level(), cell=0.0001, west=104.0, south=30.6)
    (folder / "case.toml").write_text(CASE.replace("EPSG:32648", "EPSG:4326"))


def _truncate(name: str, share: float) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * share)])

    return spoil


def _truncated_geotiff(folder: Path) -> None:
    profile = {
        "driver": "GTiff", "height": ROWS, "width": COLS, "count": 1, "dtype": "float32", "crs": "EPSG:32648",
        "transform": from_origin(WEST, 3392060.0, 5.0, 5.0),
    }  # fmt: skip
    with rasterio.open(folder / "dem.tif", "w", **profile) as target:
        target.write(level().astype(np.float32), 1)
    content = (folder / "dem.tif").read_bytes()
    (folder / "dem.tif").write_bytes(content[:-300])
    (folder / "case.toml").write_text(CASE.replace('dem = "dem.asc"\ncrs = "EPSG:32648"', 'dem = "dem.tif"'))


def _other_grid(folder: Path) -> None:
    write_asc(folder / "n.asc", np.full((ROWS, COLS + 1), 0.03))
    (folder / "case.toml").write_text(CASE.replace("manning = 0.03", 'manning = "n.asc"'))


def _negative_roughness_raster(folder: Path) -> None:
    values = np.full((ROWS, COLS), 0.03)
    values[2, 3] = -0.03
    write_asc(folder / "n.asc", values)
    (folder / "case.toml").write_text(CASE.replace("manning = 0.03", 'manning = "n.asc"'))


# defect: how to make it, and the words its message must hold (file, place, what is wrong or expected)
DEFECTS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "no case file": (lambda folder: (folder / "case.toml").unlink(), ("case.toml", "no such file")),
    "not TOML": (_replace("[edges]", "[edges"), ("case.toml", "not a TOML file", "line 6")),
    "unknown key": (_replace("manning", "maning"), ("case.toml", "[terrain] maning", "unknown key", "manning")),
    "unknown section": (_append("[grid]\nx = 1"), ("case.toml", "grid", "unknown section")),
    "no terrain file": (_replace("dem.asc", "dom.asc"), ("dom.asc", "no such file")),
    "hole in the terrain": (_dem(_hole), ("dem.asc", "row 4, column 9", "2 cells", "fill_holes")),
    "no level anywhere": (_dem(_all_nodata), ("dem.asc", "no cell has a value")),
    "truncated terrain": (_truncate("dem.asc", 0.6), ("dem.asc", "truncated")),
    "truncated GeoTIFF": (_truncated_geotiff, ("dem.tif", "truncated")),
    "terrain is text": (_file("dem.asc", "hello"), ("dem.asc", "not a readable raster")),
    "empty terrain": (_file("dem.asc", ""), ("dem.asc", "empty file")),
    "absurd level": (_dem(lambda v: v.__setitem__((3, 3), 1e30)), ("dem.asc", "row 3, column 3", "9000")),
    "no coordinate system": (_replace('crs = "EPSG:32648"\n', ""), ("dem.asc", "crs", "EPSG:...")),
    "unknown coordinate system": (_replace("EPSG:32648", "EPSG:999999"), ("crs", "EPSG:999999")),
    "geographic": (_geographic, ("dem.asc", "crs", "not metric", "EPSG:32648")),
    "roughness on another grid": (_other_grid, ("n.asc", "12 rows x 17 columns", "12 rows x 16 columns")),
    "negative roughness": (_replace("0.03", "-0.03"), ("[terrain] manning", "-0.03", "0.005 to 1")),
    "negative roughness raster": (_negative_roughness_raster, ("n.asc", "row 2, column 3", "-0.03", "0.005 to 1")),
    "no roughness": (_replace("manning = 0.03\n", ""), ("[terrain] manning", "no roughness")),
    "duration 0": (_replace("duration_s = 120", "duration_s = 0"), ("[run] duration_s", "0", "above 0")),
    "endless duration": (_replace("= 120", "= 1e18"), ("[run] duration_s", "1e+18", "at most 32000000")),
    "step longer than the run": (_replace("= 60", "= 600"), ("[run] output_step_s", "600", "at most duration_s = 120")),
    "step too fine": (_replace("= 60", "= 1e-12"), ("[run] output_step_s", "1e-12", "at least 0.00012 s")),
    "gauge step too fine": (_replace("= 60", "= 60\ngauge_step_s = 1e-9"), ("[run] gauge_step_s", "0.00012 s")),
    "negative rain": (_file("rain.csv", "time_s,rain_mm_h\n0,-5\n60,0\n"), ("rain.csv", "row 2, rain", "negative")),
    "huge rain": (_file("rain.csv", "time_s,rain_mm_h\n0,1e9\n60,0\n"), ("rain.csv", "row 2, rain_mm_h", "2000")),
    "rain not a number": (_file("rain.csv", "time_s,rain_mm_h\n0,nan\n60,0\n"), ("rain.csv", "row 2, rain_mm_h")),
    "times not in order": (
        _file("rain.csv", "time_s,rain_mm_h\n60,5\n0,3\n90,0\n"), ("rain.csv", "row 3, time_s", "not in order"),
    ),
    "time twice": (_file("q.csv", "time_s,flow_m3_s\n0,1\n0,2\n"), ("q.csv", "row 3, time_s", "occurs twice")),
    "wrong column": (_file("q.csv", "time_s,q\n0,1\n"), ("q.csv", "missing column", "flow_m3_s")),
    "short row": (_file("q.csv", "time_s,flow_m3_s\n0,1\n60\n"), ("q.csv", "row 3", "2 fields")),
    "no series file": (_replace("q.csv", "p.csv"), ("p.csv", "no such file")),
    "negative flow": (_replace('series = "q.csv"', "flow_m3_s = -1"), ("[[inflow]] 1 flow_m3_s", "-1", "0 to 200000")),
    "inflow outside": (
        _replace("[411000, 3392020]", "[410990, 3392020]"),
        ("[[inflow]] 1 line", "410990", "outside the terrain", "x 411000.00 to 411080.00"),
    ),
    "inflow on no-data": (_dem(_hole_at_inflow), ("[[inflow]] 1 line", "1 of 2 cells", "no terrain level")),
    "inflow of no length": (_replace("3392030]]", "3392020]]"), ("[[inflow]] 1 line", "holds no cell")),
    "gauge outside": (_replace("[411040, 3392030]", "[411040, 3392090]"), ("[[gauge]] 1 (P1) at", "3392090")),
    "gauge on no-data": (_dem(_hole_at_gauge), ("[[gauge]] 1 (P1) at", "1 of 1 cells", "no terrain level")),
    "gauge twice": (_append('[[gauge]]\nname = "P1"\nat = [411040, 3392030]'), ("[[gauge]] 2 (P1)", "occurs twice")),
    "edge of a missing file": (_replace('"open"', '{ stage = "sea.csv" }'), ("sea.csv", "no such file")),
    "until_s with a series": (_replace('series = "rain.csv"', 'series = "rain.csv"\nuntil_s = 3'), ("[rain] until_s",)),
    "infiltration without land cover": (_append('[loss]\ninfiltration = "land_cover"'), ("[loss] infiltration",)),
    "no buildings file": (_replace("manning", 'buildings = "b.gpkg"\nmanning'), ("b.gpkg", "no such file")),
    "initial depth below 0": (_append("[initial]\ndepth = -1"), ("[initial] depth", "-1", "0 to 500")),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_ends_with_2_and_names_itself(defect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_good_case(tmp_path)
    spoil, words = DEFECTS[defect]
    spoil(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    assert run(["flood", str(tmp_path / "case.toml"), "--out", str(tmp_path / "deep" / "out"), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: ")
    assert captured.err.count("Error: ") == 1
    for word in words:
        assert word in captured.err
    assert {path.name for path in tmp_path.iterdir()} == before


def test_folder_of_something_else_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_good_case(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").write_text("precious")
    assert run(["flood", str(tmp_path / "case.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "will not overwrite" in capsys.readouterr().err
    assert (tmp_path / "out" / "thesis.docx").read_text() == "precious"


def test_bad_case_leaves_an_earlier_run_alone(tmp_path: Path) -> None:
    write_good_case(tmp_path)
    arguments = ["flood", str(tmp_path / "case.toml"), "--out", str(tmp_path / "out")]
    assert run(arguments) == 0
    earlier = (tmp_path / "out" / "summary.json").read_bytes()
    _replace("0.03", "30")(tmp_path)
    assert run(arguments) == 2
    assert (tmp_path / "out" / "summary.json").read_bytes() == earlier


def test_run_that_the_disk_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_good_case(tmp_path)
    monkeypatch.setattr("sim.flood_files.shutil.disk_usage", lambda _: SimpleNamespace(free=3 * ROWS * COLS * 12))
    assert run(["flood", str(tmp_path / "case.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "[run] output_step_s" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_missing_option_is_bad_input(tmp_path: Path) -> None:
    write_good_case(tmp_path)
    assert run(["flood", str(tmp_path / "case.toml")]) == 2
