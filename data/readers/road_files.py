"""Reads roads of any format that the project knows as lines with the columns of schema ROADS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from data.datum import WGS84, is_crs
from data.errors import InputError
from data.readers.graphml import read_graphml
from data.readers.osm import read_osm
from data.readers.osm_tags import road_defaults
from data.readers.report import Report
from data.readers.sumo import read_sumo
from data.readers.tntp import read_tntp_network, read_tntp_nodes
from data.readers.vectors import read_vectors, to_crs
from data.schema import ROADS

_NODED = (".net.xml", ".graphml", ".tntp")  # every line ends at a junction, and only there
_FASTEST_M_S = ROADS["speed_m_s"].maximum or np.inf
_NODE_FILES = ("_node.tntp", "_nodes.tntp", "_node.geojson", "_nodes.geojson")


@dataclass(frozen=True)
class TntpUnits:
    """What a TNTP file does not say: where its nodes stand, and its units."""

    nodes: Path | None = None  # None: the file beside it whose name says so
    length_unit: str | None = None
    time_unit: str | None = None


def read_road_lines(
    path: str | Path,
    target_crs: str,
    *,
    crs: str | None = None,
    datum: str = "WGS84",
    tntp: TntpUnits | None = None,
    report: Report | None = None,
) -> gpd.GeoDataFrame:
    """The roads of one file as lines with the columns of schema ROADS, in `target_crs`.

    By its name: .osm.pbf or .osm OpenStreetMap, .net.xml SUMO, .graphml osmnx, .tntp a planner's network, else a
    vector layer. `crs` is that of a file that names none; `datum` holds for vector layers. Raises InputError.
    """
    file = Path(path)
    name = file.name.lower()
    if name.endswith((".pbf", ".osm")):
        return read_osm(file, target_crs, report=report)
    if name.endswith(".net.xml"):
        return read_sumo(file, target_crs)
    if name.endswith(".graphml"):
        return read_graphml(file, target_crs, crs=crs)
    if name.endswith(".tntp"):
        return _read_tntp(file, target_crs, crs, tntp or TntpUnits())
    return read_vectors(file, ROADS, "line", target_crs, crs=crs, datum=datum, report=report)


def is_noded(path: Path) -> bool:
    """Whether the lines of a file of this name are cut at every junction already."""
    return path.name.lower().endswith(_NODED)


def names_its_own_columns(path: Path) -> bool:
    """Whether a file of this name says by itself what its roads are: OpenStreetMap, osmnx or SUMO."""
    return path.name.lower().endswith((".pbf", ".osm", ".net.xml", ".graphml"))


def node_file(network: Path) -> Path:
    """The file of nodes beside a TNTP network: X_node.tntp or X_nodes.geojson beside X_net.tntp. Raises InputError."""
    stem = network.name.removesuffix(".tntp").removesuffix("_net").lower()
    wanted = [f"{stem}{ending}" for ending in _NODE_FILES]
    for found in sorted(network.parent.iterdir()):
        if found.name.lower() in wanted:
            return found
    raise InputError("no file of nodes beside the network", file=network, expected=" or ".join(wanted))


def _read_tntp(file: Path, target_crs: str, crs: str | None, units: TntpUnits) -> gpd.GeoDataFrame:
    """Roads of a planner's network between the places of its nodes; the arms of zones are no roads and left out.

    Lanes are the capacity over that of a lane, rounded up; speed is length over time of the file.
    """
    if units.length_unit is None or units.time_unit is None:
        missing = "length_unit" if units.length_unit is None else "time_unit"
        raise InputError("a TNTP file names no units", file=file, place=missing, expected='such as "km" and "min"')
    network = read_tntp_network(file, length_unit=units.length_unit, time_unit=units.time_unit)
    places = units.nodes or node_file(file)
    xy, own = read_tntp_nodes(places, network.nodes)
    if own is None and crs is None:
        raise InputError("the file has no coordinate reference system", file=places, expected='crs = "EPSG:..."')
    if crs is not None and not is_crs(crs):
        raise InputError("unknown coordinate reference system", file=file, place="crs", value=crs, expected="EPSG:...")
    links = network.links
    arm = links["connector"] | (links[["tail", "head"]] < network.first_through).any(axis=1)
    links = links[~arm]
    ends = np.stack([xy[links["tail"].to_numpy() - 1], xy[links["head"].to_numpy() - 1]], axis=1)
    moved = to_crs(shapely.linestrings(ends), own or crs or WGS84, target_crs)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InputError(
            "coordinates beyond the reference system (longitude and latitude swapped?)",
            file=places, place="crs", value=own or crs, expected="x, then y of the crs",
        )  # fmt: skip
    defaults = road_defaults()
    speed = links["length_m"].to_numpy() / links["time_s"].to_numpy()
    speed = np.where(speed > 0.0, np.minimum(speed, _FASTEST_M_S), defaults.speed_m_s["residential"])
    return gpd.GeoDataFrame(
        {
            "id": [f"{tail}-{head}" for tail, head in zip(links["tail"], links["head"], strict=True)],
            "road_class": "residential",
            "two_way": False,
            "lanes": np.minimum(np.ceil(links["capacity_veh_h"].to_numpy() / defaults.lane_capacity_veh_h), 20).astype(
                np.int64
            ),
            "speed_m_s": speed,
            "bridge": False,
            "underpass": False,
            "name": "",
            "name_en": "",
            "source": "fact",
        },
        geometry=moved,
        crs=target_crs,
    )
