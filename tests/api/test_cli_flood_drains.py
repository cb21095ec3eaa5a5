"""`rongan flood` with sewers from outside: files, balances, lumped runoff, bad networks, a kill and its resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from api.cli.main import run
from tests.sewered_case import CASE, MANHOLES, network, write_sewered_case

SHORT = CASE.replace("duration_s = 3600", "duration_s = 900")
SUBCATCHMENT = """
[RAINGAGES]
G INTENSITY 0:05 1.0 FILE "gone.dat" STA MM
[SUBCATCHMENTS]
S G J0 0.5 100 50 0.5 0
[SUBAREAS]
S 0.01 0.1 0 0 100 OUTLET
[INFILTRATION]
S 0 0 4 7 0
[POLYGONS]
S 411000 3392000
S 411100 3392000
S 411100 3392045
S 411000 3392045
"""


def run_case(folder: Path, case: str = SHORT, inp: str | None = None, *options: str) -> int:
    file = write_sewered_case(folder, case, inp)
    return run(["flood", str(file), "--out", str(folder / "out"), *options])


def summary(folder: Path) -> dict:
    return json.loads((folder / "out" / "summary.json").read_text())


def test_run_folder_tells_of_the_sewers(tmp_path: Path) -> None:
    assert run_case(tmp_path) == 0
    out = tmp_path / "out"
    names = {file.name for file in out.iterdir()}
    assert names == {"flood.nc", "gauges.csv", "nodes.csv", "links.csv", "network.geojson", "summary.json"}
    nodes, links = pd.read_csv(out / "nodes.csv"), pd.read_csv(out / "links.csv")
    assert len(nodes) == MANHOLES + 1
    kinds = dict(zip(nodes["name"], nodes["kind"], strict=True))  # of the file; the engine runs shafts as storages
    assert kinds == {"O": "outfall"} | {f"J{k}": "junction" for k in range(MANHOLES)}
    assert len(links) == MANHOLES
    assert nodes.loc[nodes.name.str.startswith("J"), "lateral_m3"].min() > 0.0
    assert links["max_fill"].max() == pytest.approx(1.0)
    drains, flood = summary(tmp_path)["drains"], summary(tmp_path)["flood"]
    assert drains["to_sewers_m3"] == pytest.approx(flood["volume_out_m3"], abs=abs(drains["between_m3"]) + 1e-6)
    assert abs(drains["exchange_error_m3"]) < 1e-9
    assert drains["total_error"] < 0.01
    features = json.loads((out / "network.geojson").read_text())["features"]
    assert {feature["properties"]["name"] for feature in features} >= {"J0", "C0", "O"}


def test_lumped_runoff_and_rain_on_the_grid_never_fall_twice(tmp_path: Path) -> None:
    lumped = SHORT.replace('network = "net.inp"', 'network = "net.inp"\nrunoff = "lumped"')
    assert run_case(tmp_path / "surface", SHORT, network() + SUBCATCHMENT) == 0
    assert run_case(tmp_path / "lumped", lumped, network() + SUBCATCHMENT) == 0
    surface, split = summary(tmp_path / "surface"), summary(tmp_path / "lumped")
    rain_m3 = (60.0 * 600.0 + 150.0 * 300.0) / 3.6e6 * 360 * 25.0
    assert surface["flood"]["volume_in_m3"] == pytest.approx(rain_m3, rel=1e-6)
    # The polygon holds 20 of the 40 columns; what its runoff makes come up from the sewers is in the volume too.
    fallen = split["flood"]["volume_in_m3"] - split["drains"]["to_street_m3"]
    assert fallen == pytest.approx(0.5 * rain_m3, rel=0.01)  # some of it is still on its way up
    runoff = split["drains"]["inflow_m3"] - split["drains"]["to_sewers_m3"]
    sealed_m2, depth_m = 2500.0, (60.0 * 600.0 + 150.0 * 300.0) / 3.6e6
    assert 0.5 * sealed_m2 * depth_m < runoff < 1.01 * 5000.0 * depth_m


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text.replace("[XSECTIONS]", "[SECTIONS]"), "SECTIONS"),
        (lambda text: text.replace("[COORDINATES]", "[NOTHING]"), "COORDINATES"),
        (lambda text: text.replace("411012.5", "11012.5").replace("3392022.5", "392022.5"), "net.inp"),
        (lambda text: text.replace("C2 J2 J3", "C2 J2 J99"), "J99"),
        (lambda text: text.replace("C0 CIRCULAR 0.3", "C0 CIRCULAR nan"), "net.inp"),
        (lambda text: text[: len(text) // 3], "net.inp"),
        (lambda text: "\x00\x01PK" + text[:40], "net.inp"),
    ],
)
def test_a_broken_network_ends_the_run_before_it_starts(
    spoil, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_case(tmp_path, SHORT, spoil(network())) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.checkpoint").exists()


def test_unknown_outfalls_and_keys_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, told in (
        ('outfalls_to_surface = ["X"]', "outfalls_to_surface"),
        ("outfalls_to_surface = [3]", "a list of names"),
        ('runoff = "both"', '"lumped"'),
        ('crs = "nowhere"', "EPSG"),
        ("network2 = 1", "network"),
    ):
        assert run_case(tmp_path, SHORT.replace("[[gauge]]", f"{line}\n[[gauge]]")) == 2
        assert told in capsys.readouterr().err


def test_an_outfall_named_in_the_case_ends_on_the_grid(tmp_path: Path) -> None:
    assert run_case(tmp_path, SHORT.replace("[[gauge]]", 'outfalls_to_surface = ["O"]\n[[gauge]]')) == 0
    drains = summary(tmp_path)["drains"]
    assert drains["outfalls_to_surface_m3"] + drains["rivers_to_outfalls_m3"] > 0.0


def test_resume_asks_for_a_checkpoint_of_the_same_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_case(tmp_path, SHORT, None, "--resume") == 2
    assert "no checkpoint" in capsys.readouterr().err
    (tmp_path / "out.checkpoint").mkdir()
    (tmp_path / "out.checkpoint" / "mine.txt").write_text("keep")
    assert run_case(tmp_path, SHORT, None, "--checkpoint-min", "5") == 2
    assert (tmp_path / "out.checkpoint" / "mine.txt").read_text() == "keep"


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
def test_a_killed_run_resumed_leaves_the_bytes_of_an_unbroken_one(tmp_path: Path) -> None:
    case = CASE.replace("duration_s = 3600", "duration_s = 1800")
    assert run_case(tmp_path / "whole", case) == 0
    file = write_sewered_case(tmp_path / "killed", case)
    out = tmp_path / "killed" / "out"
    command = [sys.executable, "-m", "api.cli.main", "flood", str(file), "--out", str(out), "--checkpoint-min", "4"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    state = tmp_path / "killed" / "out.checkpoint" / "state.npz"
    deadline = time.monotonic() + 60.0
    while not state.exists():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    assert run(["flood", str(file), "--out", str(out), "--resume"]) == 0
    for name in ("flood.nc", "gauges.csv", "nodes.csv", "links.csv", "network.geojson"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / "out" / name).read_bytes(), name
    one, other = summary(tmp_path / "whole"), summary(tmp_path / "killed")
    for clock in ("engine_wall_s", "coupling_cpu_s"):
        del one["drains"][clock], other["drains"][clock]
    assert one["drains"] == other["drains"]
    assert not state.parent.exists()


def test_a_checkpoint_of_another_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_sewered_case(tmp_path)
    command = [sys.executable, "-m", "api.cli.main", "flood", str(file), "--out", str(tmp_path / "out")]
    process = subprocess.Popen([*command, "--checkpoint-min", "4"], stderr=subprocess.DEVNULL)
    while not (tmp_path / "out.checkpoint" / "state.npz").exists():
        assert process.poll() is None
        time.sleep(0.002)
    process.kill()
    process.wait()
    write_sewered_case(tmp_path, inp=network(0.35))
    assert run(["flood", str(file), "--out", str(tmp_path / "out"), "--resume"]) == 2
    assert "another case" in capsys.readouterr().err
