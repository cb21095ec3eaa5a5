"""Who stops the flow often, as the sewers do, must not shake the water by it."""

from __future__ import annotations

import numpy as np
import pytest

from hazards import EdgeConditions, SurfaceFlow
from tests.tiny_city import tiny_city


@pytest.mark.parametrize("window_s", [2.0, 5.0, 7.0])
def test_a_pond_is_level_however_often_the_flow_lands(window_s: float) -> None:
    """Rain of 100 mm/h on a hollow of 1.6 m, half of it drained at 500 mm/h, for 50 min.

    The pond is 50 m across and level to a centimetre, what the rain on its slopes brings being on its way; with steps
    of unequal length, as 5 s were once cut up, a checkerboard stood 0.2 m up and down in it.
    """
    terrain = tiny_city().terrain
    drained = np.zeros(terrain.shape)
    drained[:24] = 500.0 / 3.6e6
    open_edges = EdgeConditions(west="open", east="open", south="open", north="open")
    flow = SurfaceFlow(terrain, 10.0, 0.015, edges=open_edges, threads=1)
    flow.set_rain(None, 100.0 / 3.6e6)
    flow.set_loss(None, drained)
    spread = []
    for landing in range(1, int(3000.0 / window_s) + 1):
        flow.advance(landing * window_s, 3000.0)
        if landing * window_s > 2800.0:
            level = (terrain + flow.depth)[flow.depth > 0.4]
            spread.append(float(level.max() - level.min()))
    assert flow.depth.max() > 0.5
    assert max(spread) < 0.02
