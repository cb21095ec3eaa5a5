"""Evacuation cases on planners' networks and an OpenStreetMap extract, all unmodified."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.rules_file import load_rules
from sim.evacuation_case import read_evacuation_case
from sim.evacuation_files import summary_of
from sim.evacuation_run import CaseRun, run_evacuation_case
from tests.shared_data import shared

PLANNERS = "roads", "transportation_networks"
RULES = load_rules()


def _run(folder: Path, network: str, people: str, shelters: str, rest: str = "") -> CaseRun:
    file = folder / "case.toml"
    file.write_text(f"[network]\n{network}\n[people]\n{people}\n{shelters}\n{rest}\n", encoding="utf-8")
    return run_evacuation_case(read_evacuation_case(file, RULES), RULES)


def _exits(*nodes: int) -> str:
    return "\n".join(f'[[shelter]]\nname = "exit {node}"\nnode = {node}' for node in nodes)


def _adds_up(run: CaseRun, people: int) -> None:
    states = run.outcome.timeline.drop(columns=["time_s", "ordered", "unordered"])
    assert (states.sum(axis=1) == people).all()
    assert run.outcome.balance_error == 0


def _planners(folder: str, stem: str, length: str, time: str) -> tuple[str, str]:
    network = shared(*PLANNERS, folder, f"{stem}_net.tntp")
    trips = shared(*PLANNERS, folder, f"{stem}_trips.tntp")
    return f'file = "{network}"\nlength_unit = "{length}"\ntime_unit = "{time}"', f'trips = "{trips}"'


def test_sioux_falls(tmp_path: Path) -> None:
    """360,600 vehicles to two of 24 nodes: the cut around them is what lets them out.

    Into node 1 lead links of 25,900 + 23,403 vehicles an hour, into node 20 of 4,994 + 5,076 + 5,060 + 5,700: together
    at most 70,200 an hour. So clearing takes more than 360,600 less those who start at the two nodes, over that: five
    hours; and once the last have left home it can take no longer than at half of it.
    """
    network, trips = _planners("SiouxFalls", "SiouxFalls", "mi", "min")
    run = _run(tmp_path, network, trips, _exits(1, 20), "[run]\nduration_h = 24")
    people = int(run.origins.persons.sum())
    assert people == 360_600
    _adds_up(run, people)
    inside = run.outcome.final("sheltered")
    assert inside + run.outcome.final("stranded") + run.outcome.final("moving") == people
    into = run.network.edges["to"].isin([1, 20]).to_numpy()
    per_s = 1e6 / run.network.links.headway_us[run.network.graph.edges :][into].astype(float)
    start = run.origins.node + 1
    within = int(run.origins.persons[(start == 1) | (start == 20)].sum())
    assert run.outcome.t95_s > (0.95 * people - within) / per_s.sum()


def test_anaheim_with_junctions(tmp_path: Path) -> None:
    """Nodes in degrees; zones pass no through traffic; junctions make it slower, never lose anybody."""
    network, trips = _planners("Anaheim", "Anaheim", "ft", "min")
    nodes = shared(*PLANNERS, "Anaheim", "anaheim_nodes.geojson")
    exits = _exits(5, 20, 33)
    plain = _run(tmp_path, network, trips, exits, "[run]\nduration_h = 12")
    turns = _run(tmp_path, f'{network}\nnodes = "{nodes}"\njunctions = true', trips, exits, "[run]\nduration_h = 12")
    for run in (plain, turns):
        _adds_up(run, 104_694)
        through = run.network.graph.head < 38  # nobody enters the node that people of a zone leave from
        assert not through.any()
    assert turns.outcome.t50_s > plain.outcome.t50_s


def test_berlin_center(tmp_path: Path) -> None:
    """12,981 nodes and 28,376 links, 8,806 of them connectors of no length."""
    network, trips = _planners("Berlin-Center", "berlin-center", "m", "s")
    run = _run(tmp_path, network, trips, _exits(*range(900, 12_900, 600)), "[run]\nduration_h = 6\nrecord_min = 10")
    assert run.network.graph.edges == 28_376
    _adds_up(run, 168_222)
    summary = summary_of(run)
    assert summary["people"]["cut_off"] == 0
    assert summary["people"]["sheltered"] > 84_000
    assert summary["t50_min"] is not None


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_helsinki_on_foot_and_by_car(tmp_path: Path, share: float) -> None:
    """5,000 people at the market and the station walk or drive to the church in the north-east: 0.5 to 1.5 km."""
    people = tmp_path / "people.csv"
    people.write_text("persons,lon,lat\n3000,24.9525,60.1680\n2000,24.9414,60.1719\n", encoding="utf-8")
    roads = shared("helsinki_osm", "Helsinki.osm.pbf")
    shelter = '[[shelter]]\nname = "church"\nat = [24.9500, 60.1745]'
    rest = f"[behaviour]\ncar_share = {share}\nsigma_min = 5\n[run]\nduration_h = 3"
    run = _run(tmp_path, f'file = "{roads}"', f'file = "{people}"', shelter, rest)
    _adds_up(run, 5000)
    assert run.outcome.final("sheltered") == 5000
    assert run.outcome.trip_mean_s < 3600.0
