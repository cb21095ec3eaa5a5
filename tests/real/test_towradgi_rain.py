"""The storm of 17 August 1998 over Towradgi Creek: real one-minute rain through gauge sums, zones and signals."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon

from data.schema import Grid
from hazards import (
    Hysteresis,
    InverseDistance,
    RainForcing,
    RainSignal,
    apply_hysteresis,
    common_intervals,
    gauge_rain,
    level_at,
    rain_signal_series,
    signals_by_area,
    uniform_rain,
)
from tests.shared_data import shared

HOUR = 3600.0
SIGNALS = (
    RainSignal("rain_12h", 1, 12 * HOUR, 0.050),
    RainSignal("rain_6h", 2, 6 * HOUR, 0.050),
    RainSignal("rain_3h", 3, 3 * HOUR, 0.050),
    RainSignal("rain_3h", 4, 3 * HOUR, 0.100),
)


@cache
def _series() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Edges (s) and rates (m/s) by gauge; the files hold seconds and mm/s."""
    series = {}
    for path in sorted(shared("towradgi_1998", "rain").glob("*.asc")):
        start, rate_mm_s = np.loadtxt(path).T
        series[path.stem] = np.append(start, start[-1] + 60.0), rate_mm_s / 1000.0
    return series


@cache
def _polygons() -> dict[str, Polygon]:
    """The Thiessen polygon of each gauge that owns part of the catchment."""
    folder = shared("towradgi_1998", "gauge_polygons")
    return {path.stem: Polygon(np.loadtxt(path, delimiter=",")) for path in sorted(folder.glob("*.csv"))}


def _zoned(inverse_distance: InverseDistance | None = None) -> tuple[RainForcing, np.ndarray]:
    """Rain on a 50 m grid, the middle of each polygon standing for its gauge; cells inside any polygon."""
    polygons = _polygons()
    catchment = shapely.union_all(list(polygons.values()))
    west, south, east, north = catchment.bounds
    grid = Grid(int((north - south) // 50) + 2, int((east - west) // 50) + 2, 50.0, west - 10, north + 10, "EPSG:28356")
    edges, rates = common_intervals([_series()[name] for name in polygons])
    x, y = (np.array([getattr(p.centroid, axis) for p in polygons.values()]) for axis in "xy")
    inside = shapely.contains_xy(catchment, *np.meshgrid(grid.x_centres, grid.y_centres))
    return gauge_rain(grid, x, y, edges, rates, inverse_distance), inside


def test_gauge_totals_are_those_of_the_storm() -> None:
    """62 gauges, 271 to 386 mm, 324 mm in the mean, peak minutes of 138 to 210 mm/h (figures of the data set)."""
    totals, peaks = [], []
    for edges, rate in _series().values():
        rain = uniform_rain(edges, rate)
        totals.append(1e3 * float(rain.window_sums(edges[-1], 25 * HOUR)[0, 0]))
        peaks.append(3.6e6 * float(rain.rates_m_s.max()))
    assert len(totals) == 62
    assert (round(min(totals)), round(max(totals)), round(float(np.mean(totals)))) == (271, 386, 324)
    assert (round(min(peaks)), round(max(peaks))) == (138, 210)


def test_every_gauge_passes_through_the_signals_in_order() -> None:
    """First times equal those of plain sums over one-minute values; yellow in the morning, red within 5 h of it."""
    first = []
    for edges, rate in _series().values():
        series = rain_signal_series(uniform_rain(edges, rate), edges, SIGNALS, 0.0)
        fallen = np.concatenate([[0.0], np.cumsum(rate * 60.0)])
        for number, signal in enumerate(SIGNALS):
            minutes = round(signal.window_s / 60.0)
            before = np.concatenate([np.zeros(minutes), fallen[:-minutes]])
            reached = (fallen - before >= signal.sum_m) & np.append(rate > 0.0, False)
            np.testing.assert_array_equal(series.met[:, 0, number], reached)
        first.append([edges[np.argmax(series.level[:, 0] >= level)] / HOUR for level in (1, 2, 3, 4)])
        assert series.level[:, 0].max() == 4
    times = np.array(first)
    assert np.all(np.diff(times, axis=1) >= 0.0)
    assert times[:, 1].min() > 4.5
    assert times[:, 1].max() < 6.5
    assert times[:, 3].min() > 9.5
    assert times[:, 3].max() < 11.0


def test_a_one_hour_forecast_warns_up_to_an_hour_earlier() -> None:
    edges, rate = _series()["100"]
    rain = uniform_rain(edges, rate)
    seen, foreseen = (rain_signal_series(rain, edges, SIGNALS, lead).level[:, 0] for lead in (0.0, HOUR))
    assert np.all(foreseen >= seen)
    gain = [edges[np.argmax(seen >= level)] - edges[np.argmax(foreseen >= level)] for level in (1, 2, 3, 4)]
    assert gain == [HOUR] * 4  # the rain is known exactly, so the whole lead is gained


@pytest.mark.parametrize(
    ("inverse_distance", "off"),
    [(None, 0.005), (InverseDistance(power=2.0, block_cells=4), 0.02)],
    ids=["nearest", "inverse distance"],
)
def test_zones_hold_the_volume_of_the_thiessen_polygons(inverse_distance, off) -> None:
    """Nearest: middles stand for gauges and cells for polygon edges, 0.5 %; inverse distance smooths, 2 %."""
    rain, inside = _zoned(inverse_distance)
    by_polygon = 0.0
    for name, polygon in _polygons().items():
        edges, rate = _series()[name]
        by_polygon += polygon.area * float(np.sum(rate * np.diff(edges)))
    assert rain.volume_m3(float(inside.sum()) * 2500.0, inside) == pytest.approx(by_polygon, rel=off)


def test_one_steady_warning_for_the_catchment() -> None:
    """The gauges' colour flickers 26 times in the day; in force it rises and falls once, never below the gauges."""
    rain, inside = _zoned()
    times = 60.0 * np.arange(24 * 60)
    series = rain_signal_series(rain, times, SIGNALS, 0.0)
    raw = signals_by_area(series, rain.zone, np.where(inside, 0, -1), 1).level[:, 0]
    changes = apply_hysteresis(times, raw, Hysteresis(downgrade_hold_s=1800.0, min_reissue_s=600.0))
    assert np.count_nonzero(np.diff(raw.astype(int))) == 26
    assert [change.after for change in changes] == [2, 3, 4, 3, 2, 1]
    assert np.all(level_at(changes, times) >= raw)
