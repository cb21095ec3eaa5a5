"""What the invented census of pipes found in the sample city: grades, blockage, cost of repair, and pipes not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.sample.drains_layout import Layout
from data.sample.drains_sizes import Sewers
from data.sample.plan import CityPlan

GRADES = {  # share of the seen pipes in grade 1 to 4
    "old_town": (0.20, 0.35, 0.30, 0.15),
    "new_town": (0.68, 0.22, 0.08, 0.02),
    "key_area": (0.75, 0.20, 0.05, 0.00),
    "hub": (0.85, 0.15, 0.00, 0.00),
}
UNSEEN = {"old_town": 0.10, "new_town": 0.25, "key_area": 0.05, "hub": 0.0}  # share the census has not reached
BLOCKED = (0.02, 0.10, 0.30, 0.55)  # share of the pipes of a grade that hold silt
COST_PER_M = 0.45  # 1e4 CNY for 1 m of pipe of 1 m2, growing with the section


def census(plan: CityPlan, layout: Layout, sewers: Sewers, pipes: list[str], kind: np.ndarray) -> pd.DataFrame:
    """The PIPES layer: a row for each pipe that was looked at; `kind` (n,) is the drainage class where it lies."""
    rng = plan.rng("pipe census")
    draw, silt, depth = rng.random((3, len(pipes)))
    seen = rng.random(len(pipes)) >= np.array([UNSEEN[name] for name in kind])
    limit = np.cumsum([GRADES[name] for name in kind], axis=1)
    grade = 1 + np.minimum((draw[:, None] >= limit).sum(axis=1), 3)
    blocked = np.where(silt < np.array(BLOCKED)[grade - 1], np.round(0.05 + 0.45 * depth, 2), 0.0)
    cost = np.where(grade > 1, COST_PER_M * layout.length_m * sewers.area_m2**0.6 * (grade - 1) / 2, 0.0)
    table = pd.DataFrame(
        {
            "id": pipes,
            "condition_grade": grade.astype(np.int64),
            "blocked_share": blocked,
            "system": np.where(kind == "old_town", "combined", "storm").astype(object),
            "repair_cost": np.round(cost, 1),
            "source": "synthetic",
        }
    )
    return table[seen].reset_index(drop=True)
