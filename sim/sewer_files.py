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
    folder.write_table(SEWER_NODES, result.nodes)
    folder.write_table(SEWER_LINKS, result.links)
    folder.write_json("network.geojson", network_geojson(network, Peaks(result.nodes, result.links)))
