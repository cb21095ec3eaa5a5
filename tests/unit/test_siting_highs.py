"""OR-Tools and HiGHS work side by side in one process, in whatever order our modules are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

FLOW = """
from ortools.graph.python import min_cost_flow
flow = min_cost_flow.SimpleMinCostFlow()
flow.add_arc_with_capacity_and_unit_cost(0, 1, 5, 3)
flow.set_nodes_supplies([0, 1], [2, -2])
assert flow.solve() == flow.OPTIMAL
assert flow.optimal_cost() == 6
"""
PROGRAMME = """
from shelters.siting.highs import highspy
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.addVar(0.0, 4.0)
solver.changeColCost(0, -1.0)
assert solver.run() == highspy.HighsStatus.kOk
assert solver.getInfo().objective_function_value == -4.0
"""


@pytest.mark.parametrize("order", [(FLOW, PROGRAMME, FLOW), (PROGRAMME, FLOW, PROGRAMME)])
def test_both_work_in_one_process(order: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", "".join(order)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
