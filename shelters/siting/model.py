"""The siting problem as a mixed-integer programme, solved by HiGHS.

y_j: candidate j opens; x_ij: persons of group i in site j (continuous: for whole y some best x is whole, and it is
found again in whole numbers afterwards). Rows: people of a group, places of a site, x_ij <= min(p_i, K_j) y_j for each
pair (without these the relaxation opens sites by halves), count, budget, area limits.

People are in thousands inside the solver, so that its absolute tolerances (1e-6) are far below one person.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from shelters.siting.fill import Filling
from shelters.siting.highs import highspy

SOLVER = f"HiGHS {highspy.Highs().version()}"

_PERSONS = 1000.0


@dataclass(frozen=True)
class Relaxed:
    """The linear relaxation: `label` as prices of `price_bound`, `opening` the share by which each site opens."""

    done: bool  # False: out of time, and the values are the start's
    label: np.ndarray  # float64 (groups,)
    opening: np.ndarray  # float64 (sites,)


@dataclass(frozen=True)
class Solved:
    """What the branch and bound found."""

    chosen: list[int]
    bound: float  # in units of Filling.cost; -inf: none found, inf: there is no set at all
    stopped: str  # "optimal", "gap" or "time"


@dataclass(frozen=True)
class Model:
    """The programme of a filling's problem and weights, and where its columns are."""

    lp: highspy.HighsLp
    pair: np.ndarray  # pairs that have a column, the first ones
    candidate: np.ndarray  # sites that have a column, after those
    count_row: int
    budget_row: int  # -1: no budget

    @classmethod
    def build(cls, base: Filling) -> Model:
        """`base` gives the problem and what pairs and unserved people cost; which sites it has open plays no part."""
        problem = base.problem
        group_of, people, capacity = problem.pair_group, problem.people, problem.capacity
        candidate = np.flatnonzero(problem.candidate)
        pair = np.flatnonzero((problem.fixed | problem.candidate)[problem.site])
        group, site = group_of[pair], problem.site[pair]
        pairs, columns = len(pair), len(pair) + len(candidate)
        column_of = np.full(problem.sites, -1)
        column_of[candidate] = pairs + np.arange(len(candidate))
        most = np.minimum(people[group], capacity[site]) / _PERSONS
        rows = _Rows()
        rows.add(group, np.arange(pairs), np.ones(pairs), people / _PERSONS)
        places = np.where(problem.candidate, 0.0, capacity / _PERSONS)
        first = rows.add(site, np.arange(pairs), np.ones(pairs), places)
        rows.more(first + candidate, column_of[candidate], -capacity[candidate] / _PERSONS)
        linked = np.flatnonzero(problem.candidate[site] & (people[group] < capacity[site]))
        first = rows.add(np.arange(len(linked)), linked, np.ones(len(linked)), np.zeros(len(linked)))
        rows.more(first + np.arange(len(linked)), column_of[site[linked]], -most[linked])
        one = np.zeros(len(candidate), np.int64)
        count_row = rows.add(one, column_of[candidate], np.ones(len(candidate)), np.array([float(problem.count)]))
        budget_row = -1
        if problem.budget is not None:
            unit = float(max(1, problem.budget))
            share = problem.cost[candidate] / unit
            budget_row = rows.add(one, column_of[candidate], share, np.array([problem.budget / unit]))
        for inside, number in problem.limits:
            some = np.flatnonzero(problem.candidate & inside)
            rows.add(np.zeros(len(some), np.int64), column_of[some], np.ones(len(some)), np.array([float(number)]))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columns, rows.count
        lp.col_cost_ = np.concatenate((base.weight[pair] - float(base.unserved), np.zeros(len(candidate))))
        lp.col_lower_ = np.zeros(columns)
        lp.col_upper_ = np.concatenate((most, np.ones(len(candidate))))
        lp.row_lower_ = np.full(rows.count, -np.inf)
        lp.row_upper_ = np.concatenate(rows.upper)
        matrix = rows.matrix(columns)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
        lp.offset_ = base.unserved * (problem.total_people / _PERSONS)
        return cls(lp, pair, candidate, count_row, budget_row)


def relax(base: Filling, model: Model, deadline: float, threads: int = 2) -> Relaxed:
    """Solve the linear relaxation until `deadline` (of time.monotonic)."""
    return Relaxation(base, model, threads).solve(deadline)


