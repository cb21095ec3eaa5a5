"""Drills at their worst: an island, a gridlock, a flood that closes every road, water all over. Each one ends, and
whoever was told to leave is in exactly one place of the books."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.rules_file import load_rules
from shelters.graph import RoadGraph
from sim import run as run_module
from sim.command.incident import run_incident
from sim.command.setup import Blocks, DrillSetup, RoadNet, Sites
from sim.movement.build_links import assemble_links
from sim.movement.road_water import RoadEpochs
from sim.rulebook import walk_rules
from sim.run import run
from sim.scenario import Evacuation, Flood, Plan, Scenario, Storm
from sim.stability_rules import drive_rules, harm_limits
from tests.command_case import CITY, PERSONS, drill_setup, inject, order
from tests.tiny_city import CELLS, tiny_city

OF_A_BLOCK = PERSONS - 10  # people of the plan
EVERYBODY = 36 * OF_A_BLOCK
LEAVE = order("leave", 5, CITY)


def _counted(record, people=EVERYBODY):
    """Everybody who was told is somewhere at all times; the last states, by name."""
    line = record.outcome.timeline
    states = line.drop(columns=["time_s", "ordered", "unordered"])
    assert record.outcome.balance_error == 0
    assert (states >= 0).all(axis=None)
    assert (states.sum(axis=1) == line["ordered"] + line["unordered"]).all()
    assert line["time_s"].iloc[-1] == 7200.0
    assert line["ordered"].iloc[-1] == people
    return states.iloc[-1]


def _corner() -> tuple[dict[int, float], list[str], np.ndarray]:
    """The roads into the north-west corner (200 m square, four blocks, no shelter): under water, by id, and blocks."""
    roads, people = tiny_city().roads, tiny_city().people
    west, north = roads.nodes["x_m"].min() - 5.0, roads.nodes["y_m"].max() + 45.0

    def inside(frame):
        return ((frame["x_m"] - west < 200.0) & (north - frame["y_m"] < 200.0)).to_numpy()

    corner = inside(roads.nodes)
    edges = roads.edges
    cut = np.flatnonzero(corner[edges["tail"]] != corner[edges["head"]])
    return dict.fromkeys(cut.tolist(), 2.0), edges["id"].iloc[cut].tolist(), np.flatnonzero(inside(people))


@pytest.mark.parametrize("by", ["water", "barrier"])
@pytest.mark.parametrize("people", [{}, {"car": 0.5}], ids=["walkers", "cars"])
def test_an_island_is_stranded_and_all_others_arrive(by: str, people: dict[str, float]) -> None:
    """Four blocks of 40 are cut off before anybody leaves: they are the stranded, and nobody else is."""
    depth, roads, blocks = _corner()
    assert len(blocks) == 4
    if by == "water":
        setup = drill_setup(LEAVE, depth_m={0.0: depth}, people=people)
    else:
        setup = drill_setup(LEAVE, injects=(inject("road_blocked", 0, *roads),), people=people)
    record = run_incident(setup)
    last = _counted(record)
    assert last["stranded"] == 4 * OF_A_BLOCK
    assert last["sheltered"] == EVERYBODY - 4 * OF_A_BLOCK
    stuck = record.outcome.stuck
    assert set(stuck["reason"]) == {"no_way"}
    assert set(stuck["block"]) == set(blocks)
    stranded = [entry.values["no_way"] for entry in record.log if entry.kind == "stranded"]
    assert sum(stranded) == 4 * OF_A_BLOCK


def test_an_island_that_falls_dry_again_is_no_island_any_more() -> None:
    depth, _, _ = _corner()
    record = run_incident(drill_setup(LEAVE, depth_m={0.0: depth, 3600.0: {}}))
    assert _counted(record)["sheltered"] == EVERYBODY


def _ring(cars: int) -> DrillSetup:
    """Four one-way streets round a square, each with room for `cars`; the people of every corner go three of them on.

    With room for few no car reaches its corner once all four are full: every one waits for the next.
    """
    setup, rules = drill_setup(LEAVE, people={"car": 1.0}, capacity=(EVERYBODY,) * 4), load_rules()
    corner = np.arange(36) % 4
    tail, each = np.arange(4), np.ones(4)
    graph = RoadGraph.build(tail, (tail + 1) % 4, 100.0 * each, 4)
    links = assemble_links(
        graph, walk_s=90.0 * each, walk_flow_per_s=each, walk_room=300.0 * each, area_m2=300.0 * each,
        car_s=12.0 * each, car_flow_per_s=0.2 * each, car_room=cars * each,
    )  # fmt: skip
    at = np.zeros(4)
    speed = np.full(4, 8.3)
    epochs = RoadEpochs.dry(speed, (walk_rules(rules),) * 4, drive_rules(rules))
    roads = RoadNet(graph, links, epochs, at, at, at, at)
    blocks: Blocks = replace(setup.blocks, node=corner.astype(np.int32))
    sites: Sites = replace(setup.sites, node=np.arange(4, dtype=np.int32))
    plan = replace(setup.plan, site=((corner + 3) % 4).astype(np.int32))
    return replace(setup, roads=roads, blocks=blocks, sites=sites, plan=plan)


def test_a_gridlock_ends_with_the_stranded_counted() -> None:
    """480 cars on four streets with room for two each: somebody gets through before all is full, most never."""
    record = run_incident(_ring(cars=2))
    last = _counted(record)
    stuck = record.outcome.stuck
    assert set(stuck["reason"]) == {"gridlock"}
    assert last["stranded"] == stuck["persons"].sum() > EVERYBODY // 2
    assert last["sheltered"] + last["stranded"] == EVERYBODY
    on_the_streets = stuck[stuck["edge"] >= 0].groupby("edge")["persons"].sum()
    assert len(on_the_streets) == 4


def test_the_same_streets_with_room_for_all_do_not_lock() -> None:
    assert _counted(run_incident(_ring(cars=500)))["sheltered"] == EVERYBODY


@pytest.mark.parametrize("harm", [False, True], ids=["turned_back", "caught"])
def test_a_flood_that_closes_every_road_leaves_nobody_on_the_way(harm: bool) -> None:
    """Two metres on all roads at minute 20, amid the departure: who is not in by then is stranded, who is stays in."""
    edges = len(tiny_city().roads.edges)
    deep = dict.fromkeys(range(edges), 2.0)
    limits = harm_limits(load_rules()) if harm else None
    setup = drill_setup(LEAVE, depth_m={1200.0: deep}, people={"car": 0.2}, harm=limits)
    record = run_incident(setup)
    last = _counted(record)
    line = record.outcome.timeline.set_index("time_s")
    assert 0 < line.loc[1200.0, "sheltered"] < EVERYBODY
    assert last["sheltered"] + last["stranded"] == EVERYBODY
    here = np.isin(setup.blocks.node, setup.sites.node)  # beside a shelter: whoever leaves later needs no road
    soon = line.loc[1320.0]  # 30 s to finish a road, 10 s to the door: who is at a door by then goes in
    later = last["sheltered"] - soon["sheltered"] - soon["at_door"]
    assert 0 <= later <= OF_A_BLOCK * here.sum()
    stuck = record.outcome.stuck.groupby("reason")["persons"].sum()
    assert stuck.sum() == last["stranded"]
    if harm:
        assert 0 < record.outcome.caught + record.outcome.stalled <= EVERYBODY - line.loc[1140.0, "sheltered"]
        assert set(stuck.index) <= {"no_way", "caught", "stalled"}
    else:
        assert set(stuck.index) == {"no_way"}
    assert record.outcome.rescued == 0
    shut = [entry for entry in record.log if entry.kind == "water"][-1].values
    assert shut["closed_to_walkers"] == shut["closed_to_cars"] == edges


def test_a_flood_that_everything_closes_before_anybody_leaves() -> None:
    """All roads under water from the start: whoever sets out is stranded at his own corner."""
    edges = len(tiny_city().roads.edges)
    record = run_incident(drill_setup(LEAVE, depth_m={0.0: dict.fromkeys(range(edges), 2.0)}))
    last = _counted(record)
    setup = drill_setup()
    assert last["sheltered"] == OF_A_BLOCK * np.isin(setup.blocks.node, setup.sites.node).sum()  # at their own corner
    assert last["stranded"] == EVERYBODY - last["sheltered"]


@pytest.mark.parametrize("orders", ["rules", "script", "none"])
def test_a_basin_that_fills_up_drowns_the_whole_city_and_counts_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path, orders: str
) -> None:
    """A city inside a wall, and a metre of rain on it: every shelter and every road but those on the wall drown."""
    city = tiny_city()
    ground = np.full((CELLS, CELLS), 500.0)
    ground[[0, -1], :] = ground[:, [0, -1]] = 510.0
    monkeypatch.setattr(run_module, "load_city", lambda _: replace(city, terrain=ground))
    rain = tmp_path / "rain.csv"
    rain.write_text("time_s,rain_mm_h\n0,0\n1800,600\n7800,0\n", encoding="utf-8")
    scenario = Scenario(
        storm=Storm(series=rain), flood=Flood(duration_h=3.0), plan=Plan(demand="all"),
        evacuation=Evacuation(orders=orders), order=(order("leave", 70, CITY),) if orders == "script" else (),
    )  # fmt: skip
    result = run(scenario)
    moved, people = result.summary["evacuation"], 36 * PERSONS
    assert result.flood.maxima.max_depth[1:-1, 1:-1].min() > 0.8
    assert moved["balance_error"] == 0
    last = result.record.outcome.timeline.iloc[-1]
    states = last.drop(["time_s", "ordered", "unordered"])
    assert states.sum() == last["ordered"] + last["unordered"] <= people
    if orders == "none":  # only who leaves at the first warning is on the way
        assert last["ordered"] == 0
    else:
        assert last["ordered"] + last["unordered"] == people
        assert last["stranded"] > 0
    places = ("arrived", "moving", "home", "stranded", "refused_to_leave", "turned_away")
    assert sum(moved[name] for name in places) == states.sum()
    shut = [entry for entry in result.record.log if entry.kind == "water"][-1].values
    on_the_wall = 2 * (11 + 11)  # the westernmost and the southernmost street, both ways
    assert shut["closed_to_walkers"] == shut["closed_to_cars"] == len(city.roads.edges) - on_the_wall
