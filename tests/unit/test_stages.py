"""Emergency, fixed, central: nobody is lost between stages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import CandidateTable, Stage, allocate_stages

TIME = CandidateTable.from_times(np.array([[0.0, 10.0, 30.0], [10.0, 0.0, 20.0], [30.0, 20.0, 0.0]]))


def test_three_stages_by_hand() -> None:
    """Of 100 people in sites 0 and 1 half stay on, 30 and 20; site 1 serves both stages, with 25 places.

    Least walking: the 20 of site 1 stay, 5 of site 0 join them (50), 25 go to site 2 (750). It is as long to send 25
    from site 0 to 1 and 20 from there to 2, but more people would move. Then a fifth of 50 moves to site 2, the only
    central one, with 9 places: 5 from each site; one of the farther ones, of site 1, is left.
    """
    fixed, central = Stage("fixed", np.array([0, 25, 100]), 0.5), Stage("central", np.array([0, 0, 9]), 0.2)
    first, second = allocate_stages(np.array([60, 40, 0]), TIME, [fixed, central])
    assert first.home.tolist() == [30, 20, 0]
    assert (first.kept, first.moved, first.without) == (20, 30, 0)
    assert first.plan.walk_person_s == 5 * 10 + 25 * 30
    assert first.plan.occupancy.tolist() == [0, 25, 25]
    assert first.people == 100
    assert (second.kept, second.moved, second.without) == (5, 4, 1)
    assert second.plan.unserved.tolist() == [0, 1, 0]
    assert second.people == 50
    assert second.plan.certified


def test_staying_takes_no_time_even_where_the_way_round_would() -> None:
    """A travel made of roads counts the access twice from a site to itself; people who stay walk nothing."""
    table = CandidateTable.from_times(np.array([[80.0]]))
    (stage,) = allocate_stages(np.array([10]), table, [Stage("fixed", np.array([10]), 1.0)])
    assert (stage.kept, stage.moved, stage.plan.walk_person_s) == (10, 0, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["plain", "fair"]))
def test_people_add_up_exactly_from_stage_to_stage(seed: int, one: float, two: float, choice: str) -> None:
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 50, (6, 6)).astype(float)
    time[rng.random((6, 6)) < 0.3] = np.inf
    people = rng.integers(0, 80, 6)
    later = [Stage("fixed", rng.integers(0, 60, 6), one), Stage("central", rng.integers(0, 40, 6), two)]
    stages = allocate_stages(people, CandidateTable.from_times(time), later, choice)  # type: ignore[arg-type]
    for stage, plan in zip(later, stages, strict=True):
        assert plan.people == people.sum()
        assert (plan.home >= 0).all()
        assert (plan.home <= people).all()
        assert abs(people.sum() - plan.home.sum() - stage.share * people.sum()) <= 0.5 + 1e-6
        assert (np.abs(people - plan.home - stage.share * people) < 1.5).all()
        assert (plan.plan.occupancy <= stage.capacity).all()
        assert plan.kept + plan.moved == plan.plan.assigned
        people = plan.plan.occupancy


def test_impossible_stages_are_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        Stage("fixed", np.array([1]), 1.5)
    with pytest.raises(ValueError, match="share"):
        Stage("fixed", np.array([1]), float("nan"))
    with pytest.raises(ValueError, match="each site"):
        allocate_stages(np.array([1]), CandidateTable.from_times(np.ones((2, 1))), [])
    with pytest.raises(ValueError, match="capacity"):
        allocate_stages(np.array([1, 1, 1]), TIME, [Stage("fixed", np.array([1, 2]), 1.0)])
    with pytest.raises(ValueError, match="occupancy"):
        allocate_stages(np.array([1, -1, 1]), TIME, [])
