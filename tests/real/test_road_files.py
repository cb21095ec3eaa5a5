"""Road files of others, unmodified: an OpenStreetMap extract and planners' networks."""

from __future__ import annotations

import numpy as np
import pytest

from data.readers.osm import read_osm
from data.readers.roads import build_network
from data.readers.tntp import read_tntp_network, read_tntp_nodes, read_tntp_trips
from tests.shared_data import shared

PLANNERS = "roads", "transportation_networks"


def test_helsinki() -> None:
    """2,504 ways have a highway tag, 196 of them are platforms, building sites, lifts or ski tracks."""
    lines = read_osm(shared("helsinki_osm", "Helsinki.osm.pbf"), "EPSG:32635")
    assert 2200 < lines["id"].nunique() <= 2504 - 196
    assert set(lines["road_class"]) == {"primary", "secondary", "tertiary", "residential", "footway"}
    assert (lines.loc[lines["road_class"] == "footway", "lanes"] == 0).all()
    west, south, east, north = lines.to_crs("EPSG:4326").total_bounds
    assert 24.9 < west < east < 25.0
    assert 60.1 < south < north < 60.2
    network = build_network(lines)
    assert len(network.nodes) > 2500
    assert network.dropped_edges < 0.05 * len(network.edges)
    drivable = network.edges["speed_m_s"] > 0.0
    assert 0.15 < drivable.mean() < 0.5
    assert network.edges.loc[drivable, "lanes"].between(1, 4).all()


@pytest.mark.parametrize(
    ("folder", "stem", "nodes", "units", "counts", "trips"),
    [
        ("SiouxFalls", "SiouxFalls", "SiouxFalls_node.tntp", ("mi", "min"), (24, 24, 1, 76, 0), 360_600.0),
        ("Anaheim", "Anaheim", "anaheim_nodes.geojson", ("ft", "min"), (38, 416, 39, 914, 0), 104_694.4),
        ("Berlin-Center", "berlin-center", "berlin-center_node.tntp", ("m", "s"), (865, 12_981, 866, 28_376, 8806),
         168_222.302),
    ],
)  # fmt: skip
def test_planners_networks(folder: str, stem: str, nodes: str, units: tuple, counts: tuple, trips: float) -> None:
    length, time = units
    network = read_tntp_network(shared(*PLANNERS, folder, f"{stem}_net.tntp"), length_unit=length, time_unit=time)
    links = network.links
    found = network.zones, network.nodes, network.first_through, len(links), int(links["connector"].sum())
    assert found == counts
    assert np.isfinite(links.to_numpy(float)).all()
    xy, _ = read_tntp_nodes(shared(*PLANNERS, folder, nodes), network.nodes)
    assert len(xy) == network.nodes
    assert read_tntp_trips(shared(*PLANNERS, folder, f"{stem}_trips.tntp"), network.zones).sum() == pytest.approx(trips)
