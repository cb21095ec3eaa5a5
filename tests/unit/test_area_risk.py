"""The columns of risk in areas.csv, and the risk that warnings carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.rules_file import load_rules
from hazards import risk_index
from sim import run as run_module
from sim.area_map import map_areas
from sim.area_risk import allowed_time_s, gap_of_areas, risk_columns, warnings_with_risk
from sim.result import Result, RiskParts
from sim.run import run
from sim.scenario import Flood, Scenario, Storm
from tests.api.result_factory import make_warnings
from tests.tiny_city import tiny_city

RULES = load_rules()


def test_columns_by_hand() -> None:
    """1000 + 0.2 x 500 + 1 x 400 = 1500 persons in a street of 50,000: 100 (1 - exp(-1500 / 5000))."""
    got = risk_columns(np.array([1000.0]), np.array([500.0]), np.array([400.0]), "street", RULES)
    assert got["risk_score"].tolist() == [1500.0]
    assert got["risk_index"].tolist() == [round(100.0 * (1.0 - np.exp(-0.3)), 2)]
    assert got["risk_reference_persons"] == 50_000


def test_the_allowed_time_is_that_of_the_lowest_area() -> None:
    """The city is of the new town (4 h), its western street of the old (3 h)."""
    city = tiny_city()
    allowed = allowed_time_s(city, RULES)
    assert np.unique(allowed[:, :30]).tolist() == [RULES.number("drainage.limit_h_old_town") * 3600.0]
    assert np.unique(allowed[:, 30:]).tolist() == [RULES.number("drainage.limit_h_new_town") * 3600.0]


def test_a_block_counts_where_it_stands() -> None:
    city = tiny_city()
    assert city.people is not None
    gap = np.where(city.people["area"] == "510101", 2.0, 5.0)
    assert gap_of_areas(city, map_areas(city, "street"), gap).tolist() == [36.0, 90.0]
    assert gap_of_areas(city, map_areas(city, "city"), gap).tolist() == [126.0]
    assert gap_of_areas(replace(city, people=None), map_areas(city, "city"), np.empty(0)).tolist() == [0.0]


def test_a_warning_carries_the_risk_of_its_area_and_nothing_else_changes() -> None:
    warnings = make_warnings()
    row = {"person_risk": 3.0, "waterlogging_excess": 2.0, "coping_gap": 1.0, "risk_score": 4.4, "risk_index": 0.5}
    got = warnings_with_risk(warnings, pd.DataFrame([{"code": warnings[0].area} | row]))
    for before, after in zip(warnings, got, strict=True):
        known = RiskParts(3.0, 2.0, 1.0, 4.4, 0.5) if before.area == warnings[0].area else None
        assert after == replace(before, risk=known)


@pytest.fixture(scope="module")
def drill() -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "load_city", lambda scenario: tiny_city())
        return run(Scenario(storm=Storm(lead_min=30.0), flood=Flood(duration_h=3.0)))


def test_the_warnings_of_a_drill_say_what_areas_csv_says(drill) -> None:
    areas = drill.areas.set_index("code")
    assert len(drill.warnings) > 0
    for warning in drill.warnings:
        row, risk = areas.loc[warning.area], warning.risk
        assert risk is not None
        assert risk.index == row["risk_index"]
        assert risk.score == row["risk_score"]
        assert risk.score == pytest.approx(
            risk.person_risk + 0.2 * risk.waterlogging_excess + risk.coping_gap, abs=0.002
        )


def test_the_index_is_that_of_the_score(drill) -> None:
    index = risk_index(
        drill.areas["risk_score"], drill.areas["risk_reference_persons"], RULES.number("risk.index_scale")
    )
    np.testing.assert_allclose(drill.areas["risk_index"], index, atol=0.006)
    assert (drill.areas["risk_score"] > drill.areas["person_risk"]).any()
