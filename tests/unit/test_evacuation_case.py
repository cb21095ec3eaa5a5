"""Evacuation cases: what is read, what is refused, and small runs whose times are known by hand."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.rules_file import load_rules
from sim.evacuation_case import EvacuationCase, read_evacuation_case
from sim.evacuation_files import summary_of, write_evacuation_case
from sim.evacuation_network import read_case_network
from sim.evacuation_places import crossings, nearest_goal, off_crossings, whole_people
from sim.evacuation_run import CaseRun, run_evacuation_case
from sim.movement.terms import MovementTerms
from tests.road_files import TNTP_NETWORK, write_osm, write_tntp

RULES = load_rules()
PLANNERS = """
[network]
file = "square_net.tntp"
length_unit = "km"
time_unit = "min"
[people]
trips = "square_trips.tntp"
[[shelter]]
name = "six"
node = 6
[behaviour]
curve = "at_once"
[run]
duration_h = 4
record_min = 1
"""


def _case(folder: Path, text: str = PLANNERS, *changes: tuple[str, str]) -> EvacuationCase:
    write_tntp(folder)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return read_evacuation_case(folder / "case.toml", RULES)


def _run(folder: Path, *changes: tuple[str, str], text: str = PLANNERS) -> CaseRun:
    return run_evacuation_case(_case(folder, text, *changes), RULES)


def _states(run: CaseRun) -> pd.Series:
    return run.outcome.timeline.iloc[-1]


def test_planners_network_flows_at_its_capacity(tmp_path: Path) -> None:
    """Zone 1 has 301 trips (300.5 and 100 rounded as a running sum), all over 3 to 6: 120 s, 1,800 vehicles an hour.

    The connector takes no time and passes 999,999 an hour, 3.6 ms a car. The first car is in after 120 s, the last
    300 gates of 2 s later, within the calendar's step of 1 s and the 1.1 s of the connector's own gate.
    """
    run = _run(tmp_path)
    assert run.origins.persons.tolist() == [300, 100]  # 300.5 rounds to even, the sum 400.5 too
    assert _states(run)["sheltered"] == 400
    assert run.outcome.balance_error == 0
    trips = np.sort(run.outcome.timeline["time_s"].to_numpy())
    assert trips[0] == 0.0
    assert run.outcome.trip_worst_s == pytest.approx(120.0 + 299 * 2.0, abs=4.0)
    links = {
        (a, b): flow
        for a, b, flow in zip(run.network.edges["from"], run.network.edges["to"], run.flow[12:], strict=True)
    }
    assert links[3, 6] == 300
    assert links[5, 6] == 100
    assert links[3, 4] == 0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from([100, 300, 900, 3600]), min_size=8, max_size=8),
    st.lists(st.integers(0, 400), min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(1, 6), st.one_of(st.none(), st.integers(0, 300))), min_size=1, max_size=3),
    st.floats(0.5, 1.0),
)
def test_whoever_comes_to_a_node_leaves_it_or_stays(
    capacities: list[int], trips: list[int], sites: list[tuple[int, int | None]], compliance: float
) -> None:
    """At every node: who starts there and who comes in are who goes out and who ends there; nobody is lost."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        text = PLANNERS[: PLANNERS.index("[[shelter]]")]
        for number, (node, capacity) in enumerate(sites):
            text += f'[[shelter]]\nname = "{number}"\nnode = {node}\n'
            text += "" if capacity is None else f"capacity = {capacity}\n"
        text += f"[behaviour]\nsigma_min = 3\ncompliance = {compliance}\n[run]\nduration_h = 24\nrecord_min = 47\n"
        case = _case(folder, text)
        roads = [900, 900, 3600, 3600, 1800, 1800, 1800, 1800]  # as the file has them; both ways have their own
        network = TNTP_NETWORK
        for line, (old, new) in enumerate(zip(roads, capacities, strict=True)):
            network = network.replace(f"\t{old}\t", f"\t{new}.{line + 1}\t", 1)
        (folder / "square_net.tntp").write_text(network, encoding="utf-8")
        (folder / "square_trips.tntp").write_text(
            f"<END OF METADATA>\nOrigin 1\n2 : {trips[0]};\nOrigin 2\n1 : {trips[1]};\n", encoding="utf-8"
        )
        run = run_evacuation_case(case, RULES)
    states = run.outcome.timeline.drop(columns=["time_s", "ordered", "unordered"])
    assert (states.sum(axis=1) == sum(trips)).all()
    assert states["moving"].iloc[-1] == states["home"].iloc[-1] == 0  # 400 vehicles, at least 100 an hour, 24 hours
    assert run.outcome.balance_error == 0
    assert (run.outcome.peak <= run.goals.capacity).all()
    graph, flow, stuck = run.network.graph, run.flow[run.network.graph.edges :], run.outcome.stuck

    def at(node: np.ndarray, count: np.ndarray) -> np.ndarray:
        return np.bincount(node, count, graph.nodes).astype(np.int64)

    comes = at(run.origins.node, run.origins.persons - run.outcome.refused_by_block) + at(graph.head, flow)
    stays = at(run.goals.node, run.outcome.peak)
    stays += at(stuck["node"].to_numpy(np.int64), stuck["persons"].to_numpy(np.int64))
    assert (comes == at(graph.tail, flow) + stays).all()


