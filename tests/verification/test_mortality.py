"""The mortality table (V16): Jonkman 2008 as quoted in the reference, four decimals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from data.rules_file import load_rules
from hazards.mortality import MortalityParameters, PlaceWater, expected_casualties, mortality
from sim.rulebook import mortality_parameters

JONKMAN = MortalityParameters(7.0, 2.0, 2.1, 0.5 / 3600.0, 1.46, 0.28, 7.60, 2.75)


def _water(depth: list[float], speed: float = 0.1, rise_m_h: float = 0.1) -> PlaceWater:
    d = np.array(depth)
    return PlaceWater(d, d * speed, np.full_like(d, speed), np.full_like(d, rise_m_h / 3600.0))


@pytest.mark.parametrize(
    ("water", "expected"),
    [
        (_water([3.0, 4.0, 5.0], rise_m_h=1.0), [0.0984, 0.3961, 0.7032]),
        (_water([1.0, 3.0]), [0.0029, 0.0090]),
        (_water([2.0], rise_m_h=5.0), [0.0060]),
        (_water([4.0], speed=2.0, rise_m_h=1.0), [1.0]),
        (_water([0.0]), [0.0]),
    ],
)
def test_mortality_table(water: PlaceWater, expected: list[float]) -> None:
    assert mortality(water, JONKMAN) == pytest.approx(expected, abs=1e-4)


def test_expected_casualties_add_up() -> None:
    water = _water([1.0, 3.0])
    deaths = expected_casualties(np.array([1000, 2000]), water, JONKMAN)
    assert deaths == pytest.approx(1000 * 0.00286 + 2000 * 0.00900, rel=5e-3)


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@pytest.mark.parametrize(
    ("depth", "speed", "rise_m_h", "expected"),
    [
        (3.5, 2.0, 9.0, 1.0),  # hv = 7 m2/s and v = 2 m/s: the breach zone begins
        (3.5, math.nextafter(2.0, 0.0), 9.0, _phi((math.log(3.5) - 1.46) / 0.28)),
        (math.nextafter(3.5, 0.0), 2.0, 9.0, _phi((math.log(3.5) - 1.46) / 0.28)),
        (2.1, 0.0, 0.5, _phi((math.log(2.1) - 1.46) / 0.28)),  # the zone of rapid rise begins
        (2.1, 0.0, math.nextafter(0.5, 0.0), _phi((math.log(2.1) - 7.60) / 2.75)),
        (math.nextafter(2.1, 0.0), 0.0, 9.0, _phi((math.log(2.1) - 7.60) / 2.75)),
    ],
)
def test_v16_every_zone_at_its_bounds(depth, speed, rise_m_h, expected) -> None:
    """The zones of the reference, with the parameters of the rules; the normal distribution by the error function."""
    parameters = mortality_parameters(load_rules())
    got = mortality(_water([depth], speed, rise_m_h), parameters)[0]
    assert got == pytest.approx(expected, abs=1e-9)
