"""Replicates are judged as the drill itself is."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from data.rules_file import load_rules
from sim import replicates as replicates_module
from sim import run as run_module
from sim.after_action.plans import read_plans
from sim.after_action.review import review
from sim.run import run
from sim.scenario import Drill, Flood, Scenario, Storm
from tests.tiny_city import tiny_city

SCENARIO = Scenario(
    storm=Storm(lead_min=30.0), flood=Flood(duration_h=2.0), drill=Drill(worth=False, replicates=2), seed=5
)


def test_a_replicate_under_the_seed_of_the_drill_has_its_deaths_and_its_readiness(monkeypatch) -> None:
    monkeypatch.setattr(run_module, "load_city", lambda _: tiny_city())
    monkeypatch.setattr(replicates_module, "replicate_seeds", lambda seed, count: [SCENARIO.seed, SCENARIO.seed + 1])
    result = run(SCENARIO)
    assert result.record is not None
    assert result.replicates is not None
    table = result.replicates.table
    found = review(result, result.record, load_rules(), plans=read_plans())
    assert table["readiness"][0] == found.readiness.score
    assert 0.0 < table["readiness"][1] <= 100.0
    assert round(table["deaths"][0], 2) == result.summary["evacuation"]["casualties_expected"]
    bands = review(
        result, result.record, load_rules(), plans=read_plans(), replicates=table, spread=result.replicates.timeline
    ).bands
    assert "readiness" in set(bands["figure"])


def test_a_judge_can_be_sent_to_another_process(monkeypatch) -> None:
    monkeypatch.setattr(run_module, "load_city", lambda _: tiny_city())
    met = {}

    def catch(setup, count, *, judge, tell):
        met.update(setup=setup, judge=judge)

    monkeypatch.setattr(run_module, "run_replicates", catch)
    result = run(SCENARIO)
    assert met["judge"].result.flood.depth.size == 0  # frames would be sent to every process
    sent = pickle.loads(pickle.dumps(met["judge"]))
    assert sent(met["setup"], result.record) == met["judge"](met["setup"], result.record)


def test_deaths_and_readiness_follow_what_people_did(monkeypatch) -> None:
    """With nobody told to leave, nobody is in a shelter: other figures, by the same judge."""
    monkeypatch.setattr(run_module, "load_city", lambda _: tiny_city())
    monkeypatch.setattr(replicates_module, "replicate_seeds", lambda seed, count: [SCENARIO.seed])
    silent = replace(SCENARIO, evacuation=replace(SCENARIO.evacuation, orders="none"))
    tables = [run(one).replicates.table for one in (SCENARIO, silent)]  # type: ignore[union-attr]
    assert tables[0]["deaths"][0] <= tables[1]["deaths"][0]
    assert tables[0]["readiness"][0] != pytest.approx(tables[1]["readiness"][0])
