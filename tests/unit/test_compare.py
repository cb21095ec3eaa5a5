"""Comparisons on the tiny city: what a measure removes, how measures rank, and what an overlay may say."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

from data.errors import InputError, RunStopped
from data.rules_file import load_rules
from data.run_folder import check_output
from data.schema import AREAS_RESULT, COMPARE, RANKING
from sim import storm_flood
from sim.compare import compare, compared_areas, rank
from sim.flood_jobs import FloodOutcome, flood_outcome, run_floods
from sim.measures import Drainage, Sponge
from sim.overlay import overlay, read_base
from sim.scenario import Flood, Scenario, Storm
from tests.shared_data import ROOT
from tests.tiny_city import tiny_city

RULES = load_rules()
BASE = Scenario(storm=Storm(duration_min=30.0, lead_min=0.0), flood=Flood(duration_h=1.0))
SPONGE = Sponge("sponge", "soak", "海绵", "Sponge", cost=10.0, storage_mm=40.0)
DRAIN = Drainage("drainage", "drain", "排水", "Drains", cost=100.0, mm_h=6.0)  # 1 mm/h more than it has


@pytest.fixture(scope="module")
def comparison():
    return compare(tiny_city(), BASE, replace(BASE, name="both", measure=(DRAIN, SPONGE)), RULES, each=True, workers=1)


def test_a_sponge_takes_its_storage_off_the_street():
    """40 mm on 0.36 km2 are 14,400 m3; half an hour of a 50-year storm brings more than that to every cell."""
    city = tiny_city()
    flood = flood_outcome(replace(BASE, measure=(SPONGE,)), city, RULES)
    assert flood.totals["rain_mm"] > 40.0
    assert flood.totals["to_ground_m3"] == pytest.approx(0.040 * 3600 * 100.0, rel=1e-4)
    assert flood.totals["continuity_error"] < 1e-5


def test_measures_take_water_and_danger_away(comparison):
    for name in ("person_risk", "ponded_ha_h", "max_depth_m"):
        assert comparison.change(name) < 0.0, name
    check_output(COMPARE, comparison.areas)
    city = comparison.areas[comparison.areas["level"] == "city"].iloc[0]
    assert city["person_risk_before"] == pytest.approx(comparison.before.totals["person_risk"], abs=1e-3)
    assert city["person_risk_after"] < city["person_risk_before"]


def test_the_measure_that_removes_more_for_less_comes_first(comparison):
    check_output(RANKING, comparison.ranking)
    assert comparison.ranking["id"].tolist() == ["soak", "drain"]
    first = comparison.ranking.iloc[0]
    assert first["person_risk_removed"] > comparison.ranking.iloc[1]["person_risk_removed"] > 0.0
    assert first["risk_per_cost"] == pytest.approx(first["person_risk_removed"] / 10.0)
    both = -comparison.change("person_risk")
    assert both >= first["person_risk_removed"]


def test_nothing_changed_changes_nothing():
    same = compare(tiny_city(), BASE, replace(BASE, name="same"), RULES, workers=1)
    for name in COMPARE.names:
        if name.endswith("_before"):
            other = name.replace("_before", "_after")
            pd.testing.assert_series_equal(same.areas[name], same.areas[other], check_names=False)
    with pytest.raises(InputError, match="no measure"):
        compare(tiny_city(), BASE, BASE, RULES, each=True)
    with pytest.raises(InputError, match="sewer network"):
        compare(tiny_city(), BASE, BASE, RULES, pipes=3)


def test_beside_a_failure_each_measure_is_judged_against_the_failure():
    failing = replace(BASE, flood=replace(BASE.flood, drainage_factor=0.0), measure=(SPONGE,))
    found = compare(tiny_city(), BASE, failing, RULES, each=True, workers=1)
    dry = flood_outcome(replace(failing, measure=()), tiny_city(), RULES)
    removed = dry.totals["person_risk"] - found.after.totals["person_risk"]
    assert found.ranking["person_risk_removed"][0] == pytest.approx(removed, abs=1e-3)
    assert found.before.totals["person_risk"] < dry.totals["person_risk"]


def _outcome(risk):
    totals = {"person_risk": risk, "people_h3_up": 10 * risk, "ponded_ha_h": risk, "drained": 1, "no_sea": 1}
    return FloodOutcome(pd.DataFrame(), totals, 0.0, 0.0, np.empty(0), np.empty(0))


def test_ranks_with_and_without_costs_and_stops():
    measures = [Drainage("drainage", name, cost=cost, mm_h=1.0)
                for name, cost in (("a", None), ("b", 10.0), ("c", 1.0), ("d", None), ("e", 5.0))]  # fmt: skip
    outcomes = [_outcome(50.0), _outcome(60.0), _outcome(95.0), _outcome(10.0), RunStopped("burst", time_s=7.0)]
    table = rank(_outcome(100.0), measures, outcomes)
    assert table["id"].tolist() == ["c", "b", "d", "a", "e"]  # 5 and 4 per cost, 90, 50, stopped
    assert table["risk_per_cost"].tolist()[:2] == [5.0, 4.0]
    assert table["person_risk_removed"].tolist()[:4] == [5.0, 40.0, 90.0, 50.0]
    assert "burst" in table["stopped"].iloc[4]
    check_output(RANKING, table)


def test_areas_that_differ_are_no_comparison():
    one = pd.DataFrame({"code": ["a"]})
    with pytest.raises(ValueError, match="other areas"):
        compared_areas(one, one.assign(code="b"))


def test_a_flood_that_stops_itself_stops_the_comparison(monkeypatch):
    def stop(*_):
        raise RunStopped("depth is not a number", time_s=60.0)

    monkeypatch.setattr(storm_flood, "flood_city", stop)
    with pytest.raises(RunStopped, match="flood before"):
        compare(tiny_city(), BASE, BASE, RULES, workers=1)


def test_side_by_side_gives_the_same_figures_and_errors_come_through():
    scenarios = [BASE, replace(BASE, measure=(SPONGE,))]
    alone, beside = (run_floods(tiny_city(), scenarios, RULES, workers=workers) for workers in (1, 2))
    for one, other in zip(alone, beside, strict=True):
        assert one.totals == other.totals
        pd.testing.assert_frame_equal(one.areas, other.areas)
        np.testing.assert_array_equal(one.max_depth, other.max_depth)
    with pytest.raises(InputError) as caught:
        run_floods(tiny_city(), [replace(BASE, measure=(replace(SPONGE, areas=("x",)),))] * 2, RULES, workers=2)
    assert caught.value.place == '[measure "soak"] areas'


_LONG = """
from dataclasses import replace

