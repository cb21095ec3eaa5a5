"""adequacy.html: what it says, in two languages, for nobody to misread, and nothing fetched."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lxml import html

from api.messages import catalogue
from api.report.adequacy_areas import compared_level, counts_as_dry, holders, steps_down, whole
from api.report.adequacy_charts import WIDE, curve_svg, small_curves, years_svg
from api.report.adequacy_districts import areas_short, falls
from api.report.adequacy_map import themes
from api.report.adequacy_page import render_adequacy
from api.report.adequacy_tables import areas_listing, change_table, left_out_table
from api.report.adequacy_words import each, lead, meets, out_of_reach, practice_words, remarks, storm_names
from data.rules_file import load_rules
from data.schema import EXCLUSIONS, LeftOut
from sim import area_sums as sums
from sim.adequacy_result import Adequacy, StormCase
from tests.api.adequacy_factory import STORMS, make_adequacy

RULES = load_rules()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def found() -> Adequacy:
    return make_adequacy()


@pytest.fixture(scope="module")
def changed() -> Adequacy:
    return make_adequacy(changed=True)


@pytest.fixture(scope="module")
def page(changed) -> str:
    return render_adequacy(changed, RULES)


@pytest.fixture(scope="module")
def document(page) -> html.HtmlElement:
    return html.fromstring(page)


def test_the_page_is_whole_and_asks_for_nothing(page, document):
    assert page.rstrip().endswith("</html>")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", page)
    assert not re.findall(r"url\((?!data:|#|&quot;data)[^)]*\)", page)
    assert "default-src 'none'" in page
    assert not re.findall(r"(?<!\$)\{\{|\{%|None\b(?=<)|>nan<|NaN<", page.split("<script>", 2)[0])
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_both_languages_are_complete_and_neither_bleeds_into_the_other(document):
    zh = document.xpath("//main//span[@class='zh'][not(ancestor::svg)]")
    en = document.xpath("//main//span[@class='en'][not(ancestor::svg)]")
    assert len(zh) == len(en) > 200
    assert not [text for span in en if CHINESE.search(text := span.text_content())]
    for text in (span.text_content() for span in (*zh, *en)):
        assert text.strip()
        assert not re.search(r"[{}]|\bNone\b|\bnan\b", text), text


def test_every_label_of_a_control_has_two_languages(document):
    options = document.xpath("//main//option")
    assert options
    assert all(option.get("data-zh") and option.get("data-en") for option in options)


def test_the_banner_says_exercise_synthetic_and_unverified(document):
    banner = document.xpath("//div[@class='banner']")[0].text_content()
    assert "演练 EXERCISE" in banner
    assert "Synthetic layers: terrain, people and shelters." in banner
    assert f"{len(RULES.unverified())} thresholds" in banner


def test_the_lead_gives_the_verdict_first(found):
    words = lead(found).en
    assert re.match(r"1 of 2 districts is below 2\.0 m² per person; dry ground under the 50-year storm leaves ", words)
    city = whole(found)
    assert (
        f"leaves {city['dry_m2_per_person']:.2f} m², of which {city['storm_m2_per_person']:.2f} m² can shelter" in words
    )
    assert words.endswith("people have no site in use within 1 km.")


def test_all_areas_short_is_said_as_all(found):
    areas = found.areas.assign(target_ok=False)
    words = lead(replace(found, areas=areas))
    assert words.zh.startswith("全部 ")
    assert words.en.startswith("All ")
    assert "个中有" not in words.zh


def test_the_target_is_called_an_expected_average_and_no_duty(found):
    legal = remarks(found, RULES)[-1]
    assert "not a legal duty of each district" in legal.en
    assert "不是每个区县的法定义务" in legal.zh
    asked = remarks(replace(found, target_m2=3.0), RULES)[-1]
    assert "3.0 m² per person, which is not the plan's 2.0 m²" in asked.en


def test_the_average_does_not_hide_areas_with_none(found):
    areas = found.areas.copy()
    areas.loc[areas["code"] == "510101001", ["effective_m2", "m2_per_person"]] = 0.0
    assert "1 of 4 inhabited streets have no site at all" in remarks(replace(found, areas=areas), RULES)[0].en


def test_a_city_of_one_level_is_judged_as_a_whole(found):
    only = found.areas["level"] == "city"
    alone = replace(found, areas=found.areas[only], shapes=found.shapes[only])
    assert compared_level(alone) == "city"
    assert lead(alone).en.startswith("The city has 2.29 m² per person, at or above 2.0 m²")
    assert "adequacy" in render_adequacy(alone, RULES)


def test_a_dry_day_has_a_page_too():
    dry = make_adequacy(storms=STORMS[:1])
    assert "leaves" not in lead(dry).en
    assert "One storm was computed" in render_adequacy(dry, RULES)


def test_a_study_that_allows_open_air_does_not_say_that_it_is_no_use(found):
    plan = replace(found.scenario.plan, open_air=True)
    allowed = render_adequacy(replace(found, scenario=replace(found.scenario, plan=plan)), RULES)
    assert "open air is allowed in this study" in allowed
    assert "Open-air sites are no use" not in allowed
    assert "Open-air sites are no use" in render_adequacy(found, RULES)


def test_areas_where_nobody_lives_are_no_failures(found):
    areas = found.areas.copy()
    row = areas["code"] == "510102"
    areas.loc[row, ["people", "deficit_persons"]] = 0
    areas.loc[row, [name for name in areas if name.endswith("m2_per_person")]] = np.nan
    empty = replace(found, areas=areas)
    assert [area.id for area in areas_short(empty)] == ["who-510101"]
    assert lead(empty).en.startswith("The city has")
    text = render_adequacy(empty, RULES)
    assert ">nan" not in text
    picks = themes(empty)[0].picks
    assert picks[int(np.flatnonzero(row)[0])] == -1


def test_the_way_down_adds_up_to_the_three_figures(found):
    city = whole(found)
    lines = {line.key: line for line in falls(found)}
    open_m2 = found.sites.loc[found.sites["excluded"] != "not_open", "effective_m2"].sum()
    assert lines["step-all"].m2 == pytest.approx(open_m2) == city["effective_m2"]
    assert lines["step-dry"].m2 == pytest.approx(city["dry_m2"])
    assert lines["step-storm"].m2 == pytest.approx(city["storm_m2"])
    assert lines["step-storm"].sites == city["sites_used"]
    taken = [sum(step.m2 for step in steps) for steps in steps_down(found.sites)]
    assert city["effective_m2"] - taken[0] == pytest.approx(city["dry_m2"])
    assert city["dry_m2"] - taken[1] == pytest.approx(city["storm_m2"])


def test_a_site_in_no_area_is_told_and_not_counted(found):
    sites = pd.concat([found.sites, found.sites.head(1).assign(id="S99", area="")], ignore_index=True)
    more = replace(found, sites=sites)
    assert [line.m2 for line in falls(more)] == [line.m2 for line in falls(found)]
    assert "Not in these figures: 1 site in no area" in render_adequacy(more, RULES)


def test_an_unfit_site_that_floods_leaves_dry_ground_by_the_water(found):
    sites = found.sites.copy()
    sites.loc[sites["id"] == "S09", "wet_at_min"] = 30.0
    assert not counts_as_dry(sites)[sites["id"] == "S09"].any()
    to_dry, to_storm = steps_down(sites)
    (flooded,) = (step for step in to_dry if step.reason == "flooded")
    assert "S09" in list(flooded.rows["id"])
    assert "not_fit" not in [step.reason for step in to_storm]


def test_every_reason_is_told_with_its_sites(changed, document):
    told = document.xpath("//table[@id='t-sites']")[0].text_content()
    for reason in set(changed.sites["excluded"]):
        assert catalogue()[f"adequacy.reason.{reason or 'used'}"]["en"] in told
    assert {*make_adequacy().sites["excluded"]} == set(EXCLUSIONS)


def test_a_district_opens_to_its_streets_and_its_sites(document, changed):
    block = document.xpath("//details[@id='who-510102']")[0]
    assert len(block.xpath(".//table")) == 2
    assert "Nanqiao Street" in block.text_content()
    inside = changed.sites[changed.sites["area"].str.startswith("510102")]
    rows = block.xpath(".//table")[1].xpath(".//tbody/tr")
    assert len(rows) == len(inside)


def test_the_figures_lead_to_what_lies_behind_them(document):
    goals = [link.get("href")[1:] for link in document.xpath("//dl[contains(@class,'cards')]//a")]
    assert len(goals) == 4
    assert all(document.xpath(f"//*[@id='{goal}']") for goal in goals)


def test_popups_lead_to_rows_that_are_there(page, document):
    refs = set(re.findall(r'"((?:who|area|site)-[^"]+)"', page.split("plannerMap(")[-1]))
    ids = {element.get("id") for element in document.iter()}
    assert len(refs) > 20
    assert refs <= ids


def test_sites_without_an_area_are_found_by_their_place(found):
    lost = found.sites.assign(area="")
    held = holders(found, lost["area"], lost["lon"], lost["lat"], "district")
    assert (held == holders(found, found.sites["area"], found.sites["lon"], found.sites["lat"], "district")).all()
    assert set(held) == {"510101", "510102"}


def test_what_a_change_does_stands_before_everything_else(document, changed):
    first = document.xpath("//main/section")[0]
    assert "changes" in first.get("class")
    assert "Removed: Hollow School, 7,000 m² before" in first.text_content()
    table = change_table(changed)
    assert table.rows[0][0].show.en == "Jinping"
    assert all(row[1].show.en != "grid cell" for row in table.rows)
    cell = table.rows[0][3]
    assert cell.kind == "good num"
    assert "→" in cell.show


def test_no_change_no_table(found):
    assert change_table(found) is None
    assert "Before and after the change" not in render_adequacy(found, RULES)


def test_the_curve_falls_and_bears_the_target(found):
    drawn = html.fromstring(str(curve_svg(found, WIDE)))
    assert len(drawn.xpath("//path[@class='target']")) == 1
    assert len(drawn.xpath("//circle")) == len(drawn.xpath("//rect")) == len(STORMS)
    assert len(small_curves(found)) == 2
    assert "2020" in str(years_svg(found, WIDE))


def test_a_curve_of_one_storm_and_of_empty_values_can_be_drawn(found):
    curve = found.curve[found.curve["storm"] == "dry"]
    assert "<svg" in str(curve_svg(replace(found, curve=curve, storms=STORMS[:1]), WIDE))
    none = found.curve.assign(storm_m2_per_person=np.nan)
    assert "nan" not in str(curve_svg(replace(found, curve=none), WIDE))


def test_themes_put_none_below_and_the_target_above(found):
    nominal = themes(found)[0]
    values = found.areas["m2_per_person"].to_numpy()
    for value, pick in zip(values, nominal.picks, strict=True):
        assert pick == (0 if value == 0 else 1 + int(np.digitize(value, (0.5, 1.0, 2.0, 4.0))))
    assert len({c.hatch for c in nominal.classes[:4]}) >= 3
    assert all(not c.hatch for c in nominal.classes[4:])
    assert nominal.classes[4].label.en.endswith("(target)")


def test_rows_left_out_are_listed_with_reason_and_remedy(found):
    rows = left_out_table(found).rows
    assert [row[3].show.en for row in rows] == [
        "coordinates of zero", "entered twice", "outside the city",
    ]  # fmt: skip
    odd = LeftOut("shelters", "S1", "", "shelters.csv row 2", "odd", "7", "something else")
    city = replace(found.city, left_out=(odd,))
    assert left_out_table(replace(found, city=city)).rows[0][5].show == "something else"


def test_a_large_city_shows_the_levels_that_fit_and_names_the_file(found):
    grids = pd.concat([found.areas[found.areas["level"] == "grid"]] * 200)
    grids = grids.assign(code=[f"G{k}" for k in range(len(grids))])
    large = replace(found, areas=pd.concat([found.areas[found.areas["level"] != "grid"], grids], ignore_index=True))
    assert {value for facet in areas_listing(large).facets for value in facet.values} == {
        "city", "district", "street", "community",
    }  # fmt: skip


def test_practice_that_serves_as_many_is_not_called_worse(found):
    same = {name: {**row, "served": 100} for name, row in found.practice.items()}
    assert "as many have a place" in practice_words(replace(found, practice=same)).en
    assert "not computed" in practice_words(replace(found, practice={})).en


def test_the_last_bit_of_a_sum_decides_nothing():
    assert meets(2.0 - 1e-12, 2.0)
    assert not meets(1.999, 2.0)


def test_two_square_metres_less_a_bit_are_not_shown_as_two(found):
    """1,972,178 m2 for 986,092 people are 1.999994 m2 each: below 2.0, so never shown as "2.00, below 2.0"."""
    value = 1_972_178 / 986_092
    assert each(value).en == "2.00"
    assert each(value, 2.0).en == "1.99999"
    assert each(2.0 * (1.0 - 1e-12), 2.0).en == "2.00"
    assert each(1.5, 2.0).en == "1.50"
    one = found.areas[found.areas["level"] == "district"].head(1).assign(level="city", m2_per_person=value)
    assert "1.99999 m² per person, below 2.0 m²" in lead(replace(found, areas=one)).en


def test_nobody_is_rounded_into_reach():
    """Seven of 20 million people without a site are seven, not nobody."""
    people = np.array([20_000_000])
    row = pd.Series({"people": people[0], "in_reach_storm": sums.per_person(people - 7, people)[0]})
    assert out_of_reach(row) == 7


def test_a_city_without_an_area_of_its_own_is_summed_by_what_adds_up(found):
    city = replace(found, areas=found.areas[found.areas["level"] != "city"])
    parts, total = city.areas[city.areas["level"] == "district"], whole(city)
    assert total["people"] == parts["people"].sum()
    assert total["m2_per_person"] == pytest.approx(parts["effective_m2"].sum() / parts["people"].sum())
    assert total["dry_m2_per_person"] == pytest.approx(parts["dry_m2"].sum() / parts["people"].sum())
    assert total["storm_m2_per_person"] == pytest.approx(parts["storm_m2"].sum() / parts["people"].sum())
    assert total["risk_score"] == pytest.approx(parts["risk_score"].sum())
    assert np.isnan(total["risk_index"])  # of a level, not a sum
    assert np.isnan(total["latest_departure_min"]) or total["latest_departure_min"] in list(
        parts["latest_departure_min"]
    )
    assert isinstance(total["fixed_share_ok"], bool)
    assert total["deficit_m2"] == pytest.approx(max(2.0 * total["people"] - total["dry_m2"], 0.0))


def test_storms_that_share_a_return_period_are_told_apart_by_their_duration() -> None:
    short, long, rare = (
        StormCase("20a/60min", 20.0, 71.0),
        StormCase("20a/120min", 20.0, 90.0),
        StormCase("x", None, 5.0),
    )
    assert [words.en for words in storm_names([short, rare]).values()] == ["20-year storm", "given rain (x)"]
    told = storm_names([short, long, rare])
    assert told["20a/60min"].en == "20-year storm lasting 60 min"
    assert told["20a/120min"].zh == "20 年一遇暴雨，历时 120 分钟"
    assert told["x"].en == "given rain (x)"
