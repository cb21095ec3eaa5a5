"""UK Environment Agency benchmark 4 (speed of propagation over a flat plain) as a flood case through the command.

A plain of 1 x 2 km, n 0.05, dry; 20 m3/s at most over 20 m of the west side; 5 h, here on 10 m cells.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from api.cli.main import run
from tests.api.flood_case_files import write_asc
from tests.shared_data import shared

pytestmark = pytest.mark.slow

CELL_M = 10.0
VOLUME_M3 = 20.0 * (0.5 * 3300.0 + 10800.0 + 0.5 * 3600.0)  # trapezium of the inflow series


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ea4")
    series = np.loadtxt(shared("ea_test4", "ea4.bdy"), skiprows=3)  # m2/s over 20 m, time
    rows = "\n".join(f"{time_s:g},{20.0 * flow:g}" for flow, time_s in series)
    (folder / "q.csv").write_text(f"time_s,flow_m3_s\n{rows}\n")
    write_asc(folder / "dem.asc", np.zeros((200, 100)), cell=CELL_M, west=0.0, south=0.0)
    points = pd.read_csv(shared("ea_test4", "reference_peaks.csv"))
    gauges = "\n".join(f'[[gauge]]\nname = "{p.point}"\nat = [{p.x}, {p.y}]' for p in points.itertuples())
    (folder / "case.toml").write_text(
        f"""
        [terrain]
        dem = "dem.asc"
        crs = "EPSG:27700"
        manning = 0.05
        [run]
        duration_s = 18000
        output_step_s = 3600
        gauge_step_s = 60
        [[inflow]]
        line = [[0, 990], [0, 1010]]
        series = "q.csv"
        {gauges}
        """
    )
    assert run(["flood", str(folder / "case.toml"), "--out", str(folder / "out")]) == 0
    return folder


def test_peaks_agree_with_the_full_equations(folder: Path) -> None:
    """Within 2 % of LISFLOOD-FP DG2 on 5 m, as its own local-inertial solver (1.3 %); 3 % at point 1, five cells in."""
    peaks = pd.read_csv(folder / "out" / "gauges.csv").groupby("gauge").depth_m.max()
    reference = pd.read_csv(shared("ea_test4", "reference_peaks.csv")).set_index("point").dg2_5m_peak_m
    ratio = peaks / reference
    assert np.abs(ratio - 1.0).loc[2:].max() < 0.02, ratio
    assert abs(ratio.loc[1] - 1.0) < 0.03, ratio


def test_all_the_water_is_on_the_plain(folder: Path) -> None:
    flood = json.loads((folder / "out" / "summary.json").read_text())["flood"]
    assert flood["volume_in_m3"] == pytest.approx(VOLUME_M3, rel=1e-6)
    assert flood["volume_out_m3"] == 0.0
    assert flood["continuity_error"] < 1e-6


def test_water_arrives_in_order(folder: Path) -> None:
    gauges = pd.read_csv(folder / "out" / "gauges.csv")
    arrival = gauges[gauges.depth_m > 0.01].groupby("gauge").time_s.min()
    assert arrival.loc[1] < arrival.loc[2] < arrival.loc[3] < arrival.loc[4] < arrival.loc[5] < arrival.loc[6]
