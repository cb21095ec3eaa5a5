"""Groups, households and districts: by hand, and what must hold of any town."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import AssignmentOptions, CandidateTable, Districts, RoadGraph, RoadTravel, aid_rows, allocate, assign
from shelters.parties import Parties, PartyTravel
from shelters.whole_numbers import whole_parts

INF = np.inf
_COLUMNS = ("block", "site", "time_ms", "cost_ms")


def table_of(time_s: list[list[float]]) -> CandidateTable:
    return CandidateTable.from_times(np.array(time_s))


def test_shares_go_to_whole_people_by_largest_remainder() -> None:
    """10 x (0.04, 0.37, 0.59) = 0.4, 3.7, 5.9: the two left over go to 0.9 and 0.7. Equal remainders: the first."""
    assert whole_parts(np.array([10]), np.array([[0.04], [0.37], [0.59]]))[:, 0].tolist() == [0, 4, 6]
    assert whole_parts(np.array([1]), np.array([[0.5], [0.5]]))[:, 0].tolist() == [1, 0]
    assert whole_parts(np.array([10]), np.array([[0.1], [0.9]]))[:, 0].tolist() == [1, 9]
    for share in ([[0.5], [0.6]], [[-0.1], [1.1]], [[np.nan], [1.0]], [[0.5, 0.5], [0.5, 0.5]]):
        with pytest.raises(ValueError, match="share"):
            whole_parts(np.array([10]), np.array(share))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_parts_add_up_and_are_less_than_one_off(seed: int, parts: int) -> None:
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(parts), 20).T
    total = rng.integers(0, 10 ** rng.integers(1, 8), 20)
    split = whole_parts(total, share)
    assert np.array_equal(split.sum(axis=0), total)
    assert (split >= 0).all()
    assert (np.abs(split - share * total) < 1.0 + 1e-6).all()


def test_the_last_household_is_smaller_and_goes_farthest_or_stays() -> None:
    """7 people are households of 3, 3 and 1."""
    parties = Parties.of(np.array([[7, 0, 3], [0, 2, 1]]), 3)
    columns = (parties.block, parties.group, parties.households)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert rows == [(0, 0, 3), (1, 1, 1), (2, 0, 1), (2, 1, 1)]
    party, households, time = np.array([0, 0, 1]), np.array([2, 1, 1]), np.array([9.0, 5.0, 1.0])
    persons, left = parties.people(party, households, time, np.array([0, 0, 1, 1]))
    assert persons.tolist() == [4, 3, 2]
    assert left.tolist() == [0, 0, 3, 1]
    persons, left = parties.people(party, np.array([1, 1, 1]), time, np.array([1, 0, 1, 1]))
    assert persons.tolist() == [3, 3, 2]
    assert left.tolist() == [1, 0, 3, 1]


def test_a_household_is_not_split_where_a_site_has_two_places_left() -> None:
    """Two households of 3: 5 places near take one, not one and two thirds; the rest of 1 goes where 3 fit."""
    plan = assign(
        np.array([7]), table_of([[1.0, 9.0]]), np.array([5, 6]), AssignmentOptions(household_persons=3)
    ).allocation
    assert list(zip(plan.site.tolist(), plan.persons.tolist(), strict=True)) == [(0, 3), (1, 4)]
    assert plan.walk_person_s == 3 + 4 * 9
    assert plan.certified


def test_patients_get_the_near_place() -> None:
    """One place near, one far: 300 + 100 s is least in sum; with minutes of the patient in block 0 counting four times,
    4 x 60 + 360 is less than 4 x 300 + 100."""
    demand, table = np.array([[1, 0], [0, 1]]), table_of([[60.0, 300.0], [100.0, 360.0]])
    equal = assign(demand, table, np.array([1, 1]), AssignmentOptions(weight=(1, 1)))
    assert equal.time_s.tolist() == [300.0, 100.0]
    patient = assign(demand, table, np.array([1, 1]), AssignmentOptions(weight=(4, 1)))
    assert patient.time_s.tolist() == [60.0, 360.0]
    assert patient.group.tolist() == [0, 1]
    assert patient.allocation.walk_person_s == 420.0  # real seconds
    assert patient.allocation.certified


def test_districts_help_freely_first_their_own_or_not_at_all() -> None:
    """Block 0 is 60 s from the other district's site, 300 s from its own, which has room for 2 of its 3 people."""
    table, demand, capacity = table_of([[300.0, 60.0]]), np.array([3]), np.array([2, 9])
    districts = Districts(np.array([1]), np.array([1, 2]))

    def options(mode: str, penalty_s: float = 0.0) -> AssignmentOptions:
        return AssignmentOptions(aid=mode, penalty_s=penalty_s)  # type: ignore[arg-type]

    def rows(chosen: AssignmentOptions) -> list[tuple[int, int, int, float]]:
        plan = assign(demand, table, capacity, chosen, districts).allocation
        assert plan.certified
        return [tuple(row) for row in aid_rows(plan, districts)]

    assert rows(options("free")) == [(1, 2, 3, 60.0)]
    assert rows(options("own_first", 200.0)) == [(1, 2, 3, 60.0)]
    assert rows(options("own_first", 300.0)) == [(1, 1, 2, 300.0), (1, 2, 1, 60.0)]
    assert rows(options("own_only")) == [(1, 1, 2, 300.0)]
    assert assign(demand, table, capacity, options("own_only"), districts).unserved.tolist() == [[1]]


