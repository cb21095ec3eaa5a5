"""The files of a run that tell of its sewers."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from data.run_folder import RunFolder
from data.schema import SEWER_LINKS, SEWER_NODES, DrainageNetwork
from data.swmm.geojson import network_geojson
from hazards.drains.accounts import DrainsResult


class Peaks(NamedTuple):
    """Tables of a run by part of the network."""

    nodes: pd.DataFrame
    links: pd.DataFrame


def write_sewers(folder: RunFolder, network: DrainageNetwork, result: DrainsResult) -> None:
    """nodes.csv, links.csv and network.geojson; nothing where the engine stopped itself and left no tables."""
    if result.nodes is None or result.links is None:
        return
    nodes = with_own_kinds(result.nodes, network)
    folder.write_table(SEWER_NODES, nodes)
    folder.write_table(SEWER_LINKS, result.links)
    folder.write_json("network.geojson", network_geojson(network, Peaks(nodes, result.links)))


def with_own_kinds(nodes: pd.DataFrame, network: DrainageNetwork) -> pd.DataFrame:
    """The engine's table of nodes with the kinds of the city's file: a manhole that opens to the street is run as a
    storage, and a node that the file does not have keeps what it is run as.
    """
    own = nodes["name"].map(dict(zip(network.nodes["name"], network.nodes["kind"], strict=True)))
    return nodes.assign(kind=own.fillna(nodes["kind"]))
