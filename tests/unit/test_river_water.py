"""Rivers over time: where a reach enters and leaves, which series it follows, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from data.errors import InputError
from data.rules_file import load_rules
from data.schema import City
from hazards import EdgeConditions, SurfaceFlow
from sim.ground import Ground, prepare_ground
from sim.river_water import river_water
from tests.watered_city import watered_city

RULES = load_rules()
FLOW = pd.DataFrame({"time_s": [0.0, 600.0], "flow_m3_s": [2.0, 20.0]})
STAGE = pd.DataFrame({"time_s": [0.0, 1200.0], "stage_m": [497.5, 499.0]})


def _with(city: City, **columns: object) -> City:
    assert city.rivers is not None
    return replace(city, rivers=city.rivers.assign(**columns))


def _flow(ground: Ground) -> SurfaceFlow:
    return SurfaceFlow(
        ground.bed,
        ground.city.grid.cell_m,
        ground.manning_n,
        initial_depth=ground.initial_depth,
        edges=EdgeConditions("open", "open", "open", "open"),
        crest_x=ground.crest_x,
        crest_y=ground.crest_y,
        inflows=ground.inflows,
        stages=ground.stages,
    )


def test_a_steady_reach_enters_at_its_highest_bed_and_holds_nothing() -> None:
    city = watered_city()
    water = river_water(city, city.terrain)
    (inflow,) = water.inflows
    assert water.stages == ()
    assert set(inflow.cells[0].tolist()) == {0}  # the plane rises to the north
    assert inflow.cells[1].tolist() == list(range(47, 54))
    assert (inflow.time_s.tolist(), inflow.flow_m3_s.tolist()) == ([0.0], [2.0])


def test_series_take_the_place_of_the_steady_flow_and_hold_the_lower_end() -> None:
    city = _with(watered_city(), inflow_series="q.csv", stage_series="z.csv")
    city = replace(city, river_series={"q.csv": FLOW, "z.csv": STAGE})
    water = river_water(city, city.terrain)
    (inflow,), (stage,) = water.inflows, water.stages
    assert inflow.flow_m3_s.tolist() == [2.0, 20.0]
    assert set(stage.cells[0].tolist()) == {59}
    assert stage.cells[1].tolist() == list(range(47, 54))
    assert (stage.time_s.tolist(), stage.stage_m.tolist()) == ([0.0, 1200.0], [497.5, 499.0])


def test_a_held_end_is_closed_outwards_and_follows_its_series() -> None:
    """Without the wall behind it the open edge would draw from the held cells what the level then brings back."""
    city = replace(_with(watered_city(), stage_series="z.csv"), river_series={"z.csv": STAGE})
    ground = prepare_ground(city, RULES, 0.0)
    assert ground.crest_y is not None
    assert np.isinf(ground.crest_y[60, 47:54]).all()
    assert not np.isposinf(ground.crest_y[60, :47]).any()
    flow = _flow(ground)
    flow.advance(1200.0)
    assert flow.flow_y[60, 47:54].max() == 0.0
    np.testing.assert_allclose(flow.depth[59, 47:54] + flow.bed[59, 47:54], 499.0, atol=1e-4)
    assert flow.book.continuity_error < 1e-6


def test_a_steady_city_is_as_it_was() -> None:
    ground = prepare_ground(watered_city(), RULES, 1.0)
    assert ground.stages == ()
    assert ground.crest_x is not None
    assert not np.isposinf(ground.crest_x).any()
    assert ground.drainage_m_s[ground.underpass == 0].max() == ground.drainage_m_s.max()  # its pumps are structures


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ({"inflow_series": "q.csv"}, slice(None), "names a series that the city does not hold"),
        ({"stage_series": "z.csv", "inflow_m3_s": 0.0}, slice(10, 50), "meets no edge of the domain"),
        ({"stage_series": "z.csv"}, slice(10, 60), "meets the edge of the domain once"),
    ],
)
def test_what_is_refused(columns: dict[str, object], rows: slice, message: str) -> None:
    city = watered_city()
    assert city.rivers is not None
    west, _, east, north = city.rivers.total_bounds
    top, bottom = north - 10.0 * (rows.start or 0), north - 10.0 * (rows.stop or 60)
    city = _with(replace(city, rivers=city.rivers.set_geometry([box(west, bottom, east, top)])), **columns)
    city = replace(city, river_series={"z.csv": STAGE})
    with pytest.raises(InputError, match=message) as caught:
        river_water(city, city.terrain)
    assert "East River" in caught.value.place