def test_nobody_drives_through_a_zone(tmp_path: Path) -> None:
    """Were zone 7's arms roads, the way over it would take no time at all."""
    network = read_case_network(_case(tmp_path).network, MovementTerms())
    assert network.graph.nodes == 8  # four crossings, and two zones with a twin each
    leaves, arrives = network.leaves_from, network.arrives_at
    assert leaves[3] == arrives[3] == 2
    assert leaves[1] != arrives[1]
    tail, head = network.graph.tail, network.graph.head
    assert not (head == leaves[1]).any()
    assert not (tail == arrives[1]).any()
    assert sorted(crossings(network, by_car=True)) == [2, 3, 4, 5]


def test_a_zone_can_be_a_shelter(tmp_path: Path) -> None:
    run = _run(tmp_path, ("node = 6", "node = 2"))
    assert _states(run)["sheltered"] == 400  # those of zone 2 leave it, and come back to it


def test_places_by_coordinates_and_walkers(tmp_path: Path) -> None:
    """300 people walk 1 km from node 3, or 1 km from 5: 1000 / 1.11 s each where nobody is in the way."""
    (tmp_path / "people.csv").write_text("persons,lon,lat,node\n1,,,3\n2,,,5\n", encoding="utf-8")
    run = _run(tmp_path, ('trips = "square_trips.tntp"', 'file = "people.csv"'), ("curve", 'mode = "walk"\ncurve'))
    assert _states(run)["sheltered"] == 3
    assert run.outcome.trip_worst_s == pytest.approx(1000.0 / 1.11, abs=2.0)


def test_full_shelters_pass_people_on(tmp_path: Path) -> None:
    extra = '[[shelter]]\nname = "four"\nnode = 4\ncapacity = 50\n'
    run = _run(tmp_path, ('name = "six"\nnode = 6\n', 'name = "six"\nnode = 6\ncapacity = 70\n' + extra))
    states = _states(run)
    assert states["sheltered"] == 120
    assert states["turned_away"] == 280
    assert run.outcome.peak.tolist() == [70, 50]


def test_people_on_an_island_are_counted(tmp_path: Path) -> None:
    """Without its two links 4-5 and 5-6 the corner 5, and zone 2 on it, hangs on nothing."""
    case = _case(tmp_path)
    rows = [line for line in TNTP_NETWORK.splitlines() if not _joins(line, {("4", "5"), ("5", "6")})]
    text = "\n".join(rows).replace("<NUMBER OF LINKS> 12", "<NUMBER OF LINKS> 8")
    (tmp_path / "square_net.tntp").write_text(text + "\n", encoding="utf-8")
    run = run_evacuation_case(case, RULES)
    summary = summary_of(run)
    assert summary["people"]["cut_off"] == 100
    assert summary["people"]["stranded"] == 100
    assert summary["people"]["sheltered"] == 300
    assert summary["stranded_by_reason"] == {"no_way": 100}
    assert "100 people start where no way leads to any shelter" in summary["notes"]
    assert "crossings outside the largest connected part of the roads for cars: 1" in summary["notes"]


