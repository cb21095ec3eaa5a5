"""The SWMM engine in its own process: its own run untouched, SI in every flow unit, books that close."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from data.errors import InputError, RunStopped
from hazards.drains.engine import SwmmEngine
from hazards.drains.library import FLOW_FACTOR, FLOW_UNITS, VOLUME_FACTOR, load_library
from tests.drains_network import sewer

INFLOW_M3_S = 0.15
ROOF = """[OPTIONS]
WET_STEP 00:01:00
DRY_STEP 00:01:00
[RAINGAGES]
G1 INTENSITY 0:05 1.0 TIMESERIES dry
[TIMESERIES]
dry 0:00 0
[SUBCATCHMENTS]
S1 G1 J1 1.0 100 200 2.0 0
[SUBAREAS]
S1 0.012 0.1 0 0 100 OUTLET
[INFILTRATION]
S1 3 0.5 4 7 0"""


def driven(engine: SwmmEngine, windows: int = 60, window_s: float = 30.0) -> list[np.ndarray]:
    """A run with an inflow that comes and goes; heads after every window."""
    heads = []
    for k in range(windows):
        engine.lateral[0] = 0.3 * np.sin(np.pi * k / windows)
        engine.advance(window_s)
        heads.append(engine.head.copy())
    return heads


def test_engine_alone_writes_the_report_of_swmm_run(tmp_path):
    model = tmp_path / "model.inp"
    model.write_text("\n".join(sewer(inflow_m3_s=INFLOW_M3_S, shafts=False)) + "\n[REPORT]\nNODES ALL\nLINKS ALL\n")
    run = f"from swmm.toolkit import solver; solver.swmm_run({str(model)!r}, {str(tmp_path / 'own.rpt')!r}, '')"
    subprocess.run([sys.executable, "-c", run], check=True, cwd=tmp_path)
    with SwmmEngine(model, report=True) as engine:
        while not engine.ended:
            engine.advance(17.0)
        engine.finish()
        ours, own = (
            [line for line in text.splitlines() if "Analysis" not in line and "Total elapsed" not in line]
            for text in (engine.report_file.read_text(), (tmp_path / "own.rpt").read_text())
        )
    assert ours == own
    assert len(own) > 150  # with the series of every node and link


def test_windows_do_not_change_the_run_of_the_engine():
    """Native steps are never cut: the same peaks to the bit, whatever the windows, while nothing is set."""
    results = []
    for window_s in (1e9, 7.0):
        with SwmmEngine(sewer(inflow_m3_s=INFLOW_M3_S), ["J1", "J2"], ["O1"]) as engine:
            while not engine.ended:
                engine.advance(window_s)
            results.append((engine.steps, engine.finish()))
    assert results[0][0] == results[1][0]
    assert results[0][1].nodes.equals(results[1][1].nodes)
    assert results[0][1].links.equals(results[1][1].links)


def test_clock_passes_a_window_by_less_than_one_native_step():
    with SwmmEngine(sewer(hours=0.5), ["J1"]) as engine:
        assert engine.duration_s == 1800.0
        times = [engine.advance(7.0) for _ in range(20)]
        spans = np.diff([0.0, *times])
        assert (spans >= 7.0 - 1e-6).all()
        assert (spans < 7.0 + 5.0).all()  # ROUTING_STEP
        reached = engine.advance(1e9, until_s=1000.0)
        assert 1000.0 <= reached < 1005.0
        assert engine.advance(5.0, until_s=900.0) == reached  # never back
        assert engine.advance(1e9) == 1800.0
        assert engine.ended


@pytest.fixture(scope="module")
def metric_run():
    with SwmmEngine(sewer("CMS"), ["J1", "J2"]) as engine:
        assert engine.flow_units == "CMS"
        return driven(engine), engine.totals(), engine.finish()


@pytest.mark.parametrize("flow_units", [name for name in FLOW_UNITS if name != "CMS"])
def test_si_in_and_out_whatever_the_flow_units(flow_units, metric_run):
    """Six files of one sewer: the engine computes in feet and takes the same feet from each; what differs is the
    rounding of the decimals, grown by the iteration's tolerance of 0.0015 m only where it stops a round earlier."""
    wanted, wanted_totals, wanted_result = metric_run
    with SwmmEngine(sewer(flow_units), ["J1", "J2"]) as engine:
        assert engine.flow_units == flow_units
        assert np.abs(np.array(driven(engine)) - wanted).max() < 1e-3
        totals, result = engine.totals(), engine.finish()
    # SWMM makes the cubic metre of a metric storage 0.02832 ft3 long by 1.1e-4 (`VOLUME_FACTOR`).
    assert totals["inflow"] == pytest.approx(wanted_totals["inflow"], rel=1e-6)
    assert totals["stored"] == pytest.approx(wanted_totals["stored"], rel=1e-3)
    columns = ["max_depth_m", "max_head_m", "max_inflow_m3_s", "lateral_m3"]
    np.testing.assert_allclose(result.nodes[columns], wanted_result.nodes[columns], rtol=1e-3)
    np.testing.assert_allclose(
        result.links[["max_flow_m3_s", "max_speed_m_s", "max_fill"]],
        wanted_result.links[["max_flow_m3_s", "max_speed_m_s", "max_fill"]],
        rtol=2e-3,
    )


