"""after_action.html: the verdict first, in both languages, nothing from outside, nothing unsaid about what it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from api.after_action_json import after_action_json
from api.messages import catalogue
from api.report.after_action_chart import band_svg, lanes_svg, stranded_svg
from api.report.after_action_fans import fan_svgs
from api.report.after_action_page import render_after_action
from api.report.after_action_plans import gaps, places_table, steps_table
from api.report.after_action_tables import orders_table
from api.report.after_action_words import at_end, figures, late_lines, lead, lesson_words, missing, order_words
from api.report.bilingual import Both, say
from api.report.chart import NARROW, WIDE
from data.rules_file import load_rules
from sim.after_action.review import review
from sim.command.script import INJECT_KINDS, ORDER_KINDS
from sim.movement.units import REASONS
from tests.api.after_action_factory import JINHE, make_after_action

RULES = load_rules()


@pytest.fixture(scope="module")
def found():
    return make_after_action()


@pytest.fixture(scope="module")
def page(found) -> str:
    return render_after_action(found, RULES)


def shown(page: str) -> str:
    return re.sub(r"<style>.*?</style>|<script>.*?</script>|data:[\w/;,+=-]+", "", page, flags=re.DOTALL)


def test_nothing_is_fetched_from_outside(page) -> None:
    outside = re.sub(r"data:[\w/;,+=-]+", "", page)
    # The one link that leaves the page leads to its neighbour in the folder.
    assert set(re.findall(r"(?:src|href)=[\"'](?!#|data:)([^\"']+)", outside)) == {"report.html"}
    assert "http" not in outside.replace("http-equiv", "")


def test_the_page_says_that_it_is_an_exercise_on_made_up_data_and_example_plans(page) -> None:
    text = shown(page)
    assert "演练 EXERCISE" in text
    assert "合成数据图层" in text
    assert "Synthetic layers" in text
    assert "并非本市现行预案" in text
    assert "not the city&#39;s own" in text
    assert "warning.impact_people" in text  # a threshold nobody has checked


def test_no_placeholder_and_no_missing_value_reaches_the_reader(page) -> None:
    text = shown(page)
    for left in ("{", "}", "nan", "NaN", "None", "inf ", "after_action."):
        assert left not in text.replace("after_action.json", ""), left


def test_the_first_words_are_who_is_safe_and_who_is_not(found) -> None:
    people = at_end(found)
    assert (
        lead(found).zh == "接到撤离指令和自行离开的 3,730 人中，到演练结束有 3,172 人（85%）进入避难场所，558 人没有。"
    )
    assert "558 were not" in lead(found).en
    assert people["total"] - people["sheltered"] == 558
    counts = [int(n.replace(",", "")) for n in re.findall(r"(\d[\d,]*) 人", missing(found).zh)]
    assert sum(counts) == 558


def test_the_five_figures(found) -> None:
    values = [figure.value.en for figure in figures(found)]
    assert values == ["85%", "558 people", "never", "50 min late", "65"]
    assert [figure.ok for figure in figures(found)] == [None, None, None, False, None]


def test_a_time_of_ninety_per_cent_is_told_where_it_was_reached(found) -> None:
    outcome = replace(found.record.outcome, t90_s=5400.0)
    early = replace(found, record=replace(found.record, outcome=outcome))
    assert figures(early)[2].value.zh == "90 分钟"


def test_what_was_late_comes_by_people_one_line_for_each_step(found) -> None:
    lines = late_lines(found)
    assert len(lines) == found.late.groupby(["plan", "step"]).ngroups
    assert "Dongqiao Street and Jinhe Street" in lines[0].words.en
    assert "3,550" in lines[0].persons.zh


def test_every_kind_of_lesson_is_told_in_both_languages(found) -> None:
    for lesson in found.lessons:
        words = lesson_words(lesson)
        assert "{" not in words.zh + words.en
        assert not re.search("[\u4e00-\u9fff]", words.en), lesson.kind


def test_every_word_of_a_script_and_every_reason_has_a_name() -> None:
    known = catalogue()
    for prefix, names in (("order", ORDER_KINDS), ("inject", INJECT_KINDS), ("reason", [*REASONS[1:], "assisted"])):
        for name in names:
            assert f"after_action.{prefix}.{name}" in known, name


def test_the_plan_tables_begin_with_what_was_never_done(found) -> None:
    for table in (steps_table(found), places_table(found)):
        states = [row[1].sort for row in table.rows]
        assert states == sorted(states)
    assert len(places_table(found).rows) == len(found.plan_steps)
    assert len(steps_table(found).rows) == sum(len(plan.steps) for plan in found.plans)


def test_a_step_counts_its_places_by_verdict(found) -> None:
    (row,) = (row for row in steps_table(found).rows if row[0].show.en.startswith("Buses"))
    assert [cell.show for cell in row[2:5]] == ["1", "–", "1"]  # never for Dongqiao, in time for Jinhe


def test_worth_has_its_columns_only_where_it_is_known(found) -> None:
    assert len(orders_table(found).columns) == 10
    bare = make_after_action(worth=False)
    assert len(orders_table(bare).columns) == 7
    assert "is not known" in render_after_action(bare, RULES)


def test_gaps_of_the_library_are_named(found) -> None:
    assert "grid (recover)" in gaps(found).en
    assert "网格（恢复）" in gaps(found).zh


def test_people_concerned_are_drawn_where_they_are(found) -> None:
    drawing = stranded_svg(found)
    assert drawing.count("<circle") == len(found.stranded)
    assert stranded_svg(make_after_action(danger=False)) == ""


def test_marks_that_would_overlap_become_one_with_a_count(found) -> None:
    for shape in (WIDE, NARROW):
        drawn = lanes_svg(found, shape)
        shown_calls = drawn.count('class="call"')
        more = sum(int(n) - 1 for n in re.findall(r"×(\d+)", drawn.split("Underpass closed")[1]))
        assert shown_calls + more == len(found.record.rescues)


def test_a_band_shows_what_was_never_reached_at_its_right_edge() -> None:
    edges = [float(x) for x in re.findall(r'x1="([\d.]+)"', band_svg(10.0, 0.0, 0.0, 10.0, float("inf"), float("inf")))]
    assert max(edges) < 170.0
    assert band_svg(*[float("inf")] * 6) == ""


def test_bands_over_time_are_drawn_where_there_are_replicates(found) -> None:
    drawn = fan_svgs(found)
    assert [name.en for name, _ in drawn] == ["People in a shelter", "People on the road", "People stranded"]
    for _, drawing in drawn:
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", drawing.split('class="spread"')[1])]
        assert min(numbers) >= 0.0
        assert max(numbers) <= 330.0
    assert fan_svgs(make_after_action(replicates=False)) == []


def test_a_storm_that_moves_nobody_has_a_page_all_the_same() -> None:
    found = make_after_action(danger=False)
    text = shown(render_after_action(found, RULES))
    assert "Nobody was told to leave" in text
    assert "No step that the plans asked for was late" in text
    assert figures(found)[2].value.en == "–"
    assert figures(found)[4].note.en == "only 1 of 4 abilities measured"


def test_the_json_holds_the_figures_of_the_page_and_no_nan(found) -> None:
    told = after_action_json(found)
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["people"]["sheltered"] == 3172
    assert again["verdict"]["en"] == lead(found).en
    assert again["readiness"]["score"] == pytest.approx(found.readiness.score)
    assert [one["persons"] for one in again["lessons"]] == [one.persons for one in found.lessons]
    assert again["exercise"] is True
    assert again["example_plans"] == [plan.id for plan in found.plans]


def test_the_same_drill_gives_the_same_bytes(page) -> None:
    assert render_after_action(make_after_action(), RULES) == page


def test_tables_that_grow_with_the_city_end_and_say_where_the_rest_is(found) -> None:
    steps, calls = found.plan_steps, found.record.rescues
    many = replace(
        found,
        plan_steps=pd.concat([steps] * 20, ignore_index=True),
        stranded=pd.concat([found.stranded] * 60, ignore_index=True),
        record=replace(found.record, rescues=pd.concat([calls] * 100, ignore_index=True)),
    )
    text = shown(render_after_action(many, RULES))
    for rows, file in ((20 * len(steps), "plan_steps.csv"), (400, "rescues.csv"), (420, "after_action.json")):
        assert f"{rows - 300} more rows in {file}." in text
    assert stranded_svg(many).count("<circle") == 300
    assert "more rows in" not in shown(render_after_action(found, RULES))


def test_orders_without_a_name_of_their_own_are_named_in_both_languages():
    assert order_words("send_buses-3") == Both("派公交 3", "Send buses 3")
    assert order_words("leave 990101001") == Both("转移 990101001", "Leave 990101001")
    assert order_words("away from the park") == Both("away from the park", "away from the park")
    assert order_words("leave-jinhe").zh == "leave-jinhe"
    assert order_words("live-1") == Both("live-1", "live-1")


def test_an_order_at_the_moment_of_the_danger_is_not_shown_as_good(found) -> None:
    course = found.course
    danger_s = course.danger(JINHE)
    orders = found.record.orders.assign(
        time_s=found.record.orders["time_s"].where(found.record.orders["id"] != "leave-jinhe", danger_s)
    )
    orders = orders[orders["id"] == "leave-jinhe"]
    record = replace(found.record, orders=orders)
    late = review(found.result, record, RULES, plans=found.plans)
    (figure,) = [one for one in figures(late) if one.name == say("after_action.card.order")]
    assert figure.value.en == "as the danger began"
    assert figure.ok is False


def test_a_step_missing_here_and_late_there_is_told_where_it_is_missing(found) -> None:
    rows = pd.DataFrame(
        [
            ("waterlogging", "reach_people", JINHE, "锦河街道", "Jinhe Street", 1.0, 2.0, 9.0, "late", 1250),
            ("waterlogging", "reach_people", "x", "东桥街道", "Dongqiao Street", 1.0, None, None, "missed", 400),
        ],
        columns=list(found.late.columns),
    )
    (line,) = late_lines(replace(found, late=rows))
    assert line.words.en.endswith("Dongqiao Street, not done")
    assert line.persons is not None
    assert line.persons.en.startswith("400 ")
