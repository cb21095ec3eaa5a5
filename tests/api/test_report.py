"""The report as a file: everything inside, both languages complete, figures those of the run."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from lxml import html

from api.report import render_report, write_report
from api.report.facts import gather, reported_areas
from api.report.frames import draw_frames
from api.report.mapdata import map_data
from sim.result import Result
from tests.api.result_factory import make_result

CASES = {
    "danger": {},
    "calm": {"danger": False},
    "dry": {"danger": False, "rain": False},
}


@pytest.fixture(scope="module", params=list(CASES))
def page(request) -> tuple[Result, str]:
    result = make_result(**CASES[request.param])
    return result, render_report(result)


def test_no_address_leads_outside(page: tuple[Result, str]) -> None:
    _, text = page
    bare = re.sub(r"data:[\w/;,+=-]+", "", text)
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'<>)]*", bare))
    # The name of the SVG namespace and the credit in Leaflet's licence are no requests.
    assert {address for address in outside if "w3.org" not in address} <= {"https://leafletjs.com"}
    document = html.fromstring(text)
    for element in document.iter():
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            value = element.get(name, "data:")
            assert value.startswith(("data:", "#")), (element.tag, name, value[:60])
    assert not re.search(r"@import|sourceMappingURL", bare)
    assert {address[:1] for address in re.findall(r"url\(([^)]*)\)", bare)} <= {"", "#"}


def test_every_text_stands_in_both_languages(page: tuple[Result, str]) -> None:
    document = html.fromstring(page[1])
    chinese, english = (document.xpath(f"//*[contains(concat(' ',@class,' '),' {c} ')]") for c in ("zh", "en"))
    assert len(chinese) == len(english) > 100
    for zh, en in zip(chinese, english, strict=True):
        assert zh.text_content().strip()
        assert not re.search(r"[\u4e00-\u9fff]", en.text_content()), en.text_content()
    loose = document.xpath("//main//text()[not(ancestor::*[contains(@class,'zh')]) and not(ancestor::script)]")
    for words in loose:
        assert not re.search(r"[\u4e00-\u9fff]", words), words


def test_no_placeholder_is_left(page: tuple[Result, str]) -> None:
    words = html.fromstring(page[1]).xpath("//main")[0].text_content()
    assert "{" not in re.sub(r"<style.*?</style>", "", words)
    assert "nan" not in re.findall(r"[a-z]+", words.lower())
    assert "@@" not in page[1]


def test_the_font_holds_every_character_of_the_page(page: tuple[Result, str]) -> None:
    text = page[1]
    match = re.search(r"url\(data:font/woff2;base64,([^)]+)\)", text)
    assert match
    known = set(TTFont(BytesIO(base64.b64decode(match[1]))).getBestCmap())
    shown = "".join(html.fromstring(text).xpath("//body//text()[not(ancestor::script)]"))
    shown += "".join(re.findall(r"[\u3000-\u9fff]", re.sub(r"data:[\w/;,+=-]+", "", text)))
    assert {c for c in shown if c.isprintable() and ord(c) not in known} == set()


def test_the_page_is_small_and_the_same_each_time(tmp_path) -> None:
    result = make_result()
    path = tmp_path / "report.html"
    write_report(result, path)
    assert path.stat().st_size < 2_000_000
    first, second = path.read_text(encoding="utf-8"), render_report(make_result())
    # All but the font, whose file carries the time it was made.
    assert re.sub(r"font/woff2;base64,[^)]+", "", first) == re.sub(r"font/woff2;base64,[^)]+", "", second)


def test_the_banner_says_exercise_synthetic_and_unverified() -> None:
    text = html.fromstring(render_report(make_result())).find_class("banner")[0].text_content()
    assert "演练 EXERCISE" in text
    assert "合成数据图层：地形、人口、避难场所。" in text
    assert "Synthetic layers: terrain, people and shelters." in text
    assert "3 thresholds" in text


def test_tables_carry_the_figures_of_the_run() -> None:
    result = make_result()
    document = html.fromstring(render_report(result))
    rows = document.xpath("//table[@id='t-shelters']/tbody/tr")
    assert len(rows) == len(result.sites)
    assert "1,310" in rows[0].text_content()
    assert "66%" in rows[0].text_content()
    people = document.xpath("//table[@id='t-people']/tbody/tr/td[1]/@data-v")
    told, *parts = (float(value) for value in people)
    assert told == sum(parts) == 3550
    assert len(document.xpath("//table[@id='t-warnings']/tbody/tr")) == len(result.warnings)
    areas = document.xpath("//table[@id='t-areas']/tbody/tr/td[4]/@data-v")
    assert [float(value) for value in areas] == sorted((float(v) for v in areas), reverse=True)


def test_a_site_that_the_plan_leaves_out_shows_its_reason_and_no_figures() -> None:
    result = make_result()
    text = render_report(result)
    document = html.fromstring(text)
    last = document.xpath("//table[@id='t-shelters']/tbody/tr")[-1]
    assert "Xiquan Square" in last.text_content()
    assert last.xpath("td[last()]//span[@class='en']/text()") == ["left out (open air: no shelter in a storm)"]
    assert last.xpath("td[last()]//span[@class='zh']/text()") == ["不启用（露天，雨中不能避险）"]
    assert last.xpath("td[2]/text()") == ["–"]  # no capacity of 0 that looks like a full or a missing one
    assert "Of 4 sites, 1 is left out in this storm" in text
    drawn = map_data(result, gather(result), draw_frames(result))["sites"]
    assert [site["out"] is not None for site in drawn] == [False, False, False, True]
    assert drawn[3]["out"] == ["露天，雨中不能避险", "open air: no shelter in a storm"]
    wet = result.sites.assign(closed_s=[np.nan, np.nan, 5400.0, 5400.0], status=["full", "part", "flooded", "flooded"])
    assert list(gather(replace(result, sites=wet)).flooded_sites["id"]) == ["S3"]  # a park that was never open is none
    open_air = render_report(replace(result, sites=result.sites.assign(excluded="")))
    assert "left out (" not in open_air


def test_the_risk_score_stands_with_its_parts_the_highest_first() -> None:
    result = make_result()
    areas = result.areas.assign(
        person_risk=[3.0, 40.0, 0.0, 0.0], waterlogging_excess=[10.0, 5.0, 0.0, 0.0], coping_gap=[1.0, 9.0, 0.0, 0.0],
        risk_score=[6.0, 50.0, 0.0, 0.0], risk_index=[0.1, 1.0, 0.0, 0.0],
    )  # fmt: skip
    document = html.fromstring(render_report(replace(result, areas=areas)))
    rows = [row.xpath("td/@data-v") for row in document.xpath("//table[@id='t-risk']/tbody/tr")]
    assert [[float(value) for value in row] for row in rows] == [
        [40.0, 5.0, 9.0, 50.0, 1.0],
        [3.0, 10.0, 1.0, 6.0, 0.1],
    ]
    (note,) = document.xpath("//h2[@id='h-risk']/..//p/*[@class='en']")
    assert "Score = person-risk + 0.2 × water too long + 1 × coping gap" in note.text_content()
    lines = document.xpath("//table[@id='t-warnings']//li/*[@class='en']/text()")
    told = "Risk score of the area 400 persons (whole run, index 60.0): "
    assert f"{told}person-risk 300, water too long 100, coping gap 80" in lines

    calm = html.fromstring(render_report(make_result(danger=False)))
    assert not calm.xpath("//table[@id='t-risk']")


def test_names_are_escaped() -> None:
    result = make_result()
    sites = result.sites.assign(name='<script>alert("x")</script>', name_en="</script><b>bold</b>")
    text = render_report(replace(result, sites=sites))
    assert "<script>alert" not in text
    assert "</script><b>" not in text


def test_a_bare_city_still_has_a_report() -> None:
    result = make_result(danger=False)
    city = replace(result.city, rivers=None, roads=None, synthetic=(), provenance={}, notes=())
    sites, blocks = result.sites.iloc[:0], result.blocks.iloc[:0]
    bare = replace(
        result,
        city=city,
        sites=sites,
        blocks=blocks,
        site_occupancy=np.zeros((len(result.timeline), 0), int),
        roads_closed_frames=np.zeros((len(result.flood.time_s), 0), bool),
        unverified_rules=(),
    )
    assert "没有避难场所数据" in render_report(bare)


def test_an_area_still_under_water_at_the_end_is_said_so() -> None:
    result = make_result()
    areas = result.areas.assign(drain_down_h=[np.nan, 2.1, 0.4, 0.0], drain_down_ok=[False, True, True, True])
    text = render_report(replace(result, areas=areas))
    assert "到模拟结束时锦河街道仍有积水" in text
    assert "not drained" in text


def test_a_run_without_frames_shows_the_largest_depth() -> None:
    result = make_result()
    flood = result.flood
    flood.time_s, flood.depth = np.empty(0), np.empty((0, 80, 80), np.float32)
    text = render_report(replace(result, roads_closed_frames=np.zeros((0, 440), bool)))
    assert "地图只显示最大水深" in text


def test_facts_add_up() -> None:
    result = make_result()
    facts = gather(result)
    move = facts.movement
    parts = (move.sheltered, move.moving, move.home, move.stranded, move.turned_away, move.refused)
    assert sum(parts) == move.ordered
    assert facts.people_h3_up == 1400 + 700 + 120
    # The rain of the factory: 300 s intervals, summed by hand.
    assert facts.rain.total_mm == pytest.approx(result.timeline.rain_mm_h.iloc[:-1].sum() * 300 / 3600, rel=1e-12)
    assert facts.rain.end_s == 7500.0
    assert list(reported_areas(result).level.unique()) == ["street"]
