"""The transport problem by PuLP (CBC) and the assignment by spopt's p-median, as their users would write it.

It is started with a Python that has both: `python -m venv V; V/bin/pip install spopt==0.7.0 pulp==3.3.0`;
PYTHON -m benchmarks.allocation_peers pulp|spopt CASE.npz -> one line of JSON (build_s and solve_s in CPU seconds of
the process and its solver, walk_person_s, unserved).

PuLP solves ours exactly: whole people, unserved people at a price. spopt has no transport problem; the nearest that it
has is the p-median with capacities and every site open, in which a block goes to one site as
a whole: an integer programme, solved to a gap of 1 %.
"""

from __future__ import annotations

import json
import resource
import sys

import numpy as np


def cpu_s() -> float:
    """CPU seconds of this process and of the solvers that it started."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def by_pulp(people: np.ndarray, capacity: np.ndarray, time_s: np.ndarray, listed: int) -> dict[str, float]:
    """Minimum cost over the `listed` nearest sites of each block, and a place nowhere."""
    import pulp

    start = cpu_s()
    blocks, sites = time_s.shape
    near = np.argsort(time_s, axis=1, kind="stable")[:, :listed]
    unserved_s = float(time_s.max()) * (sites + 1)
    problem = pulp.LpProblem("transport", pulp.LpMinimize)
    x = {(i, int(j)): pulp.LpVariable(f"x_{i}_{j}", 0) for i in range(blocks) for j in near[i]}
    none = [pulp.LpVariable(f"u_{i}", 0) for i in range(blocks)]
    problem += pulp.lpSum(time_s[i, j] * v for (i, j), v in x.items()) + unserved_s * pulp.lpSum(none)
    at_site: list[list[object]] = [[] for _ in range(sites)]
    for (_, j), v in x.items():
        at_site[j].append(v)
    for i in range(blocks):
        problem += pulp.lpSum([x[i, int(j)] for j in near[i]]) + none[i] == int(people[i])
    for j in range(sites):
        if at_site[j]:
            problem += pulp.lpSum(at_site[j]) <= int(capacity[j])
    built = cpu_s()
    problem.solve(pulp.PULP_CBC_CMD(msg=False))
    solved = cpu_s()
    left = sum(v.value() for v in none)
    walk = sum(time_s[i, j] * v.value() for (i, j), v in x.items())
    return {"build_s": built - start, "solve_s": solved - built, "walk_person_s": walk, "unserved": left}


def by_spopt(people: np.ndarray, capacity: np.ndarray, time_s: np.ndarray, listed: int) -> dict[str, float]:
    """p-median with every site open and its capacity, over all pairs: spopt knows no list of nearest ones."""
    import pulp
    from spopt.locate import PMedian

    start = cpu_s()
    model = PMedian.from_cost_matrix(
        time_s, people, p_facilities=len(capacity), facility_capacities=capacity, fulfill_predefined_fac=False
    )
    built = cpu_s()
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=0.01), results=False)
    solved = cpu_s()
    walk = float(pulp.value(model.problem.objective)) if model.problem.status == 1 else float("nan")
    return {"build_s": built - start, "solve_s": solved - built, "walk_person_s": walk, "unserved": 0}


def main() -> None:
    """Read the case, solve, print."""
    case = np.load(sys.argv[2])
    solve = {"pulp": by_pulp, "spopt": by_spopt}[sys.argv[1]]
    print(json.dumps(solve(case["people"], case["capacity"], case["time_s"], int(case["listed"]))))


if __name__ == "__main__":
    main()
