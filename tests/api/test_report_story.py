"""The story of the report: right words for each way a drill can go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from api.report.bilingual import Both, first_names, say
from api.report.facts import gather
from api.report.story import advice, cards, lead_sentence, paragraphs, verdicts
from api.report.tables import people_table
from api.warning.notice import measured
from sim.result import Evidence, Result
from tests.api.after_action_factory import make_record
from tests.api.result_factory import make_result


def _told(result: Result, side: str) -> str:
    return " ".join(getattr(p.text, side) for p in paragraphs(result, gather(result)))


def test_a_drill_with_danger_names_places_and_people() -> None:
    result = make_result()
    told = _told(result, "en")
    for words in (
        "Of 39,000 people, 2,220 people (6%)",
        "820 of them where nobody is safe",
        "Jinhe Street (1,110 people, 1.6 m deep) and Dongqiao Street (1,110 people, 1.1 m deep)",
        "1 underpass flooded and closed, the first at 20:45: Jinhe Underpass.",
        "3 areas were warned (1 red, 1 orange and 1 blue), the first at 20:30",
        "In 1 area the danger came before the warning: Dongqiao Street.",
        "From 21:00, 3,550 people in 2 areas were told to leave. By 00:00, 2,108 people (59%) were in a shelter.",
        "355 refused to leave",
        "71 were stranded",
    ):
        assert words in told, words


@pytest.mark.parametrize(
    ("case", "lead", "words"),
    [
        ({}, "水势先后使 2,220 人身处险境；接到撤离指令的人中 59% 进入了避难场所。", "先后有 2,220 人（6%）"),
        ({"danger": False}, "雨下了，但没有人身处危险水流之中，也无须撤离。", "没有下达撤离指令"),
        ({"danger": False, "rain": False}, "没有下雨，城市保持干燥。", "模拟期间没有下雨"),
    ],
)
def test_the_lead_fits_the_drill(case: dict, lead: str, words: str) -> None:
    result = make_result(**case)
    assert lead_sentence(gather(result)).zh == lead
    assert words in _told(result, "zh")


def test_danger_without_an_order_and_orders_without_danger_are_told() -> None:
    result = make_result()
    quiet = replace(result, orders=(), timeline=make_result(danger=False).timeline)
    assert lead_sentence(gather(quiet)).en == "The water put 2,220 people in danger, and nobody was told to leave."
    people = {"total": 39_000, "exposed_by_class": {"H1": 50}, "person_risk": 0.0}
    safe = replace(result, summary=result.summary | {"people": people})
    assert lead_sentence(gather(safe)).en.startswith("Nobody stood in dangerous water; 59%")


def test_a_city_without_people_is_not_told_as_one_that_came_through() -> None:
    """Nobody had to leave where nobody is known to live: the report says that the pack has no people."""
    result = make_result(danger=False)
    empty = replace(
        result, summary=result.summary | {"people": {"total": 0, "exposed_by_class": {}, "person_risk": 0.0}}
    )
    assert "no people" in lead_sentence(gather(empty)).en
    assert "没有人口" in lead_sentence(gather(empty)).zh
    told = _told(empty, "en")
    assert "The pack has no people" in told
    assert "None of" not in told
    assert "told to leave" not in told
    assert say("report.card.danger") not in [card.label for card in cards(empty, gather(empty))]
    assert lead_sentence(gather(result)).en.endswith("nobody had to leave.")


def test_everyone_arrived_is_said_when_true() -> None:
    result = make_result()
    line = result.timeline.copy()
    for name in ("moving", "waiting", "at_door", "home", "stranded", "refused", "turned_away"):
        line[name] = 0
    line["sheltered"] = line["ordered"]
    assert "Everyone who was to leave reached a shelter." in _told(replace(result, timeline=line), "en")


def _with_own_accord(result: Result, unordered: int) -> Result:
    line = result.timeline.copy()
    line["unordered"] = unordered * (line["time_s"] >= 1800.0)
    line["moving"] += line["unordered"]
    return replace(result, timeline=line)


def test_people_who_leave_of_their_own_accord_are_told_apart_and_counted() -> None:
    result = _with_own_accord(make_result(), 450)
    told = _told(result, "en")
    for words in (
        "3,550 people in 2 areas were told to leave.",
        "450 more left of their own accord, without an order.",
        "2,108 people (53%) of both were in a shelter.",  # of 4,000
        "1,892 people did not reach one",
    ):
        assert words in told, words
    assert "接到撤离指令和自行转移的人中 53% 进入了避难场所" in lead_sentence(gather(result)).zh
    rows = {row[0].show.en: row[1].sort for row in people_table(gather(result)).rows}
    assert rows["Told to leave, or left of their own accord"] == 4000
    assert rows["Of them, left of their own accord"] == 450
    assert sum(rows.values()) == 4000 + 450 + 4000


def test_who_left_without_any_order_is_not_said_to_have_been_told() -> None:
    result = _with_own_accord(make_result(), 450)
    line = result.timeline.assign(ordered=0, home=0, sheltered=0, refused=0, stranded=0, turned_away=0)
    line["moving"], line["waiting"], line["at_door"] = line["unordered"], 0, 0
    quiet = replace(result, orders=(), timeline=line)
    told = _told(quiet, "en")
    assert "Nobody was told to leave. 450 more left" not in told
    assert "450 people left of their own accord" in told
    assert lead_sentence(gather(quiet)).en.endswith("0% of those who left of their own accord reached a shelter.")


def test_the_stranded_are_told_with_what_stopped_them() -> None:
    result = make_result()
    record = make_record(result)
    stuck = record.outcome.stuck
    facts = gather(replace(result, record=record))
    assert sum(facts.movement.stranded_by.values()) == int(stuck.loc[stuck["reason"] != "", "persons"].sum())
    assert next(iter(facts.movement.stranded_by.items())) == ("no_way", 49)
    told = _told(replace(result, record=record), "zh")
    assert "被困在途中（无路可走 49 人、车辆熄火或漂起 21 人" in told


def test_deaths_are_shown_with_and_without_the_drill() -> None:
    result = make_result()
    moved = {**result.summary["evacuation"], "casualties_expected": 1.25, "casualties_without": 9.5}
    found = cards(result_of := replace(result, summary=result.summary | {"evacuation": moved}), gather(result_of))
    (card,) = [card for card in found if card.label == say("report.card.casualties")]
    assert card.value.en == "1.2"
    assert card.note is not None
    assert card.note.en == "9.5 had nobody moved"


def test_verdicts_follow_the_figures() -> None:
    found = verdicts(make_result(), gather(make_result()))
    states = {v.title.en.replace("New town:", "New town,").split(":")[0]: v.state for v in found}
    assert states == {
        "Old town": "failed",
        'New town, no "sea in the city"': "failed",
        "New town, drained in time": "held",
        "Key areas and hubs": "held",
        "Warned before the danger": "failed",
        "A place for everyone told to leave": "failed",
        "Shelters dry and not overfull": "failed",
    }
    calm = make_result(danger=False, drains=False)
    assert {v.state for v in verdicts(calm, gather(calm))} == {"held"}
    assert [a.en for a in advice(calm, gather(calm))] == ["The drill found nothing to mend; try a heavier storm."]


def test_an_undrained_area_counts_as_the_slowest() -> None:
    result = make_result()
    areas = result.areas.assign(
        drain_down_h=[9.0, np.nan, 0.4, 8.0], drain_down_ok=[False, False, True, False], drainage_class="new_town"
    )
    changed = replace(result, areas=areas)
    new_town = verdicts(changed, gather(changed))[2]
    assert new_town.reason.zh.startswith("4 个区域中 3 个超时；到模拟结束时东桥街道仍有积水")


def test_a_class_that_only_finer_areas_have_is_still_judged() -> None:
    result = make_result()
    areas = result.areas.copy()
    areas["drainage_class"] = ["old_town", "new_town", "new_town", "new_town"]
    hub = areas.iloc[[0]].assign(code="c1", level="community", drainage_class="hub", drain_down_ok=False)
    changed = replace(result, areas=type(areas)(list(areas.to_dict("records")) + hub.to_dict("records")))
    facts = gather(changed)
    assert len(facts.areas) == 4
    assert verdicts(changed, facts)[3].state == "failed"


def test_a_warning_for_the_whole_city_is_told_apart() -> None:
    result = make_result()
    wide = replace(
        result.warnings[4], id="w9", area="510199", area_name="样例市", area_name_en="Sample city", event="rainstorm"
    )
    told = _told(replace(result, warnings=(*result.warnings, wide)), "en")
    assert "3 areas were warned" in told
    assert "Sample city as a whole was warned from 21:00, up to blue." in told


def test_some_of_many_names() -> None:
    names = [Both("甲", "A"), Both("乙", "B"), Both("丙", "C")]
    some = say("report.todo.drain", **first_names(names, 2))
    assert some.zh == "加强抽排：甲、乙等退水超过允许时间。"
    assert some.en == "Pump and drain: A, B and others stayed under water longer than allowed."
    assert say("report.todo.drain", **first_names(names, 3)).en.startswith("Pump and drain: A, B and C stayed")


def test_cards_give_whole_people() -> None:
    values = [card.value.en for card in cards(make_result(), gather(make_result()))]
    assert values[:4] == ["2,220", "3,550", "2,108", "1,442"]


def test_evidence_is_told_in_units_people_read() -> None:
    assert measured(Evidence("rain_3h", 0.0563, 0.05, "m")) == (pytest.approx(56.3), pytest.approx(50.0), "mm")
    assert measured(Evidence("underpass_depth", 0.2134, 0.15, "m")) == (0.21, 0.15, "m")
    assert measured(Evidence("people_h3_up", 12345.3, 1000.0, "persons")) == (12345.0, 1000.0, "persons")


def test_a_run_too_short_to_tell_is_not_called_a_success() -> None:
    result = make_result(danger=False)
    areas = result.areas.assign(drain_down_ok=False, drain_down_known=False, drainage_class="old_town")
    changed = replace(result, areas=areas)
    assert verdicts(changed, gather(changed))[0].state == "not_tested"


def test_rounds_of_planning_for_crowds_are_told_in_one_sentence() -> None:
    result = make_result()
    assert "crowds" not in _told(result, "en")
    rounds = [{"t95_min": t95, "wait_min": wait} for t95, wait in ((88.4, 12.31), (91.0, 13.0), (61.6, 5.04))]

    def told(best: int, side: str, shown: list[dict] = rounds) -> str:
        plan = result.summary["plan"] | {"crowds": {"best_round": best, "rounds": shown}}
        return _told(replace(result, summary=result.summary | {"plan": plan}), side)

    assert "of 2 further rounds of planning, round 2 was kept" in told(2, "en")
    assert "95% arrive within 62 min of being told (with a plan for empty streets 88 min)" in told(2, "en")
    assert "queues 5.0 min on average" in told(2, "en")
    assert "重排 2 轮，采用第 2 轮" in told(2, "zh")
    assert "2 further rounds of planning made it no better" in told(0, "en")
    assert "1 further round of planning made it no better" in told(0, "en", rounds[:2])
    assert "Nobody has to queue on the way" in told(0, "en", rounds[:1])
    assert "crowds" not in told(0, "en", [{"t95_min": None, "wait_min": None}] * 2)


def test_areas_in_danger_that_nobody_was_told_to_leave_come_first_in_the_advice() -> None:
    result = make_result()
    areas = result.areas.assign(evacuees=[1250, 0, 0, 0])
    found = advice(changed := replace(result, areas=areas), gather(changed))
    assert found[0].en == "Tell every area in danger to leave: 1,110 people in Dongqiao Street had no order."
    assert not any("had no order" in line.en for line in advice(result, gather(result)))
