"""What the books of SWMM itself are worth: which part of its error is a state and which is lost."""

import numpy as np
import pytest

from hazards.drains.engine import SwmmEngine
from tests.drains_network import sewer

PEAK_M3_S = 0.2
WAVE_S = 3000.0


def test_error_of_the_engine_is_water_in_the_last_pipe_and_goes_with_it():
    """A wave through two pipes to a free outfall. The engine gives half of the last pipe's surface to the outfall,
    whose water it does not balance: half of what that pipe holds appears from nowhere as it fills and is gone again
    once it is empty. What stays in the end is the iteration's own error."""
    worst = 0.0
    with SwmmEngine(sewer(hours=4), ["J1", "J2"], ["O1"]) as engine:
        while engine.time_s < 10800.0:
            engine.lateral[0] = PEAK_M3_S * np.sin(np.pi * engine.time_s / WAVE_S) if engine.time_s < WAVE_S else 0.0
            engine.advance(5.0)
            totals = engine.totals()
            if worst > totals["error"]:
                worst, stored = totals["error"], totals["stored"]
    wave_m3 = PEAK_M3_S * WAVE_S * 2.0 / np.pi
    assert totals["inflow"] == pytest.approx(wave_m3, rel=1e-3)
    # Both pipes run nearly uniform then: a quarter of what is stored lies in the lower half of the second.
    assert -worst == pytest.approx(stored / 4.0, rel=0.1)
    assert abs(totals["error"]) < 1e-3 * wave_m3
    assert totals["stored"] < 1e-3 * wave_m3