def test_places_already_held_are_not_given_twice() -> None:
    plan = assign(np.array([9]), table_of([[1.0, 2.0]]), np.array([5, 5]), held=np.array([2, 8])).allocation
    assert plan.occupancy.tolist() == [3, 0]
    assert plan.unserved.tolist() == [6]


def test_impossible_questions_are_refused() -> None:
    table, one = table_of([[1.0]]), np.array([1])
    for chosen in ({"weight": ()}, {"weight": (0,)}, {"weight": (1.5,)}, {"household_persons": 0}, {"aid": "all"}):
        with pytest.raises(ValueError, match=next(iter(chosen))):
            AssignmentOptions(**chosen)  # type: ignore[arg-type]
    for penalty in (-1.0, INF, float("nan")):
        with pytest.raises(ValueError, match="penalty_s"):
            AssignmentOptions(penalty_s=penalty)
    with pytest.raises(ValueError, match="districts"):
        assign(one, table, one, AssignmentOptions(aid="own_only"))
    with pytest.raises(ValueError, match="demand"):
        assign(np.array([[1], [1]]), table, one)
    with pytest.raises(ValueError, match="held"):
        assign(one, table, one, held=np.array([-1]))
    with pytest.raises(ValueError, match="all pairs"):
        PartyTravel(table.take(np.array([], int), False), one, one, one, one)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, AssignmentOptions, Districts]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks, sites, groups = draw(st.integers(1, 7)), draw(st.integers(1, 6)), draw(st.integers(1, 3))
    demand, capacity = rng.integers(0, 15, (groups, blocks)), rng.integers(0, 40, sites)
    time = rng.integers(0, 12, (blocks, sites)) * rng.choice([0.001, 1.0, 250.0], (blocks, sites))
    time[rng.random(time.shape) < draw(st.sampled_from([0.0, 0.4]))] = INF
    options = AssignmentOptions(
        choice=draw(st.sampled_from(["plain", "fair"])),
        weight=tuple(int(w) for w in rng.integers(1, 5, groups)),
        household_persons=draw(st.integers(1, 4)),
        aid=draw(st.sampled_from(["free", "own_first", "own_only"])),
        penalty_s=float(rng.integers(0, 300)),
        nearest=draw(st.integers(1, 3)),
    )
    return demand, capacity, time, options, Districts(rng.integers(-1, 2, blocks), rng.integers(-1, 2, sites))


@settings(max_examples=120, deadline=None)
@given(cases())
def test_nobody_is_lost_no_site_overfull_no_household_split(case: tuple) -> None:
    demand, capacity, time, options, districts = case
    found = assign(demand, CandidateTable.from_times(time), capacity, options, districts)
    plan, size = found.allocation, options.household_persons
    placed = np.zeros_like(demand)
    np.add.at(placed, (found.group, found.block), found.persons)
    assert np.array_equal(placed + found.unserved, demand)
    assert np.array_equal(np.bincount(plan.block, plan.persons, demand.shape[1]), placed.sum(axis=0))
    assert np.array_equal(plan.unserved, found.unserved.sum(axis=0))
    assert np.array_equal(np.bincount(plan.site, plan.persons, len(capacity)), plan.occupancy)
    assert (plan.occupancy <= capacity).all()
    assert np.allclose(found.time_s, time[found.block, found.site], rtol=0, atol=5e-4)
    assert plan.walk_person_s == pytest.approx(plan.persons @ plan.time_s, abs=1e-6)
    assert plan.certified
    assert plan.gap_person_s == 0.0
    for group, block in np.ndindex(demand.shape):
        here = (found.group == group) & (found.block == block)
        odd = np.append(found.persons[here], found.unserved[group, block]) % size
        rest = demand[group, block] % size
        assert sorted(odd[odd > 0]) == ([rest] if rest else [])  # all in whole households, but for the one of the rest
    if options.aid == "own_only":
        assert (districts.of_block[found.block] == districts.of_site[found.site]).all()


