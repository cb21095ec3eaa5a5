"""docs/flood-case.md: its example runs as printed, its tables say what the code accepts and writes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from api.cli.main import run
from data.flood_case.reference import reference
from data.schema import FLOOD, GAUGE_SERIES
from tests.shared_data import ROOT

PAGE = (ROOT / "docs" / "flood-case.md").read_text(encoding="utf-8")


def _files() -> dict[str, str]:
    """The blocks of the page that carry a file name."""
    return {name: text for _, name, text in re.findall(r"```(\w+) (\S+)\n(.*?)```", PAGE, flags=re.DOTALL)}


def test_worked_example_runs_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _files()
    assert set(files) == {"make_dem.py", "houses.geojson", "walls.geojson", "rain.csv", "case.toml", "look.py"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("make_dem.py")
    command = re.search(r"^\S*/rongan (flood case\.toml --out out)$", PAGE, flags=re.MULTILINE)
    assert command is not None
    assert run(command[1].split()) == 0
    assert "Note:" not in capsys.readouterr().err
    runpy.run_path("look.py")
    assert "m above the wall" in capsys.readouterr().out
    with xr.open_dataset("out/flood.nc") as water:
        roof = water.bed.sel(x=411051, y=3392051).item() - water.bed.sel(x=411051, y=3392029).item()
        assert roof == pytest.approx(6.0, abs=0.01)  # the street is symmetric but for the house
    gauges = pd.read_csv("out/gauges.csv").groupby("gauge").depth_m.max()
    assert gauges["above the wall"] > 0.2  # the wall holds the water up
    assert gauges["outlet"] < gauges["above the wall"]


def test_page_lists_every_key_as_the_reader_takes_it() -> None:
    for line in reference().splitlines():
        assert line in PAGE, "run `python -m data.flood_case.reference` and put it into docs/flood-case.md"


def test_page_lists_every_output() -> None:
    for field in FLOOD:
        assert f"| `{field.name}` |" in PAGE
    for name in GAUGE_SERIES.names:
        assert f"`{name}`" in PAGE
