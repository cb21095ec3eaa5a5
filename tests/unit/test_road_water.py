"""Worst water along roads, the roads of a flood epoch, and who is struck on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from shelters.passability import walking_times
from sim.area_map import warned_areas
from sim.command.places import places_of
from sim.exposure import expose
from sim.flood_record import Frame
from sim.flood_watch import FloodWatch, WatchPoints
from sim.flooded_roads import car_free_speed, road_epochs
from sim.ground import prepare_ground
from sim.movement.harm import struck
from sim.movement.links import CLOSED, OPEN, SLOW
from sim.movement.road_water import RoadEpochs, with_barred
from sim.movement.units import ADULT, CAR, CAUGHT, CHILD, IMPAIRED, NO_REASON, STALLED, WALK
from sim.road_water import road_cells, worst_along
from sim.rulebook import hazard_limits, risk_weights, site_limits
from sim.site_water import site_cells
from sim.stability_rules import drive_rules, group_walk_rules, harm_limits
from tests.watered_city import watered_city

RULES = load_rules()
WALK_RULES = group_walk_rules(RULES, (1.0, 0.74, 0.71, 0.41))
DRIVE = drive_rules(RULES)
FREE = 10.0  # m/s


def worst(depth: list[float], speed: list[float]) -> tuple[float, ...]:
    cells = np.arange(len(depth), dtype=np.int64)
    out = [np.empty(1, np.float32) for _ in range(3)]
    worst_along(np.array([0, len(depth)]), cells, np.array(depth), np.array(speed), *out)
    return tuple(float(values[0]) for values in out)


def test_the_worst_product_is_that_of_one_place() -> None:
    """Deep still water beside a fast film: 0.4 m and 2 m/s, but nowhere more than 0.05 x 2 = 0.1 m2/s."""
    assert worst([0.4, 0.05], [0.0, 2.0]) == pytest.approx((0.4, 2.0, 0.1), rel=1e-6)
    assert worst([0.4, 0.2], [0.5, 1.5]) == pytest.approx((0.4, 1.5, 0.3), rel=1e-6)


def test_no_water_and_unknown_water_count_as_dry() -> None:
    assert worst([0.0, np.nan], [3.0, 3.0]) == (0.0, 0.0, 0.0)
    assert worst([0.3], [np.nan]) == pytest.approx((0.3, 0.0, 0.0), rel=1e-6)


def test_a_road_closes_by_its_worst_place_not_by_two_places_together() -> None:
    walk = WALK_RULES[ADULT]
    length, depth, speed = np.array([100.0]), np.array([0.4]), np.array([2.0])
    assert np.isinf(walking_times(length, depth, speed, walk))
    assert np.isfinite(walking_times(length, depth, speed, walk, np.array([0.1])))
    assert np.isinf(walking_times(length, depth, speed, walk, np.array([0.4])))


@given(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 4)), min_size=1, max_size=20),
)
def test_the_product_lies_between_what_is_certain_and_the_safe_side(places) -> None:
    depth, speed = (list(values) for values in zip(*places, strict=True))
    deepest, fastest, product = worst(depth, speed)
    # float32 keeps 24 bits of a number, and nothing below 1e-45
    assert product <= deepest * fastest * (1 + 1e-6) + 1e-40
    assert product == pytest.approx(max(d * v for d, v in places), rel=1e-6, abs=1e-30)


def epochs(depth: list[float], product: list[float], shut: list[bool] | None = None) -> RoadEpochs:
    """One epoch; the speed is that which makes the product."""
    d, dv = np.array([depth]), np.array([product])
    speed = np.divide(dv, d, out=np.zeros_like(d), where=d > 0.0)
    free = np.full(len(depth), FREE)
    free[-1] = 0.0  # the last road is closed to cars for good
    return RoadEpochs.build(
        np.zeros(1), d, speed, dv, free, WALK_RULES, DRIVE, None if shut is None else np.array([shut])
    )


def test_states_by_mode_and_limit() -> None:
    """Walkers: slowed from 0.2 m, closed from 0.5 m or 0.4 m2/s. Cars: slowed once the curve is below 10 m/s (0.107 m),
    closed from 0.3 m or 0.3 m2/s, and where declared shut."""
    depth = [0.0, 0.05, 0.15, 0.25, 0.3, 0.5, 0.2, 0.2, 0.1, 0.0]
    product = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.3, 0.0, 0.0]
    shut = [False] * 8 + [True, False]
    water = epochs(depth, product, shut).at(0)
    assert water.open[:10].tolist() == [OPEN, OPEN, OPEN, SLOW, SLOW, CLOSED, CLOSED, SLOW, OPEN, OPEN]
    assert water.open[10:].tolist() == [OPEN, OPEN, SLOW, SLOW, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED]
    assert ((water.walk_slow > 0.0) == (water.open[:10] != CLOSED)).all()
    assert water.car_slow[2] == pytest.approx(24.2598 / 3.6 / FREE, rel=1e-5)
    assert water.car_slow[5] == pytest.approx(2.0748 / 3.6 / FREE, rel=1e-5), "for drivers who dare"
    assert water.car_slow[-1] == 0.0
    np.testing.assert_array_equal(water.depth_m, np.float32(depth))
    np.testing.assert_array_equal(water.depth_speed_m2_s, np.float32(product))


def test_roads_barred_by_order_close_on_top_of_the_water() -> None:
    roads = epochs([0.0, 0.25, 0.0], [0.0, 0.0, 0.0])
    barred = np.array([True, False, False, True, False, False])
    water = roads.at(0, barred)
    assert water.open.tolist() == [CLOSED, SLOW, OPEN, CLOSED, SLOW, CLOSED]
    assert roads.at(0).open.tolist() == [OPEN, SLOW, OPEN, OPEN, SLOW, CLOSED]
    np.testing.assert_array_equal(with_barred(roads.at(0), barred).open, water.open)


def test_epochs_hold_from_their_time_on_and_keep_only_wet_roads() -> None:
    depth = np.array([[0.0, 0.0], [0.0, 0.25], [0.6, 0.25]])
    none = np.zeros_like(depth)
    roads = RoadEpochs.build(np.array([0.0, 60.0, 120.0]), depth, none, none, np.full(2, FREE), WALK_RULES, DRIVE)
    assert [roads.index_at(t) for t in (-1.0, 0.0, 59.9, 60.0, 500.0)] == [0, 0, 0, 1, 2]
    assert (roads.edge.tolist(), roads.first.tolist()) == ([1, 0, 1], [0, 0, 1, 3])
    assert roads.at(2).open.tolist() == [CLOSED, SLOW, CLOSED, SLOW]
    dry = RoadEpochs.dry(np.full(2, FREE), WALK_RULES, DRIVE)
    assert not dry.at(0).open.any()
    for name, bad in (("rise", [0.0, 0.0, 1.0]), ("rows", [0.0, 1.0])):
        with pytest.raises(ValueError, match=name):
            RoadEpochs.build(np.array(bad), depth, none, none, np.full(2, FREE), WALK_RULES, DRIVE)
    with pytest.raises(ValueError, match="NaN"):
        RoadEpochs.build(np.arange(3.0), depth, none * np.nan, none, np.full(2, FREE), WALK_RULES, DRIVE)


@pytest.mark.parametrize(
    ("mode", "group", "depth", "product", "expected"),
    [
        (WALK, ADULT, 0.25, 0.35, NO_REASON), (WALK, IMPAIRED, 0.25, 0.35, CAUGHT), (WALK, CHILD, 0.45, 0.0, NO_REASON),
        (WALK, ADULT, 0.6, 0.7, CAUGHT), (WALK, CHILD, 0.0, 0.0, NO_REASON), (CAR, ADULT, 0.25, 0.35, NO_REASON),
        (CAR, ADULT, 0.45, 0.0, STALLED), (CAR, CHILD, 0.1, 0.45, STALLED),
    ],
)  # fmt: skip
def test_the_water_strikes_by_group_and_mode(mode, group, depth, product, expected) -> None:
    assert struck(mode, group, depth, product, harm_limits(RULES)) == expected


def test_watch_of_a_city_keeps_the_product_and_underpasses_close_to_cars() -> None:
    """Water by hand: 0.2 m at 1 m/s everywhere, and 0.35 m in one cell of underpass U1 for two of four steps."""
    city = watered_city()
    ground = prepare_ground(city, RULES, 1.0)
    watch = _watch(city, ground)
    deep = ground.underpass_cells[0][0]
    for step, extra in enumerate([0.0, 0.35, 0.1, 0.0]):
        depth = np.full(city.grid.shape, 0.2 if extra or step == 0 else 0.0, np.float32)
        if extra:
            depth.reshape(-1)[deep] = extra
        speed = np.full(city.grid.shape, 1.0, np.float32)
        watch.take(_frame(60.0 * step, depth, speed))
    wet = watch.edge_depth[0] > 0.0
    np.testing.assert_allclose(watch.edge_depth_speed[0][wet], 0.2, rtol=1e-6)
    through = places_of(city, {}).underpasses
    roads = road_epochs(city, watch, WALK_RULES, DRIVE, through)
    mine = through["U1"]
    assert mine.size
    edges = len(city.roads.edges)
    for step, closed in enumerate([False, True, True, False]):
        water = roads.at(step)
        assert (water.open[edges + mine] == CLOSED).all() == closed, step
        assert (water.open[mine] != CLOSED).all(), "walkers get through 0.35 m"
    assert roads.at(1).depth_m[mine] == pytest.approx(0.35, rel=1e-6)
    assert car_free_speed(city).shape == (edges,)


def _watch(city, ground) -> FloodWatch:
    street = ground.street
    return FloodWatch(
        city,
        WatchPoints(
            area_map=warned_areas(city),
            exposure=expose(city, street, "night", risk_weights(RULES)),
            street=street & (ground.underpass < 0),
            road_cells=road_cells(city, street),
            site_cells=site_cells(city, ground.building, street),
            underpass_cells=ground.underpass_cells,
            limits=hazard_limits(RULES),
            ponding_depth_m=0.15,
            sea_depth_m=0.27,
            site_limits=site_limits(RULES),
        ),
    )


def _frame(time_s: float, depth: np.ndarray, speed: np.ndarray) -> Frame:
    return Frame(time_s=time_s, depth=depth, speed_x=speed, speed_y=np.zeros_like(speed))
