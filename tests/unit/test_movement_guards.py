"""What keeps a run from going round for ever or from losing people unseen."""

from __future__ import annotations

import numpy as np
import pytest

from sim.movement.doors import DoorTerms, build_doors, count_reserved
from sim.movement.engine import Movement
from sim.movement.routes import RouteTables
from sim.movement.terms import MovementTerms
from sim.movement.units import STRANDED
from tests.flow_case import Case, links_of, one_way, people
from tests.movement_check import check_run


def test_places_must_be_kept_before_anybody_moves() -> None:
    """A site that looks emptier than it is would be offered again to those whom its door turned away."""
    links, units = links_of(one_way([(0, 1), (1, 0)])), people([0, 0], [0, 0], persons=2)
    doors = build_doors(np.array([1]), np.zeros(1), np.array([3]), DoorTerms(1e9, 0.0, 0.0))

    def run() -> Movement:
        return Movement(
            links, doors, RouteTables(links, np.array([1])), units, 2, MovementTerms(), 600.0,
            block_node=np.zeros(1, np.int32), block_access_ms=np.zeros(1, np.int32),
        )  # fmt: skip

    with pytest.raises(ValueError, match=r"doors.reserved\[0\]\(=0\) is below the 4 persons"):
        run()
    count_reserved(units, 2, doors)
    started = run()
    started.leave(np.arange(2), 0.0)
    started.advance(600.0)
    assert int(doors.admitted[0]) == 3


def test_a_place_is_kept_for_those_who_come_by_a_rumour() -> None:
    """Two sites of two places each; the rumour sends four to the first, so that nobody else is sent there."""
    case = Case(
        links_of(one_way([(0, 1), (1, 0), (1, 2), (2, 1)])), people([0], [0], persons=2), [0], [1, 2], 600.0, capacity=2
    ).leave()
    run = case.run
    added = run.add(people([0, 0], [0, 0], persons=1), 2)
    assert case.doors.reserved.tolist() == [4, 0]
    check_run(run, 4, 600.0)
    run.leave(added, 0.0)
    run.advance(600.0)
    check_run(run, 4, 600.0)
    assert case.finish().arrivals.sum(axis=0).tolist() == [2, 2]


@pytest.mark.parametrize(("given", "message"), [({"site": [3]}, "site"), ({"site": [0], "persons": 0}, "one person")])
def test_units_that_join_are_checked(given: dict[str, object], message: str) -> None:
    case = Case(links_of(one_way([(0, 1)])), people([0], [0]), [0], [1], 600.0)
    with pytest.raises(ValueError, match=message):
        case.run.add(people([0], **given), 1)  # type: ignore[arg-type]


def test_books_that_do_not_agree_with_the_units_are_told() -> None:
    """A unit whose state changes without an entry in the books."""
    case = Case(links_of(one_way([(0, 1)])), people([0, 0], [0, 0], persons=3), [0], [1], 600.0).leave(300.0)
    case.run.units.state[1] = STRANDED
    case.run.advance(120.0)
    none = np.zeros(11, np.int64)
    assert case.run.outcome(none + 6, none).balance_error == 3