class Relaxation:
    """The linear relaxation, kept so that it can be solved again with another count or budget from where it ended."""

    def __init__(self, base: Filling, model: Model, threads: int = 2) -> None:
        self.base, self.model = base, model
        self._solver = _solver(threads)
        model.lp.integrality_ = []
        self._solver.passModel(model.lp)

    def limit(self, count: int, budget: int | None) -> None:
        """Open at most so many, for at most so much."""
        problem = self.base.problem
        self._solver.changeRowBounds(self.model.count_row, -np.inf, float(count))
        if budget is not None:
            unit = float(max(1, problem.budget or 0))
            self._solver.changeRowBounds(self.model.budget_row, -np.inf, budget / unit)

    def solve(self, deadline: float) -> Relaxed:
        """Prices and openings; those of the base where time runs out."""
        base, model = self.base, self.model
        problem = base.problem
        if not model.lp.num_col_:  # nobody in reach, nothing to open
            return Relaxed(True, base.label.astype(float), np.zeros(problem.sites))
        left = deadline - time.monotonic()
        if left > 0.0:
            self._solver.setOptionValue("time_limit", self._solver.getRunTime() + left)
            self._solver.run()
        if left <= 0.0 or self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return Relaxed(False, base.label.astype(float), np.zeros(problem.sites))
        solution = self._solver.getSolution()
        opening = np.zeros(problem.sites)
        opening[model.candidate] = np.asarray(solution.col_value)[len(model.pair) :]
        label = base.unserved + np.asarray(solution.row_dual)[: problem.groups]
        return Relaxed(True, label, opening)


def branch(
    start: Filling,
    chosen: list[int],
    model: Model,
    deadline: float,
    gap: float,
    threads: int = 2,
    seed: int = 0,
    tell: Callable[[float, float], None] | None = None,
) -> Solved:
    """Branch and bound from the plan `start`, in which the sites `chosen` are open; `tell` hears cost and bound."""
    left = deadline - time.monotonic()
    if left <= 0.0:
        return Solved(chosen, -np.inf, "time")
    solver = _solver(threads)
    pairs, columns = len(model.pair), model.lp.num_col_
    kinds = [highspy.HighsVarType.kContinuous] * pairs + [highspy.HighsVarType.kInteger] * (columns - pairs)
    model.lp.integrality_ = kinds
    solver.passModel(model.lp)
    for option, value in (
        ("time_limit", left), ("mip_rel_gap", gap), ("random_seed", seed), ("mip_heuristic_effort", 0.02),
    ):  # fmt: skip
        solver.setOptionValue(option, value)
    known = highspy.HighsSolution()
    known.col_value = np.concatenate((start.persons[model.pair] / _PERSONS, np.isin(model.candidate, chosen))).tolist()
    solver.setSolution(known)
    if tell is not None:
        solver.cbMipInterrupt.subscribe(
            lambda event: tell(event.data_out.mip_primal_bound * _PERSONS, event.data_out.mip_dual_bound * _PERSONS)
        )
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:  # what was settled leaves no set: none is cheaper
        return Solved(chosen, np.inf, "optimal")
    optimal = status == highspy.HighsModelStatus.kOptimal
    if optimal or info.primal_solution_status == highspy.kSolutionStatusFeasible:
        opened = model.candidate[np.asarray(solver.getSolution().col_value)[pairs:] > 0.5]
        chosen = [int(j) for j in opened]
    return Solved(chosen, info.mip_dual_bound * _PERSONS, "gap" if optimal else "time")


def _solver(threads: int) -> highspy.Highs:
    solver = highspy.Highs()
    highspy.Highs.resetGlobalScheduler(True)  # an earlier solver with other threads would refuse these
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    return solver


class _Rows:
    """Rows of a sparse matrix, gathered block by block; all are "at most"."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.count = 0

    def add(self, row: np.ndarray, column: np.ndarray, value: np.ndarray, upper: np.ndarray) -> int:
        """A block of rows; `row` counts from 0 within it. Returns its first row."""
        first = self.count
        self.more(first + row, column, value)
        self.upper.append(upper)
        self.count += len(upper)
        return first

    def more(self, row: np.ndarray, column: np.ndarray, value: np.ndarray) -> None:
        self.row.append(row)
        self.column.append(column)
        self.value.append(value)

    def matrix(self, columns: int) -> sparse.csr_matrix:
        at = (np.concatenate(self.row), np.concatenate(self.column))
        return sparse.csr_matrix((np.concatenate(self.value), at), shape=(self.count, columns))
