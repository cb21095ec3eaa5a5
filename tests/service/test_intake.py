"""Observations judged by one process or by several in turn: the same qualities, and nothing lost in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from api.service.intake import Intake
from api.store.store import Store
from data.errors import Finding
from data.readers.observations import RawObservation
from data.rules_file import load_rules
from sim.observing.observation import Observation

START = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
SENSORS = pd.DataFrame(
    {
        "id": ["R1", "R2", "P1"],
        "quantity": ["rain", "rain", "pond_depth"],
        "interval_s": [300.0, 300.0, 300.0],
        "x_m": [0.0, 900.0, 500.0],
        "y_m": [0.0, 0.0, 400.0],
    }
)


def _raw(sensor: str, minute: int, value: float, unit: str = "") -> RawObservation:
    return RawObservation(sensor, "", START + timedelta(minutes=minute), value, unit, f"row {minute}")


def _batches() -> list[list[RawObservation]]:
    """Rain that goes up and down, a gauge that sticks, a pond that jumps, a row twice, a wrong unit."""
    batches = [[_raw("R1", m, 1.0 + 0.1 * m), _raw("R2", m, 2.0), _raw("P1", m, 0.01 * m)] for m in range(5, 105, 5)]
    batches[8].append(_raw("P1", 30, 9.0))
    batches[9] += [_raw("R1", 10, 2.0), _raw("R1", 51, 1.0, "bar")]
    return batches


def _qualities(taken: list[tuple[Observation | Finding, ...]]) -> list[str]:
    return [row.quality for rows in taken for row in rows if isinstance(row, Observation)]


@pytest.fixture
def store(tmp_path: Path):
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as opened:
        yield opened


def _received(batch: list[RawObservation]) -> datetime:
    return max(raw.time for raw in batch) + timedelta(seconds=20)


def test_processes_in_turn_judge_as_one_does(tmp_path: Path) -> None:
    found = []
    for processes in (1, 3):
        with Store.open(f"sqlite:///{tmp_path / f'{processes}.db'}") as store:
            intakes = [Intake(SENSORS, load_rules()) for _ in range(processes)]
            taken = [
                intakes[k % processes].take(store, batch, _received(batch), "feed").rows
                for k, batch in enumerate(_batches())
            ]
            found.append(_qualities(taken))
    assert found[0] == found[1]
    assert {"good", "stuck", "unit", "duplicate"} <= set(found[0])


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(store: Store) -> None:
    batch = [_raw("R1", 5, 1.0), _raw("nobody", 5, 1.0)]
    taken = Intake(SENSORS, load_rules()).take(store, batch, _received(batch), "feed")
    assert [isinstance(row, Finding) for row in taken.rows] == [False, True]
    assert taken.findings[0].value == "nobody"
    with store.reading() as rx:
        assert list(rx.observations("rain", START, START + timedelta(hours=1))["sensor"]) == ["R1"]


def test_a_batch_of_nothing_readable_writes_nothing(store: Store) -> None:
    taken = Intake(None, load_rules()).take(store, [_raw("R1", 5, 1.0)], START, "feed")
    assert taken.counts.added == 0
    with store.reading() as rx:
        assert rx.get("observing.memory") is None


def test_health_is_that_of_all_processes(store: Store) -> None:
    first, second = Intake(SENSORS, load_rules()), Intake(SENSORS, load_rules())
    first.take(store, [_raw("R1", 5, 1.0)], START + timedelta(minutes=5), "feed")
    health = {one.sensor: one.silent for one in second.health(store, START + timedelta(minutes=10))}
    assert health == {"R1": False, "R2": True, "P1": True}


def test_a_batch_of_another_process_between_judging_and_keeping(store: Store, monkeypatch) -> None:
    """What came first counts, also where it came after this batch had been judged."""
    mine, other = Intake(SENSORS, load_rules()), Intake(SENSORS, load_rules())
    known, came = mine._known, []

    def known_then_overtaken(rx, first):
        found = known(rx, first)
        if not came:
            came.append(other.take(store, [_raw("R1", 5, 1.0)], START + timedelta(minutes=6), "other"))
        return found

    monkeypatch.setattr(mine, "_known", known_then_overtaken)
    taken = mine.take(store, [_raw("R1", 5, 2.0)], START + timedelta(minutes=6), "feed")
    assert [row.quality for row in taken.rows if isinstance(row, Observation)] == ["conflict"]
