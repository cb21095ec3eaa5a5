"""A hall whose power fails takes nobody in from then on, unless it has a supply of its own or needs none."""

from dataclasses import replace

import numpy as np
import pandas as pd

from sim.failures import Failure
from sim.site_stock import dark_spans
from tests.tiny_city import tiny_city


def dark_city(backup_h: float = 0.0):
    city = tiny_city()
    lines = pd.DataFrame({"source_id": "SS1", "asset_kind": "shelter", "asset_id": city.shelters["id"]})
    return replace(
        city,
        shelters=city.shelters.assign(power=[False, False, True, False]),
        lifelines=lines.assign(backup_h=backup_h),
    )


def test_halls_without_emergency_power_go_dark_and_parks_do_not():
    dark = dark_spans(dark_city(), [Failure("power", "SS1", from_min=30.0)])
    # S1 and S4 are halls without power of their own, S2 is a park, S3 has emergency power.
    assert dark == ((0, 1800.0, np.inf), (3, 1800.0, np.inf))


def test_a_backup_carries_a_hall_over_a_short_cut():
    city = dark_city(backup_h=1.0)
    short = [Failure("power", "SS1", from_min=30.0, until_min=80.0)]
    assert dark_spans(city, short) == ()
    long = [Failure("power", "SS1", from_min=30.0, until_min=100.0)]
    assert dark_spans(city, long)[0] == (0, 1800.0 + 3600.0, 6000.0)


def test_without_a_failure_every_site_keeps_its_light():
    assert dark_spans(dark_city(), []) == ()
