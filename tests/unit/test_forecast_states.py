"""Kept states: which one a rain still leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from data.rules_file import load_rules
from data.schema import City
from hazards import RainForcing
from sim.forecast.ground import ground_of
from sim.forecast.states import KeptState, KeptStates, fitting_state, rain_between
from sim.forecast.terms import ForecastTerms
from sim.scenario import CHINA
from tests.small_network import small_network
from tests.watered_city import watered_city

EPOCH = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)
SHAPE = (4, 5)
RULES = load_rules()
RAIN = RainForcing(np.array([0.0, 600.0, 1200.0, 1800.0]), np.array([36.0, 72.0, 0.0]) / 3.6e6)


def state(since_s: float, time_s: float, rain: RainForcing = RAIN) -> KeptState:
    water = {"flow.field.h": np.full(SHAPE, time_s, np.float32)}
    mm = rain_between(rain, SHAPE, since_s, time_s)
    return KeptState(EPOCH, time_s, since_s, 0.0, 0.25, mm, water, b"engine")


def test_rain_between_two_times_is_exact_and_knows_zones() -> None:
    """36 mm/h for 5 min and 72 mm/h for 5 min: 3 and 6 mm."""
    assert np.allclose(rain_between(RAIN, SHAPE, 300.0, 900.0), 9.0)
    zone = np.zeros(SHAPE, np.uint16)
    zone[2:] = 1
    zoned = RainForcing(RAIN.edges_s, np.column_stack([RAIN.rates_m_s[:, 0], np.zeros(3)]), zone)
    found = rain_between(zoned, SHAPE, 300.0, 900.0)
    assert set(found.round(6).tolist()) == {0.0, 9.0}


def test_the_last_state_is_taken_while_the_rain_is_as_it_was() -> None:
    states = [state(0.0, 600.0), state(600.0, 1200.0), state(1200.0, 1800.0)]
    assert fitting_state(states, RAIN, EPOCH, SHAPE, 0.5) == (states[2], False)
    later = EPOCH - timedelta(seconds=100.0)  # the same rain on another clock
    shifted = RainForcing(RAIN.edges_s + 100.0, RAIN.rates_m_s)
    assert fitting_state(states, shifted, later, SHAPE, 0.5) == (states[2], False)


def test_rain_that_came_late_gives_up_the_states_behind_it() -> None:
    states = [state(0.0, 600.0), state(600.0, 1200.0), state(1200.0, 1800.0)]
    more = RainForcing(RAIN.edges_s, np.array([36.0, 76.0, 0.0]) / 3.6e6)  # 0.67 mm more
    assert fitting_state(states, more, EPOCH, SHAPE, 0.5) == (states[0], True)
    assert fitting_state(states, more, EPOCH, SHAPE, 1.0) == (states[2], False)
    first = RainForcing(RAIN.edges_s, np.array([90.0, 72.0, 0.0]) / 3.6e6)  # before all that is kept
    assert fitting_state(states, first, EPOCH, SHAPE, 0.5) == (states[2], False)
    assert fitting_state([], RAIN, EPOCH, SHAPE, 0.5) == (None, False)


def test_a_state_comes_back_from_the_disk_as_it_was(tmp_path: Path) -> None:
    states = KeptStates(tmp_path, "city")
    states.save(state(0.0, 600.0), 3600.0)
    states.save(state(600.0, 1200.0), 3600.0)
    heads = states.read(EPOCH + timedelta(seconds=1100.0))
    assert [head.time_s for head in heads] == [600.0]
    whole = states.whole(heads[0])
    assert whole is not None
    assert whole.water["flow.field.h"].tolist() == np.full(SHAPE, 600.0).tolist()
    assert (whole.sewers, whole.wetness, whole.epoch) == (b"engine", 0.25, EPOCH)
    assert KeptStates(tmp_path, "other").read(EPOCH + timedelta(hours=1)) == []


def test_what_the_rain_no_longer_leads_to_is_dropped(tmp_path: Path) -> None:
    states = KeptStates(tmp_path, "city")
    for since, time in ((0.0, 600.0), (600.0, 1200.0)):
        states.save(state(since, time), 3600.0)
    states.save(state(600.0, 1800.0), 3600.0)  # gone back to 600 s
    assert [head.time_s for head in states.read(EPOCH + timedelta(hours=1))] == [600.0, 1800.0]
    assert not list(tmp_path.glob("*.new"))


def test_a_state_with_any_byte_changed_is_unreadable_or_the_same(tmp_path: Path) -> None:
    """A disk that turns bits may cost a state; it must raise nothing that a cycle does not know."""
    states = KeptStates(tmp_path, "city")
    path = states.save(state(0.0, 600.0), 3600.0)
    content = path.read_bytes()
    first = states.read(EPOCH + timedelta(hours=1))[0]
    for place in range(0, len(content), 3):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        path.write_bytes(bytes(broken))
        states.read(EPOCH + timedelta(hours=1))
        whole = states.whole(first)
        assert whole is None or whole.water["flow.field.h"].tolist() == np.full(SHAPE, 600.0).tolist()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        assert states.read(EPOCH + timedelta(hours=1)) == []
        assert states.whole(first) is None


def test_a_state_is_of_one_city_with_all_that_acts_on_its_water() -> None:
    """Made twice a city is the same; with another pump, gate or shaft its states are of another water."""

    def mark(city: City) -> str:
        return ground_of(city, RULES, ForecastTerms()).fingerprint

    city = watered_city()
    sewered = replace(city, drainage=small_network(city.grid))
    assert mark(city) == mark(watered_city())
    assert mark(sewered) == mark(replace(watered_city(), drainage=small_network(city.grid)))
    assert city.pumps is not None
    assert city.gates is not None
    assert city.underpasses is not None
    others = [
        replace(city, pumps=city.pumps.iloc[:2]),
        replace(city, pumps=city.pumps.assign(rate_m3_s=0.4)),
        replace(city, gates=city.gates.assign(sill_m=499.5)),
        replace(city, underpasses=city.underpasses.assign(pump_m3_s=0.3)),
        sewered,
    ]
    marks = {mark(city), *map(mark, others)}
    assert len(marks) == 1 + len(others)
