"""What the terminal says after a drill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from api.cli.told import _sewer_balance, print_drill
from api.report.page import render_report
from tests.api.after_action_factory import make_record
from tests.api.result_factory import make_result


@pytest.mark.parametrize(
    ("total", "own", "told"),
    [
        (7e-4, 0.001, ", with the sewers 7.0e-04"),
        (7e-4, -0.125, ", with the sewers 7.0e-04; the sewer engine made 12.5% of its own water"),
        (7e-4, 0.03, ", with the sewers 7.0e-04; the sewer engine lost 3.0% of its own water"),
        (None, None, ", of the sewers unknown"),
    ],
)
def test_an_error_of_the_sewer_engine_is_not_lost_in_the_water_of_the_city(total, own, told):
    assert _sewer_balance({"total_error": total, "engine_error": own}) == told


MOVED = {
    "ordered": 3550, "unordered": 180, "arrived": 3100, "t50_min": 42.0, "in_flooded_shelters": 0, "moving": 7,
    "waiting": 34, "riding": 2, "at_door": 1, "home": 140, "stranded": 96, "refused_to_leave": 275, "turned_away": 75,
    "rescued": 68, "casualties_expected": 0.8, "casualties_without": 6.3, "balance_error": 0,
}  # fmt: skip


def _summary(result):
    flood = {"max_depth_m": 1.6, "drain_down": [], "sea": [], "continuity_error": 1e-7}
    people = {"exposed_by_class": dict.fromkeys(("H3", "H4", "H5", "H6"), 10), "total": 39_000, "off_the_ground": 0}
    return result.summary | {
        "flood": flood, "people": people, "evacuation": MOVED, "drains": None, "readiness": 61.4, "wall_s": {"total": 9}
    }  # fmt: skip


def test_the_terminal_tells_deaths_with_and_without_readiness_and_where_the_review_lies(capsys):
    result = make_result()
    result = replace(result, record=make_record(result))
    print_drill(result, _summary(result), Path("out"))
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "3,550; 180 more left of their own accord; planned for: with a place 3,450, without 100",
        "275 refused, 96 stranded, 75 turned away, 44 on the way, 140 still at home",
        "no open way 49, car stalled or floated 21",
        "Expected deaths 0.8; had nobody moved 6.3; 68 rescued by crews",
        "Readiness 61 of 100",
        "After-action review: out/after_action.html",
    ):
        assert words in told, words


def test_a_report_leads_to_its_review_where_there_is_one():
    result = make_result()
    assert 'href="after_action.html"' not in render_report(result)
    assert 'href="after_action.html"' in render_report(replace(result, record=make_record(result)))
