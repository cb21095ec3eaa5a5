from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.run_folder import check_output
from data.schema import ADEQUACY, ADEQUACY_BLOCKS, ADEQUACY_CURVE, ADEQUACY_SITES, ADEQUACY_YEARS, AID, STAGES
from shelters.sites import closing_time, flooded
from sim.adequacy import areas_after, assess, assess_study
from sim.adequacy_areas import deadline_min
from sim.adequacy_trends import target_of_year
from sim.flooding import flood_city
from sim.rulebook import site_limits
from sim.run import end_of_run
from sim.scenario import Storm, parse_storm
from sim.storm import make_rain
from sim.storm_view import StormView
from sim.storm_water import storm_labels, storm_water
from sim.what_if import Changes
from tests.planning_case import city, rules, scenario, study, water

ADDS_UP = (
    "people", "people_day", "people_night", "sites", "sites_used", "effective_m2", "dry_m2", "storm_m2",
    "without_place", "at_risk", "at_risk_without_place", "coping_gap",
)  # fmt: skip
DANGER = np.where(np.arange(36) % 5 == 0, 20.0, 0.0)


def of_city(table, name):
    return table.loc[table["level"] == "city", name].iloc[0]


def test_every_table_keeps_to_its_schema():
    told = assess_study(study(water(danger=DANGER, wet_sites={"S4": 900.0}, flooded_edges={3: 600.0, 4: 900.0})))
    for table, frame in (
        (ADEQUACY, told.areas), (ADEQUACY_SITES, told.sites), (ADEQUACY_BLOCKS, told.blocks),
        (ADEQUACY_CURVE, told.curve), (ADEQUACY_YEARS, told.years), (AID, told.aid),
        (STAGES, told.stages),
    ):  # fmt: skip
        check_output(table, frame)
    assert list(told.shapes["code"]) == list(told.areas["code"])


def test_figures_by_hand():
    """1,800 people at night; 2,400 m2 of shelter; a wet school of 800 m2, a park of 1,000 m2 without a roof."""
    table = assess_study(study(water(wet_sites={"S4": 900.0}))).areas
    assert of_city(table, "people") == 1800
    assert of_city(table, "m2_per_person") == pytest.approx(2400 / 1800, abs=1e-4)
    assert of_city(table, "dry_m2") == 1600.0
    assert of_city(table, "storm_m2") == 600.0
    assert of_city(table, "sites") == 4
    assert of_city(table, "sites_used") == 2
    assert of_city(table, "without_place") == 1800 - 300  # 100 places in the school, 200 in the hall
    assert of_city(table, "deficit_m2") == pytest.approx(2 * 1800 - 1600, abs=0.1)
    assert of_city(table, "deficit_persons") == 1800 - 800
    assert of_city(table, "deficit_sites") == 1
    assert not of_city(table, "target_ok")


def test_a_city_at_its_target_meets_it():
    """2.0 m2 for each of 1,800 people is 3,600 m2: equal counts."""
    resized = Changes(resize=(("S2", 2200.0),))
    table = areas_after(study(water()), resized)
    assert of_city(table, "m2_per_person") == 2.0
    assert of_city(table, "target_ok")


def test_streets_add_up_to_the_city():
    table = assess_study(study(water(danger=DANGER, flooded_edges=dict.fromkeys(range(0, 60, 3), 600.0)))).areas
    streets = table[table["level"] == "street"]
    for name in ADDS_UP:
        assert streets[name].sum() == pytest.approx(of_city(table, name), abs=1e-6), name


def test_the_dry_day_counts_every_open_site():
    told = assess_study(study())
    assert [case.label for case in told.storms] == ["dry"]
    assert of_city(told.areas, "without_place") == 1800 - 1200
    assert (told.areas["at_risk"] == 0).all()


def test_practice_never_serves_more_and_the_fair_plan_never_walks_farther_at_worst():
    told = assess_study(study(water()), stay="temporary").practice
    assert told["nearest_with_room"]["served"] <= told["ours"]["served"] == told["fair"]["served"]
    assert told["fair"]["worst_min"] <= told["ours"]["worst_min"]
    assert told["ours"]["walk_person_min"] <= told["fair"]["walk_person_min"]