def test_a_connected_network_has_no_crossing_apart(tmp_path: Path) -> None:
    """Zones without through traffic are left and arrived at, and are no crossings."""
    assert off_crossings(_run(tmp_path).network, by_car=True) == 0


def _joins(line: str, pairs: set[tuple[str, str]]) -> bool:
    parts = line.split()
    return len(parts) > 2 and ((parts[0], parts[1]) in pairs or (parts[1], parts[0]) in pairs)


def test_same_seed_same_bytes_and_refusals_are_exact(tmp_path: Path) -> None:
    change = ('curve = "at_once"', "compliance = 0.9\nsigma_min = 5")
    folders = []
    for name in ("one", "two"):
        run = _run(tmp_path, change)
        assert run.refused == _states(run)["refused"] == 40
        write_evacuation_case(run, tmp_path / name)
        folders.append(
            [(tmp_path / name / file).read_bytes() for file in ("timeline.csv", "links.csv", "shelters.csv")]
        )
    assert folders[0] == folders[1]


@pytest.mark.parametrize("record_min", [0.7, 1.0, 240.0])
def test_states_add_up_at_every_record(tmp_path: Path, record_min: float) -> None:
    run = _run(tmp_path, ("record_min = 1", f"record_min = {record_min}"), ("duration_h = 4", "duration_h = 4.01"))
    states = run.outcome.timeline.drop(columns=["time_s", "ordered", "unordered"])
    assert (states.sum(axis=1) == 400).all()
    assert run.outcome.timeline["time_s"].iloc[-1] == pytest.approx(4.01 * 3600.0)


OSM_CASE = """
[network]
file = "town.osm"
[people]
file = "people.csv"
[[shelter]]
name = "school"
at = [104.02, 30.0]
[behaviour]
curve = "at_once"
car_share = {share}
[run]
duration_h = 2
"""


def _town(folder: Path) -> None:
    """A street of 1.9 km from west to east with a footpath of 1.1 km that hangs on its middle."""
    nodes = [(104.0, 30.0), (104.01, 30.0), (104.02, 30.0), (104.01, 29.99)]
    write_osm(folder / "town.osm", nodes, [((1, 2, 3), {"highway": "tertiary"}), ((2, 4), {"highway": "footway"})])


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_drivers_start_where_cars_can_go(tmp_path: Path, share: float) -> None:
    """People at the end of the footpath: walkers start there, drivers walk to the street first."""
    _town(tmp_path)
    (tmp_path / "people.csv").write_text("persons,lon,lat\n20,104.01,29.9901\n1000,0.0,51.0\n30,104.0,30.0\n")
    text = OSM_CASE.replace("{share}", str(share))
    case = _case(tmp_path, text.replace("[behaviour]", "[behaviour]\naccess_m = 2000"))
    run = run_evacuation_case(case, RULES)
    states = _states(run)
    assert states["sheltered"] == 50
    assert run.origins.off_network == 1000
    assert summary_of(run)["people"]["total"] == 1050


def test_nearest_goal_is_the_nearest_by_time(tmp_path: Path) -> None:
    network = read_case_network(_case(tmp_path).network, MovementTerms())
    nodes = np.arange(network.graph.nodes)
    goals = np.array([network.arrives_at[6], network.arrives_at[4], network.arrives_at[4]], np.int32)
    found = nearest_goal(network, nodes, goals, by_car=True)
    # 3 is 60 s from 4 and 120 s from 6; 5 is 60 s from 4; of two at one node the first counts
    assert [found[network.leaves_from[number]] for number in (3, 4, 5, 6, 1, 2)] == [1, 1, 1, 0, 1, 1]


