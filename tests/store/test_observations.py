"""Observations: nothing that differs is lost, nothing that is the same is kept twice."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.store import Store
from api.store.records import Counts
from data.schema.observations import SENSORS
from sim.observing.observation import Observation
from tests.store_case import T0

MINUTE = timedelta(minutes=1)


def _seen(sensor: str, minute: float, value: float, quality: str = "good", quantity: str = "rain") -> Observation:
    time = T0 + minute * MINUTE
    return Observation(sensor, quantity, time, value, time + timedelta(seconds=5), quality)


def _add(store: Store, *batch: Observation) -> Counts:
    with store.writing("gauges") as tx:
        return tx.add_observations(batch)


def test_observations_are_those_of_the_interval(store: Store) -> None:
    _add(store, *(_seen(sensor, minute, minute / 10) for minute in range(5) for sensor in ("g2", "g1")))
    _add(store, _seen("u1", 2, 0.3, quantity="pond_depth"), _seen("g1", 2.5, 90.0, "range"))
    with store.reading() as rx:
        frame = rx.observations("rain", T0 + MINUTE, T0 + 3 * MINUTE)
        assert list(frame.columns) == ["sensor", "time", "value", "received", "quality", "remark"]
        assert list(frame.sensor) == ["g1", "g2", "g1", "g1", "g2"]
        assert list(frame.value) == [0.2, 0.2, 90.0, 0.3, 0.3]
        assert list(frame.time) == [pd.Timestamp(T0 + minute * MINUTE) for minute in (2, 2, 2.5, 3, 3)]
        assert (frame.received - frame.time == pd.Timedelta(seconds=5)).all()
        good = rx.observations("rain", T0, T0 + 9 * MINUTE, sensors=["g1"], qualities=("good", "late"))
        assert list(good.value) == [0.1, 0.2, 0.3, 0.4]
        nothing = rx.observations("rain", T0 + 9 * MINUTE, T0 + 10 * MINUTE)
        assert len(nothing) == 0
        assert list(nothing.dtypes) == list(frame.dtypes)
        assert list(rx.observations("pond_depth", T0, T0 + 9 * MINUTE).value) == [0.3]


def test_the_same_again_is_counted_and_another_kept_beside_it(store: Store) -> None:
    assert _add(store, _seen("g1", 1, 0.2), _seen("g1", 1, 0.2)) == Counts(1, 1, 0)
    assert _add(store, _seen("g1", 1, 0.2), _seen("g1", 1, 0.4), _seen("g1", 2, math.nan)) == Counts(2, 1, 1)
    assert _add(store, _seen("g1", 1, 0.4), _seen("g1", 2, math.nan), _seen("g1", 1, 99.0, "range")) == Counts(1, 2, 1)
    with store.reading() as rx:
        frame = rx.observations("rain", T0, T0 + 9 * MINUTE)
    assert list(frame.value[:3]) == [0.2, 0.4, 99.0]
    assert math.isnan(frame.value[3])
    assert list(frame.quality) == ["good", "conflict", "range", "good"]
    assert list(frame.remark) == ["", "0.2 came before", "", ""]


def test_the_newest_of_each_sensor_is_known(store: Store) -> None:
    _add(store, _seen("g1", 3, 0.3), _seen("g1", 1, 0.1), _seen("u1", 1, 0.5, quantity="pond_depth"))
    _add(store, _seen("g1", 2, 0.2), _seen("u1", 2, 0.6, quantity="pond_depth"), _seen("u1", 900, 9.0, "future"))
    with store.reading() as rx:
        frame = rx.last_seen()
    assert list(frame.sensor) == ["g1", "u1"]
    assert list(frame.quantity) == ["rain", "pond_depth"]
    assert list(frame.time) == [pd.Timestamp(T0 + 3 * MINUTE), pd.Timestamp(T0 + 2 * MINUTE)]
    assert list(frame.value) == [0.3, 0.6]
    with store.reading() as rx:
        assert len(rx.last_seen()) == 2


def test_old_observations_are_forgotten(store: Store) -> None:
    _add(store, _seen("g1", 1, 0.1), _seen("g1", 2, 0.2))
    with store.writing("service") as tx:
        assert tx.forget_observations(T0 + 2 * MINUTE) == 1
        assert len(tx.observations("rain", T0, T0 + 9 * MINUTE)) == 1
        assert len(tx.last_seen()) == 1
        tx.add_observations([_seen(f"g{number}", 0, 0.1) for number in range(5)])
        assert [tx.forget_observations(T0 + MINUTE, limit=3) for _ in range(3)] == [3, 2, 0]


def test_sensors_come_back_in_their_order(store: Store) -> None:
    columns = {name: ["", ""] for name in SENSORS.names}
    frame = pd.DataFrame(columns | {"id": ["g2", "g1"], "lon": [104.1, 104.2], "interval_s": [300.0, math.nan]})
    with store.writing("service") as tx:
        tx.save_sensors(frame)
        tx.save_sensors(frame)
    with store.reading() as rx:
        kept = rx.sensors()
    assert list(kept.columns) == list(SENSORS.names)
    assert list(kept.id) == ["g2", "g1"]
    assert list(kept.lon) == [104.1, 104.2]
    assert list(kept.interval_s.isna()) == [False, True]


@pytest.fixture
def names() -> dict[str, int]:
    return {"run": 0}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from([0.0, 0.5, math.nan]))), max_size=4
    )
)
def test_any_batches_in_any_order_leave_every_value_once(
    store: Store, names: dict[str, int], batches: list[list[tuple[int, int, float]]]
) -> None:
    names["run"] += 1  # sensors of this example
    kept: set[tuple[str, int, str]] = set()
    for batch in batches:
        told = [(f"{names['run']}-{sensor}", minute, value) for sensor, minute, value in batch]
        counts = _add(store, *(_seen(*one) for one in told))
        new = {(sensor, minute, str(value)) for sensor, minute, value in told}
        assert counts.added == len(new - kept)
        assert counts.added + counts.duplicates == len(told)
        kept |= new
        assert len({one[:2] for one in kept}) <= len(kept)
    sensors = [f"{names['run']}-{sensor}" for sensor in range(3)]
    with store.reading() as rx:
        frame = rx.observations("rain", T0, T0 + 9 * MINUTE, sensors=sensors)
    minutes = ((frame.time - pd.Timestamp(T0)) / pd.Timedelta(minutes=1)).astype(int) if len(frame) else []
    assert sorted(zip(frame.sensor, minutes, map(str, frame.value), strict=True)) == sorted(kept)
    assert (frame.quality == "conflict").sum() == len(kept) - len({one[:2] for one in kept})
