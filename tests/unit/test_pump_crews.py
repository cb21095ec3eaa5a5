"""Crews that pump an underpass: from their arrival on, and only there."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from sim.pump_crews import PumpCrew, crew_pumps


def _place():
    city = SimpleNamespace(underpasses=pd.DataFrame({"id": ["U1", "U2"]}))
    street = np.ones((3, 3), bool)
    street[0, 1] = False  # under a roof
    return city, SimpleNamespace(street=street, underpass_cells=[np.array([0, 1]), np.array([8])])


def test_a_crew_pumps_the_street_cells_of_its_underpass_from_its_arrival_on():
    (pump,) = crew_pumps(*_place(), [PumpCrew("K1", "U1", 0.2, 1800.0)])
    assert pump.cells.tolist() == [0]
    assert pump.rate_m3_s == 0.2
    assert pump.outages == ((0.0, 1800.0),)


def test_a_crew_without_a_pump_changes_nothing():
    assert crew_pumps(*_place(), [PumpCrew("K1", "U2", 0.0, 0.0)]) == []


def test_an_unknown_underpass_is_named_with_the_closest():
    with pytest.raises(InputError, match="underpass") as found:
        crew_pumps(*_place(), [PumpCrew("K1", "U3", 0.2, 0.0)])
    assert "U" in str(found.value)