@settings(max_examples=60, deadline=None)
@given(cases())
def test_what_a_pair_counts_is_the_same_however_it_is_listed(case: tuple) -> None:
    """Against w (t + e) pair by pair."""
    demand, _, time, options, districts = case
    parties, table = Parties.of(demand), CandidateTable.from_times(time)
    foreign_ms = None if options.aid == "own_only" else round(options.penalty_s * 1000)
    weight = np.array(options.weight)[parties.group]
    home = districts.of_block[parties.block]
    travel = PartyTravel(table, parties.block, weight, home, districts.of_site, foreign_ms)
    expected = set()
    for p, i in enumerate(parties.block):
        for j in np.flatnonzero(np.isfinite(time[i])):
            foreign = home[p] != districts.of_site[j]
            if not (foreign and foreign_ms is None):
                ms = round(time[i, j] * 1000)
                expected.add((p, int(j), ms, int(weight[p]) * (ms + (foreign_ms or 0) * int(foreign))))
    for listed in (travel.all_pairs(), travel.candidates(travel.sites), travel.within(10**9)):
        assert set(zip(*(getattr(listed, name).tolist() for name in _COLUMNS), strict=True)) == expected
        assert listed.complete
    assert max((row[3] for row in expected), default=0) <= travel.longest_ms()
    near = zip(*(getattr(travel.within(4_000), name).tolist() for name in _COLUMNS), strict=True)
    assert set(near) == {row for row in expected if row[2] <= 4_000}


@settings(max_examples=60, deadline=None)
@given(cases())
def test_weights_of_one_are_the_plain_plan(case: tuple) -> None:
    """Groups, when all count alike, change neither who is served nor how far all walk."""
    demand, capacity, time, _, _ = case
    table = CandidateTable.from_times(time)
    alike = assign(demand, table, capacity, AssignmentOptions(weight=(1,) * len(demand))).allocation
    weighted = allocate(demand.sum(axis=0), table, capacity, weight=np.ones(len(time), int))
    plain = allocate(demand.sum(axis=0), table, capacity)
    for plan in (alike, weighted):
        assert plan.certified
        assert (plan.unserved.sum(), plan.walk_person_s) == (plain.unserved.sum(), plain.walk_person_s)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_aid_serves_more_the_freer_it_is(case: tuple) -> None:
    demand, capacity, time, options, districts = case
    table, size = CandidateTable.from_times(time), options.household_persons
    unserved = {}
    for mode in ("free", "own_first", "own_only"):
        chosen = AssignmentOptions(weight=options.weight, aid=mode, penalty_s=60.0)  # type: ignore[arg-type]
        unserved[mode] = int(assign(demand, table, capacity, chosen, districts).unserved.sum())
    assert unserved["free"] == unserved["own_first"] <= unserved["own_only"]
    held = np.minimum(capacity, 3 * size)
    fewer = assign(demand, table, capacity, AssignmentOptions(weight=options.weight), held=held)
    assert fewer.unserved.sum() >= unserved["free"]


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_a_new_site_or_place_never_hurts_and_order_changes_nothing(case: tuple, seed: int) -> None:
    """In households too: what counts as unserved there is the household."""
    demand, capacity, time, options, districts = case
    rng = np.random.default_rng(seed)

    def left(demand: np.ndarray, time: np.ndarray, capacity: np.ndarray, districts: Districts) -> int:
        found = assign(demand, CandidateTable.from_times(time), capacity, options, districts)
        return int((-(-found.unserved // options.household_persons)).sum())

    before = left(demand, time, capacity, districts)
    assert left(demand, time, capacity + rng.integers(0, 9, len(capacity)), districts) <= before
    wider = np.column_stack((time, rng.integers(0, 900, len(time))))
    more = Districts(districts.of_block, np.append(districts.of_site, rng.integers(-1, 2)))
    assert left(demand, wider, np.append(capacity, 11), more) <= before
    order = rng.permutation(len(time))
    turned = Districts(districts.of_block[order], districts.of_site)
    assert left(demand[:, order], time[order], capacity, turned) == before
    one = assign(demand, CandidateTable.from_times(time), capacity, options, districts).allocation
    two = assign(demand[:, order], CandidateTable.from_times(time[order]), capacity, options, turned).allocation
    assert np.array_equal(one.worst_s, two.worst_s, equal_nan=True) or options.choice == "plain"


def test_roads_lead_parties_as_their_table_does() -> None:
    rng = np.random.default_rng(3)
    tail, head = rng.integers(0, 30, 60), rng.integers(0, 30, 60)
    graph = RoadGraph.build(np.r_[tail, head], np.r_[head, tail], np.ones(120), 30)
    time = np.tile(rng.choice([3.0, 20.0, 150.0, INF], 60), 2)
    places = rng.integers(0, 30, 12), rng.uniform(0, 60, 12), rng.integers(0, 30, 6), rng.uniform(0, 60, 6)
    travel = RoadTravel(graph, time, *places)
    demand, capacity = rng.integers(0, 50, (2, 12)), rng.integers(0, 200, 6)
    options = AssignmentOptions(weight=(3, 1), household_persons=2)
    one, two = (assign(demand, ways, capacity, options).allocation for ways in (travel, travel.all_pairs()))
    assert one.certified
    assert one.walk_person_s == two.walk_person_s
    assert np.array_equal(one.unserved, two.unserved)
