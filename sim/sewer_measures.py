"""Measures on the sewer network: pipes repaired or widened, inlets cleaned or added, a tank at a node."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from data.errors import InputError
from data.rules_file import Rules
from data.schema import City, DrainageNetwork
from data.suggest import closest
from data.swmm.changes import add_tank, widen_conduits
from sim.measures import Inlets, Measure, Pipes, Tank

_UNFIT = re.compile(r'[\s;"]')  # what ends a name in a SWMM file


def repair_pipes(city: City, measure: Pipes) -> City:
    """The city with the pipes of the measure at grade 1, clear, and `diameter_factor` as wide."""
    network = _network(city, measure)
    links = network.links
    conduit = (links["kind"] == "conduit").to_numpy()
    _check_names(measure, "ids", measure.ids, links["name"][conduit].tolist(), "pipe")
    middle = shapely.line_interpolate_point(links.geometry.to_numpy(), 0.5, normalized=True)
    chosen = conduit & (links["name"].isin(measure.ids).to_numpy() | _inside(city, measure.areas, middle))
    if not chosen.any():
        raise _error(measure, "areas", "no pipe lies there", list(measure.areas), "areas with pipes")
    sound = links.assign(
        condition_grade=np.where(chosen, 1, links["condition_grade"]),
        blocked_share=np.where(chosen, 0.0, links["blocked_share"]),
    )
    network = replace(network, links=sound)
    if measure.diameter_factor != 1.0:
        network = widen_conduits(network, set(links["name"][chosen]), measure.diameter_factor)
    return replace(city, drainage=network)


def clean_inlets(city: City, measure: Inlets, rules: Rules) -> City:
    """The city with the inlets of the measure clear, and `factor` times their length and area.

    A junction that names no inlets has those that the rules give a manhole; more of them become rows of its own.
    """
    network = _network(city, measure)
    nodes, inlets = network.nodes, network.inlets
    _check_names(measure, "nodes", measure.nodes, nodes["name"].tolist(), "node")
    places = shapely.points(nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float))
    chosen = nodes["name"].isin(measure.nodes).to_numpy() | _inside(city, measure.areas, places)
    names = set(nodes["name"][chosen])
    ours = inlets["node"].isin(names).to_numpy()
    clean = inlets.assign(
        blocked_share=np.where(ours, 0.0, inlets["blocked_share"].to_numpy(float)),
        weir_length_m=inlets["weir_length_m"].to_numpy(float) * np.where(ours, measure.factor, 1.0),
        orifice_area_m2=inlets["orifice_area_m2"].to_numpy(float) * np.where(ours, measure.factor, 1.0),
    )
    bare = nodes[chosen & (nodes["kind"] == "junction").to_numpy() & ~nodes["name"].isin(inlets["node"]).to_numpy()]
    bare = bare[bare["x_m"].notna()]
    if measure.factor > 1.0 and len(bare):
        added = pd.DataFrame({column: pd.Series(index=bare.index, dtype=object) for column in inlets.columns})
        added = added.assign(
            id=[f"{measure.id}:{name}" for name in bare["name"]], node=bare["name"], x_m=bare["x_m"], y_m=bare["y_m"],
            lon=np.nan, lat=np.nan, blocked_share=0.0, source="", node_index=bare.index,
            weir_length_m=rules.number("drainage.manhole_weir_length_m") * measure.factor,
            orifice_area_m2=rules.number("drainage.manhole_orifice_area_m2") * measure.factor,
        )  # fmt: skip
        clean = added if clean.empty else pd.concat([clean, added], ignore_index=True)
    elif not ours.any():
        raise _error(measure, "nodes", "no inlet there that could be cleaned", None, "nodes with inlets, or a factor")
    return replace(city, drainage=replace(network, inlets=clean.reset_index(drop=True)))


def tank_at_node(city: City, measure: Tank) -> City:
    """The city with a tank beside a node, filled once the pipes there run full."""
    network = _network(city, measure)
    _check_names(measure, "node", (measure.node,), network.nodes["name"].tolist(), "node")
    if measure.node in set(network.nodes["name"][network.nodes["kind"] == "outfall"]):
        raise _error(measure, "node", "an outfall has no room for a tank beside it", measure.node, "a manhole")
    if _UNFIT.search(measure.id):
        message = "the tank becomes a node of the network, whose name this cannot be"
        raise _error(measure, "id", message, measure.id, 'an id without spaces, ";" and quotes')
    return replace(city, drainage=add_tank(network, measure.node, measure.volume_m3, f"tank:{measure.id}"))


def _network(city: City, measure: Measure) -> DrainageNetwork:
    if city.drainage is None:
        raise _error(measure, "kind", "the city has no sewer network", measure.kind, "a city pack with drainage")
    return city.drainage


def _inside(city: City, areas: tuple[str, ...], places: np.ndarray) -> np.ndarray:
    if not areas or city.areas is None:
        return np.zeros(len(places), bool)
    ground = shapely.union_all(city.areas.geometry[city.areas["code"].isin(areas)].to_numpy())
    return shapely.contains(ground, places)


def _check_names(measure: Measure, key: str, names: tuple[str, ...], known: list[str], what: str) -> None:
    there = set(known)
    for name in names:
        if name not in there:
            raise _error(measure, key, f"no such {what} in the network", name, closest(name, known[:5000]))


def _error(measure: Measure, key: str, message: str, value: object, expected: str) -> InputError:
    return InputError(message, place=f'[measure "{measure.id}"] {key}', value=value, expected=expected)
