"""Siting on the tiny city: what the storm leaves out stays out, tables add up, bad questions are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.readers.columns import fill_absent
from data.schema import CANDIDATES, SITING, SITING_AREAS, SITING_FRONT, City
from sim.siting import find_sites, prepare_sites, sites_of_study
from sim.siting_result import Siting, SitingQuestion
from sim.storm_water import StormWater
from tests import planning_case as case

COVER_M = 600.0


def question(**change: object) -> SitingQuestion:
    asked = SitingQuestion(count=2, budget=None, area_limits=(), cover_m=COVER_M, time_limit_s=30.0)
    return replace(asked, **change)  # type: ignore[arg-type]


def more_candidates(city: City) -> City:
    """Five halls along the north: 100, 200 ... places at 2 m2; the third is in a floodplain, the fifth not fit."""
    assert city.candidates is not None
    count = 5
    x, y = city.grid.west_m + 105.0 + 100.0 * np.arange(count), np.full(count, city.grid.south_m + 455.0)
    frame = pd.DataFrame(
        {
            "id": [f"H{k}" for k in range(count)], "name": "新馆", "name_en": "New Hall", "lon": 104.0, "lat": 30.6,
            "site_type": "building", "area_m2": 200.0 * (1 + np.arange(count)), "indoor": True,
            "in_floodplain": np.arange(count) == 2, "fit_for_waterlogging": np.arange(count) != 4,
            "open_year": 2031.0, "cost": [10.0, 20.0, 5.0, np.nan, 1.0], "source": "synthetic", "x_m": x, "y_m": y,
        }
    )  # fmt: skip
    return replace(city, candidates=pd.concat([city.candidates, fill_absent(frame, CANDIDATES)], ignore_index=True))


def storm(**more: object) -> StormWater:
    """S4 and C2, both in the hollow, under water after ten minutes."""
    water, city = case.water(wet_sites={"S4": 600.0}, **more), case.city()  # type: ignore[arg-type]
    assert city.candidates is not None
    row = city.candidates.set_index("id").loc["C2"]
    water.site_limit_s[city.grid.cell_of(np.array([row["x_m"]]), np.array([row["y_m"]]))] = 600.0
    return water


def answer(asked: SitingQuestion, **more: object) -> Siting:
    return sites_of_study(case.study(storm(**more), place=more_candidates(case.city())), asked)


def test_what_the_storm_leaves_out_is_never_chosen() -> None:
    """C1 lies under the sky, C2 is flooded (so is S4), H2 is in a floodplain, H4 is not fit: H0, H1 and H3 are left."""
    found = answer(question(count=7))
    rows = found.candidates.set_index("id")
    assert rows["excluded"].to_dict() == {
        "C1": "open_air", "C2": "flooded", "H0": "", "H1": "", "H2": "floodplain", "H3": "", "H4": "not_fit",
    }  # fmt: skip
    assert set(rows.index[rows["chosen"]]) <= {"H0", "H1", "H3"}
    assert rows.loc[["C1", "C2", "H2", "H4"], ["served_alone", "served_gain", "assigned"]].to_numpy().sum() == 0
    assert found.existing.set_index("id")["excluded"].to_dict() == {
        "S1": "",
        "S2": "open_air",
        "S3": "",
        "S4": "flooded",
    }
    assert found.storm.label == "test"


def test_tables_add_up() -> None:
    found = answer(question())
    for table, schema in (
        (found.candidates, SITING), (found.areas, SITING_AREAS), (found.front, SITING_FRONT),
    ):  # fmt: skip
        assert tuple(table.columns) == tuple(schema.names)
    chosen = found.candidates[found.candidates["chosen"]]
    assert list(found.candidates["rank"]) == list(range(1, 8))
    assert found.candidates["chosen"].iloc[: len(chosen)].all()
    assert chosen["served_gain"].is_monotonic_decreasing
    assert 1 <= len(chosen) <= 2
    served = found.proof.served
    assert found.people == 36 * 50
    assert found.served_before < served <= found.proof.served_bound <= found.people
    assert (chosen["assigned"] <= chosen["capacity"]).all()
    city, street = (found.areas[found.areas["level"] == level] for level in ("city", "street"))
    for name in ("people", "chosen", "without_place_before", "without_place_after", "added_m2"):
        assert street[name].sum() == city[name].iloc[0]
    assert city["without_place_before"].iloc[0] == found.people - found.served_before
    assert city["without_place_after"].iloc[0] == found.people - served
    assert city["added_m2"].iloc[0] == chosen["effective_m2"].sum()
    assert city["m2_per_person_before"].iloc[0] == pytest.approx(2400.0 / 1800.0, abs=1e-4)
    assert len(found.shapes) == len(found.areas)
    assert found.front["without_place"].iloc[-1] <= found.people - served
    assert found.front["without_place"].is_monotonic_decreasing
    assert found.front["bound"].le(found.front["without_place"]).all()
    assert found.proof.objective >= found.proof.bound > 0.0
    assert found.proof.greedy_objective >= found.proof.objective
    priced = found.candidates.set_index("id")["cost"]
    assert priced["H3"] == pytest.approx(800.0 * case.rules().number("shelters.site_cost_per_m2"))  # it states none


def test_the_two_largest_halls_fill_up() -> None:
    """1,800 people have 100 places at S1 and 200 at S3; H1 and H3 bring 200 and 400."""
    found = answer(question())
    rows = found.candidates[found.candidates["chosen"]].set_index("id")
    assert rows["assigned"].to_dict() == {"H3": 400, "H1": 200}
    assert rows["served_gain"].to_dict() == rows["served_alone"].to_dict() == {"H3": 400, "H1": 200}
    assert found.served_before == 300
    assert found.proof.served == found.proof.served_bound == 900
    assert found.proof.stopped == "optimal"


def test_budget_and_area_limits() -> None:
    """H0 costs 10, H1 20 and H3 40 by its area; H3 lies east of x = 300 m, H0 and H1 west."""
    dear = answer(question(count=None, budget=35.0))
    assert set(dear.candidates.loc[dear.candidates["chosen"], "id"]) == {"H0", "H1"}
    assert dear.front["cost"].is_monotonic_increasing
    east = answer(question(count=3, area_limits=(("510102", 0),)))
    assert set(east.candidates.loc[east.candidates["chosen"], "id"]) == {"H0", "H1"}
    one = answer(question(count=3, area_limits=(("510100", 1),)))
    assert set(one.candidates.loc[one.candidates["chosen"], "id"]) == {"H3"}


def test_flooded_roads_take_people_out_of_reach() -> None:
    """Every way is longer or gone where edges are closed, so no fewer people are left without a place."""
    dry = answer(question(cover_m=250.0))
    edges = dict.fromkeys(range(200), 600.0)
    wet = answer(question(cover_m=250.0), flooded_edges=edges)
    assert wet.proof.served < dry.proof.served


def test_distances_are_metres_from_door_to_door() -> None:
    study = case.study(case.water(), place=more_candidates(case.city()))
    prepared = prepare_sites(study, question(cover_m=200.0), 1)
    problem = prepared.problem
    assert problem.distance_m.max() <= 200
    at = study.places(prepared.sites)
    for pair in range(0, len(problem.site), 7):
        j = int(problem.site[pair])
        block = int(np.flatnonzero(problem.group == problem.pair_group[pair])[0])
        people = study.city.people
        assert people is not None
        apart = abs(people["x_m"].iloc[block] - prepared.sites["x_m"].iloc[j]) + abs(
            people["y_m"].iloc[block] - prepared.sites["y_m"].iloc[j]
        )
        # streets run along the axes; access to the road at either end may turn back by its own length
        slack = 2.0 * (study.blocks.access_m[block] + at.access_m[j]) + 1.0
        assert abs(problem.distance_m[pair] - apart) <= slack


@pytest.mark.parametrize(
    ("change", "place", "value"),
    [
        ({"count": 0}, "count", "0"),
        ({"count": None}, "question", "nothing limits"),
        ({"budget": 0.5}, "budget", "0.5"),
        ({"budget": float("nan")}, "budget", "nan"),
        ({"cover_m": 0.0}, "cover_m", "0.0"),
        ({"time_limit_s": float("inf")}, "time_limit_s", "inf"),
        ({"area_limits": (("51010", 1),)}, "area limit", "51010"),
        ({"area_limits": (("510101", -1),)}, "area limit of 510101", "-1"),
    ],
)
def test_a_bad_question_is_refused_before_any_flood(change: dict[str, object], place: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        find_sites(more_candidates(case.city()), case.scenario(), case.rules(), question(**change))
    assert caught.value.place == place
    assert value in str(caught.value)
    assert caught.value.expected


def test_a_city_without_candidates_and_candidates_twice() -> None:
    city = more_candidates(case.city())
    assert city.candidates is not None
    for broken, value in (
        (replace(city, candidates=None), "no candidates"),
        (replace(city, candidates=city.candidates.iloc[:0]), "no candidates"),
        (replace(city, roads=None), "no roads"),
        (replace(city, people=None), "no people"),
        (replace(city, candidates=pd.concat([city.candidates, city.candidates.iloc[[3]]])), "'H1'"),
        (replace(city, candidates=city.candidates.replace({"id": {"H1": "S3"}})), "'S3'"),
    ):
        with pytest.raises(InputError, match=value):
            find_sites(broken, case.scenario(), case.rules(), question())


def test_nothing_to_choose_from_is_an_answer() -> None:
    """All candidates under water: nobody more is served, and that is proven."""
    place = case.city()
    assert place.candidates is not None
    study = case.study(storm(), place=place)
    found = sites_of_study(study, question())
    assert not found.candidates["chosen"].any()
    assert found.proof.served == found.proof.served_bound == found.served_before == 300
    assert found.proof.gap == 0.0
    assert len(found.front) == 1
