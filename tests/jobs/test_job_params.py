"""Params of jobs: what is taken, and that nothing hostile gets any further; each refusal names its place."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.jobs.asked import AdequacyAsked, DrillAsked, SitingAsked, read_asked
from api.jobs.limits import Limits
from api.jobs.registry import Registry
from api.jobs.task import JOB_KINDS, Task, check_id, new_id, params_sha256
from data.errors import InputError
from sim.scenario import Scenario, read_scenario
from tests.jobs.job_case import DRILL

LIMITS = Limits(samples=("small",), water_h=24.0, replicates=10, waiting_per_key=2, minutes=5.0)
SERIES = [[0, 0], [1800, 60.5], [3600, 0]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Registry:
    home = tmp_path_factory.mktemp("home")
    (home / "cities" / "tiny").mkdir(parents=True)
    (home / "cities" / "tiny" / "city.toml").write_text('name = "t"\n')
    (home / "rain").mkdir()
    (home / "rain" / "july.csv").write_text("time_s,rain_mm_h\n0,1\n60,0\n")
    (home / "secret.csv").write_text("time_s,rain_mm_h\n0,1\n60,0\n")
    return Registry(home)


def ask(registry: Registry, kind: str = "drill", **params: Any) -> Any:
    return read_asked(kind, params, registry, LIMITS)


def refused(registry: Registry, kind: str = "drill", **params: Any) -> InputError:
    with pytest.raises(InputError) as error:
        ask(registry, kind, **params)
    assert "/" not in error.value.file
    return error.value


def test_an_empty_request_is_the_drill_of_the_sample_city(registry):
    asked = ask(registry)
    assert isinstance(asked, DrillAsked)
    assert replace(asked.scenario) == asked.scenario
    assert asked.scenario.resolved() == Scenario().resolved()


def test_a_scenario_is_that_of_its_file(registry, tmp_path):
    said = {
        "seed": 5, "start": "2026-07-01T08:00:00+08:00", "storm": {"return_period_a": 20}, "plan": {"stay": "long"},
        "order": [{"kind": "leave", "at_min": 10, "areas": ["510101"]}],
    }  # fmt: skip
    file = tmp_path / "s.toml"
    file.write_text(
        'seed = 5\nstart = 2026-07-01T08:00:00+08:00\n[storm]\nreturn_period_a = 20\n[plan]\nstay = "long"\n'
        '[[order]]\nkind = "leave"\nat_min = 10\nareas = ["510101"]\n'
    )
    assert ask(registry, scenario=said).scenario.resolved() == read_scenario(file).resolved()


def test_a_city_and_rain_go_by_their_registered_names(registry):
    asked = ask(registry, scenario={"city": {"name": "tiny"}, "storm": {"rain": "july"}})
    assert (asked.scenario.city, asked.scenario.storm.series) == (Path("cities/tiny"), Path("rain/july.csv"))
    told = asked.scenario.resolved()
    assert told["city"] == {"path": "../../cities/tiny"}  # from home/jobs/<id>: wherever home lies
    assert told["storm"]["series"] == "../../rain/july.csv"


def test_no_city_is_the_city_served_where_there_is_one(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "city.toml").write_text('name = "t"\n')
    registry = Registry(tmp_path)
    assert ask(registry).scenario.city is None
    registry.serve_city(tmp_path / "pack")
    assert ask(registry).scenario.city == Path("cities/served")
    assert ask(registry, scenario={"city": {"sample": "small"}}).scenario.city is None
    registry.serve_city(None)
    assert ask(registry).scenario.city is None


def test_inline_rain_is_kept_with_the_result(registry, tmp_path):
    params = {"scenario": {"storm": {"series": SERIES, "lead_min": 0}}}
    asked = read_asked("drill", params, registry, None, tmp_path / "inputs")
    assert (tmp_path / "inputs" / "rain.csv").read_text() == "time_s,rain_mm_h\n0.0,0.0\n1800.0,60.5\n3600.0,0.0\n"
    assert asked.scenario.resolved()["storm"]["series"] == "inputs/rain.csv"


HOSTILE = [
    ({"city": {"path": "/etc"}}, "scenario.city.path"),
    ({"city": {"name": "../../etc"}}, "scenario.city.name"),
    ({"city": {"name": ".."}}, "scenario.city.name"),
    ({"city": {"name": "tiny/"}}, "scenario.city.name"),
    ({"city": {"name": ["tiny"]}}, "scenario.city.name"),
    ({"city": {"name": "tiny", "sample": "small"}}, "scenario.city.sample"),
    ({"city": {"sample": "megacity"}}, "scenario.city.sample"),
    ({"city": "tiny"}, "scenario.city"),
    ({"storm": {"series": "/etc/passwd"}}, "scenario.storm.series"),
    ({"storm": {"series": []}}, "scenario.storm.series"),
    ({"storm": {"series": [[0, 1], [0, 2], [60, 0]]}}, "scenario.storm.series"),
    ({"storm": {"series": [[0, -1], [60, 0]]}}, "scenario.storm.series"),
    ({"storm": {"series": [[0, 1e300], [60, 0]]}}, "scenario.storm.series.0.1"),
    ({"storm": {"series": [[0, 1, 2], [60, 0]]}}, "scenario.storm.series.0"),
    ({"storm": {"series": [[0, True], [60, 0]]}}, "scenario.storm.series.0"),
    ({"storm": {"series": SERIES, "rain": "july"}}, "scenario.storm.rain"),
    ({"storm": {"rain": "july", "return_period_a": 5}}, "scenario.storm.return_period_a"),
    ({"storm": {"rain": "../secret"}}, "scenario.storm.rain"),
    ({"storm": {"grid": "x.nc"}}, "scenario.storm.grid"),
    ({"storm": {"return_period_a": 1e9}}, "scenario.storm"),
    ({"storm": {"duration_min": 1e12}}, "scenario.storm"),
    ({"drill": {"plans": "/etc/passwd"}}, "scenario.drill.plans"),
    ({"drill": {"replicates": 11}}, "scenario.drill.replicates"),
    ({"flood": {"threads": 2}}, "scenario.flood.threads"),
    ({"flood": {"duration_h": 25}}, "scenario.flood.duration_h"),
    ({"flood": {"duration_h": 1e400}}, "scenario.flood.duration_h"),
    ({"start": "2026-07-01T08:00:00"}, "scenario.start"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "scenario.start"),
    ({"start": 5}, "scenario.start"),
    ({"seed": -1}, "scenario.seed"),
    ({"seed": 2**31}, "scenario.seed"),
    ({"seed": 10**400}, "scenario.seed"),
    ({"sede": 1}, "scenario.sede"),
    ({"name": "a\x00b"}, "scenario.name"),
    ({"name": "\ud800"}, "scenario.name"),
    ({"name": "x" * 3000}, "scenario.name"),
    ({"name": None}, "scenario.name"),
    ({"order": [{"kind": "leave", "at_min": 1, "areas": []}]}, "scenario.order.0.areas"),
    ({"measure": [{}] * 30_000}, "scenario.measure"),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "place"), HOSTILE, ids=[f"{place}-{k}" for k, (_, place) in enumerate(HOSTILE)])
def test_hostile_scenarios_are_refused_with_their_place(registry, scenario, place):
    assert refused(registry, scenario=scenario).place == place


@pytest.mark.parametrize("params", [[], "x", None, 3])
def test_a_request_is_an_object(registry, params):
    with pytest.raises(InputError, match="not a request"):
        read_asked("drill", params, registry)


def test_depth_is_bounded(registry):
    deep: Any = 1
    for _ in range(500):
        deep = {"a": deep}
    assert "nested too deep" in str(refused(registry, scenario=deep))


def test_what_a_study_asks_for(registry):
    asked = ask(
        registry, "adequacy", storms=[{"return_period_a": 5}, {"return_period_a": 50}], stay="long", target_m2=2,
        add=[{"id": "N1", "area_m2": 900, "indoor": True}], remove=["S1"], resize={"S2": 800},
    )  # fmt: skip
    assert isinstance(asked, AdequacyAsked)
    assert [storm.return_period_a for storm in asked.storms] == [5.0, 50.0]
    assert (asked.stay, asked.remove, asked.resize) == ("long", ("S1",), (("S2", 800.0),))
    assert refused(registry, "adequacy", storms=[{"return_period_a": 5}] * 2).place == "storms.1"
    assert refused(registry, "adequacy", add=[{"id": [1]}]).place == "add.0.id"
    assert refused(registry, "adequacy", target_m2=1e6).place == "target_m2"
    assert refused(registry, "adequacy", storm="50a").place == "storm"


def test_what_a_siting_asks_for(registry):
    asked = ask(registry, "siting", count=3, limits={"510101": 1}, time_limit_s=10)
    assert isinstance(asked, SitingAsked)
    assert (asked.count, asked.area_limits, asked.time_limit_s) == (3, (("510101", 1),), 10.0)
    assert ask(registry, "siting").count == 23
    assert ask(registry, "siting", budget=100).count is None
    assert refused(registry, "siting", count=0).place == "count"
    assert refused(registry, "siting", time_limit_s=1e6).place == "time_limit_s"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("city", "storm", "flood", "plan", "drill", "order", "measure", "start", "seed", "name")


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(JOB_KINDS), st.dictionaries(st.sampled_from(KEYS), PLAIN, max_size=4), PLAIN)
def test_anything_is_either_read_or_refused(registry, kind, scenario, other):
    for params in ({"scenario": scenario}, {"scenario": other}, {"storms": other}, {"add": other}, other):
        with contextlib.suppress(InputError):  # any other error is a fault of ours
            read_asked(kind, params, registry, LIMITS)


def test_a_task_survives_its_line_and_ids_make_no_paths():
    task = Task(new_id(), "drill", DRILL, 3)
    assert Task.from_json(task.to_json()) == task
    for bad in ("", "../x", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"):
        with pytest.raises(InputError):
            check_id(bad)


def test_the_hash_of_params_knows_no_order_of_keys():
    turned = json.loads(json.dumps({"b": 1, "a": {"d": 2, "c": [1, 2]}}))
    assert params_sha256("drill", turned) == params_sha256("drill", {"a": {"c": [1, 2], "d": 2}, "b": 1})
    assert params_sha256("drill", turned) != params_sha256("adequacy", turned)
