"""The journal of a sewer run: what was written comes back, torn ends are left out, a replay is exact to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.errors import InputError, RunStopped
from hazards.drains.engine import SwmmEngine
from hazards.drains.journal import Journal, Window
from tests.drains_network import sewer

ANY = st.floats(width=64, allow_nan=True, allow_infinity=True)

PUMPED = """[STORAGE]
WELL 8 4 0.5 FUNCTIONAL 0 0 20 0 0
[CONDUITS]
C3 J2 WELL 50 0.013 0 0
[XSECTIONS]
C3 CIRCULAR 0.4 0 0 0
[PUMPS]
P1 WELL J1 CURVE1 ON 1.0 0.4
[CURVES]
CURVE1 PUMP4 0 0.02
CURVE1 2 0.05
[CONTROLS]
RULE slow
IF NODE WELL DEPTH > 0.8
AND PUMP P1 TIMEOPEN > 0:05
THEN PUMP P1 SETTING = 0.3
RULE fast
IF PUMP P1 TIMECLOSED > 0:02
THEN PUMP P1 SETTING = 1.0"""


def windows(count: int, nodes: int = 3, seed: int = 0) -> list[Window]:
    rng = np.random.default_rng(seed)
    return [
        Window(rng.normal(size=nodes), np.array([np.nan]), np.zeros(0), 5.0 * k, 5.0 * k + rng.random(), k * 7919)
        for k in range(count)
    ]


def same(a: Window, b: Window) -> bool:
    rows = all(x.tobytes() == y.tobytes() for x, y in zip(a[:3], b[:3], strict=True))
    return rows and np.array(a[3:]).tobytes() == np.array(b[3:]).tobytes()


@given(data=arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(0, 5)), elements=ANY), flush=st.integers(1, 9))
def test_whatever_was_recorded_comes_back(tmp_path_factory, data, flush):
    journal = Journal(tmp_path_factory.mktemp("journal") / "j")
    written = [Window(row, row[:1], row[:0], 1.0, 2.0, 2**32 - 1) for row in data]
    for k, window in enumerate(written, 1):
        journal.record(window)
        if k % flush == 0:
            journal.flush()
    read = list(journal.read())
    assert len(read) == len(written)
    assert all(same(a, b) for a, b in zip(read, written, strict=True))


def test_chunks_end_where_it_was_flushed_and_a_torn_one_is_left_out(tmp_path):
    journal = Journal(tmp_path / "j")
    written = windows(150)
    for window in written[:100]:
        journal.record(window)
    assert journal.flush() == 100
    whole = journal.file.stat().st_size
    for window in written[100:]:
        journal.record(window)
    journal.flush()
    with journal.file.open("r+b") as stream:
        stream.truncate(journal.file.stat().st_size - 5)
    again = Journal.resume(journal.file, 100)
    assert journal.file.stat().st_size == whole
    again.record(written[100])
    assert all(same(a, b) for a, b in zip(again.read(), written[:101], strict=True))
    with pytest.raises(InputError, match="does not reach the checkpoint"):
        Journal.resume(journal.file, 150)


def test_damaged_chunk_ends_the_journal(tmp_path):
    journal = Journal(tmp_path / "j")
    for window in windows(10):
        journal.record(window)
    journal.flush()
    data = bytearray(journal.file.read_bytes())
    data[-20] ^= 1
    journal.file.write_bytes(data)
    assert list(journal.read()) == []


def drive(engine: SwmmEngine, first: int, last: int) -> None:
    for k in range(first, last):
        engine.lateral[:] = (0.15 + 0.1 * np.sin(0.21 * k), -0.01 * (k % 3), 0.02)[: engine.lateral.size]
        engine.stage[0] = 9.2 + 0.01 * (k % 40) if k % 50 > 10 else np.nan
        engine.advance(11.0)


def state(engine: SwmmEngine) -> list[bytes]:
    live = (engine.head, engine.volume, engine.uptake_m3_s, engine.received_m3, engine.discharge_m3)
    return [part.tobytes() for part in live] + [repr((engine.time_s, engine.steps, engine.totals())).encode()]


def test_replayed_engine_goes_on_to_the_bit(tmp_path):
    """Pumps with timers in their rules, a tide that comes and goes, negative inflows; killed behind window 60."""
    names = ["J1", "J2", "WELL"]
    with SwmmEngine(sewer(extra=PUMPED), names, ["O1"]) as engine:
        drive(engine, 0, 140)
        wanted, result = state(engine), engine.finish()
    with SwmmEngine(sewer(extra=PUMPED), names, ["O1"]) as engine:
        engine.journal = Journal(tmp_path / "j")
        drive(engine, 0, 60)
        kept = engine.journal.flush()
        drive(engine, 60, 90)  # what comes after the checkpoint is lost
        middle = engine.journal.windows
        assert (kept, middle) == (60, 90)
    with SwmmEngine(sewer(extra=PUMPED), names, ["O1"]) as engine:
        engine.replay(Journal.resume(tmp_path / "j", kept))
        drive(engine, 60, 140)
        assert state(engine) == wanted
        assert engine.journal is not None
        assert engine.journal.windows == 140
        ours = engine.finish()
    assert ours.nodes.equals(result.nodes)
    assert ours.links.equals(result.links)
    assert result.links.set_index("name")["max_flow_m3_s"]["P1"] > 0.0


def test_hot_start_of_swmm_is_not_exact_and_the_replay_is_needed(tmp_path):
    """The same restart by SWMM's own file: single precision and lost timers."""
    names = ["J1", "J2", "WELL"]
    with SwmmEngine(sewer(extra=PUMPED), names, ["O1"]) as engine:
        drive(engine, 0, 60)
        engine.save_hotstart(tmp_path / "h")
        before = engine.head.copy()
    with SwmmEngine(sewer(extra=PUMPED), names, ["O1"], hotstart=tmp_path / "h") as engine:
        assert (engine.head != before).any()


def test_replay_of_another_model_is_noticed(tmp_path):
    journal = Journal(tmp_path / "j")
    with SwmmEngine(sewer(), ["J1", "J2"], ["O1"]) as engine:
        engine.journal = journal
        drive(engine, 0, 5)
    rougher = [line.replace(" 0.013 ", " 0.014 ") for line in sewer()]
    with SwmmEngine(rougher, ["J1", "J2"], ["O1"]) as engine, pytest.raises(RunStopped, match="does not repeat"):
        engine.replay(journal)
    with SwmmEngine(sewer(), ["J1", "J2"], ["O1"]) as engine:
        engine.advance(5.0)
        with pytest.raises(ValueError, match="at its start"):
            engine.replay(journal)
