from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from data.errors import InputError
from data.readers.road_files import TntpUnits, read_road_lines
from data.readers.roads import RoadOptions, build_network
from data.readers.tntp import TntpNetwork, read_tntp_network, read_tntp_nodes, read_tntp_trips
from tests.road_files import TNTP_NETWORK, TNTP_NODES, TNTP_TRIPS, write_tntp

CRS = "EPSG:32648"


def _read(file: Path) -> TntpNetwork:
    return read_tntp_network(file, length_unit="km", time_unit="min")


def _spoilt(folder: Path, text: str, old: str, new: str) -> Path:
    assert old in text
    file = folder / "spoilt.tntp"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_network_in_si_units(tmp_path: Path) -> None:
    network = _read(write_tntp(tmp_path))
    assert (network.zones, network.nodes, network.first_through) == (2, 6, 3)
    links = network.links
    assert links["connector"].tolist() == [True] * 4 + [False] * 8
    assert links["length_m"].tolist() == [0.0] * 4 + [1000.0, 1000.0, 500.0, 500.0, 1000.0, 1000.0, 1000.0, 1000.0]
    # the link 6 to 3 has no time: 1 km at 0.5 km/min
    assert links["time_s"].tolist() == [0.0] * 4 + [60.0, 60.0, 60.0, 60.0, 120.0, 120.0, 120.0, 120.0]
    assert links["capacity_veh_h"].tolist()[4:8] == [3600.0, 3600.0, 900.0, 900.0]


def test_trips_leave_their_zone(tmp_path: Path) -> None:
    write_tntp(tmp_path)
    assert read_tntp_trips(tmp_path / "square_trips.tntp", 2).tolist() == [300.5, 100.0]


def test_nodes_of_text_and_layer_are_the_same(tmp_path: Path) -> None:
    write_tntp(tmp_path)
    xy, crs = read_tntp_nodes(tmp_path / "square_node.tntp", 6)
    assert crs is None
    assert xy[0].tolist() == [409000.0, 3390000.0]
    order = [3, 0, 1, 2, 5, 4]
    layer = gpd.GeoDataFrame({"id": [k + 1 for k in order]}, geometry=[Point(xy[k]) for k in order], crs=CRS)
    layer.to_file(tmp_path / "nodes.gpkg")
    again, named = read_tntp_nodes(tmp_path / "nodes.gpkg", 6)
    assert np.array_equal(again, xy)
    assert named is not None


def test_roads_of_a_pack_have_no_arms_of_zones(tmp_path: Path) -> None:
    lines = read_road_lines(write_tntp(tmp_path), CRS, crs=CRS, tntp=TntpUnits(None, "km", "min"))
    assert lines["id"].tolist()[0] == "3-4"
    assert lines["lanes"].tolist() == [2, 2, 1, 1, 1, 1, 1, 1]
    assert lines["speed_m_s"].tolist() == pytest.approx([1000 / 60] * 2 + [500 / 60] * 2 + [1000 / 120] * 4)
    network = build_network(lines, RoadOptions(noded=True))
    assert len(network.nodes) == 4
    assert len(network.edges) == 8


def test_units_crs_and_nodes_must_be_told(tmp_path: Path) -> None:
    file = write_tntp(tmp_path)
    with pytest.raises(InputError, match="length_unit: a TNTP file names no units"):
        read_road_lines(file, CRS, crs=CRS)
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_road_lines(file, CRS, tntp=TntpUnits(None, "km", "min"))
    with pytest.raises(InputError, match="swapped"):
        read_road_lines(file, CRS, crs="EPSG:4326", tntp=TntpUnits(None, "km", "min"))
    with pytest.raises(InputError, match="unknown unit"):
        read_tntp_network(file, length_unit="furlong", time_unit="min")
    (tmp_path / "square_node.tntp").unlink()
    with pytest.raises(InputError, match="no file of nodes beside the network"):
        read_road_lines(file, CRS, crs=CRS, tntp=TntpUnits(None, "km", "min"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<NUMBER OF LINKS> 12", "<NUMBER OF LINKS> 13", "another number of links"),
        ("\t3\t6\t1800\t1.0\t2.0\t0.15\t4\t0.5\t0\t1\t;\n", "", "another number of links"),
        ("\t3\t4\t3600", "\t3\t4\t0", "line 14: zero capacity"),
        ("\t3\t4\t3600\t1.0", "\t3\t4\t3600\tnan", "line 14: not a finite number"),
        ("\t3\t4\t3600\t1.0", "\t3\t4\t3600\t-1.0", "line 14: negative"),
        ("\t3\t4\t3600\t1.0", "\t3\t4\t3600", "line 14: wrong number of values"),
        ("\t3\t4\t3600\t1.0", "\t3\t4\t3600\tlong", "line 14: not a number"),
        ("\t3\t4\t3600", "\t3\t7\t3600", "line 14: no such node"),
        ("\t3\t4\t3600", "\t3\t3\t3600", "line 14: a link from a node to itself"),
        ("\t6\t3\t1800\t1.0\t0\t0.15\t4\t0.5", "\t6\t3\t1800\t1.0\t0\t0.15\t4\t0", "neither time nor speed"),
        ("<END OF METADATA>", "", "no end of the metadata"),
        ("<FIRST THRU NODE> 3", "", "FIRST THRU NODE>: missing"),
        ("free_flow_time", "fft", "no header of links"),
    ],
)
def test_bad_networks(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _read(_spoilt(tmp_path, TNTP_NETWORK, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("300.5;", "", "not a number of trips|do not add up"),
        ("Origin  2\n    1 : 100.0;\n", "", "do not add up"),
        ("2 :    300.5", "3 :    300.5", "no such zone"),
        ("2 :    300.5", "2 :   -300.5", "not a number of trips"),
        ("Origin \t1", "Origin \tone", "no such zone"),
    ],
)
def test_bad_trips(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tntp_trips(_spoilt(tmp_path, TNTP_TRIPS, old, new), 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("6\t410000\t3390500\t;\n", "", "1 nodes have no coordinates"),
        ("6\t410000", "7\t410000", "line 7: not a node"),
        ("6\t410000", "6\tnan", "line 7: not a node"),
    ],
)
def test_bad_nodes(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tntp_nodes(_spoilt(tmp_path, TNTP_NODES, old, new), 6)


def test_missing_empty_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        _read(tmp_path / "none.tntp")
    empty = tmp_path / "empty.tntp"
    empty.write_text("\n\n")
    with pytest.raises(InputError, match="empty file"):
        _read(empty)
    empty.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not readable as text"):
        _read(empty)
