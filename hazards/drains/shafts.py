"""How wide the shafts of a coupled network must be for the engine to stay stable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.schema import DrainageNetwork
from hazards.drains.parameters import ExchangeParameters


def wide_shafts(network: DrainageNetwork, parameters: ExchangeParameters) -> dict[str, float]:
    """Plan area (m2) of the shafts that need more than the least area, by name of the junction.

    In a full pipe a step of the flow by a head difference dH is dQ = g A dt/L dH, and raises a shaft of area A_s by
    dt dQ/(2 A_s). The engine solves both in turns, each time half of the way, and diverges where the gain of a node,
    g dt^2/(2 A_s) sum(A/L) over its pipes, is much above 3: neighbours that swing against each other double it, and the
    iteration fails at 6 to 7 (measured: a line of 2 m pipes of 40 m on shafts of 1.167 m2 makes sixty times the water
    that it was given; docs/decisions/0007). So A_s >= g dt^2/(2 gain) sum(A/L): at 5 s a manhole between two such pipes
    gets 6.4 m2, which is about the chamber that is built there.
    """
    nodes, links = network.nodes, network.links
    pipes = links[(links["kind"] == "conduit") & (links["length_m"] > 0.0)]
    conveyance = np.nan_to_num((pipes["full_area_m2"] / pipes["length_m"]).to_numpy(float))
    total = np.zeros(len(nodes))
    for end in ("tail", "head"):
        np.add.at(total, pipes[end].to_numpy(np.int64), conveyance)
    needed = parameters.gravity * parameters.step_s**2 / (2.0 * parameters.largest_gain) * total
    wide = (nodes["kind"] == "junction").to_numpy() & (needed > parameters.shaft_area_m2)
    return dict(zip(nodes["name"][wide].tolist(), needed[wide].tolist(), strict=True))


def shafts_of(network: DrainageNetwork, names: Sequence[str], parameters: ExchangeParameters) -> np.ndarray:
    """Plan area (m2) of the shaft of each coupled node, float64."""
    wide = wide_shafts(network, parameters)
    return np.array([wide.get(name, parameters.shaft_area_m2) for name in names], dtype=float)
