"""`rongan drill` and `rongan city` from outside: files left behind, exit codes, nothing half-written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from api.cli.main import run
from data.city_writer import write_city
from data.errors import RunStopped
from data.run_folder import read_run
from hazards import SurfaceFlow
from sim import city_water
from sim.scenario import read_scenario
from tests.tiny_city import tiny_city

FILES = {
    "summary.json", "flood.nc", "areas.csv", "plan.csv", "plan.geojson", "timeline.csv", "report.html",
    "scenario.toml", "warnings.geojson", "warnings",
    "events.jsonl", "orders.csv", "rescues.csv", "trips.csv", "circles.csv", "warned.csv", "plan_steps.csv",
    "after_action.json", "after_action.html",
}  # fmt: skip
KEYS = {"city", "scenario", "rules_hash", "wall_s", "flood", "people", "warnings", "plan", "evacuation", "shelters"}


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    write_city(tiny_city(), folder)
    return folder


@pytest.fixture(scope="module")
def drill(pack, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "drill"
    scenario = out.parent / "s.toml"
    scenario.write_text("[flood]\nduration_h = 3\n")
    assert run(["drill", str(pack), "--scenario", str(scenario), "--out", str(out)]) == 0
    return out


def test_a_drill_leaves_the_files_of_the_design(drill):
    assert {path.name for path in drill.iterdir()} == FILES
    assert len(list((drill / "warnings").glob("*.xml"))) == len(read_run(drill).summary["warnings"]) > 0
    assert not drill.with_name(drill.name + ".partial").exists()


def test_the_summary_has_the_keys_of_the_design(drill):
    summary = read_run(drill).summary
    assert set(summary) >= KEYS
    assert set(summary["flood"]) >= {
        "cells", "cell_m", "steps", "continuity_error", "max_depth_m", "area_m2_by_class", "drain_down",
    }  # fmt: skip
    assert set(summary["wall_s"]) >= {"flood", "drains", "plan", "evacuation", "report", "total"}
    assert set(summary["plan"]) >= {
        "evacuees", "assigned", "unserved", "mean_min", "p95_min", "worst_min", "optimality_gap",
    }  # fmt: skip
    assert set(summary["evacuation"]) >= {
        "ordered", "arrived", "moving", "stranded", "refused_to_leave", "turned_away", "casualties_expected",
        "t50_min", "t90_min", "t95_min", "balance_error",
    }  # fmt: skip


def test_the_scenario_left_behind_runs_the_same_drill_again(drill, tmp_path):
    scenario = read_scenario(drill / "scenario.toml")
    assert scenario.flood.duration_h == 3.0
    assert run(["drill", "--scenario", str(drill / "scenario.toml"), "--out", str(tmp_path / "again")]) == 0
    for name in (
        "plan.csv",
        "areas.csv",
        "timeline.csv",
        "warnings.geojson",
        "plan.geojson",
        "events.jsonl",
        "orders.csv",
    ):
        assert (drill / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    first, second = read_run(drill).open_flood(), read_run(tmp_path / "again").open_flood()
    with first, second:
        for name in first.data_vars:
            assert first[name].values.tobytes() == second[name].values.tobytes(), name


def test_json_prints_the_summary_alone(pack, tmp_path, capsys):
    assert run(["drill", str(pack), "--storm", "10a/30min", "--out", str(tmp_path / "d"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"]["storm"]["return_period_a"] == 10.0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--storm", "5000a"],
        ["--storm", "1a"],
        ["--storm", "50a/600min"],
        ["--storm", "rain"],
        ["--scenario", "gone.toml"],
        ["--sample", "tiny"],
        ["--seed", "-1"],
        ["gone"],
    ],
)
def test_bad_input_ends_with_2_and_writes_nothing(arguments, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(["drill", *arguments, "--out", str(out)]) == 2
    assert not out.exists()
    assert "expected" in (error := capsys.readouterr().err) or "Error" in error


def test_a_foreign_folder_is_not_overwritten(pack, tmp_path):
    precious = tmp_path / "mine"
    precious.mkdir()
    (precious / "letter.txt").write_text("dear")
    assert run(["drill", str(pack), "--storm", "10a/30min", "--out", str(precious)]) == 2
    assert (precious / "letter.txt").read_text() == "dear"


def test_a_city_named_twice_is_refused(pack, tmp_path):
    assert run(["drill", str(pack), "--sample", "small", "--out", str(tmp_path / "d")]) == 2
    assert not (tmp_path / "d").exists()


def test_a_storm_beside_a_scenario_changes_the_rain_alone(pack, tmp_path):
    given = tmp_path / "s.toml"
    given.write_text('name = "mine"\n[storm]\nlead_min = 5\nuplift = 1.2\n[flood]\nduration_h = 0.5\n')
    arguments = ["drill", str(pack), "--scenario", str(given), "--storm", "10a/30min", "--out", str(tmp_path / "d")]
    assert run(arguments) == 0
    scenario = read_run(tmp_path / "d").summary["scenario"]
    assert (scenario["name"], scenario["storm"]["lead_min"], scenario["storm"]["uplift"]) == ("mine", 5.0, 1.2)


def test_city_check_is_content_with_a_written_pack(pack, capsys):
    assert run(["city", "check", str(pack), "--json"]) == 0
    assert [row for row in json.loads(capsys.readouterr().out) if row["severity"] == "error"] == []


def test_city_check_ends_with_2_where_there_are_errors(pack, tmp_path, capsys):
    assert run(["city", "check", str(tmp_path)]) == 2
    assert "city.toml" in capsys.readouterr().err
    assert run(["city", "sample", "--size", "tiny", "--out", str(tmp_path / "s")]) == 2
    assert not (tmp_path / "s").exists()
    capsys.readouterr()


def test_city_check_gives_each_defect_a_line_with_its_place(pack, tmp_path, capsys):
    broken = tmp_path / "broken"
    shutil.copytree(pack, broken)
    shelters = pd.read_csv(broken / "shelters.csv", dtype=str)
    shelters.loc[0, "area_m2"] = "-5"
    shelters.loc[1, "lon"] = "0"
    shelters.to_csv(broken / "shelters.csv", index=False)
    assert run(["city", "check", str(broken)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("error: ") and "row 2" in line and "area_m2" in line and "-5" in line for line in lines)
    assert any(line.startswith("warning: ") and "row 3" in line and "lon" in line for line in lines)
    assert lines[-1] == f"{broken}: 1 error, 1 warning"  # a place at zero is left out and listed


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rongan 0")


def test_a_drill_that_stops_itself_keeps_its_water_and_says_where(pack, tmp_path, monkeypatch, capsys):
    class Breaking(SurfaceFlow):
        def advance(self, until_s: float, forcing_until_s: float | None = None) -> None:
            if until_s > 1500.0:
                raise RunStopped("depth or speed is not a number", time_s=self.time_s, place="row 1, column 2")
            super().advance(until_s, forcing_until_s)

    monkeypatch.setattr(city_water, "SurfaceFlow", Breaking)
    out = tmp_path / "stopped"
    assert run(["drill", str(pack), "--out", str(out)]) == 3
    assert "row 1, column 2" in capsys.readouterr().err
    kept = read_run(out)
    assert kept.summary["stopped"]["time_s"] == 1500.0
    with kept.open_flood() as water:
        assert float(water["time"][-1]) == 1500.0
        assert float(water["max_depth"].max()) >= 0.0
