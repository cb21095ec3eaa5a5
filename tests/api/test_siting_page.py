"""The page of a siting: both languages complete, nothing from outside, its figures those of the result."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree, html

from api.report.siting_charts import WIDE, front_points, front_svg
from api.report.siting_page import render_siting, space_per_person
from api.report.siting_words import lead, most_served, people_gap, proof_words, share_words
from data.rules_file import load_rules
from data.schema import LeftOut
from sim.adequacy_result import StormCase
from sim.siting_result import Siting
from tests.api.siting_factory import BOUND, PEOPLE, SERVED, SERVED_BEFORE, make_siting

RULES = load_rules()
LEFT_OUT = LeftOut("candidates", "K99", "空地", "candidates.csv, row 9", "no_area", "0", "the gross area in m2")


def bare_siting() -> Siting:
    """Nothing chosen, no cost known, no areas, no proof of other sets."""
    siting = make_siting(costs=False)
    table = siting.candidates.assign(chosen=False, excluded="flooded", assigned=0, served_gain=0, served_alone=0)
    proof = replace(siting.proof, served=SERVED_BEFORE, served_bound=float(SERVED_BEFORE), gap=0.0, stopped="optimal")
    return replace(
        siting, candidates=table, areas=siting.areas.iloc[:0], shapes=siting.shapes.iloc[:0], proof=proof,
        existing=siting.existing.iloc[:0], front=siting.front.iloc[:0],
        city=replace(siting.city, synthetic=(), left_out=(LEFT_OUT,)),
    )  # fmt: skip


CASES = {
    "count": make_siting,
    "budget": lambda: make_siting(count=None, budget=3500.0),
    "no costs": lambda: make_siting(costs=False, storm=StormCase("dry", None, 0.0)),
    "bare": bare_siting,
}


@pytest.fixture(scope="module", params=list(CASES))
def page(request) -> tuple[Siting, str]:
    siting = CASES[request.param]()
    return siting, render_siting(siting, RULES)


def test_no_address_leads_outside(page) -> None:
    _, text = page
    bare = re.sub(r"data:[\w/;,+=-]+", "", text)
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'<>)]*", bare))
    assert {address for address in outside if "w3.org" not in address} <= {"https://leafletjs.com"}
    for element in html.fromstring(text).iter():
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert element.get(name, "data:").startswith(("data:", "#")), (element.tag, name)
    assert "default-src 'none'" in text


def test_every_text_stands_in_both_languages(page) -> None:
    document = html.fromstring(page[1])
    chinese, english = (document.xpath(f"//*[contains(concat(' ',@class,' '),' {c} ')]") for c in ("zh", "en"))
    assert len(chinese) == len(english) > 100
    for zh, en in zip(chinese, english, strict=True):
        assert zh.text_content().strip()
        assert not re.search(r"[\u4e00-\u9fff]", en.text_content()), en.text_content()
    loose = document.xpath("//main//text()[not(ancestor::*[contains(@class,'zh')]) and not(ancestor::script)]")
    # Clauses and rows left out stand as their documents have them.
    for words in loose:
        own = words.getparent().xpath("ancestor-or-self::td[ancestor::table[@id='t-thresholds' or @id='t-left_out']]")
        own += words.getparent().xpath("ancestor-or-self::th[ancestor::table[@id='t-left_out']]")
        assert own or not re.search(r"[\u4e00-\u9fff]", words), words


def test_no_placeholder_is_left_and_drawings_are_well_formed(page) -> None:
    main = html.fromstring(page[1]).xpath("//main")[0]
    words = " ".join(main.xpath(".//text()[not(ancestor::style) and not(ancestor::script)]"))
    assert "{" not in words
    assert not {"nan", "inf", "siting."} & set(re.findall(r"[a-z.]+", words.lower()))
    assert ">None<" not in page[1]
    assert "@@" not in page[1]
    for drawing in re.findall(r"<svg.*?</svg>", re.sub(r"<script.*?</script>", "", page[1], flags=re.S), re.S):
        etree.fromstring(drawing)


def test_the_lead_says_how_good_the_set_is_and_that_no_other_is_much_better() -> None:
    words = lead(make_siting())
    more, most = SERVED - SERVED_BEFORE, BOUND - SERVED_BEFORE
    gap = share_words((most - more) / most)
    assert words.en == (
        f"The best 6 of 20 candidate sites serve {more:,} more people; no other set can serve more than {most:,} "
        f"(gap {gap}). {PEOPLE - SERVED:,} people still have no place within 1,000 m of walking."
    )
    assert f"最优的 6 个，可多让 {more:,} 人有名额；任何别的组合最多也只能多让 {most:,} 人有名额" in words.zh


def test_a_bound_below_the_next_person_is_a_proof_of_the_best() -> None:
    siting = make_siting()
    near = replace(siting, proof=replace(siting.proof, served_bound=SERVED + 0.99))
    assert most_served(near) == SERVED
    assert people_gap(near) == 0.0
    assert "it is proven that no other set serves more." in lead(near).en
    assert "ruled out every other set" in proof_words(near)[0].en
    above = replace(siting, proof=replace(siting.proof, served_bound=SERVED + 1.0))
    assert people_gap(above) == pytest.approx(1.0 / (SERVED + 1 - SERVED_BEFORE), rel=1e-12)


def test_a_bound_beyond_the_people_there_are_is_cut_off() -> None:
    siting = make_siting()
    assert most_served(replace(siting, proof=replace(siting.proof, served_bound=9e9))) == PEOPLE


@pytest.mark.parametrize(("share", "told"), [(0.0, "0%"), (5e-5, "<0.01%"), (0.0072, "0.72%"), (0.0654, "6.5%"),
                                             (0.123, "12%"), (0.999, "100%"), (1.0, "100%")])  # fmt: skip
def test_a_gap_is_never_rounded_to_none(share, told) -> None:
    assert share_words(share) == told


def test_tables_carry_the_figures_of_the_result() -> None:
    siting = make_siting()
    document = html.fromstring(render_siting(siting, RULES))
    rows = document.xpath("//table[@id='t-ranking']/tbody/tr")
    assert len(rows) == 20
    gains = [float(row.xpath("td[2]/@data-v")[0]) for row in rows[:6]]
    assert gains == sorted(gains, reverse=True) == siting.candidates["served_gain"].head(6).tolist()
    first = siting.candidates.iloc[0]
    told = float(rows[0].xpath("td[5]/@data-v")[0])
    assert told == pytest.approx(first["cost"] * 1e4 / first["served_gain"], rel=1e-12)
    outcomes = [row.xpath("string(td[1]//*[@class='en'])") for row in rows]
    assert outcomes[0] == "chosen"
    assert outcomes[16] == "excluded: the site floods"
    areas = document.xpath("//table[@id='t-areas']/tbody/tr")
    assert len(areas) == 5
    assert "52,600 → 16,700" in areas[0].text_content()
    assert len(document.xpath("//table[@id='t-front']/tbody/tr")) == 10


def test_the_figures_before_and_after_stand_on_the_page() -> None:
    siting = make_siting()
    cards = html.fromstring(render_siting(siting, RULES)).xpath("//dl[contains(@class,'cards')]/div/dd")
    said = [card.text_content() for card in cards]
    assert said[0] == f"{SERVED_BEFORE:,} → {SERVED:,}"
    assert said[1] == f"{PEOPLE - SERVED_BEFORE:,} → {PEOPLE - SERVED:,}"
    before, after = space_per_person(siting)
    assert said[2] == f"{before:.2f} → {after:.2f}"
    assert "3,360 万元" in said[4]


def test_space_per_person_is_weighted_by_people_where_there_is_no_whole_city() -> None:
    siting = make_siting()
    streets = siting.areas[siting.areas["level"] == "street"]
    before, _ = space_per_person(replace(siting, areas=streets))
    assert before == pytest.approx(np.average(streets["m2_per_person_before"], weights=streets["people"]), rel=1e-12)
    assert all(np.isnan(space_per_person(replace(siting, areas=streets.assign(people=0)))))


def test_the_chart_runs_over_cost_only_where_money_was_asked_about() -> None:
    axis, points = front_points(make_siting())
    assert axis == "sites"
    assert [point.x for point in points if point.chosen] == [6.0]
    axis, points = front_points(make_siting(count=None, budget=3500.0))
    assert axis == "cost"
    assert [point.x for point in points if point.chosen] == [3360.0]
    assert front_points(make_siting(count=None, budget=3500.0, costs=False))[0] == "sites"


def test_the_chosen_set_is_drawn_even_where_the_front_has_it_not() -> None:
    siting = make_siting()
    other = replace(siting, front=siting.front[siting.front["sites"] != 6])
    _, points = front_points(other)
    (chosen,) = [point for point in points if point.chosen]
    assert (chosen.x, chosen.without, chosen.bound) == (6.0, PEOPLE - SERVED, PEOPLE - BOUND)
    assert front_svg(other, WIDE).count("l8 8l-8 8l-8 -8Z") == 1
    assert front_svg(other, WIDE).count("<circle") == 9


def test_an_axis_that_begins_above_zero_says_so_and_keeps_every_point_inside() -> None:
    siting = make_siting()
    flat = siting.front.assign(
        without_place=lambda f: 900_000 + f["without_place"], bound=lambda f: 900_000 + f["bound"]
    )
    drawn = front_svg(replace(siting, front=flat), WIDE)
    assert "the axis does not begin at 0" in drawn
    assert "does not begin" not in front_svg(siting, WIDE)
    assert "does not begin" not in front_svg(replace(siting, front=flat.iloc[:1]), WIDE)
    heights = [float(y) for y in re.findall(r'cy="([\d.]+)"', drawn)]
    assert max(heights) - min(heights) > WIDE.height / 2
    ticks = [float(y) for y in re.findall(r'class="rule" d="M[\d.]+ ([\d.]+)H', drawn)]
    assert max(heights) <= max(ticks)


def test_what_is_synthetic_is_said_beside_the_plan() -> None:
    text = render_siting(make_siting(), RULES)
    assert "候选点是合成的，不是真实地块" in text
    assert "does not say one per district" in text
    assert "Other candidates (synthetic)" in text
    siting = make_siting()
    real = replace(siting, city=replace(siting.city, synthetic=("terrain",)))
    text = render_siting(real, RULES)
    assert "候选点是合成的" not in text
    assert "Other candidates (synthetic)" not in text


def test_rows_left_out_are_listed_and_names_escaped() -> None:
    siting = make_siting()
    city = replace(siting.city, left_out=(LEFT_OUT,))
    table = siting.candidates.assign(name='<script>alert("x")</script>', name_en="</script><b>bold</b>")
    text = render_siting(replace(siting, city=city, candidates=table), RULES)
    assert "candidates.csv, row 9" in text
    assert "<script>alert" not in text
    assert "</script><b>" not in text


def test_the_page_is_the_same_each_time_and_small() -> None:
    first, second = (render_siting(make_siting(), RULES) for _ in range(2))
    assert first == second
    assert len(first.encode()) < 1_000_000


def test_what_the_budget_or_a_limit_bars_is_not_called_of_no_use() -> None:
    bare = bare_siting()
    barred = replace(bare, candidates=bare.candidates.assign(served_alone=450))
    assert "None of the" in lead(bare).en
    assert "budget and the limits allow" in lead(barred).en
    assert "限额" in lead(barred).zh