def test_stages_count_everybody_in_danger_once():
    """160 people in danger; half of those in a site need a fixed one, a fifth of these a central one."""
    told = assess_study(study(water(danger=DANGER))).stages.set_index("stage")
    assert list(told.index) == ["emergency", "fixed", "central"]
    assert told.loc["emergency", "people"] == 160
    assert told.loc["emergency", "moved"] == 160
    assert told.loc["fixed", "people"] == 160
    assert told.loc["fixed", "home"] == 80
    for _, row in told.iterrows():
        assert row["people"] == row["home"] + row["kept"] + row["moved"] + row["without_place"]
    assert told.loc["fixed", "sites"] == 0  # the tiny sites are too small for a short stay
    assert told.loc["fixed", "without_place"] == 80
    assert assess_study(study(water())).stages.empty


def test_a_city_without_an_area_of_its_own_has_a_curve_of_its_parts():
    place = city()
    streets = place.areas[place.areas["level"] != "city"].reset_index(drop=True)
    floods = (water(10.0, label="a"), water(50.0, wet_sites={"S4": 900.0}, danger=DANGER, label="b"))
    whole = assess_study(study(*floods)).curve
    summed = assess_study(study(*floods, place=replace(place, areas=streets))).curve
    figures = [name for name in ADEQUACY_CURVE.names if name not in ("code", "name", "name_en", "return_period_a")]
    one, other = (table.loc[table["level"] == "city", figures].reset_index(drop=True) for table in (whole, summed))
    assert other["m2_per_person"].tolist() == one["m2_per_person"].tolist()
    for name in figures[2:]:
        if name != "level":
            # scores of two streets and of the city are each rounded to a thousandth
            assert other[name].to_numpy(float) == pytest.approx(one[name].to_numpy(float), abs=1.6e-3), name
    assert (summed.loc[summed["level"] == "city", "code"] == "").all()


def test_the_path_of_the_plan():
    values = [target_of_year(year, rules()) for year in (2019, 2020, 2021, 2023, 2025, 2030)]
    assert values == [1.5, 1.5, 1.6, 1.8, 2.0, 2.0]


def test_a_site_counts_from_its_year():
    place = city()
    late = place.shelters.assign(open_year=[np.nan, 2024.0, np.nan, 2030.0])
    told = assess_study(study(place=replace(place, shelters=late)))
    years = told.years[told.years["level"] == "city"].set_index("year")["effective_m2"]
    assert years.index[-1] == 2030
    assert years[2020] == 600.0
    assert years[2024] == 1600.0
    assert years[2030] == 2400.0
    assert of_city(told.areas, "effective_m2") == 1600.0  # in the year of the scenario


def test_a_site_of_the_pack_and_a_planned_one_are_judged_alike():
    """The map of first flooding must say of each site what the watch of a drill says."""
    asked, place = scenario(), city()
    rain = make_rain(asked.storm, place.grid, rules())
    flood = flood_city(asked, place, rain, rules(), end_of_run(asked, place, rain, rules()), lambda done: None)
    wet = flooded(flood.watch.stacked("site_depth"), flood.watch.stacked("site_class"), site_limits(rules()))
    watched = closing_time(np.array(flood.watch.time_s), wet)
    view = StormView(study(storm_water(asked, place, rules())), place.shelters, 1, "short")
    assert np.isfinite(watched).any()
    assert np.array_equal(view.use.wet_s, watched)


@pytest.mark.parametrize("layer", ["people", "shelters", "roads"])
def test_a_city_without_what_it_is_about_is_refused(layer):
    with pytest.raises(InputError, match=layer):
        assess(replace(city(), **{layer: None}), scenario(), rules())


edges = st.dictionaries(st.integers(0, 263), st.sampled_from([0.0, 600.0, 3000.0]), max_size=40)
wet = st.dictionaries(st.sampled_from(["S1", "S2", "S3", "S4"]), st.sampled_from([300.0, 3000.0]), max_size=3)


