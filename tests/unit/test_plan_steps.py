"""Steps of plans against a drill: when due, when done, and which of several cases gives the verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.schema import PLAN_STEPS
from sim.after_action.course import NEVER, Case, Course
from sim.after_action.plan_steps import judge_steps
from sim.after_action.plans import Plan, PlanStep, read_plans
from tests.api.after_action_factory import DONGQIAO, END_S, JINHE, make_record
from tests.api.result_factory import make_result

STEP = PlanStep("s", "步骤", "", "街道", "", "street", "danger", 0, -30.0, "order_leave", 0, 1.0, False)
PLAN = Plan("p", "special", "预案", "", True, "1", "", (), (), (), (), "test", (STEP,))
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Told:
    """A course that has these cases, whatever the step."""

    told: tuple[Case, ...]

    def cases(self, step: PlanStep) -> list[Case]:
        return list(self.told)


def judge(*cases: Case, end_s: float = 10_000.0, step: PlanStep = STEP):
    return judge_steps((replace(PLAN, steps=(step,)),), Told(cases), end_s)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "state", "late_min"),
    [
        (Case("a", 5000.0, 3200.0), "on_time", 0.0),  # due at 3200 s: on the minute is in time
        (Case("a", 5000.0, 3260.0), "late", 1.0),
        (Case("a", 5000.0, NEVER), "missed", None),
        (Case("a", 5000.0, UNKNOWN), "not_measured", None),
        (Case("a", 12_000.0, NEVER), "not_measured", None),  # due at 10 200 s: the run was over by then
        (Case("a", 12_000.0, 9000.0), "on_time", 0.0),
    ],
)
def test_the_state_of_one_case(case: Case, state: str, late_min: float | None) -> None:
    (row,) = judge(case).itertuples()
    assert (row.area, row.state) == ("a", state)
    assert row.late_min == late_min if late_min is not None else math.isnan(row.late_min)


def test_a_step_whose_trigger_never_came_is_not_asked() -> None:
    (row,) = judge().itertuples()
    assert row.state == "not_asked"
    assert math.isnan(row.due_s)


def test_each_area_has_a_row_and_the_worst_of_its_cases_gives_it() -> None:
    table = judge(Case("a", 5000.0, 3300.0), Case("b", 5000.0, 3000.0), Case("a", 5000.0, 3500.0)).set_index("area")
    assert list(table.index) == ["a", "b"]
    assert table.loc["a", "late_min"] == 5.0
    assert table.loc["b", "state"] == "on_time"


def test_a_step_of_the_city_has_one_row_and_what_was_never_done_is_worst() -> None:
    cases = (Case("a", 5000.0, 9000.0), Case("b", 5000.0, NEVER), Case("c", 5000.0, 3000.0))
    (row,) = judge(*cases, step=replace(STEP, per_city=True)).itertuples()
    assert (row.area, row.state) == ("", "missed")


times = st.floats(0.0, 20_000.0)


@given(times, st.one_of(times, st.just(NEVER), st.just(UNKNOWN)), st.integers(-120, 240), times)
def test_a_step_is_late_by_what_passed_after_it_was_due(trigger_s, done_s, within_min, end_s) -> None:
    (row,) = judge(Case("", trigger_s, done_s), end_s=end_s, step=replace(STEP, within_min=within_min)).itertuples()
    assert row.due_s == trigger_s + 60.0 * within_min
    if math.isfinite(done_s):
        assert row.late_min == pytest.approx(max(0.0, done_s - row.due_s) / 60.0)
        assert row.state == ("late" if done_s > row.due_s else "on_time")
    else:
        assert row.state in ("missed", "not_measured")
        assert math.isnan(row.late_min)


@given(st.lists(st.tuples(times, st.one_of(times, st.just(NEVER))), min_size=1, max_size=6))
def test_one_more_case_never_makes_the_verdict_of_the_city_better(cases) -> None:
    step, order = replace(STEP, per_city=True), ("not_measured", "on_time", "late", "missed")
    rank = [
        order.index(judge(*(Case("", *case) for case in cases[: n + 1]), end_s=9000.0, step=step)["state"].iloc[0])
        for n in range(len(cases))
    ]
    assert rank == sorted(rank)


def drill() -> Course:
    result = make_result()
    return Course(result, make_record(result))


def test_the_drill_answers_every_trigger_and_measure_of_the_library() -> None:
    table = judge_steps(read_plans(), drill(), END_S)
    assert list(table.columns) == list(PLAN_STEPS.names)
    found = table.set_index(["step", "area"])
    assert found.loc[("order", JINHE), "late_min"] == 25.0  # danger 3300 s, due 1500 s, ordered 3000 s
    assert found.loc[("order", DONGQIAO), "late_min"] == 80.0  # danger 3600 s, due 1800 s, ordered 6600 s
    assert found.loc[("buses", JINHE), "state"] == "on_time"
    assert found.loc[("buses", DONGQIAO), "state"] == "missed"
    assert found.loc[("close_underpass", ""), "late_min"] == 1.0  # water at 2700 s, due 2400 s, ordered 2460 s
    assert found.loc[("pump", ""), "late_min"] == 25.0  # due 2700 + 2700 s, there at 6900 s
    assert found.loc[("team_there", ""), "state"] == "missed"  # the last call was never answered
    assert found.loc[("supplies", ""), "state"] == "not_measured"


def test_an_order_counts_for_the_areas_below_and_above_what_it_names() -> None:
    course = drill()
    assert course.covers("510199", JINHE)  # the whole city was told
    assert course.covers(JINHE, "510199")  # a part of the city was told
    assert not course.covers(JINHE, DONGQIAO)
    assert course.covers(JINHE, "")


def test_an_underpass_closes_by_itself_where_no_order_came_before() -> None:
    course = drill()
    late = course.record.orders.assign(done_s=course.record.orders["done_s"].where(
        course.record.orders["id"] != "tunnel", 2900.0))  # fmt: skip
    step = replace(STEP, trigger="underpass_flooded", measured_by="underpass_closed", within_min=0.0)
    (case,) = Course(course.result, replace(course.record, orders=late)).cases(step)
    assert (case.trigger_s, case.done_s) == (2700.0, 2700.0)
    (case,) = course.cases(step)
    assert case.done_s == 2460.0


def test_a_bulletin_before_the_water_does_not_tell_of_it() -> None:
    course = drill()
    early = course.record.orders.assign(done_s=course.record.orders["done_s"].where(
        course.record.orders["id"] != "news-1", 2000.0))  # fmt: skip
    step = replace(STEP, trigger="underpass_flooded", measured_by="bulletin", within_min=15.0)
    (case,) = Course(course.result, replace(course.record, orders=early)).cases(step)
    assert case.done_s == NEVER


def test_buses_are_asked_for_only_where_somebody_waits_for_one() -> None:
    course = drill()
    step = replace(STEP, trigger="order_leave", measured_by="buses", within_min=15.0)
    assert len(course.cases(step)) == 2
    outcome = replace(course.record.outcome, timeline=course.record.outcome.timeline.assign(waiting=0))
    assert Course(course.result, replace(course.record, outcome=outcome)).cases(step) == []
    # Who waits where nobody goes by bus waits for an ambulance.
    assert course.record.outcome.timeline["waiting"].any()
    assert Course(course.result, course.record, bus_share=0.0).cases(step) == []
