"""The common case run by itzi's own solver classes, without GRASS.

It is started with a Python that has itzi installed:

PYTHON -m benchmarks.itzi_case N END_S DEPTH.npy -> one line of JSON (wall_s, steps, volume_m3, rain_m3).
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from itzi.const import DefaultValues
from itzi.rasterdomain import RasterDomain
from itzi.surfaceflow import SurfaceFlowSimulation

from benchmarks.valley import CELL_M, END_S, MANNING, RAIN_END_S, RAIN_M_S, valley_bed


def main() -> None:
    """Run and print."""
    n, end_s = int(sys.argv[1]), min(float(sys.argv[2]), END_S)
    domain = RasterDomain(np.float32, np.zeros((n, n), bool), (CELL_M, CELL_M))
    domain.update_array("dem", valley_bed(n).astype(np.float32))
    domain.update_array("friction", np.full((n, n), MANNING, np.float32))
    names = {"dtmax": "DTMAX", "cfl": "CFL", "g": "G", "theta": "THETA", "hmin": "HFMIN", "slmax": "SLMAX"}
    parameters = {key: getattr(DefaultValues, name) for key, name in names.items()}
    flow = SurfaceFlowSimulation(domain, {**parameters, "vrouting": DefaultValues.VROUTING})
    flow.update_flow_dir()
    steps, now, rain_m3 = 0, 0.0, 0.0
    start = time.perf_counter()
    for until, rate in ((min(RAIN_END_S, end_s), RAIN_M_S), (end_s, 0.0)):
        domain.get_array("eff_precip")[:] = rate
        domain.update_ext_array()
        while now < until:
            flow.solve_dt()
            flow._dt = min(flow._dt, until - now)
            flow.step()
            now += flow._dt
            rain_m3 += rate * flow._dt * n * n * CELL_M**2
            steps += 1
    wall_s = time.perf_counter() - start
    depth = domain.get_array("water_depth")
    np.save(sys.argv[3], depth)
    volume_m3 = float(depth.sum(dtype=np.float64)) * CELL_M**2
    print(json.dumps({"wall_s": wall_s, "steps": steps, "volume_m3": volume_m3, "rain_m3": rain_m3}))


if __name__ == "__main__":
    main()
