"""Studies and sitings as jobs: the figures of the command line, the same bytes each time, rows that came inline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.jobs.manifest import check_result, read_manifest
from api.jobs.perform import perform
from api.jobs.task import Task
from data.errors import InputError
from tests.tiny_city import tiny_city

SCENARIO = {
    "city": {"name": "tiny"}, "storm": {"return_period_a": 20, "duration_min": 30, "lead_min": 0},
    "flood": {"duration_h": 1}, "plan": {"stay": "long"},
}  # fmt: skip


@pytest.fixture
def done(tiny_home, tmp_path, monkeypatch):
    """Does a task of a kind with params in this process; returns the folder of its result."""
    monkeypatch.chdir(tiny_home)

    def run(kind: str, number: int = 1, **params: Any) -> Path:
        work = tmp_path / f"{kind}{number}"
        work.mkdir()
        task = Task(f"{number:032x}", kind, {"scenario": SCENARIO, **params}, seed=3)
        return perform(task, work, lambda stage, fraction: None)

    return run


def new_site(**change: Any) -> dict[str, Any]:
    people = tiny_city().people
    assert people is not None
    place = {"lon": float(people["lon"].iloc[30]), "lat": float(people["lat"].iloc[30])}
    return {"id": "N1", "name": "新馆", **place, "site_type": "building", "area_m2": 900, "indoor": True, **change}


def test_a_study_with_a_new_site_says_before_and_after_with_the_same_bytes(done):
    first, second = (done("adequacy", number, add=[new_site()], remove=["S4"]) for number in (1, 2))
    assert read_manifest(first)["sha256"] == read_manifest(second)["sha256"]
    assert check_result(first) == []
    told = json.loads((first / "adequacy.json").read_text())
    assert {change["site"] for change in told["changes"]} == {"N1", "S4"}
    assert told["before"] is not None
    assert told["scenario"]["seed"] == 3
    assert (first / "inputs" / "sites.csv").read_text().startswith("id,name,lon,lat,site_type,area_m2,indoor\nN1,")


def test_a_siting_of_candidates_that_came_with_the_request_does_not_tell_how_long_the_solver_took(done):
    first, second = (done("siting", number, count=1, candidates=[new_site(cost=10)]) for number in (1, 2))
    assert read_manifest(first)["sha256"] == read_manifest(second)["sha256"]
    told = json.loads((first / "siting.json").read_text())
    assert told["chosen"] == ["N1"]
    assert "wall_s" not in told["proof"]
    assert json.loads((first / "timing.json").read_text())["run"]["solver"] > 0.0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"remove": ["S9"]}, "no such shelter"),
        ({"add": [new_site(id="S1")]}, "S1|can be used"),
        ({"add": [{"id": "N1"}]}, "column"),
        ({"add": [new_site(colour="red")]}, "unknown column"),
        ({"resize": {"S9": 100}}, "no such shelter"),
    ],
)
def test_changes_that_do_not_fit_the_city_are_refused(done, params, message):
    with pytest.raises(InputError, match=message):
        done("adequacy", **params)


def test_a_forecast_is_one_cycle_with_the_same_bytes(done):
    scenario = {key: value for key, value in SCENARIO.items() if key != "plan"}
    first, second = (done("forecast", number, scenario=scenario, observed_min=20, members=2) for number in (1, 2))
    assert read_manifest(first)["files"] == read_manifest(second)["files"]
    told = json.loads((first / "summary.json").read_text())
    assert (told["members"], told["horizon_s"], told["seed"]) == (2, 3600.0, 3)
    assert told["time"] == "2026-07-15T20:20:00+08:00"
    assert "wall_s" not in told


def test_what_plays_no_part_in_a_forecast_is_refused(done):
    with pytest.raises(InputError, match="plays no part") as error:
        done("forecast", scenario={**SCENARIO, "evacuation": {}})
    assert error.value.place == "scenario.evacuation"
