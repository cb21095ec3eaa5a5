"""States of an episode: legal steps, and no others."""

from __future__ import annotations

import pytest

from sim.episode.states import IN_FORCE, STATES, STEPS, IllegalStep, path_to, step


def test_every_state_is_reached_from_the_beginning_and_ends() -> None:
    for state in STATES:
        assert path_to("", state)[-1] == state
        assert path_to(state, "closed")[-1:] == (() if state == "closed" else ("closed",))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("after", STATES)
def test_steps_are_those_of_the_table(state: str, after: str) -> None:
    if after in STEPS[state]:
        assert step(state, after) == after
    else:
        with pytest.raises(IllegalStep, match="cannot become"):
            step(state, after)


def test_nothing_is_issued_unassessed_and_nothing_leaves_closed() -> None:
    assert path_to("detected", "issued") == ("assessed", "issued")
    assert path_to("", "issued") == ("assessed", "issued")
    assert all("issued" not in STEPS[state] for state in ("", "detected", "closed"))
    with pytest.raises(IllegalStep):
        path_to("closed", "issued")


def test_a_way_never_passes_closed() -> None:
    for state in STATES[:-1]:
        for after in IN_FORCE:
            assert "closed" not in path_to(state, after)
