from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import InputError
from data.readers.graphml import read_graphml
from data.readers.road_files import is_noded, read_road_lines
from data.readers.roads import RoadOptions, build_network
from tests.road_files import GRAPHML

CRS = "EPSG:32648"


def _file(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in GRAPHML
    file = folder / "city.graphml"
    file.write_text(GRAPHML.replace(old, new, 1) if old else GRAPHML, encoding="utf-8")
    return file


def test_graph_of_osmnx(tmp_path: Path) -> None:
    file = _file(tmp_path)
    lines = read_road_lines(file, CRS)
    assert lines["road_class"].tolist() == ["primary", "primary", "residential", "footway"]
    assert lines["lanes"].tolist() == [2, 2, 2, 0]  # four lanes of both directions; the default; two of a one-way
    assert lines["speed_m_s"].tolist() == pytest.approx([40 / 3.6, 60 / 3.6, 30 / 3.6, 0.0])
    assert not lines["two_way"].any()
    assert lines["name"].tolist()[0] == "人民路"
    assert list(lines.geometry.iloc[0].coords) == [(410000, 3390000), (410100, 3390000)]
    assert lines.length.tolist() == pytest.approx([100.0, 100.0, 50.0 + 1000**0.5, 12500**0.5])
    assert is_noded(file)
    network = build_network(lines, RoadOptions(noded=True))
    assert len(network.nodes) == 3
    assert len(network.edges) == 6  # walkers go back along the one-way street and the footway


def test_undirected_graph_is_open_both_ways(tmp_path: Path) -> None:
    lines = read_graphml(_file(tmp_path, 'edgedefault="directed"', 'edgedefault="undirected"'), CRS)
    assert lines["two_way"].all()


def test_crs_of_the_graph_or_of_the_caller(tmp_path: Path) -> None:
    bare = _file(tmp_path, '<data key="d0">EPSG:32648</data>', "")
    assert len(read_graphml(bare, CRS, crs="EPSG:32648")) == 4
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_graphml(bare, CRS)
    with pytest.raises(InputError, match="differs from the file's own"):
        read_graphml(_file(tmp_path), CRS, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('target="12" id="0"', 'target="99" id="0"', "edge 0: edge without its nodes"),
        ('<data key="d2">410000.0</data>', "", "node 10: node without a place"),
        ('<data key="d2">410000.0</data>', '<data key="d2">nan</data>', "node 10: node without a place"),
        ("LINESTRING (410100", "LINESTRING 410100", "geometry that is no line"),
        ("LINESTRING (410100 3390000, 410130 3390040, 410100 3390050)", "POINT (1 2)", "geometry that is no line"),
        ("</graphml>", "", "truncated"),
        ("<graphml ", "<graphs ", "truncated|not a road graph"),
        ("EPSG:32648", "EPSG:999999", "unknown coordinate reference system"),
        ("EPSG:32648", "EPSG:4326", "swapped"),
    ],
)
def test_bad_graphs(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_graphml(_file(tmp_path, old, new), CRS)