def test_unit_factors_are_those_of_the_library():
    import ctypes

    library = load_library()
    assert tuple((ctypes.c_double * 6).in_dll(library, "Qcf")) == FLOW_FACTOR
    assert tuple(((ctypes.c_double * 2) * 10).in_dll(library, "Ucf")[5]) == VOLUME_FACTOR


def test_books_close_with_what_was_set_and_what_left():
    """Received volumes are the engine's external inflow; discharge is its outflow; uptake is what the shafts gave."""
    received, discharged, gone = 0.0, 0.0, np.zeros(2)
    with SwmmEngine(sewer(), ["J1", "J2"], ["O1"]) as engine:
        for k in range(100):
            engine.lateral[:] = (0.2 + 0.05 * np.sin(0.3 * k), 0.02)
            before = engine.time_s
            engine.advance(13.0)
            received += engine.received_m3.sum()
            discharged += engine.discharge_m3[0]
            gone += engine.uptake_m3_s * (engine.time_s - before)
        totals = engine.totals()
        volume = engine.volume.copy()
        result = engine.finish()
    assert totals["inflow"] == pytest.approx(received, rel=1e-9)
    assert totals["outflow"] == pytest.approx(discharged, rel=1e-9)
    assert result.outfalls["volume_m3"][0] == pytest.approx(discharged, rel=1e-12)
    assert result.nodes["lateral_m3"].sum() == pytest.approx(received, rel=1e-9)
    # Net flow into the pipes + what the shafts hold = what came in; the flow of J1 into J2 counts out and in.
    assert gone.sum() + volume.sum() == pytest.approx(received, rel=1e-6)
    # What is missing is the engine's own error, as SWMM prints it (in float32).
    lost = 100.0 * totals["error"] / (totals["inflow"] + totals["initial"])
    assert result.continuity_error_percent == pytest.approx(lost, rel=1e-5)


def test_water_can_be_taken_out_of_a_node():
    with SwmmEngine(sewer(inflow_m3_s=0.2), ["J2"]) as engine:
        engine.advance(900.0)
        engine.lateral[0] = -0.05
        engine.advance(900.0)
        engine.advance(900.0)
        assert engine.received_m3[0] == pytest.approx(-0.05 * 900.0, rel=0.01)
        assert engine.uptake_m3_s[0] == pytest.approx(-0.05 + 0.0, abs=0.01)  # the pipes bring it


@pytest.mark.parametrize("own", ["FREE", "NORMAL", "FIXED 9.9", "TIMESERIES tide"])
def test_outfall_takes_the_stage_and_goes_back_to_its_own_boundary(own):
    """The level outside governs while it is the higher one; with NaN the file's boundary comes back. Fixed stage and
    tide stand above the manhole's invert (9.5 m), so each boundary tells in its level."""
    tide = "[TIMESERIES]\ntide 0:00 9.85\ntide 2:00 9.95"
    heads = {}
    for case in ("own", "low", "visited"):
        with SwmmEngine(sewer(outfall=own, inflow_m3_s=0.1, hours=2, extra=tide), ["J2"], ["O1"]) as engine:
            engine.advance(1200.0)
            if case == "low":
                engine.stage[0] = 8.0
            if case == "visited":
                engine.stage[0] = 10.4
                engine.advance(1200.0)
                assert engine.head[0] > 10.4
                engine.stage[0] = np.nan
            engine.advance(1e9, until_s=7000.0)
            heads[case] = engine.head[0]
    assert heads["low"] == pytest.approx(heads["own"], abs=1e-6)
    assert heads["visited"] == pytest.approx(heads["own"], abs=1e-3)  # the same steady flow, 76 minutes later


def test_river_pushes_back_into_the_outfall():
    with SwmmEngine(sewer(), ["J1"], ["O1"]) as engine:
        engine.stage[0] = 11.0
        engine.advance(1800.0)
        assert engine.discharge_m3[0] < -1.0
        assert engine.head[0] == pytest.approx(11.0, abs=0.1)  # it still sways
        totals = engine.totals()
        assert totals["inflow"] - totals["outflow"] == pytest.approx(-engine.discharge_m3[0], rel=1e-6)


