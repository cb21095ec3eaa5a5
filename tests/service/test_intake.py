"""Observations judged by one process or by several in turn: the same qualities, and nothing lost in between."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from api.service.intake import Intake
from api.store.observations import WriteObservations
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


def test_a_value_too_large_in_its_unit_is_refused_by_itself(store: Store) -> None:
    batch = [_raw("R1", 5, 1e308, "m"), _raw("R1", 10, 1.0)]
    taken = Intake(SENSORS, load_rules()).take(store, batch, _received(batch), "feed")
    assert [one.message for one in taken.findings] == ["not a finite number"]
    assert taken.counts.added == 1


def test_a_row_that_the_store_cannot_keep_holds_back_no_other(store: Store, monkeypatch) -> None:
    kept = WriteObservations.keep_observations

    def keep(tx, batch):
        if any(one.value == 1.5 for one in batch):
            raise ValueError("not JSON")
        return kept(tx, batch)

    monkeypatch.setattr(WriteObservations, "keep_observations", keep)
    batch = [_raw("R1", minute, 1.0 + 0.1 * minute) for minute in range(1, 10)]
    intake = Intake(SENSORS, load_rules())
    taken = intake.take(store, batch, _received(batch), "feed")
    assert [(one.place, one.message) for one in taken.findings] == [("row 5", "cannot be kept")]
    assert taken.counts.added == 8
    with pytest.raises(ValueError, match="not JSON"):  # where nothing at all can be kept it is no fault of the rows
        intake.take(store, [_raw("R2", 5, 1.5)], _received(batch), "feed")


@pytest.mark.parametrize("value", [7.0, 0.0])
@pytest.mark.parametrize("wrong", ["future", "unit", "range"])
def test_what_was_marked_at_the_door_keeps_no_true_value_away(store: Store, wrong: str, value: float) -> None:
    first = _raw("R1", 30, -99.0 if wrong == "range" else value, "furlong" if wrong == "unit" else "")
    intake = Intake(SENSORS, load_rules())
    came = START if wrong == "future" else START + timedelta(minutes=30)
    true, now = _raw("R1", 30, 7.0), START + timedelta(minutes=31)
    qualities = _qualities([intake.take(store, [first], came, "feed").rows])
    for at in (intake, intake, Intake(SENSORS, load_rules())):
        qualities += _qualities([at.take(store, [true], now, "feed").rows])
    qualities += _qualities([intake.take(store, [_raw("R1", 30, 6.0)], now, "feed").rows])
    assert qualities == [wrong, "good", "duplicate", "duplicate", "conflict"]
    with store.reading() as rx:
        assert list(rx.observations("rain", START, now, qualities=("good", "late"))["value"]) == [7.0]
        assert list(rx.observations("rain", START, now)["quality"]) == [wrong, "good", "conflict"]


def test_the_same_impossible_value_again_is_a_duplicate(store: Store) -> None:
    intake, row = Intake(SENSORS, load_rules()), [_raw("R1", 30, -99.0)]
    taken = [intake.take(store, row, _received(row), "feed") for _ in range(2)]
    assert _qualities([one.rows for one in taken]) == ["range", "duplicate"]
    assert taken[1].counts.added == 0


def test_what_is_answered_is_what_is_kept(store: Store) -> None:
    """A value older than quality control remembers is held against the store."""
    intake = Intake(SENSORS, load_rules())
    intake.take(store, [_raw("R1", 5, 1.0)], START + timedelta(minutes=5), "feed")
    intake.take(store, [_raw("R1", 400, 0.0)], START + timedelta(minutes=400), "feed")
    later = START + timedelta(minutes=401)
    taken = [intake.take(store, [_raw("R1", 5, value)], later, "feed").rows for value in (2.0, 1.0)]
    assert _qualities(taken) == ["conflict", "duplicate"]


def test_others_write_while_a_backlog_is_taken_in(store: Store) -> None:
    """No transaction has more than 2000 rows, and who waits for the store has its turn between two."""
    batch = [_raw(("R1", "R2")[k % 2], k // 2, 0.1 * (k % 7)) for k in range(6_000)]
    sizes: list[int] = []
    waited: list[float] = []
    writing = store.writing

    @contextmanager
    def counted(actor: str):
        with writing(actor) as tx:
            if actor == "backlog":
                keep = tx.keep_observations
                tx.keep_observations = lambda part: sizes.append(len(part)) or keep(part)
            yield tx

    def officer() -> None:
        while not done.wait(0.02):
            began = time.monotonic()
            with writing("officer") as tx:
                tx.put("word", began)
            waited.append(time.monotonic() - began)

    done = threading.Event()
    thread = threading.Thread(target=officer)
    thread.start()
    store.writing = counted  # type: ignore[method-assign]
    try:
        taken = Intake(SENSORS, load_rules()).take(store, batch[::-1], _received(batch), "backlog")
    finally:
        done.set()
        thread.join()
    assert taken.counts.added == sum(sizes) == 6_000
    assert max(sizes) <= 2_000
    assert max(waited) < 5.0
    assert [row.value for row in taken.rows if isinstance(row, Observation)] == [raw.value for raw in batch[::-1]]
