"""The strict reader of flood case files: what it accepts, and what it says about the rest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from data.errors import InputError
from data.flood_case.keys import SECTIONS
from data.flood_case.parse import parse_case

SMALLEST = """
[terrain]
dem = "dem.asc"
manning = 0.03
[run]
duration_s = 7200
output_step_s = 300
"""


def _parse(folder: Path, text: str) -> dict:
    path = folder / "case.toml"
    path.write_text(text, encoding="utf-8")
    return parse_case(path)


def test_smallest_case_gets_its_defaults(tmp_path: Path) -> None:
    case = _parse(tmp_path, SMALLEST)
    assert case["terrain"] == {
        "dem": "dem.asc", "manning": 0.03, "building_height_m": 3.0, "fill_holes": False,
    }  # fmt: skip
    assert case["run"] == {"duration_s": 7200.0, "output_step_s": 300.0}
    assert case["edges"] == {}
    assert case["inflow"] == case["gauge"] == []


def test_every_kind_of_value_is_read(tmp_path: Path) -> None:
    case = _parse(
        tmp_path,
        SMALLEST
        + """
        threads = 2
        [initial]
        depth = "wet.tif"
        [edges]
        west = "open"
        east = { stage = "sea.csv" }
        [rain]
        rate_mm_h = 50
        until_s = 3600
        [[inflow]]
        line = [[0, 990], [0, 1010.5]]
        flow_m3_s = 20
        [[inflow]]
        point = [5, 6]
        series = "q.csv"
        [[gauge]]
        name = "P1"
        at = [50, 1000]
        """,
    )
    assert case["run"]["threads"] == 2
    assert case["initial"] == {"depth": "wet.tif"}
    assert case["edges"] == {"west": "open", "east": {"stage": "sea.csv"}, "south": "closed", "north": "closed"}
    assert case["rain"] == {"rate_mm_h": 50.0, "until_s": 3600.0}
    assert case["inflow"][0] == {"line": ((0.0, 990.0), (0.0, 1010.5)), "flow_m3_s": 20.0}
    assert case["inflow"][1]["point"] == (5.0, 6.0)
    assert case["gauge"] == [{"name": "P1", "at": (50.0, 1000.0)}]


BAD = {
    "misspelt key": (SMALLEST + "thread = 2", "thread", "threads"),
    "misspelt section": (SMALLEST + "[rian]\nrate_mm_h = 3", "rian", "rain"),
    "key of another section": (SMALLEST + "[rain]\nrate_mm_h = 3\ndem = 'x'", "dem", "rate_mm_h"),
    "no dem": (SMALLEST.replace("dem =", "crs ="), "dem is missing", "file name"),
    "no run": (SMALLEST.split("[run]")[0], "no section [run]", "[run]"),
    "duration 0": (SMALLEST.replace("7200", "0"), "[run] duration_s", "above 0"),
    "negative duration": (SMALLEST.replace("7200", "-1"), "[run] duration_s", "above 0"),
    "huge duration": (SMALLEST.replace("7200", "1e300"), "[run] duration_s", "32000000 s"),
    "endless number": (SMALLEST.replace("7200", "9" * 400), "[run] duration_s", "32000000 s"),
    "duration nan": (SMALLEST.replace("7200", "nan"), "[run] duration_s", "a number"),
    "duration text": (SMALLEST.replace("7200", "'2 h'"), "[run] duration_s", "a number"),
    "duration true": (SMALLEST.replace("7200", "true"), "[run] duration_s", "a number"),
    "negative manning": (SMALLEST.replace("0.03", "-0.03"), "[terrain] manning", "0.005 to 1"),
    "negative rain": (SMALLEST + "[rain]\nrate_mm_h = -5", "[rain] rate_mm_h", "0 to 2000 mm/h"),
    "two rains": (SMALLEST + "[rain]\nrate_mm_h = 5\nseries = 'r.csv'", "rate_mm_h and series given", "exactly one"),
    "empty rain": (SMALLEST + "[rain]", "none of them given", "rate_mm_h, series, grid"),
    "holes as text": (SMALLEST.replace("[run]", "fill_holes = 'yes'\n[run]"), "[terrain] fill_holes", "true or false"),
    "threads fraction": (SMALLEST + "threads = 1.5", "[run] threads", "whole number"),
    "edge word": (SMALLEST + "[edges]\nwest = 'shut'", "[edges] west", '"closed", "open"'),
    "edge table": (SMALLEST + "[edges]\nwest = { level = 'a.csv' }", "[edges] west", "stage"),
    "inflow without place": (SMALLEST + "[[inflow]]\nflow_m3_s = 1", "[[inflow]] 1", "point, line, polygon"),
    "inflow without flow": (SMALLEST + "[[inflow]]\npoint = [1, 2]", "[[inflow]] 1", "flow_m3_s, series"),
    "inflow twice": (SMALLEST + "[[inflow]]\npoint = [1, 2]\nflow_m3_s = 1\nseries = 'q.csv'", "flow_m3_s and", "one"),
    "short line": (SMALLEST + "[[inflow]]\nline = [[1, 2]]\nflow_m3_s = 1", "[[inflow]] 1 line", "two or more"),
    "three coordinates": (SMALLEST + "[[inflow]]\npoint = [1, 2, 3]\nflow_m3_s = 1", "[[inflow]] 1 point", "[x, y]"),
    "infinite point": (SMALLEST + "[[gauge]]\nname = 'P'\nat = [inf, 2]", "[[gauge]] 1 at", "[x, y]"),
    "gauge nameless": (SMALLEST + "[[gauge]]\nat = [1, 2]", "name is missing", "text"),
    "gauge as a table": (SMALLEST + "[gauge]\nname = 'P'\nat = [1, 2]", "gauge", "[[gauge]]"),
    "run as a list": (SMALLEST.replace("[run]", "[[run]]"), "run", "[run]"),
    "not TOML": ("[terrain\ndem = ", "line 1", "TOML"),
    "depth and stage": (SMALLEST + "[initial]\ndepth = 1\nstage = 2", "depth and stage given", "at most one"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "place", "expected"), BAD.values(), ids=BAD)
def test_defect_is_named(tmp_path: Path, text: str, place: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        _parse(tmp_path, text)
    message = str(caught.value)
    assert "case.toml" in message
    assert place in message
    assert expected in message.split("expected")[1]


def test_missing_case_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml.*no such file"):
        parse_case(tmp_path / "nothing.toml")


def test_binary_case_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="cannot be read as text"):
        parse_case(path)


def test_shape_in_the_design_stays_readable(tmp_path: Path) -> None:
    """The file printed in the design is a contract: it may grow but not change."""
    text = """
        [terrain]
        dem = "dem.asc"
        crs = "EPSG:27700"
        manning = 0.03
        buildings = "houses.geojson"
        barriers = "walls.geojson"
        [initial]
        depth = 0.0
        [edges]
        west = "closed"
        [run]
        duration_s = 7200
        output_step_s = 300
        [rain]
        rate_mm_h = 50.0
        until_s = 3600
        [loss]
        rate_mm_h = 0.0
        [[inflow]]
        line = [[0, 990], [0, 1010]]
        flow_m3_s = 20.0
        [[stage]]
        line = [[0, 0], [0, 100]]
        series = "stage.csv"
        [[gauge]]
        name = "P1"
        at = [50, 1000]
    """
    assert set(tomllib.loads(text)) <= {section.name for section in SECTIONS}
    assert _parse(tmp_path, text)["stage"][0]["series"] == "stage.csv"
