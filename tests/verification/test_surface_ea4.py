"""UK Environment Agency benchmark SC120002, test 4: a flood spreading over a flat plain."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from hazards import FlowParameters, Inflow, SurfaceFlow
from tests.shared_data import shared


@pytest.mark.slow
@pytest.mark.parametrize("most_parts", [1, 4])
def test_peaks_match_dg2_within_three_percent(most_parts: int) -> None:
    """1 x 2 km, 5 m cells, n 0.05, 20 m3/s over 20 m of the west edge; peaks of LISFLOOD-FP DG2 at six points, 3 %.

    The points lie on cell corners: the mean of the four cells around is compared.
    """
    with shared("ea_test4", "reference_peaks.csv").open() as file:
        points = list(csv.DictReader(file))
    cell, rows, cols = 5.0, 400, 200
    south_of = np.arange(rows) * cell  # distance of a row's north side from the north edge, m
    inlet = np.nonzero((south_of >= 2000.0 - 1010.0) & (south_of < 2000.0 - 990.0))[0]
    inflow = Inflow(
        (inlet, np.zeros_like(inlet)), [0.0, 300.0, 3600.0, 14_400.0, 18_000.0], [0.0, 0.0, 20.0, 20.0, 0.0]
    )
    parameters = FlowParameters(most_parts=most_parts)
    flow = SurfaceFlow(np.zeros((rows, cols)), cell, 0.05, inflows=[inflow], parameters=parameters)
    flow.advance(18_000.0)
    peak = flow.maxima.max_depth
    for point in points:
        row, col = round((2000.0 - float(point["y"])) / cell), round(float(point["x"]) / cell)
        found = peak[row - 1 : row + 1, col - 1 : col + 1].mean()
        assert found == pytest.approx(float(point["dg2_5m_peak_m"]), rel=0.03)
    assert flow.book.continuity_error < 1e-6
    assert flow.book.inflow_m3 == pytest.approx(20.0 * (0.5 * 3300.0 + 10_800.0 + 0.5 * 3600.0), rel=1e-9)
    assert np.abs(peak - peak[::-1]).max() < 1e-3  # the flood is symmetric about the inlet
