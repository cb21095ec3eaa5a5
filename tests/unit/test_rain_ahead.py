"""Rain of the hours ahead: persistence, supplied forecasts with members, the join with what was observed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.rules_file import load_rules
from data.schema import Grid
from hazards import RainForcing
from sim.forecast.join_rain import join_rain
from sim.forecast.rain_ahead import NowcastTerms, nowcast, nowcast_terms, persistence, supplied_rain

EPOCH = datetime(2026, 7, 1, 12, tzinfo=UTC)
GRID = Grid(40, 40, 100.0, 400_000.0, 3_400_000.0, "EPSG:32648")
TERMS = nowcast_terms(load_rules())
HOUR = 3600.0
ZONE = np.zeros(GRID.shape, np.uint16)
ZONE[:, 20:] = 1


def _steady(mm_h: float = 36.0, hours: float = 1.0) -> RainForcing:
    return RainForcing(np.array([0.0, hours * HOUR]), np.array([[mm_h / 3.6e6, 0.0]]), ZONE)


def test_rain_goes_on_and_halves() -> None:
    ahead = persistence(_steady(), HOUR, 8 * HOUR, TERMS)
    assert (ahead.edges_s[0], ahead.edges_s[-1]) == (HOUR, 9 * HOUR)
    rate = 36.0 / 3.6e6
    assert ahead.rates_m_s[0, 0] == pytest.approx(rate, rel=0.03)
    half = np.searchsorted(ahead.edges_s, HOUR + TERMS.half_life_s)
    assert ahead.rates_m_s[half, 0] == pytest.approx(0.5 * rate, rel=0.03)
    assert ahead.rates_m_s[:, 1].max() == 0.0
    assert np.all(np.diff(ahead.rates_m_s[:, 0]) < 0.0)


@settings(max_examples=50)
@given(horizon=st.floats(10.0, 20_000.0), step=st.floats(30.0, 3000.0), half=st.floats(300.0, 20_000.0))
def test_its_sum_is_that_of_the_decaying_rate_on_any_step(horizon, step, half) -> None:
    ahead = persistence(_steady(), HOUR, horizon, NowcastTerms(900.0, half, step))
    decay = np.log(2.0) / half
    whole = 36.0 / 3.6e6 * (1.0 - np.exp(-decay * horizon)) / decay
    assert ahead.depth_until(1e9)[0, 0] == pytest.approx(whole, rel=1e-9)
    assert ahead.edges_s[-1] == pytest.approx(HOUR + horizon)


def test_only_the_recent_rain_counts_and_a_short_record_is_enough() -> None:
    stopped = RainForcing(np.array([0.0, HOUR, HOUR + TERMS.recent_s]), np.array([1e-5, 0.0]))
    assert persistence(stopped, HOUR + TERMS.recent_s, HOUR, TERMS).rates_m_s.max() == 0.0
    fresh = persistence(_steady(), 60.0, HOUR, TERMS)
    assert fresh.rates_m_s[0, 0] == pytest.approx(1e-5, rel=0.03)
    assert persistence(_steady(), 0.0, HOUR, TERMS).rates_m_s.max() == 0.0
    found = nowcast(_steady(), EPOCH, EPOCH + timedelta(hours=1), HOUR, TERMS)
    assert (found.kind, found.source, len(found.members)) == ("nowcast", "persistence", 1)


@settings(max_examples=60)
@given(at=st.floats(0.0, 4.5 * HOUR), shift=st.floats(0.0, HOUR))
def test_joined_rain_is_observed_before_and_expected_after(at, shift) -> None:
    observed = RainForcing(HOUR * np.arange(4), np.array([[1e-5, 2e-5], [3e-5, 0.0], [1e-6, 1e-6]]), ZONE)
    other = np.zeros(GRID.shape, np.uint16)
    other[20:] = 1
    ahead = RainForcing(shift + HOUR * np.arange(5), np.linspace(1e-6, 8e-6, 8).reshape(4, 2), other)
    both = join_rain(observed, ahead, at)
    inside = np.ones(GRID.shape, bool)
    area = GRID.cells * GRID.cell_area_m2
    seen = observed.volume_m3(area, inside, at)
    expected = ahead.volume_m3(area, inside) - ahead.volume_m3(area, inside, at)
    assert both.volume_m3(area, inside) == pytest.approx(seen + expected, rel=1e-9, abs=1e-6)
    for cell in ((0, 0), (0, 39), (39, 0), (39, 39)):
        for t in (0.5 * at, at + 0.25 * HOUR):
            part = observed if t < at else ahead
            assert both.rate_m_s(t)[both.zone[cell]] == part.rate_m_s(t)[part.zone[cell]]


@pytest.mark.parametrize("zones", [(None, None), (ZONE, None), (None, ZONE), (ZONE, ZONE)])
def test_zones_are_crossed_only_where_they_differ(zones) -> None:
    first, second = (
        RainForcing(HOUR * np.arange(3), np.full((2, 1 if zone is None else 2), 1e-5), zone) for zone in zones
    )
    assert join_rain(first, second, HOUR).zones == (2 if any(zone is not None for zone in zones) else 1)


def _write(path: Path, rate: np.ndarray, units: str = "minutes since 2026-07-01T20:00:00+08:00", **more) -> Path:
    names = ["member", "time", "y", "x"][-rate.ndim :]
    x = 399_000.0 + 1000.0 * np.arange(rate.shape[-1])
    y = 3_401_000.0 - 1000.0 * np.arange(rate.shape[-2])
    times = {"units": units, "calendar": more.get("calendar", "standard")}
    data = xr.Dataset(
        {"rain": (names, rate, {"units": "mm/h"})},
        {"time": ("time", 10.0 * np.arange(rate.shape[-3]), times), "x": x, "y": y},
    )
    data.assign(more.get("also", {})).rename(more.get("rename", {})).to_netcdf(path)
    return path


def test_a_supplied_forecast_keeps_its_own_times(tmp_path) -> None:
    path = _write(tmp_path / "f.nc", np.full((3, 8, 8), 36.0))
    found = supplied_rain(path, GRID, EPOCH - timedelta(minutes=30))
    assert (found.kind, len(found.members)) == ("supplied", 1)
    np.testing.assert_allclose(found.members[0].edges_s, 60.0 * np.array([30, 40, 50, 60]))
    np.testing.assert_allclose(found.members[0].rates_m_s, 1e-5)


def test_members_in_one_file_or_in_a_folder_are_the_same(tmp_path) -> None:
    rate = np.random.default_rng(1).gamma(1.0, 5.0, (4, 3, 8, 8))
    one = supplied_rain(_write(tmp_path / "all.nc", rate, rename={"member": "number"}), GRID, EPOCH)
    (tmp_path / "many").mkdir()
    for k, member in enumerate(rate):
        _write(tmp_path / "many" / f"{k}.nc", member)
    many = supplied_rain(tmp_path / "many", GRID, EPOCH)
    assert one.kind == many.kind == "ensemble"
    assert len(one.members) == len(many.members) == 4
    for a, b in zip(one.members, many.members, strict=True):
        np.testing.assert_array_equal(a.rates_m_s, b.rates_m_s)
        np.testing.assert_array_equal(a.edges_s, b.edges_s)


def test_a_file_that_counts_from_the_south_is_the_same_field(tmp_path) -> None:
    path = _write(tmp_path / "north.nc", np.random.default_rng(2).gamma(1.0, 5.0, (3, 8, 8)))
    with xr.open_dataset(path, decode_times=False) as data:
        data.isel(y=slice(None, None, -1)).to_netcdf(tmp_path / "south.nc")
    north, south = (supplied_rain(tmp_path / f"{name}.nc", GRID, EPOCH).members[0] for name in ("north", "south"))
    np.testing.assert_array_equal(north.rates_m_s[:, north.zone], south.rates_m_s[:, south.zone])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": "minutes"}, "time without a date"),
        ({"units": "minutes since long ago"}, "unreadable date"),
        ({"units": "days since 9999-12-25"}, "impossible time"),
        ({"units": "days since 0001-01-01"}, "impossible time"),
        ({"calendar": "360_day"}, "calendar"),
        ({"rename": {"member": "depth"}}, "no dimension of members"),
        ({"value": -1.0}, "negative rain"),
        ({"value": np.nan}, "no number"),
        ({"shape": (2, 3, 3, 3)}, "does not cover"),
        ({"shape": (201, 1, 8, 8)}, "too many members"),
    ],
)
def test_a_forecast_that_cannot_be_used_is_refused(tmp_path, change, words) -> None:
    rate = np.full(change.pop("shape", (2, 3, 8, 8)), change.pop("value", 1.0))
    with pytest.raises(InputError, match=words):
        supplied_rain(_write(tmp_path / "f.nc", rate, **change), GRID, EPOCH)


def test_files_of_a_folder_must_agree(tmp_path) -> None:
    with pytest.raises(InputError, match="no member"):
        supplied_rain(tmp_path, GRID, EPOCH)
    _write(tmp_path / "0.nc", np.ones((3, 8, 8)))
    _write(tmp_path / "1.nc", np.ones((2, 8, 8)))
    with pytest.raises(InputError, match="times unlike"):
        supplied_rain(tmp_path, GRID, EPOCH)
    (tmp_path / "1.nc").write_bytes(b"no netcdf")
    with pytest.raises(InputError, match="not a readable NetCDF"):
        supplied_rain(tmp_path, GRID, EPOCH)
    with pytest.raises(InputError, match="no such file"):
        supplied_rain(tmp_path / "2.nc", GRID, EPOCH)
