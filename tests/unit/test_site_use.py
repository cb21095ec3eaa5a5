import numpy as np
import pytest

from data.schema import EXCLUSIONS
from sim.site_use import judge_sites
from tests.planning_case import city

NEVER = np.inf


def judged(change=None, wet=NEVER, cut=NEVER, open_air=False, year=2026, space=2.0):
    sites = city().shelters.iloc[[2]].assign(**(change or {}))  # a hall of 400 m2
    return judge_sites(
        sites, np.array([wet]), np.array([cut]), m2_per_person=space, year=year, open_air=open_air
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "wet", "cut", "reason"),
    [
        ({}, NEVER, NEVER, ""),
        ({"open_year": 2027.0}, 0.0, 0.0, "not_open"),
        ({"in_floodplain": True, "fit_for_flood": False}, NEVER, NEVER, "floodplain"),
        ({"fit_for_flood": False}, NEVER, NEVER, "not_fit"),
        ({"fit_for_waterlogging": False}, 10.0, NEVER, "not_fit"),
        ({"area_m2": 1.0}, 10.0, NEVER, "no_capacity"),
        ({"occupants": 200.0}, NEVER, NEVER, "no_capacity"),
        ({}, 10.0, 0.0, "no_road"),
        ({}, 10.0, 20.0, "flooded"),
        ({}, NEVER, 20.0, "cut_off"),
        ({"indoor": False}, NEVER, NEVER, "open_air"),
    ],
)
def test_the_first_reason_that_holds_is_given(change, wet, cut, reason):
    assert reason in EXCLUSIONS
    assert judged(change, wet, cut).excluded[0] == reason


def test_open_air_can_be_allowed():
    assert judged({"indoor": False}, open_air=True).excluded[0] == ""


def test_who_is_inside_has_taken_a_place():
    assert judged({"occupants": 50.0}).places[0] == 150
    assert judged({"occupants": 49.5}).places[0] == 150  # half a person takes a whole place


def test_a_site_opens_with_its_year():
    assert judged({"open_year": 2026.0}).used[0]
    assert not judged({"open_year": 2026.5}).used[0]


def test_dry_counts_open_air_and_unfit_sites_and_used_does_not():
    use = judged({"indoor": False, "fit_for_flood": False})
    assert use.open[0]
    assert use.dry[0]
    assert not use.used[0]
    assert use.usable_places[0] == 0
