"""The copy of a network for a run: changed where the run needs it, its lines numbered as the city's."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data.errors import InputError
from data.swmm import PrepareOptions, inp_of, options, prepare_inp, read_inp, sections
from tests.small_network import small_inp, small_network

ALL = ("M1", "M2", "M3", "M4", "M5", "M6")
OPEN = (
    "import sys\nfrom swmm.toolkit import solver\ntry:\n    solver.swmm_open(*sys.argv[1:]); solver.swmm_start(0)\n"
    "    [solver.swmm_step() for _ in range(5)]\n    print('ran')\nexcept Exception: pass\n"
)


def _engine(lines: list[str], folder: Path) -> str:
    """What the engine makes of the lines: "ran", or its report."""
    names = [str(folder / name) for name in ("m.inp", "m.rpt", "m.out")]
    Path(names[0]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", OPEN, *names], capture_output=True, text=True, check=False, cwd=folder)
    return "ran" if done.stdout.strip().endswith("ran") else Path(names[1]).read_text(encoding="utf-8")


def _options(lines: list[str]) -> dict[str, str]:
    return {name: value for name, (value, _) in options(sections(inp_of(lines, "x.inp"))).items()}


def test_a_plain_copy_changes_the_threads_alone() -> None:
    lines = small_inp()
    assert prepare_inp(inp_of(lines, "x.inp")) == [*lines, "[OPTIONS]", "THREADS 1"]


def test_a_coupled_copy_keeps_its_line_numbers_and_runs(tmp_path: Path) -> None:
    lines = small_inp()
    wish = PrepareOptions(coupled=ALL, rain="none", longest_step_s=2.0, duration_s=600.0, quiet=True)
    copy = prepare_inp(inp_of(lines, "x.inp"), wish)
    changed = [number for number, (a, b) in enumerate(zip(lines, copy, strict=False)) if a != b]
    assert [copy[number] for number in changed] == [""] * len(ALL)
    assert {lines[number].split()[0] for number in changed} == set(ALL)
    rows = sections(inp_of(copy, "x.inp"))
    assert [row.tokens[0] for row in rows["STORAGE"]] == list(ALL)
    shaft = rows["STORAGE"][0].tokens
    assert shaft[1:] == ("497.9", "102.2", "0", "FUNCTIONAL", "0", "0", "1.167", "0", "0")
    told = _options(copy)
    assert (told["SURCHARGE_METHOD"], told["ROUTING_STEP"], told["IGNORE_RAINFALL"]) == ("SLOT", "2", "YES")
    assert (told["END_DATE"], told["END_TIME"]) == ("07/15/2026", "00:11:00")
    assert _engine(copy, tmp_path) == "ran"


def _routing(*rows: str, **wish: Any) -> dict[str, str]:
    lines = [line for line in small_inp() if not line.startswith(("VARIABLE_STEP", "MAX_TRIALS"))]
    return _options(prepare_inp(inp_of([*lines, "[OPTIONS]", *rows], "x.inp"), PrepareOptions(**wish)))


def test_steps_are_longer_only_where_the_file_has_the_usual_ones() -> None:
    assert _routing("VARIABLE_STEP 0.75", courant=1.0)["VARIABLE_STEP"] == "1"
    assert _routing("VARIABLE_STEP 0.75")["VARIABLE_STEP"] == "0.75"
    assert _routing("VARIABLE_STEP 0", courant=1.0)["VARIABLE_STEP"] == "0"
    assert _routing("VARIABLE_STEP 0.25", courant=1.0)["VARIABLE_STEP"] == "0.25"
    assert "VARIABLE_STEP" not in _routing(courant=1.0)


def test_a_run_never_tries_a_step_more_often_than_the_file_says() -> None:
    assert _routing(most_trials=4)["MAX_TRIALS"] == "4"
    assert _routing("MAX_TRIALS 0", most_trials=12)["MAX_TRIALS"] == "8"
    assert _routing("MAX_TRIALS 3", most_trials=4)["MAX_TRIALS"] == "3"
    assert _routing("MAX_TRIALS 20", most_trials=4)["MAX_TRIALS"] == "4"
    assert _routing("MAX_TRIALS 20")["MAX_TRIALS"] == "20"


@pytest.mark.parametrize("wish", [{"courant": 0.0}, {"courant": math.nan}, {"most_trials": 0}], ids=str)
def test_routing_that_cannot_be_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wish))):
        PrepareOptions(**wish)


def test_an_error_of_the_engine_names_the_line_of_the_city_s_file(tmp_path: Path) -> None:
    lines = small_inp()
    broken = next(k for k, line in enumerate(lines) if line.startswith("P5 M4"))
    lines[broken] = "P5 M4 NOWHERE 100 0.013 0 0"
    report = _engine(prepare_inp(inp_of(lines, "x.inp"), PrepareOptions(coupled=ALL)), tmp_path)
    assert re.search(rf"ERROR 209.*\n?.*line {broken + 1} of \[?CONDUIT", report)


def test_shafts_are_measured_in_the_units_of_the_file() -> None:
    lines = [line.replace("FLOW_UNITS CMS", "FLOW_UNITS CFS") for line in small_inp()]
    shaft = sections(inp_of(prepare_inp(inp_of(lines, "x.inp"), PrepareOptions(coupled=("M1",))), "x"))["STORAGE"][0]
    assert float(shaft.tokens[2]) == pytest.approx(2.2 + 100.0 / 0.3048)
    assert float(shaft.tokens[7]) == pytest.approx(1.167 / 0.3048**2)


def test_a_coupled_tank_is_raised_where_it_stands_and_an_unknown_node_refused() -> None:
    lines = [*small_inp(), "[STORAGE]", "TANK 490 4.5 0 TABULAR C1 0 0", "[CURVES]", "C1 STORAGE 0 100 4.5 200"]
    copy = prepare_inp(inp_of(lines, "x.inp"), PrepareOptions(coupled=("TANK",)))
    assert "TANK 490 104.5 0 TABULAR C1 0 0" in copy
    with pytest.raises(InputError, match="NOBODY"):
        prepare_inp(inp_of(lines, "x.inp"), PrepareOptions(coupled=("NOBODY", "M1")))


def test_clogged_and_failing_pipes_carry_their_share() -> None:
    """n' = n / (share of the grade (1 - blocked)): Manning's full flow shrinks by the same share."""
    wish = PrepareOptions(capacity_share=(1.0, 0.9, 0.75, 0.5))
    rows = sections(inp_of(prepare_inp(small_network(), wish), "x.inp"))["CONDUITS"]
    share = [0.013 / float(row.tokens[4]) for row in rows]
    assert share == pytest.approx([1.0, 0.75 * 0.8, 0.5 * 0.5, 1.0, 1.0, 1.0], rel=1e-8)


def test_rain_and_climate_files_that_play_no_part_may_be_missing(tmp_path: Path) -> None:
    extra = [
        "[RAINGAGES]", "G1 VOLUME 0:05 1.0 FILE absent.dat S MM", "G2 INTENSITY 0:10 1.0 TIMESERIES T",
        "[SUBCATCHMENTS]", "S1 G1 M1 1 50 100 1 0", "S2 G2 M2 1 50 100 1 0", "[SUBAREAS]", "S1 0.01 0.1 0 0 25 OUTLET",
        "S2 0.01 0.1 0 0 25 OUTLET", "[INFILTRATION]", "S1 3 0.5 4 7 0", "S2 3 0.5 4 7 0", "[TIMESERIES]",
        "T FILE absent.csv", "[TEMPERATURE]", "FILE absent.tem", "[EVAPORATION]", "TEMPERATURE",
    ]  # fmt: skip
    inp = inp_of([*small_inp(), *extra], tmp_path / "x.inp")
    assert "ERROR" in _engine(prepare_inp(inp), tmp_path)
    for rain in ("none", "given"):
        assert _engine(prepare_inp(inp, PrepareOptions(coupled=ALL, rain=rain)), tmp_path) == "ran"
    given = sections(inp_of(prepare_inp(inp, PrepareOptions(rain="given")), "x"))["RAINGAGES"]
    assert [row.tokens[:3] for row in given] == [("G1", "INTENSITY", "0:05"), ("G2", "INTENSITY", "0:10")]


def test_given_rain_is_looked_at_every_minute() -> None:
    """The engine asks a gauge at its steps of runoff: an hour in dry weather by default."""
    for wet, expected in (("", "0:01:00"), ("WET_STEP 0:05", "0:01:00"), ("WET_STEP 0:00:15", "0:00:15")):
        inp = inp_of([*small_inp(), "[OPTIONS]", wet], "x.inp")
        found = _options(prepare_inp(inp, PrepareOptions(rain="given")))
        assert (found["WET_STEP"], found["DRY_STEP"]) == (expected, expected)


def test_files_get_absolute_names_and_nothing_is_written_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "in flow.dat").write_text("01/01/2026 0:00 1\n")
    extra = ["[TIMESERIES]", 'Q FILE "in flow.dat"', "[FILES]", "SAVE OUTFLOWS out.txt", "[LID_USAGE]",
             "S1 L 1 10 1 0 0 0 report.txt"]  # fmt: skip
    (tmp_path / "x.inp").write_text("\n".join([*small_inp(), *extra]))
    copy = prepare_inp(read_inp(tmp_path / "x.inp"))
    assert f'Q FILE "{tmp_path / "in flow.dat"}"' in copy
    assert "S1 L 1 10 1 0 0 0 *" in copy
    assert not any("out.txt" in line for line in copy)
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / "rain.dat").write_text("x")
    inp = inp_of(["[RAINGAGES]", "G VOLUME 0:05 1 FILE rain.dat S MM"], deep / "x.inp")
    with pytest.raises(InputError, match="cannot open a file of this name"):
        prepare_inp(inp)


def test_times_are_those_of_the_run() -> None:
    wish = PrepareOptions(start=datetime(2026, 7, 15, 20, 30), duration_s=3 * 3600 + 0.5)
    told = _options(prepare_inp(inp_of(small_inp(), "x.inp"), wish))
    assert (told["START_DATE"], told["START_TIME"]) == ("07/15/2026", "20:30:00")
    assert (told["END_DATE"], told["END_TIME"]) == ("07/15/2026", "23:31:01")


@pytest.mark.parametrize(
    "wrong", [{"rain": "some"}, {"duration_s": 0.0}, {"shaft_area_m2": -1.0}, {"capacity_share": (1.0, 1.2, 1.0, 1.0)}]
)
def test_wrong_wishes_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PrepareOptions(**wrong)
