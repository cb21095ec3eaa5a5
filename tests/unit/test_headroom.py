"""Headroom: the bisection finds the uplift that breaks a limit, for every criterion and class at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.datum import WGS84, transform
from data.errors import InputError, RunStopped
from data.rules_file import load_rules
from hazards import storm_depth
from sim import headroom
from sim.flood_jobs import FloodOutcome
from sim.headroom import HeadroomStopped, SearchParameters, find_headroom, return_period_of
from sim.rulebook import rainstorm_formula
from sim.scenario import Flood, Scenario, Storm
from tests.tiny_city import tiny_city

RULES = load_rules()
SCENARIO = Scenario(storm=Storm(return_period_a=10.0, duration_min=30.0, lead_min=0.0))
AREAS = [("510101", "old_town", 3.0), ("510102", "new_town", 4.0)]


def _faked(monkeypatch, drains_to, sea_to, stops_at=None):
    """Floods that break at uplifts known beforehand: drain-down and sea, each a value per area."""
    asked = []
    grid = tiny_city().grid
    lon, lat = transform(np.array(grid.west_m + 100.0), np.array(grid.south_m + 100.0), grid.crs, WGS84)

    def floods(city, scenarios, rules, *, workers, tell):
        found = []
        for scenario in scenarios:
            uplift = scenario.storm.uplift
            asked.append(uplift)
            if stops_at is not None and uplift >= stops_at:
                found.append(RunStopped("burst", time_s=1.0))
                continue
            rows = pd.DataFrame(
                [
                    {
                        "code": code, "name": "街", "name_en": "Street", "level": "street", "drainage_class": kind,
                        "drain_down_h": hours * uplift / d, "drain_down_limit_h": hours,
                        "drain_down_ok": uplift <= d, "drain_down_known": True, "sea_share": 0.03 * uplift / s,
                        "sea_ok": uplift <= s, "sea_known": True, "worst_depth_m": 0.4, "worst_lon": float(lon),
                        "worst_lat": float(lat),
                    }
                    for (code, kind, hours), d, s in zip(AREAS, drains_to, sea_to, strict=True)
                ]
            )  # fmt: skip
            found.append(FloodOutcome(rows, {"rain_mm": 50.0 * uplift}, 1800.0, 2e4, np.empty(0), np.empty(0)))
        return found

    monkeypatch.setattr(headroom, "run_floods", floods)
    return asked


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.05, 3.5), min_size=4, max_size=4), st.sampled_from([0.02, 0.05, 0.2]))
def test_every_limit_is_enclosed_to_within_the_tolerance(breaks, tolerance):
    with pytest.MonkeyPatch.context() as patch:
        _faked(patch, breaks[:2], breaks[2:])
        found = find_headroom(tiny_city(), SCENARIO, RULES, parameters=SearchParameters(tolerance=tolerance))
    truth = dict(zip([(c, kind) for c in ("drain_down", "sea") for _, kind, _ in AREAS], breaks, strict=True))
    for limit in found.limits:
        value = truth[limit.criterion, limit.drainage_class]
        if value < 0.1:
            assert (limit.holds_to, limit.fails_at) == (None, 0.1)
        elif value >= 3.0:
            assert (limit.holds_to, limit.fails_at) == (3.0, None)
        else:
            assert limit.holds_to <= value < limit.fails_at
            # Probes are rounded to a millionth.
            assert limit.fails_at - limit.holds_to <= tolerance + 2e-6
        assert limit.monotone


def test_no_flood_is_run_twice_and_the_first_to_go_is_named(monkeypatch):
    asked = _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6])
    found = find_headroom(tiny_city(), SCENARIO, RULES)
    assert len(asked) == len(set(asked)) == len(found.probes)
    first = found.first
    assert (first.criterion, first.drainage_class) == ("sea", "new_town")
    assert first.first.area == "510102"
    assert first.first.place_en == "West Street"  # the finest area that holds the place
    assert first.rain_mm == pytest.approx(50.0 * first.holds_to)


def test_the_probes_do_not_depend_on_the_workers(monkeypatch):
    asked = _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6])
    find_headroom(tiny_city(), SCENARIO, RULES, workers=1)
    once = _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6])
    find_headroom(tiny_city(), SCENARIO, RULES, workers=8)
    assert asked == once


def test_a_limit_that_holds_again_further_up_is_told(monkeypatch):
    asked = _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6])
    inner = headroom.run_floods

    def floods(city, scenarios, rules, **more):
        found = inner(city, scenarios, rules, **more)
        for scenario, outcome in zip(scenarios, found, strict=True):
            outcome.areas.loc[0, "drain_down_ok"] |= scenario.storm.uplift >= 2.9
        return found

    monkeypatch.setattr(headroom, "run_floods", floods)
    limits = {(one.criterion, one.drainage_class): one for one in find_headroom(tiny_city(), SCENARIO, RULES).limits}
    assert asked
    # At three times the rain it holds, so nothing between 1 and 3 is looked at for it unless others ask.
    assert limits["drain_down", "old_town"].monotone is False
    assert limits["sea", "old_town"].monotone is True


def test_classes_can_be_chosen_and_must_exist(monkeypatch):
    _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6])
    found = find_headroom(tiny_city(), SCENARIO, RULES, classes=["old_town"])
    assert {limit.drainage_class for limit in found.limits} == {"old_town"}
    with pytest.raises(InputError) as caught:
        find_headroom(tiny_city(), SCENARIO, RULES, classes=["hub"])
    assert caught.value.place == "--class"


def test_a_flood_that_stops_keeps_the_probes_before_it(monkeypatch):
    _faked(monkeypatch, [1.3, 2.0], [1.7, 0.6], stops_at=2.5)
    with pytest.raises(HeadroomStopped, match="rain x 3") as caught:
        find_headroom(tiny_city(), SCENARIO, RULES)
    assert [probe.uplift for probe in caught.value.probes] == [0.1, 1.0]


def test_the_search_must_make_sense():
    for wrong in ({"least": 1.5}, {"most": 0.5}, {"tolerance": 0.0}, {"least": 0.0}):
        with pytest.raises(ValueError, match="="):
            SearchParameters(**wrong)


def test_the_return_period_is_that_of_the_rain():
    formula = rainstorm_formula(RULES)
    ratio = storm_depth(formula, 30.0, 1800.0) / storm_depth(formula, 10.0, 1800.0)
    assert return_period_of(SCENARIO, ratio, RULES) == pytest.approx(30.0, abs=0.05)
    assert return_period_of(SCENARIO, 1.0, RULES) == pytest.approx(10.0, abs=0.05)
    assert return_period_of(SCENARIO, 5.0, RULES) is None


def test_a_run_that_ends_too_soon_is_refused():
    short = replace(SCENARIO, flood=Flood(duration_h=1.0))
    with pytest.raises(InputError, match="before it can be judged"):
        find_headroom(tiny_city(), short, RULES)


def test_the_tiny_city_has_a_limit_that_floods_confirm():
    """Searched on real floods: what is found holds just below and fails just above, in a flood of its own."""
    scenario = replace(SCENARIO, storm=replace(SCENARIO.storm, return_period_a=2.0))
    found = find_headroom(
        tiny_city(), scenario, RULES, classes=["old_town"], parameters=SearchParameters(tolerance=0.2)
    )
    limit = found.first
    assert limit.holds_to is None or limit.fails_at - limit.holds_to <= 0.2 + 2e-6
    uplifts = [probe.uplift for probe in found.probes]
    assert uplifts == sorted(uplifts)
    sea = [probe.worst["sea", "old_town"].value for probe in found.probes]
    assert sea == sorted(sea)
