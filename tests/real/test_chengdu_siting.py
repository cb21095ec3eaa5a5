"""Central Chengdu: which 23 of the 300 largest places, 7.0 million people, straight lines x 1.3, 1 km, 2 m2 each."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.siting import central_chengdu
from shelters.siting import choose_sites, marginal_gains
from tests.shared_data import shared

LIMIT_S = 120.0
GAP = 0.01


@pytest.mark.slow
@pytest.mark.parametrize("existing", [False, True], ids=["none there", "754 there"])
def test_23_of_300_to_a_proven_gap(existing: bool) -> None:
    problem = central_chengdu(shared("roads", "chengdu_shelter"), existing=existing)
    assert problem.total_people == 6_998_920
    found = choose_sites(problem, LIMIT_S, gap=GAP)
    assert len(found.chosen) == 23
    assert found.gap <= GAP
    assert found.wall_s <= LIMIT_S
    assert found.bound <= found.objective <= found.greedy_objective
    assert found.filling.served <= found.served_bound
    assert problem.candidate[found.chosen].all()
    gains = marginal_gains(found.base, found.chosen)
    assert (gains.cost[found.chosen] > 0).all()
    assert found.filling.served - found.base.served <= gains.served_alone[found.chosen].sum()  # submodular
    # no single exchange betters the set
    others = problem.candidate & ~np.isin(np.arange(problem.sites), found.chosen)
    assert gains.cost[others].max() <= gains.cost[found.chosen].max()