def test_rain_of_a_gage_is_set():
    """One hectare of roof, 36 mm/h: 0.1 m3/s once its ten minutes of concentration are over."""
    with SwmmEngine(sewer(extra=ROOF), ["J1"], gages=["G1"]) as engine:
        engine.advance(600.0)
        assert engine.totals()["inflow"] == 0.0
        engine.rain_mm_h[0] = 36.0
        engine.advance(1200.0)
        before = engine.totals()["inflow"]
        engine.rain_mm_h[0] = np.nan  # as it is
        engine.advance(600.0)
        assert engine.totals()["inflow"] - before == pytest.approx(0.1 * 600.0, rel=0.01)


def test_hot_start_begins_where_another_run_ended(tmp_path):
    with SwmmEngine(sewer(inflow_m3_s=INFLOW_M3_S), ["J1", "J2"]) as engine:
        engine.advance(1800.0)
        engine.save_hotstart(tmp_path / "warm.hsf")
        wanted = engine.head.copy()
    with SwmmEngine(sewer(inflow_m3_s=INFLOW_M3_S), ["J1", "J2"], hotstart=tmp_path / "warm.hsf") as engine:
        assert engine.head == pytest.approx(wanted, abs=2e-7 * 10.0)  # depths in float32
    with pytest.raises(InputError, match="error 331"):
        SwmmEngine(sewer(), hotstart=tmp_path / "absent.hsf")


def test_unknown_node_is_named():
    with pytest.raises(InputError, match="no node 'J9'"):
        SwmmEngine(sewer(), ["J9"])
    with pytest.raises(InputError, match="no gage 'G1'"):
        SwmmEngine(sewer(), gages=["G1"])
    with pytest.raises(InputError, match="'J1' is no outfall"):
        SwmmEngine(sewer(), outfalls=["J1"])
    with pytest.raises(ValueError, match="twice"):
        SwmmEngine(sewer(), ["J1", "J1"])


def test_error_in_the_middle_stops_the_run_with_code_and_time(tmp_path):
    """A runoff file that was torn: the engine reads it step by step."""
    file = tmp_path / "runoff.bin"
    with SwmmEngine(sewer(extra=ROOF + f'\n[FILES]\nSAVE RUNOFF "{file}"'), gages=["G1"]) as engine:
        engine.rain_mm_h[0] = 36.0
        engine.advance(1e9)
        engine.finish()
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)
    with SwmmEngine(sewer(extra=ROOF + f'\n[FILES]\nUSE RUNOFF "{file}"'), ["J1"]) as engine:
        with pytest.raises(RunStopped, match=r"error 329: error in reading from runoff interface file") as stop:
            engine.advance(1e9)
        assert stop.value.time_s == pytest.approx(1800.0, abs=120.0)
        assert stop.value.time_s == engine.time_s
        result = engine.finish()  # what was computed is kept
    assert result.nodes["max_inflow_m3_s"].max() == pytest.approx(0.1, rel=0.01)


def test_level_that_is_no_number_stops_the_run():
    with SwmmEngine(sewer(), ["J1"]) as engine:
        engine.lateral[0] = np.nan
        with pytest.raises(RunStopped, match="not a number"):
            engine.advance(60.0)


def test_killed_engine_is_reported_and_hangs_nobody():
    with SwmmEngine(sewer(), ["J1"]) as engine:
        engine.advance(60.0)
        at = engine.time_s
        os.kill(engine.pid, signal.SIGKILL)
        with pytest.raises(RunStopped, match="signal SIGKILL") as stop:
            engine.advance(60.0)
        assert stop.value.time_s == at


@pytest.mark.parametrize(
    "then", ["engine.end_advance()", "time.sleep(60.0)", "[engine.advance(0.5) for _ in range(10**9)]"]
)
def test_engine_dies_with_the_process_that_started_it(then):
    """In the middle of a long advance, in which it reads no commands, between two and in many short ones.

    Its temporary folder goes with it.
    """
    code = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.drains_network import sewer
from hazards.drains.engine import SwmmEngine
lines = [line for line in sewer(inflow_m3_s=0.1) if "END_DATE" not in line]
engine = SwmmEngine(lines + ["[OPTIONS]", "END_DATE 07/01/2044", "VARIABLE_STEP 0", "ROUTING_STEP 0.5"], ["J1"])
if sys.argv[2].startswith("engine.end"):
    engine.begin_advance(1e12)
print(engine.pid, engine.folder, flush=True)
exec(sys.argv[2])
"""
    parent = subprocess.Popen([sys.executable, "-c", code, os.getcwd(), then], stdout=subprocess.PIPE, text=True)
    child, folder = parent.stdout.readline().split()
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline and _alive(int(child)):
        time.sleep(0.1)
    assert not _alive(int(child))
    assert not os.path.exists(folder)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
