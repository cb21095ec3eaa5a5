"""`rongan forecast` on the tiny city: every file, the messages, the page, the same bytes again, bad input."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from lxml import etree

from api.cli.main import run as rongan
from api.forecast_folder import areas_frame, forecast_notices, write_forecast
from data.rules_file import load_rules
from data.run_folder import check_output
from data.schema.forecasts import FORECAST_AREAS
from hazards import RainForcing
from sim.forecast.cycle import ForecastCycle
from sim.forecast.given import storm_at
from sim.forecast.terms import ForecastTerms
from sim.scenario import CHINA
from tests.outlook_case import outlook
from tests.tiny_city import tiny_city

START = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)
RAIN = RainForcing(np.array([0.0, 1800.0, 9000.0]), np.array([80.0, 150.0]) / 3.6e6)


def _write(out: Path) -> None:
    city, rules = tiny_city(), load_rules()
    given = storm_at(RAIN, START, START.replace(minute=20), "test")
    with ForecastCycle(city, rules, ForecastTerms(horizon_s=1800.0), threads=1) as cycle:
        outlook = cycle.run(given.time, given.observed, given.epoch, given.ahead)
        assert cycle.detail is not None
        write_forecast(outlook, cycle.detail, city, rules, out)
        assert forecast_notices(outlook, rules)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("forecast") / "out"
    _write(out)
    return out


def test_where_nobody_was_counted_the_table_says_nothing_of_people() -> None:
    names = ["people_h3_up", "people_h3_up_low", "people_h3_up_high"]
    counted = outlook(0, {"510100": 3})
    for said, known in ((counted, True), (replace(counted, notes=("forecast.note.rain_only",)), False)):
        frame = areas_frame(said)
        check_output(FORECAST_AREAS, frame)
        assert frame[names].notna().all(axis=None) == known
        assert frame[names].isna().all(axis=None) != known


def test_every_file_is_there_and_keeps_to_its_schema(folder: Path) -> None:
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert told["exercise"] is True
    assert told["time"] == "2026-07-15T20:20:00+08:00"
    assert told["planned"]["persons"] >= told["people_h3_up"] > 0
    areas = pd.read_csv(folder / "forecast_areas.csv", dtype={"area": str}, keep_default_na=False)
    check_output(FORECAST_AREAS, areas)
    assert areas["area"].tolist() == ["510100", "510101", "510102"]
    assert told["colour"] == areas["colour"].iloc[0]
    assert len(pd.read_csv(folder / "plan.csv")) > 0
    with xr.open_dataset(folder / "flood.nc") as water:
        assert float(water["max_depth"].max()) == pytest.approx(told["max_depth_m"], abs=1e-3)
        assert bool((water["max_depth"] >= water["depth"] - 1e-6).all())


def test_messages_are_exercises_one_for_each_area_with_something_to_say(folder: Path) -> None:
    collection = json.loads((folder / "warnings.geojson").read_text(encoding="utf-8"))
    files = sorted((folder / "warnings").glob("*.xml"))
    assert len(files) == len(collection["features"]) > 0
    for file in files:
        root = etree.parse(file).getroot()
        space = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
        assert root.findtext("c:status", namespaces=space) == "Exercise"
        assert root.findtext("c:msgType", namespaces=space) == "Alert"
        assert "【演练】" in root.findtext("c:info/c:headline", namespaces=space)


def test_the_page_says_it_in_both_languages_and_asks_nobody_for_anything(folder: Path) -> None:
    page = (folder / "forecast.html").read_text(encoding="utf-8")
    assert "西街" in page
    assert "West Street" in page
    assert "没有可接续的积水状态" in page
    assert 'src="http' not in page
    assert "forecast." not in page.split("<style")[0]


def test_the_page_says_what_its_numbers_are_and_folds_what_few_read(folder: Path) -> None:
    page = (folder / "forecast.html").read_text(encoding="utf-8")
    assert "the mean of the members" in page
    assert "第 10 至第 90 百分位" in page
    assert "出发时间和避难场所见下级区域" in page  # of the city's row
    assert "<details><summary>" in page
    assert "rivers included" in page
    assert re.search(r"\d people to \d", page) is None
    assert '<span class="label">' in page
    rows = re.search(r'<table id="t-warned" class="stacked">', page)
    assert rows is not None


def test_the_same_cycle_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    _write(again)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        other = again / file.relative_to(folder)
        if file.name == "summary.json":
            one, two = (json.loads(path.read_text(encoding="utf-8")) for path in (file, other))
            assert one | {"wall_s": 0} == two | {"wall_s": 0}
        else:
            assert file.read_bytes() == other.read_bytes(), file.name


@pytest.mark.parametrize(
    "arguments",
    [
        ["--at", "yesterday"],
        ["--at", "2026-07-15T20:30:00"],
        ["--at", "2026-07-15T19:00:00+08:00"],
        ["--rain", "no.csv"],
        ["--obs", "no.csv"],
        ["--sample", "none"],
    ],
)
def test_bad_input_ends_with_2(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rongan(["forecast", "--out", str(tmp_path / "out"), "--rain-only", *arguments]) == 2
    assert capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rain_signals_alone_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert rongan(["forecast", "--rain-only", "--json", "--members", "5", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["members"] == 5
    assert told["max_depth_m"] is None
    assert "forecast.note.rain_only" in told["note_keys"]
    assert any("未计算积水" in note for note in told["notes"])
    assert any("no water was computed" in note for note in told["notes_en"])
    assert not (out / "flood.nc").exists()
    assert rongan(["forecast", "--rain-only", "--rain", "100a", "--out", str(out)]) == 0
    assert "演练" in capsys.readouterr().out
    page = (out / "forecast.html").read_text(encoding="utf-8")
    assert "how many people are in danger is not known" in page
    assert "0 people" not in page
