"""Shelters and the water: judged where the door is, and nobody in a flooded one counts as quietly safe."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from api.report.facts import gather
from api.report.story import paragraphs
from sim import run as run_module
from sim.result import Result
from sim.run import run
from sim.scenario import Evacuation, Flood, Plan, Scenario
from sim.site_water import site_cells
from tests.tiny_city import NORTH_M, WEST_M, tiny_city

SCENARIO = Scenario(flood=Flood(duration_h=2.5))
SOUTH_M = NORTH_M - 600.0


def _drill(monkeypatch, city, **parts) -> Result:
    monkeypatch.setattr(run_module, "load_city", lambda _: city)
    return run(replace(SCENARIO, **parts))


def _only(*ids: str):
    city = tiny_city()
    return replace(city, shelters=city.shelters[city.shelters["id"].isin(ids)].reset_index(drop=True))


def test_people_inside_a_shelter_that_floods_are_told_of(monkeypatch):
    result = _drill(monkeypatch, _only("S4"))
    moved = result.summary["evacuation"]
    assert moved["in_flooded_shelters"] == moved["arrived"] > 0
    told = " ".join(str(part.text.en) for part in paragraphs(result, gather(result)))
    assert "water later entered" in told


def test_people_inside_a_flooded_shelter_count_among_the_expected_deaths(monkeypatch):
    """Everybody goes: in the hollow's school they stand in deep water, on high ground they do not."""
    comply = Evacuation(compliance_share=1.0)
    low, high = (_drill(monkeypatch, _only(site), evacuation=comply) for site in ("S4", "S2"))
    assert high.summary["evacuation"]["in_flooded_shelters"] == 0
    assert low.summary["evacuation"]["casualties_expected"] > high.summary["evacuation"]["casualties_expected"]


def test_a_shelter_in_a_building_closes_by_the_water_at_its_walls(monkeypatch):
    city = tiny_city()
    house = box(WEST_M + 240.0, SOUTH_M + 340.0, WEST_M + 270.0, SOUTH_M + 370.0)  # around S4, the hollow's school
    frame = gpd.GeoDataFrame({"height_m": [6.0]}, geometry=[house], crs=city.grid.crs)
    result = _drill(monkeypatch, replace(city, buildings=frame))
    site = result.sites.set_index("id").loc["S4"]
    row, col = (int(k[0]) for k in city.grid.cell_of(np.array([site["x_m"]]), np.array([site["y_m"]])))
    assert result.flood.maxima.max_depth[row, col] < 0.05  # the roof is dry
    assert site["status"] == "flooded"
    assert site["assigned"] == 0


def test_cells_of_a_site_are_its_own_or_the_nearest_street():
    city = tiny_city()
    building = np.zeros(city.grid.shape, bool)
    rows, cols = city.grid.cell_of(city.shelters["x_m"].to_numpy(), city.shelters["y_m"].to_numpy())
    building[rows[0] - 1 : rows[0] + 2, cols[0] - 1 : cols[0] + 2] = True
    cells = site_cells(city, building, ~building)
    owned = [cells.cells[a:b] for a, b in zip(cells.first[:-1], cells.first[1:], strict=True)]
    assert [len(own) for own in owned[1:]] == [1, 1, 1]
    assert owned[1][0] == rows[1] * city.grid.cols + cols[1]
    near = np.argwhere(~building) - [rows[0], cols[0]]
    ring = (np.hypot(*near.T) <= 3.0).sum()  # nearest street at 2 cells, one cell farther off at most
    assert len(owned[0]) == ring
    off = replace(city, shelters=city.shelters.assign(x_m=0.0))
    assert site_cells(off, building, ~building).worst(np.ones(3600)).tolist() == [0.0] * 4


def test_deaths_of_a_plan_for_everybody_count_only_those_in_danger(monkeypatch):
    """All refuse: whether one asks all residents or only those at risk, the same people stand in the water."""
    nobody = Evacuation(compliance_share=0.0)
    some, everybody = (
        _drill(monkeypatch, tiny_city(), evacuation=nobody, plan=Plan(demand=who)) for who in ("at_risk", "all")
    )
    deaths = [r.summary["evacuation"]["casualties_expected"] for r in (some, everybody)]
    assert deaths[0] > 0.0
    assert deaths[1] == pytest.approx(deaths[0], abs=0.01)
