"""What a drill shows: nobody is lost between tables, lessons come by people, worth and bands are those given."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.after_action.plans import read_plans
from sim.after_action.review import bands, review, with_worth
from sim.after_action.stranded import stranded_places
from tests.api.after_action_factory import (
    DONGQIAO,
    make_after_action,
    make_outcome,
    make_record,
    make_replicates,
    make_timeline,
    make_worth,
)
from tests.api.result_factory import make_result

RULES = load_rules()


@pytest.fixture(scope="module")
def found():
    return make_after_action()


def lesson(found, kind: str):
    return next((one for one in found.lessons if one.kind == kind), None)


def test_the_timeline_of_the_factory_is_exact() -> None:
    line = make_timeline()
    places = line.drop(columns=["time_s", "ordered", "unordered"]).sum(axis=1)
    assert (places == line["ordered"] + line["unordered"]).all()
    assert (line.to_numpy() >= 0).all()


def test_everybody_who_is_stuck_is_at_one_place_for_one_reason(found) -> None:
    line = found.record.outcome.timeline.iloc[-1]
    assert found.stranded["persons"].sum() == line["stranded"] + line["turned_away"]
    assert found.stranded["persons"].is_monotonic_decreasing
    assert set(found.stranded["place"]) <= set(found.result.areas["name"])


def test_a_person_on_a_road_is_placed_at_its_middle_and_at_a_crossing_on_it() -> None:
    result = make_result()
    roads = result.city.roads
    columns = ["node", "edge", "reason", "mode", "block", "persons"]
    stuck = pd.DataFrame([(0, -1, "no_way", "walk", 0, 3), (0, 0, "caught", "car", 0, 2)], columns=columns)
    places = stranded_places(result, stuck).set_index("reason")
    assert (places.loc["no_way", ["x_m", "y_m"]].to_numpy(float) == roads.nodes.iloc[0].to_numpy()).all()
    assert places.loc["caught", "x_m"] == roads.nodes["x_m"].iloc[0] + 97.5  # an edge of 195 m to the east
    assert places.loc["caught", "road_class"] == "residential"
    assert places.loc["no_way", "road_class"] == ""


def test_people_on_one_stretch_for_one_reason_are_added_up() -> None:
    columns = ["node", "edge", "reason", "mode", "block", "persons"]
    rows = [(0, 0, "caught", "car", 0, 2), (0, 0, "caught", "walk", 4, 5), (0, 0, "no_way", "walk", 4, 1)]
    places = stranded_places(make_result(), pd.DataFrame(rows, columns=columns))
    assert dict(zip(places["reason"], places["persons"], strict=True)) == {"caught": 7, "no_way": 1}


def test_lessons_come_by_the_people_they_touched(found) -> None:
    persons = [one.persons for one in found.lessons]
    assert persons == sorted(persons, reverse=True)
    assert min(persons) > 0


def test_lessons_count_the_people_of_the_books(found) -> None:
    line = found.record.outcome.timeline.iloc[-1]
    assert lesson(found, "stayed").persons == line["refused"]
    assert lesson(found, "no_ride").persons == line["waiting"]
    assert lesson(found, "turned_away").persons == line["turned_away"]
    assert lesson(found, "not_reached").persons == (1250 - 1172) + (2300 - 2004)
    assert lesson(found, "rescue_never").persons == 12 + 49
    assert lesson(found, "rescue_never").values["never"] == 49
    assert lesson(found, "order_harmed").persons == 41
    reasons = sum(one.persons for one in found.lessons if one.kind.startswith("stranded_"))
    assert reasons == line["stranded"]


def test_orders_after_the_danger_and_those_just_before_are_two_lessons(found) -> None:
    after, short = lesson(found, "order_after"), lesson(found, "order_short")
    assert (after.persons, after.values["minutes"]) == (2300, 50.0)
    assert (short.persons, short.values["minutes"]) == (1250, 5.0)


def test_an_area_in_danger_that_nobody_was_told_to_leave_is_a_lesson() -> None:
    result = make_result()
    record = make_record(result)
    kept = record.orders[record.orders["targets"] != DONGQIAO]
    told = record.warned[record.warned["area"] != DONGQIAO]
    found = review(result, replace(record, orders=kept, warned=told), RULES, plans=read_plans())
    assert lesson(found, "not_told").persons == 700 + 350 + 60
    assert lesson(found, "not_told").values["areas_en"] == ["Dongqiao Street"]
    assert lesson(make_after_action(), "not_told") is None


def test_a_storm_that_moves_nobody_teaches_nothing() -> None:
    found = make_after_action(danger=False)
    assert found.lessons == ()
    assert found.late.empty
    assert found.stranded.empty
    assert found.shelters.empty


def test_shelters_in_trouble_are_those_that_something_happened_to(found) -> None:
    table = found.shelters.set_index("id")
    assert set(table.index) == {"S1", "S3"}  # full with a queue; closed by water. S2 had room, S4 was never used
    assert table.loc["S1", "queue_peak"] == found.record.site_queue[:, 0].max()
    assert table.loc["S3", "inside_when_closed"] == 118
    assert math.isnan(table.loc["S3", "full_s"])


def test_late_steps_are_those_late_or_missed_with_the_people_told(found) -> None:
    bad = found.plan_steps["state"].isin(("late", "missed"))
    assert len(found.late) == bad.sum()
    assert set(found.late.loc[found.late["area"] == DONGQIAO, "persons"]) == {2300, 230}  # a tenth goes by bus


def test_worth_goes_to_its_order_and_an_unknown_order_is_refused(found) -> None:
    worth = make_worth()
    assert dict(zip(found.orders["id"], found.orders["worth_arrived"], strict=True)) == dict(
        zip(worth["id"], worth["worth_arrived"], strict=True)
    )
    some = with_worth(make_record(make_result()).orders, worth.iloc[:2])
    assert some["worth_arrived"].notna().sum() == 2
    assert len(some) == len(worth)
    with pytest.raises(ValueError, match="never given: nowhere"):
        with_worth(make_record(make_result()).orders, worth.assign(id="nowhere"))


def test_a_record_of_other_sites_is_refused() -> None:
    result = make_result()
    record = make_record(result)
    fewer = replace(record.outcome, arrivals=record.outcome.arrivals[:, :2])
    with pytest.raises(ValueError, match="sites of the record"):
        review(result, replace(record, outcome=fewer), RULES, plans=read_plans())


def test_a_time_never_reached_counts_as_later_than_all_others(found) -> None:
    row = found.bands.set_index("figure").loc["t90_min"]
    table = make_replicates()
    assert table["t90_min"].isna().sum() == 10
    assert row["p50"] == table["t90_min"].max()  # ten of twenty reached it: the half is the last of them
    assert row["p95"] == row["most"] == math.inf
    assert math.isnan(row["this"])


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60))
def test_bands_are_values_that_occurred_in_rising_order(arrived) -> None:
    table = pd.DataFrame({name: np.zeros(len(arrived)) for name in make_replicates(1).columns}).assign(arrived=arrived)
    row = bands(table, dict.fromkeys(table.columns, 0.0)).set_index("figure").loc["arrived"]
    cuts = [row[name] for name in ("least", "p05", "p50", "p95", "most")]
    assert cuts == sorted(cuts)
    assert {int(cut) for cut in cuts} <= set(arrived)
    assert (row["least"], row["most"]) == (min(arrived), max(arrived))


def test_the_same_drill_gives_the_same_review() -> None:
    one, two = make_after_action(), make_after_action()
    for name in ("orders", "plan_steps", "late", "stranded", "shelters", "bands"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.lessons == two.lessons
    assert one.readiness == two.readiness


def test_the_outcome_of_the_factory_keeps_people_together() -> None:
    result, line = make_result(), make_timeline()
    outcome = make_outcome(result, line)
    assert (outcome.occupancy.sum(axis=1) == line["sheltered"]).all()
    assert (outcome.peak <= result.sites["capacity"].to_numpy()).all()


def test_a_late_step_counts_the_people_it_was_late_for():
    """Calls: 21 people wait 8 min, 12 wait 40 min, 35 wait 7 min, 49 are never reached. A tenth goes by bus."""
    late = make_after_action().late.set_index("step")
    assert late.loc["team_there", "persons"] == 12 + 49
    assert late.loc["buses", "persons"] == 230  # of 2,300 told in Dongqiao, which no bus was sent to
