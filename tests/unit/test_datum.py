"""Datums and projections."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.datum import (
    crs_name,
    gcj02_from_wgs84,
    is_crs,
    is_metric,
    same_crs,
    to_wgs84,
    transform,
    utm_crs,
    wgs84_from_gcj02,
)

LON = st.floats(73.0, 135.0)
LAT = st.floats(18.0, 53.0)


def test_published_point() -> None:
    """Shanghai, as the widely used implementations give it (31.1774276, 121.5272106)."""
    lon, lat = gcj02_from_wgs84(np.array([121.5272106]), np.array([31.1774276]))
    assert lon[0] == pytest.approx(121.531541859215, abs=1e-12)
    assert lat[0] == pytest.approx(31.17530398364597, abs=1e-12)


def test_shift_in_central_chengdu() -> None:
    """GCJ-02 lies about 240 m east and 270 m south of WGS84 at Tianfu Square."""
    lon, lat = gcj02_from_wgs84(np.array([104.0668]), np.array([30.6574]))
    assert (lon[0] - 104.0668) * 111_320 * np.cos(np.radians(30.6574)) == pytest.approx(240.0, abs=15.0)
    assert (lat[0] - 30.6574) * 110_900 == pytest.approx(-268.0, abs=15.0)


@given(LON, LAT)
def test_there_and_back(lon: float, lat: float) -> None:
    """The inverse meets the forward formula within 1e-9 degrees (0.1 mm) both ways round."""
    point = np.array([lon]), np.array([lat])
    for back in (wgs84_from_gcj02(*gcj02_from_wgs84(*point)), gcj02_from_wgs84(*wgs84_from_gcj02(*point))):
        assert abs(back[0][0] - lon) < 1e-9
        assert abs(back[1][0] - lat) < 1e-9


def test_empty_arrays_pass_through() -> None:
    assert wgs84_from_gcj02(np.empty(0), np.empty(0))[0].shape == (0,)


def test_datum_by_name() -> None:
    lon, lat = np.array([104.0]), np.array([30.6])
    assert to_wgs84(lon, lat, "WGS84")[0][0] == 104.0
    assert to_wgs84(lon, lat, "GCJ-02")[0][0] != 104.0


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (104.06, 30.66, "EPSG:32648"),
        (151.8, -32.9, "EPSG:32756"),
        (-180.0, 10.0, "EPSG:32601"),
        (180.0, 1.0, "EPSG:32660"),
    ],
)
def test_utm_zone(lon: float, lat: float, crs: str) -> None:
    assert utm_crs(lon, lat) == crs


def test_central_meridian_of_the_zone() -> None:
    """On the meridian 105 E the easting is 500 km by definition of the projection."""
    x, _ = transform(np.array([105.0]), np.array([30.6]), "EPSG:4326", "EPSG:32648")
    assert x[0] == pytest.approx(500_000.0, abs=1e-6)


def test_kinds_of_reference_system() -> None:
    assert is_metric("EPSG:32648")
    assert not is_metric("EPSG:4326")
    assert not is_metric("EPSG:2263")  # New York, feet
    assert is_crs("EPSG:4490")
    assert not is_crs("EPSG:99999999")
    assert not is_crs("somewhere")
    assert same_crs("EPSG:32648", "+proj=utm +zone=48 +datum=WGS84 +units=m +no_defs")
    assert not same_crs("EPSG:32648", "EPSG:32649")
    assert crs_name("EPSG:32648") == "EPSG:32648"
