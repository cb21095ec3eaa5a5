"""Replicates of a drill: seeds, bands, and the same bytes however many processes run them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.schema.drills import REPLICATES
from sim import drill_jobs
from sim.command import books
from sim.command.circles import response_circles
from sim.command.incident import run_incident
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.drill_jobs import run_variants
from sim.replicates import BAND_COUNTS, Judgement, replicate_seeds, run_replicates
from tests.command_case import WEST, drill_setup, order


def _setup() -> DrillSetup:
    return drill_setup(order("leave", 1.0, WEST), until_s=3600.0)


def _judge(setup: DrillSetup, record: DrillRecord) -> Judgement:
    return Judgement(deaths=setup.seed / 2, readiness=float(record.outcome.final("sheltered") % 100))


def test_seeds_are_apart_and_more_replicates_only_add_some() -> None:
    seeds = replicate_seeds(1, 200)
    assert len(set(seeds)) == 200
    assert replicate_seeds(1, 5) == seeds[:5]
    assert set(seeds).isdisjoint(replicate_seeds(2, 200))


def test_a_replicate_is_the_drill_under_its_seed() -> None:
    found = run_replicates(_setup(), 3, judge=_judge)
    assert found.table.columns.tolist() == list(REPLICATES.names)
    assert found.table["seed"].tolist() == replicate_seeds(1, 3)
    assert found.table["deaths"].tolist() == [seed / 2 for seed in found.table["seed"]]
    second = run_incident(drill_setup(order("leave", 1.0, WEST), until_s=3600.0, seed=int(found.table["seed"][1])))
    assert found.table["arrived"][1] == second.outcome.final("sheltered") > 0
    assert found.table["t50_min"][1] == second.outcome.t50_s / 60.0
    assert found.table["t50_min"].nunique() == 3  # other draws, other times


def test_bands_hold_all_replicates_between_them() -> None:
    """Of five runs the 5 % and 95 % quantiles are the least and the most, the median the third."""
    setup, made = _setup(), []
    found = run_replicates(setup, 5)
    run_variants(_keep_in(made), setup, [{"seed": seed} for seed in replicate_seeds(1, 5)], workers=1)
    for name in BAND_COUNTS:
        all_five = np.sort(np.stack([one.outcome.timeline[name] for one in made]), axis=0)
        for row, cut in ((0, "p05"), (2, "p50"), (4, "p95")):
            np.testing.assert_array_equal(found.timeline[f"{name}_{cut}"], all_five[row])
    assert found.timeline["time_s"].tolist() == made[0].outcome.timeline["time_s"].tolist()


def test_response_circles_are_searched_once_for_all_variants(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """They depend on roads, water, teams and people, which no variant changes."""
    searched, made = [], []

    def count(setup: DrillSetup) -> pd.DataFrame:
        searched.append(setup)
        return response_circles(setup)

    for room in (drill_jobs, books):
        monkeypatch.setattr(room, "response_circles", count)
    setup = drill_setup(order("leave", 1.0, WEST), until_s=1800.0, teams=True)
    run_variants(_keep_in(made), setup, [{"seed": seed} for seed in (2, 3, 4)], workers=1)
    assert len(searched) == 1
    alone = run_incident(replace(setup, seed=3))
    assert len(alone.circles) > 0
    pd.testing.assert_frame_equal(made[1].circles, alone.circles)


def _keep_in(made: list[DrillRecord]):  # type: ignore[no-untyped-def]
    return lambda setup, record: made.append(record)


@pytest.mark.slow
def test_the_same_bytes_whatever_the_number_of_processes() -> None:
    one, two, three = (run_replicates(_setup(), 4, judge=_judge, workers=workers) for workers in (1, 2, 3))
    for other in (two, three):
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
        pd.testing.assert_frame_equal(one.timeline, other.timeline, check_exact=True)
    assert one.table.to_csv().encode() == two.table.to_csv().encode()


def test_no_replicates_is_an_error() -> None:
    with pytest.raises(ValueError, match="count"):
        run_replicates(_setup(), 0)
