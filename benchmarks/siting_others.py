"""The same siting case by PuLP (its CBC) or spopt, for an interpreter that has them; prints CPU seconds and cost.

spopt has no model with capacities that leaves people unserved: a far dummy site of unlimited room stands for those, at
the price of an unserved person, in its capacitated P-median with fractional demand as it offers it.
"""

from __future__ import annotations

import json
import resource
import sys

import numpy as np


def by_pulp(case: dict[str, np.ndarray]) -> float:
    import pulp

    people, group, site, metres = case["people"], case["group"], case["site"], case["metres"]
    price = int(case["unserved_m"])
    model = pulp.LpProblem("siting", pulp.LpMinimize)
    opened = {int(j): pulp.LpVariable(f"y{j}", cat="Binary") for j in case["candidate"]}
    flow = [pulp.LpVariable(f"x{k}", 0) for k in range(len(site))]
    model += price * int(people.sum()) + pulp.lpSum((int(metres[k]) - price) * flow[k] for k in range(len(site)))
    for i in range(len(people)):
        model += pulp.lpSum(flow[k] for k in np.flatnonzero(group == i)) <= int(people[i])
    for j in opened:
        model += pulp.lpSum(flow[k] for k in np.flatnonzero(site == j)) <= int(case["capacity"][j]) * opened[j]
    for k in range(len(site)):
        model += flow[k] <= int(min(people[group[k]], case["capacity"][site[k]])) * opened[int(site[k])]
    model += pulp.lpSum(opened.values()) <= int(case["count"])
    model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=1e-4, threads=2))
    assert pulp.LpStatus[model.status] == "Optimal"
    return float(pulp.value(model.objective)) + price * int(case["out_of_reach"])


def by_spopt(case: dict[str, np.ndarray]) -> float:
    import pulp
    from spopt.locate import PMedian

    people, candidate, price = case["people"], case["candidate"], int(case["unserved_m"])
    number = {int(j): k for k, j in enumerate(candidate)}
    cost = np.full((len(people), len(candidate) + 1), float(price))  # out of reach costs as much as to stay unserved
    cost[case["group"], [number[int(j)] for j in case["site"]]] = case["metres"]
    capacity = np.append(case["capacity"][candidate], people.sum())
    model = PMedian.from_cost_matrix(
        cost, people, p_facilities=int(case["count"]) + 1, facility_capacities=capacity,
        predefined_facilities_arr=np.where(np.arange(len(candidate) + 1) == len(candidate), 1, 0),
    )  # fmt: skip
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=1e-4, threads=2))
    assert pulp.LpStatus[model.problem.status] == "Optimal"
    return float(pulp.value(model.problem.objective)) + price * int(case["out_of_reach"])


def main() -> None:
    method, path = sys.argv[1], sys.argv[2]
    case = dict(np.load(path))
    objective = {"pulp": by_pulp, "spopt": by_spopt}[method](case)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    print(json.dumps({"cpu_s": round(cpu_s, 2), "objective": objective}))


if __name__ == "__main__":
    main()
