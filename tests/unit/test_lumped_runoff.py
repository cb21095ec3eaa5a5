"""Lumped runoff: no rain may be lost, and none may fall twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.schema import DrainageNetwork
from data.swmm import inp_of
from data.swmm.network import read_network
from hazards import RainForcing
from sim.lumped_runoff import lumped_rain
from tests.small_network import small_inp
from tests.tiny_city import CRS, NORTH_M, WEST_M, tiny_city

_SECTIONS = """
[RAINGAGES]
G INTENSITY 0:05 1.0 TIMESERIES T
[SUBCATCHMENTS]
A G M1 1 50 100 1 0
B G M3 1 50 100 1 0
[POLYGONS]
""".splitlines()


def _square(name: str, x: float, y: float) -> list[str]:
    corners = ((x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100))
    return [f"{name} {WEST_M + east} {NORTH_M - south}" for east, south in corners]


def _network(more: list[str]) -> DrainageNetwork:
    return read_network(inp_of([*small_inp(), *more], Path("network.inp")), target_crs=CRS)


def _lumped(more: list[str]) -> np.ndarray:
    """Mean rain on the grid as a share of what falls, by cell."""
    grid = tiny_city().grid
    rain = RainForcing(np.array([0.0, 600.0]), np.array([[1e-5]]), None)
    lumped = lumped_rain(_network(more), grid, np.ones(grid.shape, bool), rain)
    assert lumped.grid.zone is not None
    np.testing.assert_allclose(lumped.gage_share.sum(axis=1), 1.0)
    return lumped.grid.rates_m_s[0][lumped.grid.zone] / 1e-5


def test_rain_falls_on_subcatchments_or_on_the_grid() -> None:
    share = _lumped([*_SECTIONS, *_square("A", 0, 0), *_square("B", 200, 100)])
    assert share.sum() == 3600 - 200  # two squares of 100 cells
    assert not share[:10, :10].any()
    assert not share[10:20, 20:30].any()


def test_without_any_polygon_all_rain_goes_to_the_gages() -> None:
    assert not _lumped(_SECTIONS).any()


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ([], "[SUBCATCHMENTS]"),
        (_SECTIONS[:3], "[SUBCATCHMENTS]"),
        (_SECTIONS[3:], "[RAINGAGES]"),
        ([*_SECTIONS, *_square("A", 0, 0)], f"[SUBCATCHMENTS] line {len(small_inp()) + 6}"),
    ],
)
def test_a_network_whose_runoff_cannot_stand_for_its_ground_is_refused(more: list[str], place: str) -> None:
    with pytest.raises(InputError) as caught:
        _lumped(more)
    assert caught.value.place == place
    assert 'runoff = "surface"' in caught.value.expected


def test_a_row_names_the_subcatchment_that_is_not_drawn() -> None:
    with pytest.raises(InputError, match="twice") as caught:
        _lumped([*_SECTIONS, *_square("A", 0, 0)])
    assert caught.value.value == "B"