from data.rules_file import load_rules
from sim.flood_jobs import run_floods
from sim.scenario import Flood, Scenario
from tests.tiny_city import tiny_city

if __name__ == "__main__":
    run_floods(tiny_city(), [replace(Scenario(), flood=Flood(duration_h=240.0))] * 2, load_rules(), workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "long.py"
    script.write_text(_LONG, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)}) as parent:
        children: set[int] = set()
        until = time.monotonic() + 120.0
        while len(children) < 3 and time.monotonic() < until:  # two workers, and the tracker of their resources
            children = _children(parent.pid)
            time.sleep(0.1)
        time.sleep(5.0)  # long enough for them to begin
        parent.kill()
    assert len(children) == 3
    until = time.monotonic() + 60.0
    while any(_runs(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [pid for pid in children if _runs(pid)]


def _children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_outcome_has_the_areas_of_a_drill():
    flood = flood_outcome(BASE, tiny_city(), RULES)
    assert tuple(flood.areas.columns) == AREAS_RESULT.names
    city = flood.areas[flood.areas["level"] == "city"].iloc[0]
    in_danger = sum(city[f"people_h{number}"] for number in (3, 4, 5, 6))
    assert flood.totals["people_h3_up"] == pytest.approx(in_danger, abs=1)  # rounded as a sum, and one by one


def _write(folder, text, name="with.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_overlay_changes_what_it_names_and_adds_measures(tmp_path):
    base = replace(BASE, measure=(DRAIN,))
    text = 'name = "x"\n[storm]\nuplift = 1.2\n[[measure]]\nkind = "sponge"\nid = "soak"\nstorage_mm = 5\n'
    found = overlay(base, _write(tmp_path, text))
    assert found.storm == replace(BASE.storm, uplift=1.2)
    assert (found.name, found.flood) == ("x", BASE.flood)
    assert [measure.id for measure in found.measure] == ["drain", "soak"]
    assert overlay(base, _write(tmp_path, "measure = []")).measure == ()


def test_another_rain_takes_the_place_of_the_rain(tmp_path):
    _write(tmp_path, "time_s,rain_mm_h\n0,10\n600,0\n", "rain.csv")
    series = overlay(BASE, _write(tmp_path, '[storm]\nseries = "rain.csv"'))
    assert series.storm.series == tmp_path / "rain.csv"
    again = overlay(series, _write(tmp_path, "[storm]\nreturn_period_a = 5"))
    assert again.storm == Storm(return_period_a=5.0, lead_min=0.0)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[city]\nsample = "city"', "city"),
        ("uplift = 2", "uplift"),
        ('[[measure]]\nkind = "sponge"', "[measure 1] storage_mm"),
        ('[[measure]]\nkind = "drainage"\nmm_h = 1\nid = "drain"', "[measure 2] id"),
    ],
)
def test_what_is_wrong_in_an_overlay_is_named(tmp_path, text, place):
    with pytest.raises(InputError) as caught:
        overlay(replace(BASE, measure=(DRAIN,)), _write(tmp_path, text))
    assert place in caught.value.place


def test_a_base_is_a_word_a_file_or_a_run_folder(tmp_path):
    assert read_base("default") == Scenario()
    folder = tmp_path / "run"
    folder.mkdir()
    path = _write(folder, tomli_w.dumps(BASE.resolved()), "scenario.toml")
    assert read_base(str(folder)) == read_base(str(path)) == BASE
    for wrong in (tmp_path, tmp_path / "gone.toml"):
        with pytest.raises(InputError):
            read_base(str(wrong))
