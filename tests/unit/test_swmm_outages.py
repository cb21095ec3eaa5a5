"""Pumps of a network stand still while their power is out, and start again after it."""

import numpy as np

from data.swmm import PrepareOptions, inp_of, prepare_inp
from hazards.drains.engine import SwmmEngine

MODEL = """[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
START_DATE 07/15/2026
END_DATE 07/15/2026
END_TIME 04:00:00
ROUTING_STEP 5
[STORAGE]
W 0 5 1 FUNCTIONAL 0 0 500
[OUTFALLS]
O 4 FREE NO
[PUMPS]
P W O C ON
[CURVES]
C PUMP4 0 0 0.01 0.25 5 0.25
[INFLOWS]
W FLOW "" FLOW 1.0 1.0 0.05
""".splitlines()


def level_over_time(outages):
    lines = prepare_inp(inp_of(MODEL, "model.inp"), PrepareOptions(outages=outages))
    levels = []
    with SwmmEngine(lines, coupled=["W"]) as engine:
        while engine.time_s < 3.0 * 3600.0:
            engine.advance(300.0)
            levels.append((engine.time_s, float(engine.head[0])))
    return np.array(levels).T


def test_a_pump_without_power_lets_its_well_rise_and_pumps_again_after_it():
    time_s, level = level_over_time([("P", 3600.0, 7200.0)])
    # What runs in stays: 0.05 m3/s into 500 m2, but for the step in which the pump stops.
    out = (time_s >= 3600.0) & (time_s <= 7200.0)
    assert level[time_s <= 3600.0][-1] < 0.05
    assert abs(level[out][-1] - level[out][0] - 0.05 * np.ptp(time_s[out]) / 500.0) < 0.005
    assert level[-1] < 0.05


def test_without_an_outage_the_well_stays_pumped_down():
    _, level = level_over_time([])
    assert level[-1] < 0.05


def test_a_pump_that_never_has_power_again_stays_off():
    time_s, level = level_over_time([("P", 0.0, np.inf)])
    assert abs(level[-1] - 1.0 - 0.05 * time_s[-1] / 500.0) < 0.02
