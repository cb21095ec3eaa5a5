"""Roads: lines become a graph whose every row walkers can use, and only the largest part of it stays."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, MultiLineString

from data.errors import InputError
from data.readers.osm_tags import road_class
from data.readers.roads import RoadOptions, build_network
from data.readers.sumo import read_sumo
from data.schema import ROAD_CLASSES, RoadNetwork

CRS = "EPSG:32648"


def _lines(*coordinates: list, **columns: object) -> gpd.GeoDataFrame:
    values = {
        "id": [f"r{k}" for k in range(len(coordinates))], "road_class": "residential", "two_way": True, "lanes": 1,
        "speed_m_s": 8.0, "bridge": False, "underpass": False, "name": "", "name_en": "", "source": "", **columns,
    }  # fmt: skip
    geometry = [LineString(c) if not isinstance(c[0][0], list) else MultiLineString(c) for c in coordinates]
    return gpd.GeoDataFrame(values, geometry=geometry, crs=CRS)


def _rows(network: RoadNetwork) -> set[tuple]:
    xy = network.nodes.to_numpy()
    return {
        (*xy[edge.tail], *xy[edge.head], round(edge.length_m, 6), edge.speed_m_s) for edge in network.edges.itertuples()
    }


def test_two_way_road_gives_two_rows() -> None:
    network = build_network(_lines([(0, 0), (30, 40)]))
    assert _rows(network) == {(0, 0, 30, 40, 50.0, 8.0), (30, 40, 0, 0, 50.0, 8.0)}
    back = network.edges.iloc[1]
    assert list(back.geometry.coords) == [(30, 40), (0, 0)]


def test_way_back_of_a_one_way_road_is_for_walkers() -> None:
    network = build_network(_lines([(0, 0), (100, 0)], two_way=False))
    assert _rows(network) == {(0, 0, 100, 0, 100.0, 8.0), (100, 0, 0, 0, 100.0, 0.0)}


def test_two_lanes_drawn_apart_need_no_way_back() -> None:
    network = build_network(_lines([(0, 0), (100, 0)], [(100, 0), (50, 5), (0, 0)], two_way=False))
    assert sorted(network.edges["speed_m_s"]) == [8.0, 8.0]


def test_footway_is_closed_to_cars() -> None:
    network = build_network(_lines([(0, 0), (100, 0)], road_class="footway"))
    assert network.edges["speed_m_s"].tolist() == [0.0, 0.0]


def test_lines_are_cut_where_they_share_a_vertex() -> None:
    network = build_network(_lines([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]))
    assert len(network.nodes) == 5
    assert len(network.edges) == 8


def test_overpass_without_a_shared_vertex_stays_apart() -> None:
    network = build_network(_lines([(0, 0), (100, 0)], [(50, -50), (50, 50)], [(0, 0), (50, -50)]))
    assert len(network.nodes) == 4
    assert len(network.edges) == 6


def test_bend_that_a_road_shares_with_its_way_back_is_no_junction() -> None:
    network = build_network(_lines([(0, 0), (50, 10), (100, 0)], [(100, 0), (50, 10), (0, 0)], two_way=False))
    assert len(network.nodes) == 2
    assert len(network.edges) == 2


def test_roads_that_run_together_and_fork_meet_at_the_fork() -> None:
    network = build_network(_lines([(0, 0), (50, 0), (100, 0)], [(0, 0), (50, 0), (100, 50)]))
    assert [50.0, 0.0] in network.nodes.to_numpy().tolist()
    assert len(network.nodes) == 4


def test_line_that_ends_on_a_vertex_of_another_cuts_it() -> None:
    network = build_network(_lines([(0, 0), (50, 0), (100, 0)], [(50, 0.3), (50, 80)]))
    assert len(network.nodes) == 4
    uncut = build_network(_lines([(0, 0), (50, 0), (100, 0)], [(50, 0.3), (50, 80)]), RoadOptions(noded=True))
    assert uncut.dropped_edges == 1


@pytest.mark.parametrize(("gap_m", "nodes"), [(0.4, 3), (0.6, 2)])
def test_ends_are_joined_within_the_snap_distance(gap_m: float, nodes: int) -> None:
    network = build_network(_lines([(0, 0), (100, 0)], [(100 + gap_m, 0), (150, 0)]))
    assert len(network.nodes) == nodes
    wide = build_network(_lines([(0, 0), (100, 0)], [(100 + gap_m, 0), (150, 0)]), RoadOptions(snap_m=1.0))
    assert len(wide.nodes) == 3


def test_only_the_largest_part_stays() -> None:
    network = build_network(_lines([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(500, 0), (510, 0)]))
    assert len(network.nodes) == 3
    assert network.dropped_edges == 1
    assert network.edges["tail"].max() == network.edges["head"].max() == 2


def test_loops_and_parts_of_multi_lines() -> None:
    network = build_network(_lines([(0, 0), (50, 0)], [(50, 0), (60, 10), (70, 0), (50, 0)]))
    assert len(network.edges) == 2  # the loop leads nowhere
    parts = build_network(_lines([[[0, 0], [10, 0]], [[10, 0], [20, 0]]]))
    assert len(parts.nodes) == 3


@st.composite
def _street_plans(draw: st.DrawFn) -> gpd.GeoDataFrame:
    point = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda p: (100.0 * p[0], 100.0 * p[1]))
    lines = draw(
        st.lists(st.lists(point, min_size=2, max_size=4).filter(lambda c: len(set(c)) > 1), min_size=1, max_size=12)
    )
    two_way = draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    return _lines(*lines, two_way=two_way)


@settings(max_examples=150, deadline=None)
@given(_street_plans())
def test_network_holds_what_walkers_need(lines: gpd.GeoDataFrame) -> None:
    """Every row can be walked back, all nodes reach each other, ends lie on nodes, a second pass changes nothing."""
    network = build_network(lines)
    edges = network.edges
    if edges.empty:
        return
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    assert {(b, a) for a, b in zip(tail, head, strict=True)} <= set(zip(tail, head, strict=True))
    count = len(network.nodes)
    assert set(tail) == set(head) == set(range(count))
    graph = coo_array((np.ones(len(edges)), (tail, head)), shape=(count, count))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    starts = np.array([line.coords[0] for line in edges.geometry])
    assert np.abs(starts - network.nodes.to_numpy()[tail]).max() <= 0.5
    assert edges["length_m"].to_numpy() == pytest.approx(edges.geometry.length.to_numpy())
    again = build_network(edges.assign(two_way=False), RoadOptions(noded=True))
    assert again.nodes.equals(network.nodes)
    assert again.edges.drop(columns="geometry").equals(edges.drop(columns="geometry"))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("primary_link", "primary"), ("living_street", "residential"), ("Steps", "footway"), ("motorway", "motorway")],
)
def test_highway_tags(tag: str, expected: str) -> None:
    assert road_class(tag) == expected
    assert expected in ROAD_CLASSES


NET = """<net version="1.20">
  <location netOffset="-400000.00,-3390000.00" projParameter="{projection}"/>
  <edge id=":J1_0" function="internal"><lane id=":J1_0_0" index="0" speed="5" length="2" shape="0,0 1,1"/></edge>
  <edge id="a" from="J1" to="J2" type="highway.primary" name="人民路">
    <lane id="a_0" index="0" allow="pedestrian" speed="2.0" length="98" shape="1,0 99,0"/>
    <lane id="a_1" index="1" disallow="pedestrian" speed="16.67" length="98" shape="1,3 99,3"/>
    <lane id="a_2" index="2" speed="16.67" length="98" shape="1,6 99,6"/>
  </edge>
  <edge id="b" from="J2" to="J3" type="highway.footway" shape="100,0 100,50 160,50">
    <lane id="b_0" index="0" allow="pedestrian bicycle" speed="2" length="110" shape="100,1 100,50 159,50"/>
  </edge>
  <edge id="c" from="J1" to="J3" type="railway.rail"><lane id="c_0" speed="30" length="9" shape="0,0 1,1"/></edge>
  <junction id="J1" type="dead_end" x="0.00" y="0.00"/>
  <junction id="J2" type="priority" x="100.00" y="0.00"/>
  <junction id="J3" type="dead_end" x="160.00" y="50.00"/>
