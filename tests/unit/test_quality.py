"""Quality control: each mark has its cause, nothing is lost, and what is judged does not depend on batches."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules_file import load_rules
from data.schema import FAMILIES, QUALITIES, QUANTITIES
from sim.observing.intake import Sensor
from sim.observing.observation import Observation
from sim.observing.quality import judge, quality_terms
from sim.observing.quality_memory import QualityMemory
from sim.observing.silence import sensor_health, silent_sensors

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TERMS = quality_terms(load_rules())
SENSORS = {
    **{f"R{k}": Sensor(f"R{k}", "rain", 300.0, 1000.0 * k, 0.0) for k in range(4)},
    "FAR": Sensor("FAR", "rain", 300.0, 90_000.0, 0.0),
    "D": Sensor("D", "pond_depth", 60.0, 0.0, 0.0),
    "W": Sensor("W", "water_level", 300.0, 0.0, 0.0),
}


def _said(sensor: str, minute: float, value: float, after_s: float = 20.0) -> Observation:
    at = NOON + timedelta(minutes=minute)
    return Observation(sensor, SENSORS[sensor].quantity, at, value, at + timedelta(seconds=after_s))


def _judged(said: list[Observation], memory: QualityMemory | None = None) -> list[str]:
    return [one.quality for one in judge(said, SENSORS, memory or QualityMemory(), TERMS)[0]]


def test_what_is_right_is_good_and_late_is_still_used() -> None:
    assert _judged([_said("R0", 5, 1.0), _said("R0", 10, 0.0, TERMS.late_after_s + 1), _said("D", 1, 0.1)]) == [
        "good",
        "late",
        "good",
    ]
    assert _judged([_said("R0", 5, 1.0, TERMS.late_after_s)]) == ["good"]


@pytest.mark.parametrize(("after_s", "said"), [(12_430_786.0, "144 days"), (10_000.0, "3 h"), (4000.0, "67 min")])
def test_how_late_is_said_in_units_that_people_use(after_s: float, said: str) -> None:
    (one,) = judge([_said("R0", 5, 1.0, after_s)], SENSORS, QualityMemory(), TERMS)[0]
    assert one.remark == f"came {said} after its interval"


@pytest.mark.parametrize(("ahead_s", "quality"), [(0.0, "good"), (1.0, "future")])
def test_what_lies_ahead_of_the_clock(ahead_s, quality) -> None:
    assert _judged([_said("R0", 5, 1.0, -TERMS.future_slack_s - ahead_s)]) == [quality]


def test_the_future_leaves_no_trace() -> None:
    """A sensor whose clock runs ahead does not make its true values conflicts, nor count as heard."""
    _, memory = judge([_said("R0", 60, 7.0, -3600.0)], SENSORS, QualityMemory(), TERMS)
    assert _judged([_said("R0", 60, 1.0)], memory) == ["good"]
    assert "R0" in silent_sensors(SENSORS, memory, NOON + timedelta(minutes=60), TERMS)


@pytest.mark.parametrize(
    ("sensor", "value", "quality"),
    [
        ("R0", -0.1, "range"),
        ("R0", TERMS.rain_max_mm_h / 12.0, "good"),
        ("R0", TERMS.rain_max_mm_h / 12.0 + 0.01, "range"),
        ("D", 20.01, "range"),
        ("D", -0.01, "range"),
    ],
)
def test_what_cannot_be(sensor, value, quality) -> None:
    assert _judged([_said(sensor, 5, value)]) == [quality]


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda q: q.name)
def test_all_five_families_are_taken(quantity) -> None:
    sensors = {"S": Sensor("S", quantity.name, 300.0, 0.0, 0.0)}
    middle = 0.5 * (quantity.minimum + quantity.maximum) if quantity.name != "rain" else 1.0
    values = (middle, quantity.minimum - 1.0, quantity.maximum + 1.0)
    said = [
        Observation("S", quantity.name, NOON + timedelta(minutes=5 * k), v, NOON + timedelta(minutes=5 * k))
        for k, v in enumerate(values)
    ]
    judged, _ = judge(said, sensors, QualityMemory(), TERMS)
    assert [one.quality for one in judged] == ["good", "range", "range"]
    assert {q.family for q in QUANTITIES} == set(FAMILIES)


def test_the_same_again_is_a_duplicate_and_another_value_a_conflict() -> None:
    said = [_said("R0", 5, 1.0), _said("R0", 5, 1.0, 40.0), _said("R0", 5, 2.0, 50.0), _said("R1", 5, 2.0)]
    assert _judged(said) == ["good", "duplicate", "conflict", "good"]
    _, memory = judge(said, SENSORS, QualityMemory(), TERMS)
    assert _judged([_said("R0", 5, 1.0, 90.0)], memory) == ["duplicate"]


def test_a_wrong_unit_stays_one() -> None:
    odd = replace(_said("R0", 5, 25.0), quality="unit", remark="hPa is none of mm")
    assert judge([odd], SENSORS, QualityMemory(), TERMS)[0] == [odd]


def test_water_that_jumps_is_a_spike_unless_it_stays() -> None:
    """One value of 3 m among dry ones is a spike; an underpass that is full stays full."""
    assert _judged([_said("D", k, v) for k, v in enumerate([0.0, 0.0, 3.0, 0.0])]) == ["good", "good", "spike", "good"]
    filled = _judged([_said("D", k, v) for k, v in enumerate([0.0, 3.0, 3.1, 3.1, 3.2])])
    assert filled == ["good", "spike", "spike", "good", "good"]
    slowly = _judged([_said("D", k, 0.39 * k) for k in range(8)])
    assert slowly == ["good"] * 8
    noise = _judged([_said("D", k, v) for k, v in enumerate([0.0, 9.0, 2.0, 15.0, 5.0, 0.0])])
    assert noise == ["good", "spike", "spike", "spike", "spike", "good"]


def test_rain_is_a_spike_only_against_neighbours() -> None:
    wild = 30.0  # mm in 5 min
    calm = [_said(f"R{k}", 5, 0.2) for k in (1, 2, 3)]
    assert _judged([_said("R0", 5, wild), *calm]) == ["spike", "good", "good", "good"]
    assert _judged([*calm[::-1], _said("R0", 5, wild)])[-1] == "spike"
    wet = [_said(f"R{k}", 5, wild / 6) for k in (1, 2, 3)]
    assert _judged([_said("R0", 5, wild), *wet])[0] == "good"
    assert _judged([_said("FAR", 5, wild), *calm])[0] == "good"
    assert _judged([_said("R0", 5, wild), calm[0]])[0] == "good"  # one neighbour is not enough
    assert _judged([_said("R0", 5, 4.0), *calm])[0] == "good"  # 48 mm/h happen


def test_an_impossible_value_next_door_confirms_nothing() -> None:
    said = [_said("R0", 5, 30.0), _said("R1", 5, 90.0), _said("R2", 5, 0.2), _said("R3", 5, 0.2)]
    assert _judged(said) == ["spike", "range", "good", "good"]
    assert _judged(said[::-1]) == ["good", "good", "range", "spike"]


def test_a_gauge_that_always_says_the_same_is_stuck() -> None:
    least = int(TERMS.stuck_rain_s // 300)
    marks = _judged([_said("R0", 5 * k, 0.7) for k in range(least + 3)])
    assert marks == ["good"] * least + ["stuck"] * 3
    assert set(_judged([_said("FAR", 5 * k, 0.0) for k in range(60)])) == {"good"}  # it may be dry
    assert _judged([_said("R0", 60 * k, 0.7) for k in range(4)]) == ["good"] * 3 + ["stuck"]  # at least four


def test_steady_rain_that_a_neighbour_confirms_is_no_fault() -> None:
    """A false mark would hide rain: a bucket of 0.2 mm tips alike for hours, here and next door."""
    both = [_said(f"R{k}", 5 * step, 0.2) for step in range(40) for k in range(2)]
    assert set(_judged(both)) == {"good"}
    unlike = [_said("R0", 5 * step, 2.0) for step in range(40)]
    unlike += [_said("R1", 5 * step, 0.3 + 0.001 * step) for step in range(40)]
    assert "stuck" in _judged(unlike)[:40]


def test_a_gauge_that_stays_dry_in_a_downpour_is_blocked() -> None:
    rows = [
        _said(f"R{k}", 5 * step, 0.0 if k == 0 else 2.0 + 0.1 * k + 0.01 * step) for step in range(20) for k in range(4)
    ]
    judged, memory = judge(rows, SENSORS, QualityMemory(), TERMS)
    marks = [one.quality for one in judged if one.sensor == "R0"]
    assert set(marks[:12]) == {"good"}
    assert set(marks[12:]) == {"stuck"}
    assert {one.quality for one in judged if one.sensor != "R0"} == {"good"}
    assert _judged([_said("R0", 100, 1.0)], memory) == ["good"]  # it drips again
    wet = [_said(f"R{k}", 440 + 5 * step, 2.0 + 0.1 * k + 0.01 * step) for step in range(13) for k in (1, 2, 3)]
    back = [_said("R0", 100, 0.0), _said("R0", 500, 0.0), *wet]
    assert _judged(back, memory)[1] == "good"  # it was silent for hours, not dry


def test_neighbours_are_summed_once() -> None:
    """7 mm in the hour all around is no proof against a dry gauge, whether they came in this batch or before."""
    rows = [
        _said(f"R{k}", 5 * step, 0.0 if k == 0 else 0.55 + 0.01 * (step % 2)) for step in range(20) for k in range(4)
    ]
    assert set(_judged(rows)) == {"good"}
    _, memory = judge(rows[:52], SENSORS, QualityMemory(), TERMS)
    assert set(_judged(rows[52:], memory)) == {"good"}


def test_silent_sensors() -> None:
    _, memory = judge([_said("R0", 0, 1.0), _said("D", 0, 0.0)], SENSORS, QualityMemory(), TERMS)
    gone = TERMS.silent_intervals * 300.0 + TERMS.late_after_s
    for seconds, silent in ((gone, False), (gone + 1.0, True)):
        now = NOON + timedelta(seconds=seconds)
        assert ("R0" in silent_sensors(SENSORS, memory, now, TERMS)) is silent
    health = {one.sensor: one for one in sensor_health(SENSORS, memory, NOON, TERMS)}
    assert (health["R0"].last, health["R0"].quality) == (NOON, "good")
    assert (health["R1"].last, health["R1"].silent, health["R1"].quality) == (None, True, "")


SOME = st.lists(
    st.tuples(st.sampled_from(list(SENSORS)), st.integers(0, 40), st.sampled_from([-1.0, 0.0, 0.4, 2.0, 30.0, 90.0])),
    max_size=40,
)


@settings(max_examples=80)
@given(SOME)
def test_nothing_is_lost_changed_or_left_without_a_mark(rows) -> None:
    said = [_said(sensor, minute, value) for sensor, minute, value in rows]
    judged, memory = judge(said, SENSORS, QualityMemory(), TERMS)
    assert [replace(one, quality="good", remark="") for one in judged] == said
    assert {one.quality for one in judged} <= set(QUALITIES)
    assert QualityMemory.from_json(json.loads(json.dumps(memory.to_json()))) == memory


@settings(max_examples=80)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_inside_a_batch_does_not_matter(rows, random) -> None:
    """But for doubled rows: of those the one that stands first is the one kept."""
    said = [
        _said(*row) for row in {(sensor, minute): (sensor, minute, value) for sensor, minute, value in rows}.values()
    ]
    mixed = list(said)
    random.shuffle(mixed)
    key = {(one.sensor, one.time): one.quality for one in judge(said, SENSORS, QualityMemory(), TERMS)[0]}
    assert {(one.sensor, one.time): one.quality for one in judge(mixed, SENSORS, QualityMemory(), TERMS)[0]} == key


@settings(max_examples=60)
@given(SOME, st.integers(0, 40))
def test_judging_leaves_the_memory_it_was_given_as_it_was(rows, cut) -> None:
    said = [_said(*row) for row in rows]
    _, memory = judge(said[:cut], SENSORS, QualityMemory(), TERMS)
    before = json.dumps(memory.to_json())
    first = judge(said[cut:], SENSORS, memory, TERMS)
    assert json.dumps(memory.to_json()) == before
    assert judge(said[cut:], SENSORS, memory, TERMS) == first


def test_a_day_of_a_gauge_costs_little() -> None:
    rng = np.random.default_rng(3)
    memory, marks = QualityMemory(), set()
    for hour in range(24):
        batch = [
            _said(f"R{k}", 60 * hour + 5 * step, float(rng.gamma(1.0, 0.5))) for step in range(12) for k in range(4)
        ]
        judged, memory = judge(batch, SENSORS, memory, TERMS)
        marks |= {one.quality for one in judged}
    assert marks == {"good"}
    assert max(len(one.rows) for one in memory.sensors.values()) <= TERMS.memory_s / 300.0 + 1
