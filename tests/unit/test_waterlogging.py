"""Drain-down and ponded street area, by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.waterlogging import deepest_water, drain_down, ponded_area

NAN, HOUR = np.nan, 3600.0


def _drain(last, area, *, limit=(HOUR,), at_end=None, rain_end=HOUR, end=6 * HOUR, share=0.0):
    last = np.array(last, dtype=float)
    at_end = np.zeros(last.shape, bool) if at_end is None else np.array(at_end)
    return drain_down(
        last, at_end, np.array(area), np.array(limit), rain_end_s=rain_end, end_s=end, allowed_share=share
    )


def test_the_last_cell_decides() -> None:
    got = _drain([[NAN, 2 * HOUR], [1.5 * HOUR, 5 * HOUR]], [[0, 0], [0, -1]])
    assert got.drain_down_s.tolist() == [HOUR]
    assert got.ok.tolist() == [True]  # the limit itself is within
    assert got.known.tolist() == [True]
    assert got.street_cells.tolist() == [3]
    assert got.ponded_cells.tolist() == [2]
    assert _drain([2 * HOUR + 0.1], [0]).ok.tolist() == [False]


def test_clear_before_the_rain_ends_is_zero() -> None:
    assert _drain([0.5 * HOUR, NAN], [0, 0]).drain_down_s.tolist() == [0.0]
    assert _drain([NAN, NAN], [0, 1], limit=(1.0, 1.0, 1.0)).drain_down_s.tolist() == [0.0, 0.0, 0.0]


def test_an_allowed_share_forgives_the_last_cells() -> None:
    """Ten street cells clearing 10, 20, ... 100 s after the rain: 10 % forgives one, 25 % two."""
    last = HOUR + 10.0 * np.arange(1, 11)
    for share, wait in ((0.0, 100.0), (0.099, 100.0), (0.1, 90.0), (0.25, 80.0), (0.9, 10.0)):
        assert _drain(last, np.zeros(10, int), share=share).drain_down_s.tolist() == [wait]


def test_still_under_water_at_the_end() -> None:
    """Past the limit it has failed; before it nobody can tell."""
    late = _drain([6 * HOUR], [0], at_end=[True], limit=(2 * HOUR,))
    assert (late.drain_down_s.tolist(), late.ok.tolist(), late.known.tolist()) == ([np.inf], [False], [True])
    soon = _drain([6 * HOUR], [0], at_end=[True], limit=(5.5 * HOUR,))
    assert (soon.drain_down_s.tolist(), soon.ok.tolist(), soon.known.tolist()) == ([np.inf], [False], [False])
    assert _drain([6 * HOUR, NAN], [0, 0], at_end=[True, False], share=0.5).drain_down_s.tolist() == [0.0]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.9), st.integers(1, 60))
def test_against_counting_cells_over_time(seed, share, cells) -> None:
    """At the reported time no more than the share is left, just before it more is."""
    generator = np.random.default_rng(seed)
    area = generator.integers(-1, 3, cells)
    last = np.where(generator.random(cells) < 0.3, NAN, generator.integers(0, 6 * 60, cells) * 60.0)
    at_end = generator.random(cells) < 0.1
    last[at_end] = 6 * HOUR
    got = _drain(last, area, limit=np.full(3, HOUR), at_end=at_end, share=share)
    for number in range(3):
        clear = np.where(at_end, np.inf, last)[area == number]
        allowed = share * clear.size + 1e-9
        wait = got.drain_down_s[number]
        assert np.sum(clear > HOUR + wait) <= allowed
        if wait > 0.0:
            assert np.sum(clear > HOUR + min(wait, 1e9) - 1.0) > allowed


def test_ponded_area_over_time() -> None:
    depth = np.array([[[0.15, 0.16], [NAN, 1.0]], [[0.2, 0.2], [0.2, 0.2]]], np.float32)
    area = np.array([[0, 0], [1, -1]])
    assert ponded_area(depth, area, 2, 0.15, 100.0).tolist() == [[100.0, 0.0], [200.0, 100.0]]
    assert ponded_area(depth.astype(float), area, 2, 0.165, 100.0).tolist() == [[0.0, 0.0], [200.0, 100.0]]


def test_deepest_street_water() -> None:
    depth = np.array([[0.1, 0.4], [NAN, 9.0]])
    assert deepest_water(depth, np.array([[0, 0], [1, -1]]), 3).tolist() == [0.4, 0.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"share": 1.0}, "allowed_share"), ({"share": -0.1}, "allowed_share"), ({"end": 10.0}, "end_s")],
)
def test_bad_arguments_are_named(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        _drain([1.0], [0], **change)


def test_maps_must_agree() -> None:
    with pytest.raises(ValueError, match="must agree"):
        _drain([1.0], [0, 1])