def test_whole_people_keep_their_sum() -> None:
    persons = np.full(1000, 0.4)
    assert whole_people(persons).sum() == 400
    assert set(whole_people(persons)) == {0, 1}
    assert whole_people(np.array([1.0, 2.0])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[run]", "[runs]", "unknown key"),
        ("record_min", "record_mins", "unknown key"),
        ("record_min = 1", "record_min = 1000", "longer than the run"),
        ('length_unit = "km"\n', "", r"\[network\] length_unit: missing key"),
        ('length_unit = "km"', 'length_unit = "furlong"', "unknown choice"),
        ("node = 6", "node = 0", "out of range"),
        ("node = 6", "node = 6\nat = [1.0, 2.0]", "shelter without a place, or with two"),
        ("node = 6", "at = [200.0, 2.0]", "not a place on Earth"),
        ('[[shelter]]\nname = "six"\nnode = 6\n', "", "no shelter"),
        ("node = 6", 'node = 6\n[[shelter]]\nnode = 5\nname = "six"', "two shelters of one name"),
        ('trips = "square_trips.tntp"', "", "no people"),
        ('trips = "square_trips.tntp"', 'trips = "square_trips.tntp"\nfile = "case.toml"', "people in two places"),
        ('trips = "square_trips.tntp"', 'trips = "none.tntp"', "no such file"),
        ('curve = "at_once"', 'curve = "uniform"\nfirst_min = 5\nlast_min = 5', "ends before it begins"),
        ('curve = "at_once"', 'curve = "at_once"\nsigma_min = 5', "unknown key"),
    ],
)  # fmt: skip
def test_bad_cases(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _case(tmp_path, PLANNERS, (old, new))


@pytest.mark.parametrize(
    ("change", "people", "message"),
    [
        (("node = 6", "node = 7"), None, "no such node"),
        (("node = 6", "at = [104.0, 30.6]"), None, "places by coordinates need to know where the nodes are"),
        (("length_unit", "junctions = true\nlength_unit"), None, "junctions need the places of the nodes"),
        (None, "persons,node\nnan,3\n", "not a finite number"),
        (None, "persons,node\n-5,3\n", "negative"),
        (None, "persons,node\n5,99\n", "no such node"),
        (None, "persons,node\n5,\n", "a row without a place"),
        (None, "persons,node\n5\n", "wrong number of fields"),
        (None, "node\n5\n", "missing column"),
    ],
)
def test_bad_places(tmp_path: Path, change: Any, people: str | None, message: str) -> None:
    changes = [] if change is None else [change]
    if people is not None:
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        changes.append(('trips = "square_trips.tntp"', 'file = "people.csv"'))
    with pytest.raises(InputError, match=message):
        _run(tmp_path, *changes)


@pytest.mark.parametrize(
    ("rows", "old", "new", "message"),
    [
        ("20,30.0,104.01\n", "", "", "places lie off the network|impossible coordinates"),
        ("20,0.1,0.1\n", "", "", "1 of 1 places lie off the network"),
        ("20,104.01,30.0\n", "[104.02, 30.0]", "[104.2, 30.0]", "shelter without road"),
        ("20,104.01,30.0\n", "[104.02, 30.0]", "[30.0, 104.02]", "not a place on Earth"),
        ("20,104.01,30.0\n", 'file = "town.osm"', 'file = "town.osm"\ncrs = "EPSG:1"', "unknown coordinate reference"),
    ],
)
def test_swapped_and_far_coordinates(tmp_path: Path, rows: str, old: str, new: str, message: str) -> None:
    _town(tmp_path)
    (tmp_path / "people.csv").write_text("persons,lon,lat\n" + rows, encoding="utf-8")
    text = OSM_CASE.replace("{share}", "0")
    with pytest.raises(InputError, match=message):
        _run(tmp_path, (old, new), text=text)