@settings(max_examples=15, deadline=None)
@given(edges, wet, edges, wet)
def test_more_water_never_leaves_more_shelter(less_edges, less_wet, more_edges, more_wet):
    little = water(flooded_edges=less_edges, wet_sites=less_wet)
    much = water(60.0, flooded_edges=more_edges | less_edges, wet_sites=more_wet | less_wet)
    case = study(little, much)
    views = [StormView(case, city().shelters, number, "short") for number in (1, 2)]
    areas = [assess_study(study(one)).areas for one in (little, much)]
    for name in ("dry_m2", "storm_m2", "in_reach_storm", "sites_used"):
        assert (areas[1][name] <= areas[0][name]).all(), name
    assert views[1].everyone.unserved.sum() >= views[0].everyone.unserved.sum()
    assert (views[1].routes <= views[0].routes).all()


@settings(max_examples=15, deadline=None)
@given(edges, wet, st.floats(20.0, 5000.0))
def test_another_site_never_leaves_more_people_without(closed, flooded_sites, area_m2):
    case = study(water(flooded_edges=closed, wet_sites=flooded_sites, danger=DANGER))
    site = city().candidates.iloc[[0]].drop(columns="cost").assign(area_m2=area_m2, indoor=True)
    before, after = assess_study(case).areas, assess_study(case, changes=Changes(add=site)).areas
    quick = areas_after(case, Changes(add=site))
    assert of_city(quick, "without_place") == of_city(after, "without_place")
    assert of_city(after, "without_place") <= of_city(before, "without_place")
    assert of_city(after, "at_risk_without_place") <= of_city(before, "at_risk_without_place")
    for name in ("effective_m2", "dry_m2", "storm_m2", "in_reach_storm"):
        assert (after[name] >= before[name]).all(), name
    assert (after["risk_score"] <= before["risk_score"]).all()
    assert (after["deficit_m2"] <= before["deficit_m2"]).all()


def test_a_city_in_which_nobody_is_at_that_hour_is_refused():
    """Nobody has too little: "0.00 m2 per person, below 2.0" would be a wrong answer to a question without one."""
    people = city().people.assign(population_night=0)
    with pytest.raises(InputError, match="nobody is in the city at night"):
        assess(replace(city(), people=people), scenario(), rules())


def test_a_deadline_is_never_rounded_up():
    """58 min 35 s are 58.58 min: told as 58.6 they would be a second too late."""
    told = deadline_min(np.array([58 * 60 + 35.0, 3600.0, 6.0 * 7, np.inf]))
    assert told[:3].tolist() == [58.5, 60.0, 0.7]
    assert np.isnan(told[3])


def test_rain_files_of_one_name_can_be_told_apart():
    storms = [Storm(series=Path("may/rain.csv")), Storm(series=Path("june/rain.csv")), Storm(series=Path("a/b.csv"))]
    assert storm_labels(storms) == ["may/rain.csv", "june/rain.csv", "b.csv"]
    assert storm_labels([Storm(series=Path("b.csv"), uplift=3.0)]) == ["b.csv x 3"]  # not the rain of the file alone
    assert storm_labels([Storm(), Storm(uplift=1.2)]) == ["50a/120min", "50a/120min x 1.2"]


def test_the_scenario_of_a_study_names_the_storm_that_was_studied(monkeypatch):
    """Its tables are of the wettest storm asked for; the summary and scenario.toml must not name another."""
    storms = [parse_storm("100a/120min"), parse_storm("20a/60min")]
    monkeypatch.setattr("sim.study.run_jobs", lambda *_, **__: [water(80.0), water(30.0)])
    assert assess(city(), scenario(), rules(), storms=storms).scenario == replace(scenario(), storm=storms[0])
    monkeypatch.setattr("sim.study.run_jobs", lambda *_, **__: [])
    assert assess(city(), scenario(), rules()).scenario == scenario()
