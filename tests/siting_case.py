"""Small siting problems whose best set can be found by trying all of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from shelters.siting import Filling, SitingProblem, siting_problem

COVER_M = 100


@st.composite
def problems(draw: st.DrawFn, covers: tuple[int | None, ...] = (None, 2)) -> SitingProblem:
    """Up to 7 blocks, 2 sites that are there and 6 candidates; budget and limit on some of them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks, fixed, candidates = (draw(st.integers(low, high)) for low, high in ((1, 7), (0, 2), (1, 6)))
    sites = fixed + candidates
    demand = rng.integers(0, draw(st.sampled_from((4, 300))), blocks)
    capacity = rng.integers(0, draw(st.sampled_from((6, 500))), sites)
    distance = rng.integers(0, 160, (blocks, sites))
    block, site = np.nonzero(distance <= draw(st.sampled_from((60, 160))))
    is_fixed = np.arange(sites) < fixed
    is_candidate = ~is_fixed & (rng.random(sites) < 0.9)
    cost = rng.integers(0, 50, sites)
    limits = ((rng.random(sites) < 0.5, draw(st.integers(0, 2))),) if draw(st.booleans()) else ()
    return siting_problem(
        demand, block, site, distance[block, site], capacity, is_fixed, is_candidate, COVER_M,
        count=draw(st.one_of(st.none(), st.integers(1, 4))), cost=cost,
        budget=draw(st.one_of(st.none(), st.integers(0, 100))), limits=limits,
        unserved_covers=draw(st.sampled_from(covers)),
    )  # fmt: skip


def allowed_sets(problem: SitingProblem) -> list[list[int]]:
    """All of them, the empty one first."""
    numbers = np.flatnonzero(problem.candidate).tolist()
    sets = (list(some) for size in range(len(numbers) + 1) for some in combinations(numbers, size))
    return [chosen for chosen in sets if problem.allows(np.array(chosen, np.int64))]


def opened(problem: SitingProblem, chosen: list[int], count_only: bool = False) -> Filling:
    return Filling.existing(problem, count_only).add(chosen)


def plan_is_possible(filling: Filling) -> None:
    """Whole people, all of them accounted for, nowhere more than the places, nobody in a shut site."""
    problem = filling.problem
    assert (filling.persons >= 0).all()
    np.testing.assert_array_equal(
        np.bincount(problem.pair_group, filling.persons, minlength=problem.groups) + filling.left, problem.people
    )
    assert (filling.left >= 0).all()
    assert (filling.occupancy <= np.where(filling.open, problem.capacity, 0)).all()
    used = np.where(filling.open, problem.capacity, 0) - filling.occupancy
    np.testing.assert_array_equal(filling.room, used)
    assert filling.served + filling.unserved_people == problem.total_people
    assert filling.unserved_of_blocks().sum() == filling.unserved_people
