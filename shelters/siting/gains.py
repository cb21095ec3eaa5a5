"""What each candidate brings, alone and beside the chosen ones: exact differences of two plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.siting.fill import Filling
from shelters.siting.start import leave_one_out


@dataclass(frozen=True)
class Gains:
    """Per site, int64 (sites,); 0 for sites that are no candidates."""

    served_alone: np.ndarray  # more people served if it were the only new site
    served: np.ndarray  # chosen: served who would not be without it; else: more served if added
    saved_m: np.ndarray  # person-metres less walked by the served, with it and without it; negative: more
    cost: np.ndarray  # the same of the whole cost, in the units of the filling


def marginal_gains(base: Filling, chosen: list[int]) -> Gains:
    """Gains of all candidates of the problem beside `base`, the sites that are there, and the set `chosen`."""
    problem = base.problem
    alone, served, saved, cost = (np.zeros(problem.sites, np.int64) for _ in range(4))
    full = base.copy().add(chosen)
    for site in np.flatnonzero(problem.candidate).tolist():
        alone[site] = base.beside(site).served - base.served
        if not full.open[site]:
            _differ(site, full, full.beside(site), served, saved, cost)
    for site, without in leave_one_out(base, chosen):
        _differ(site, without, full, served, saved, cost)
    return Gains(alone, served, saved, cost)


def _differ(
    site: int, without: Filling, with_it: Filling, served: np.ndarray, saved: np.ndarray, cost: np.ndarray
) -> None:
    served[site] = with_it.served - without.served
    saved[site] = without.walk_m - with_it.walk_m
    cost[site] = without.cost - with_it.cost
