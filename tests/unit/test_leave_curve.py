"""The delay between order and departure as one curve."""

from __future__ import annotations

import numpy as np
import pytest

from sim.behaviour.decisions import answer_order, leave_delay
from sim.behaviour.leave_curve import LeaveCurve
from tests.behaviour_case import ALL, behaviour

CHAIN = behaviour(*ALL, communication_s=120.0, issuance_s=60.0)


def test_its_quantiles_are_those_of_the_chain() -> None:
    """A chord between 1,000 points: between the 1st and the 99th per cent a few seconds off at most."""
    curve = LeaveCurve.of(CHAIN)
    shares = np.array([0.01, 0.25, 0.5, 0.95, 0.99])
    assert curve.delay(shares) == pytest.approx([leave_delay(CHAIN, share) for share in shares], abs=5.0)
    assert curve.share(curve.delay(shares)) == pytest.approx(shares, abs=1e-9)


def test_units_leave_along_it() -> None:
    """Distance of 100,000 draws below 0.0065: a true sample exceeds it once in 2,000, with 0.0005 for its ends."""
    unit = np.arange(100_000)
    left = np.sort(answer_order(CHAIN, 0.0, unit, np.zeros(len(unit), int), np.zeros(len(unit)), seed=6).leaves_s)
    expected = LeaveCurve.of(CHAIN).share(left)
    assert np.abs(expected - (np.arange(len(unit)) + 0.5) / len(unit)).max() < 0.0065


def test_it_begins_at_nobody_and_ends_with_everybody() -> None:
    curve = LeaveCurve.of(CHAIN)
    assert curve.share(np.array([0.0, 240.0, 1e6])).tolist() == [0.0, 0.0, 1.0]


def test_without_channels_there_is_no_curve() -> None:
    with pytest.raises(ValueError, match="no channel"):
        LeaveCurve.of(behaviour())
