"""The parts of the report about sewers, works, closures and failures agree with the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lxml import html

from api.report.drain_story import mishaps_told, sewers_told
from api.report.facts import gather
from api.report.frames import draw_frames
from api.report.mapdata import map_data
from api.report.page import render_report
from api.report.sewers import gather_sewers
from api.report.story import paragraphs, verdicts
from api.report.water_tables import (
    drain_down_table,
    sewer_water_table,
    sewers_table,
    underpasses_table,
    water_table,
    works_table,
)
from tests.api.result_factory import make_result


def _texts(sheet, column: int = 0) -> list:
    return [row[column].show for row in sheet.rows]


def test_pipes_manholes_and_outfalls_are_counted_by_their_worst_state() -> None:
    sewers = gather_sewers(make_result())
    assert sewers is not None
    assert sewers.length_m() == 8 * 150.0
    assert sewers.length_m("full", "long") == 4 * 150.0
    assert sewers.length_m("long") == 2 * 150.0  # 3,600 s and exactly 30 min
    assert sewers.length_m("nearly") == 150.0
    # J0 stands 0.1 m over its rim, J1 just at it
    assert list(sewers.manholes["name"]) == ["J0", "J1"]
    assert sewers.manholes["over_m"].to_numpy() == pytest.approx([0.1, 0.0], abs=1e-9)
    assert list(sewers.outfalls["drowned"]) == [True]  # 1.4 m of water over a pipe of 1 m


def test_a_run_without_a_network_says_so_and_draws_none() -> None:
    result = make_result(drains=False)
    assert gather_sewers(result) is None
    page = html.fromstring(render_report(result))
    assert "等效排水能力代替" in page.text_content()
    assert not page.xpath("//h2[contains(., 'Sewers, pumps')]")
    assert map_data(result, gather(result), draw_frames(result))["sewers"] is None


def test_the_story_tells_pipes_and_failures_in_both_languages() -> None:
    result = make_result()
    told = " ".join(s.en for s in sewers_told(gather_sewers(result)))
    assert told == (
        "Of 1.2 km of pipes, 0.6 km (50%) ran full at some time, 0.3 km of them for half an hour or more. "
        "In 2 of 8 manholes the water rose to the street. The river drowned 1 of 1 outfall."
    )
    failures = mishaps_told(result)
    assert failures[0].zh == "东郊变电站 20:30–22:30 期间停电，影响 1 座泵站、2 处下穿隧道的水泵。"
    assert failures[1].en == "In Jinhe Street 40% of the inlets were blocked from 20:00 on."
    assert failures[2].en == "Fu River levee breached at 21:30 over 40.0 m, down to a crest of 497.5 m above datum."
    labels = [p.label.en for p in paragraphs(result, gather(result))]
    assert labels == ["Rain", "Water", "Sewers", "Failures", "People", "Warnings", "Evacuation"]


def test_each_closure_of_an_underpass_is_told() -> None:
    sheet = underpasses_table(make_result())
    closed = [[str(both.zh) for both in row[2].show] if row[2].kind == "list" else row[2].show.zh for row in sheet.rows]
    assert closed == [["20:45–21:55", "22:10–23:30"], "未封闭"]
    # of four hours: 2,700 to 6,900 s and 7,800 to 12,600 s
    assert sheet.rows[0][4].show == [
        pytest.approx((18.75, 29.1667), abs=1e-3),
        pytest.approx((54.1667, 33.3333), abs=1e-3),
    ]
    assert sheet.rows[0][3].sort == pytest.approx(2.5)


def test_an_underpass_still_closed_runs_to_the_end() -> None:
    result = make_result()
    open_end = result.closures.assign(reopened_s=np.nan).iloc[[1]]
    sheet = underpasses_table(replace(result, closures=open_end))
    assert "still closed" in sheet.rows[0][2].show[0].en
    left, width = sheet.rows[0][4].show[0]
    assert left + width == pytest.approx(100.0)


def test_areas_that_failed_come_first_with_their_worst_place() -> None:
    result = make_result()
    sheet = drain_down_table(result, gather(result))
    assert [cell.zh for cell in _texts(sheet)] == ["锦河街道", "东桥街道", "南门街道", "西泉街道"]
    first = sheet.rows[0]
    assert (first[2].show, first[2].kind) == ("3.6", "num bad")
    assert (first[4].show, first[4].kind) == ("8.0%", "num bad")
    assert first[6].show.en == "Jinhe Street 1 (104.0600, 30.6600)"
    assert sheet.rows[2][4].kind == "num good"


def test_a_sea_that_could_not_be_judged_is_neither_held_nor_failed() -> None:
    result = make_result(danger=False)
    areas = result.areas.assign(sea_known=False)
    changed = replace(result, areas=areas)
    sea = next(v for v in verdicts(changed, gather(changed)) if "sea" in v.title.en)
    assert sea.state == "not_tested"


def test_the_sewers_book_closes() -> None:
    result = make_result()
    sheet = sewer_water_table(result)
    assert sheet is not None
    volumes = {row[0].show.en: row[1].sort for row in sheet.rows}
    came = volumes["In from the street"] + volumes["Lifted in by pumps"] + volumes["Back in through outfalls"]
    went = sum(volumes.values()) - came
    assert came == 9700.0
    assert went == pytest.approx(came)
    assert volumes["Error of the sewer engine"] == pytest.approx(7.0)


def test_the_surface_book_counts_what_passed_to_sewers_and_pumps() -> None:
    book = {row[0].show.en: row[1].sort for row in water_table(make_result()).rows}
    assert book["Into the sewers"] == 9010.0
    assert "Pumped off the street" not in book  # nothing was
    came = book["Water at the start"] + book["Rain"] + book["Out of the sewers, onto streets and into rivers"]
    assert sum(book.values()) == pytest.approx(2 * came)


def test_works_are_named_and_a_lack_of_power_stands_out() -> None:
    sheet = works_table(make_result())
    assert [cell.zh for cell in _texts(sheet)] == ["锦河下穿隧道", "锦河泵站", "府河闸"]
    assert sheet.rows[0][5].kind == "num bad"
    assert sheet.rows[0][5].show == "45"
    assert _texts(sheet, 1)[2].en == "gate, closed"


def test_the_pump_of_a_crew_is_named_after_its_team_and_lacks_no_power_before_it_comes() -> None:
    result = make_result()
    pump = {"kind": "pump", "running": False, "starts": 1, "running_s": 3600.0, "volume_m3": 540.0}
    teams = pd.DataFrame({"id": ["P001"], "name": ["银杏排水抢险队"], "name_en": ["Yinxing Drainage Crew"]})
    crew = {**pump, "name": "crew P001", "lacking_s": 4500.0}
    (row,) = works_table(
        replace(result, structures=(crew,), city=replace(result.city, teams=teams))
    ).rows  # fmt: skip
    assert row[0].show.zh == "银杏排水抢险队"
    assert row[1].show.en == "pump of a crew"
    assert row[5].kind != "num bad"


def test_the_map_carries_pipes_manholes_and_outfalls() -> None:
    result = make_result()
    data = map_data(result, gather(result), draw_frames(result))["sewers"]
    assert {state: len(lines) for state, lines in data["pipes"].items()} == {
        "room": 3,
        "nearly": 1,
        "full": 2,
        "long": 2,
    }
    lat, lon, name, over = data["manholes"][0]
    assert (name, over) == ("J0", 0.1)
    west_lon, south_lat = 104.0, 30.0
    assert lat > south_lat
    assert lon > west_lon
    assert data["outfalls"][0][3] is True


def test_a_figure_per_line_of_the_network_table() -> None:
    sheet = sewers_table(gather_sewers(make_result()))
    assert [row[1].sort for row in sheet.rows] == pytest.approx([1.2, 0.6, 0.3, 8, 2, 1, 1])
    assert sheet.rows[1][2].show.en == "50%"
