"""From a flooded city and its plan to a drill of command and movement, ready to run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from data.rules_file import Rules
from data.schema import City
from sim.area_map import AreaMap
from sim.behaviour.channels import CHANNELS
from sim.behaviour.people import PeopleShares
from sim.behaviour_rules import behaviour, people_shares, rumour_curve
from sim.command.places import Places, places_of
from sim.command.script import Inject
from sim.command.setup import Blocks, DrillSetup, GivenOrder, PlanRows, RoadNet, Sites
from sim.command_rules import command_terms
from sim.demand import people_to_move
from sim.door_rules import door_terms
from sim.flooded_roads import road_epochs
from sim.flooding import FloodedCity
from sim.leave_orders import rows_of_areas
from sim.movement.build_links import build_links
from sim.movement.terms import MovementTerms
from sim.movement_rules import movement_terms
from sim.plan import ShelterPlan
from sim.result import Warning
from sim.scenario import Scenario
from sim.site_stock import SiteStock, needs_power
from sim.stability_rules import drive_rules, group_walk_rules, harm_limits
from sim.streets import Streets


def city_places(city: City, warned: AreaMap, blocks_of_area: dict[str, np.ndarray]) -> Places:
    """What orders and injects can name in the city; `warned` are the areas of the warnings."""
    sites = {} if city.shelters is None else rows_of_areas(city, warned, city.shelters)
    return places_of(city, blocks_of_area, CHANNELS, sites)


def plan_rows(plan: ShelterPlan, demand: np.ndarray) -> PlanRows:
    """Rows of people: those with a place, those whom the plan left without one, and those (of `demand`, persons per
    block who must leave) whom nobody has told to leave, so that the plan does not know them.
    """
    given = plan.allocation
    left, untold = given.unserved, np.maximum(demand - plan.demand, 0)
    without = [np.flatnonzero(left), np.flatnonzero(untold)]
    return PlanRows(
        block=np.concatenate([given.block, *without]).astype(np.int32),
        site=np.concatenate([given.site, *(np.full(len(rows), -1) for rows in without)]).astype(np.int32),
        persons=np.concatenate([given.persons, left[without[0]], untold[without[1]]]).astype(np.int64),
    )


def early_in_danger(shares: PeopleShares, rows: PlanRows, at_risk: np.ndarray) -> PeopleShares:
    """The shares with `shadow` that of the people in danger alone (`at_risk`, persons per block): whom a plan moves
    without any danger waits for the order.
    """
    moved = np.bincount(rows.block, rows.persons, minlength=len(at_risk))
    return replace(shares, shadow=shares.shadow * np.minimum(at_risk / np.maximum(moved, 1.0), 1.0))


def set_up_drill(
    scenario: Scenario,
    city: City,
    flooded: FloodedCity,
    streets: Streets,
    stock: SiteStock,
    plan: ShelterPlan,
    rows: PlanRows,
    places: Places,
    orders: Sequence[GivenOrder],
    injects: Sequence[Inject],
    warnings: Sequence[Warning],
    until_s: float,
    rules: Rules,
) -> DrillSetup:
    """Everything that `sim.command.incident` needs to run the drill."""
    assert city.people is not None
    terms = movement_terms(rules)
    price = plan.allocation.price_ms
    sites = len(stock.capacity)
    setup = DrillSetup(
        roads=road_net(city, flooded, streets, places, terms, rules),
        blocks=Blocks(
            ids=tuple(city.people["id"].astype(str)),
            area=_codes(places, flooded, len(city.people)),
            node=np.asarray(streets.block_node, np.int32),
            access_s=streets.block_access_s,
            people=flooded.exposure.persons.astype(np.int64),
            warned_s=first_warnings(warnings, places, len(city.people)),
            worst_s=worst_moment(flooded, rules),
        ),
        sites=Sites(
            ids=tuple(city.shelters["id"].astype(str)) if city.shelters is not None else (),
            node=np.asarray(streets.site_node, np.int32),
            access_s=streets.site_access_s,
            capacity=stock.capacity,
            closed_at_s=stock.water_at_s,
            opens_at_s=np.zeros(sites),
            price_ms=np.zeros(sites, np.int64) if price is None else np.asarray(price, np.int64),
            dark=needs_power(city.shelters) if city.shelters is not None else np.zeros(0, bool),
            dark_spans=tuple((span.site, span.from_s, span.until_s) for span in stock.dark),
        ),
        plan=rows,
        places=places,
        people=early_in_danger(
            people_shares(scenario, city.people, rules, ambulances="ambulance" in places.team_kinds),
            rows,
            people_to_move("at_risk", flooded, int(rules.number("evacuation.evacuate_from_class"))),
        ),
        behaviour=behaviour(scenario, rules),
        rumour=rumour_curve(rules),
        movement=terms,
        doors=door_terms(rules),
        harm=harm_limits(rules),
        platoon=scenario.evacuation.platoon,
        car_persons=int(rules.number("behaviour.car_persons")),
        teams=city.teams,
        command=command_terms(rules),
        until_s=until_s,
        seed=scenario.seed,
        identity=identity(scenario, rules),
    )
    return setup.with_inputs(orders, injects)


def road_net(
    city: City, flooded: FloodedCity, streets: Streets, places: Places, terms: MovementTerms, rules: Rules
) -> RoadNet:
    """The roads as links with the water of the watch steps on them; underpasses close to cars as they declare."""
    assert city.roads is not None
    nodes, edges, watch = city.roads.nodes, city.roads.edges, flooded.watch
    x, y = nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float)
    lon, lat = transform(x, y, city.grid.crs, WGS84)
    epochs = road_epochs(
        city, watch, group_walk_rules(rules, terms.group_speed), drive_rules(rules), places.underpasses
    )
    names = [edges[key].fillna("").astype(str) if key in edges else [""] * len(edges) for key in ("name", "name_en")]
    return RoadNet(
        graph=streets.graph,
        links=build_links(streets.graph, pd.DataFrame(edges), np.column_stack([x, y]), terms),
        epochs=epochs,
        node_x_m=x,
        node_y_m=y,
        node_lon=np.asarray(lon),
        node_lat=np.asarray(lat),
        edge_name=tuple(zip(*names, strict=True)),
    )


def worst_moment(flooded: FloodedCity, rules: Rules) -> np.ndarray:
    """When most people of each block stand in danger, the first such moment (s, inf: never), shape (blocks,)."""
    in_danger = flooded.watch.blocks_in(int(rules.number("evacuation.evacuate_from_class")))
    time_s = np.array(flooded.watch.time_s)
    return np.where(in_danger.max(axis=0) > 0.0, time_s[in_danger.argmax(axis=0)], np.inf)


def first_warnings(warnings: Sequence[Warning], places: Places, blocks: int) -> np.ndarray:
    """When each block is first warned (s, inf: never), by the messages for any area that holds it."""
    first = np.full(blocks, np.inf)
    for warning in warnings:
        rows = places.areas.get(warning.area)
        if rows is not None and warning.level > 0:
            first[rows] = np.minimum(first[rows], warning.sent_s)
    return first


def identity(scenario: Scenario, rules: Rules) -> dict[str, str]:
    """What a log says of where it comes from. The hash is that of the resolved scenario without its orders."""
    fields = scenario.resolved()
    fields = {key: value for key, value in fields.items() if key not in ("order", "inject", "drill")}
    text = json.dumps(fields, sort_keys=True, default=str)
    return {
        "version": version("rongan"),
        "scenario": hashlib.sha256(text.encode()).hexdigest()[:16],
        "rules": rules.hash,
    }


def _codes(places: Places, flooded: FloodedCity, blocks: int) -> np.ndarray:
    codes = np.full(blocks, "", object)
    for code in flooded.watch.points.area_map.areas["code"].astype(str):
        codes[places.areas[code]] = code
    return codes