</net>
"""
UTM = "+proj=utm +zone=48 +ellps=WGS84 +datum=WGS84 +units=m +no_defs"


def _net(folder: Path, text: str = NET, projection: str = UTM) -> Path:
    file = folder / "a.net.xml"
    file.write_text(text.replace("{projection}", projection), encoding="utf-8")
    return file


def test_sumo_network(tmp_path: Path) -> None:
    frame = read_sumo(_net(tmp_path), CRS)
    assert frame["id"].tolist() == ["a", "b"]
    assert frame["road_class"].tolist() == ["primary", "footway"]
    assert frame["lanes"].tolist() == [2, 0]
    assert frame["speed_m_s"].tolist() == [16.67, 0.0]
    assert frame["name"].tolist() == ["人民路", ""]
    assert list(frame.geometry.iloc[0].coords) == [(400_000, 3_390_000), (400_100, 3_390_000)]
    assert list(frame.geometry.iloc[1].coords)[1] == (400_100, 3_390_050)
    network = build_network(frame, RoadOptions(noded=True))
    assert len(network.nodes) == 3
    assert len(network.edges) == 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('from="J1" to="J2"', 'from="J1" to="J9"', "line 4, edge a: edge without junctions"),
        ('speed="16.67"', 'speed="fast"', "speed: not a number"),
        ('x="100.00"', 'x="nan"', "junction J2, x: not a number"),
        ('shape="100,0 100,50 160,50"', 'shape="100,0 100;50"', "edge b: shape"),
        ('netOffset="-400000.00,-3390000.00"', 'netOffset="0"', "bad netOffset"),
        (UTM, "!", "without a projection"),
        ("</net>", "", "truncated"),
        ("<net ", "<nets ", "truncated|not a SUMO network"),
    ],
)
def test_bad_sumo_network(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = NET.replace("{projection}", UTM)
    assert old in text
    with pytest.raises(InputError, match=message):
        read_sumo(_net(tmp_path, text.replace(old, new, 1)), CRS)


def test_sumo_file_that_pulls_in_others_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    entity = f'<!DOCTYPE net [<!ENTITY s SYSTEM "file://{tmp_path}/secret.txt">]>'
    file = _net(tmp_path, entity + NET.replace("人民路", "&s;"))
    try:
        frame = read_sumo(file, CRS)
    except InputError:
        return
    assert "secret" not in "".join(frame["name"])
