"""City packs whose roads come as other people's files give the city that the same roads as lines give."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest

from data.checks import check_city
from data.datum import WGS84
from data.errors import InputError
from data.readers.city import read_city
from data.readers.road_files import read_road_lines
from data.schema import RoadNetwork
from tests.pack_files import edit_text, write_pack
from tests.road_files import write_osm
from tests.tiny_city import CRS, tiny_city


def _two_way() -> gpd.GeoDataFrame:
    """The street grid of the tiny city, each street once."""
    roads = tiny_city().roads
    assert roads is not None
    edges = roads.edges
    return edges[edges["tail"] < edges["head"]].reset_index(drop=True)


def _with_roads(pack: Path, name: str, more: str = "") -> Path:
    text = (pack / "city.toml").read_text(encoding="utf-8")
    start = text.index("[roads]")
    end = text.index("\n[", start)
    (pack / "city.toml").write_text(f'{text[:start]}[roads]\nfile = "{name}"\n{more}\n{text[end:]}', encoding="utf-8")
    return pack


def _same_streets(found: RoadNetwork | None) -> None:
    expected = tiny_city().roads
    assert expected is not None
    assert found is not None
    assert len(found.nodes) == len(expected.nodes)
    assert len(found.edges) == len(expected.edges)
    assert np.sort(found.edges["length_m"]) == pytest.approx(np.sort(expected.edges["length_m"]), abs=1e-2)


def test_pack_with_openstreetmap(tmp_path: Path) -> None:
    """Every street is a way; ways share the nodes of their crossings."""
    pack = write_pack(tmp_path / "pack")
    network = tiny_city().roads
    assert network is not None
    places = gpd.points_from_xy(network.nodes["x_m"], network.nodes["y_m"], crs=CRS).to_crs(WGS84)
    ways = [
        ((tail + 1, head + 1), {"highway": "residential"})
        for tail, head in _two_way()[["tail", "head"]].itertuples(index=False)
    ]
    write_osm(pack / "town.osm", [(point.x, point.y) for point in places], ways)
    _same_streets(read_city(_with_roads(pack, "town.osm")).roads)


def test_pack_with_a_planners_network(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    network = tiny_city().roads
    assert network is not None
    rows = [f"{row.tail + 1} {row.head + 1} 900 0.05 0.1 ;" for row in network.edges.itertuples()]
    meta = f"<NUMBER OF ZONES> 0\n<NUMBER OF NODES> {len(network.nodes)}\n<FIRST THRU NODE> 1\n"
    meta += (
        f"<NUMBER OF LINKS> {len(rows)}\n<END OF METADATA>\n~ init_node term_node capacity length free_flow_time ;\n"
    )
    (pack / "town_net.tntp").write_text(meta + "\n".join(rows), encoding="utf-8")
    nodes = [f"{k + 1} {x} {y} ;" for k, (x, y) in enumerate(network.nodes[["x_m", "y_m"]].itertuples(index=False))]
    (pack / "town_node.tntp").write_text("node x y ;\n" + "\n".join(nodes), encoding="utf-8")
    told = f'crs = "{CRS}"\nlength_unit = "km"\ntime_unit = "min"'
    city = read_city(_with_roads(pack, "town_net.tntp", told))
    _same_streets(city.roads)
    assert city.roads is not None
    assert city.roads.edges["speed_m_s"].to_numpy() == pytest.approx(50.0 / 6.0)
    edit_text(pack, "city.toml", 'time_unit = "min"', 'time_unit = "fortnight"')
    assert any(finding.place == "[roads] time_unit" for finding in check_city(pack))


def test_truncated_extract_is_a_finding_of_the_check(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    (pack / "town.osm").write_text('<?xml version="1.0"?><osm version="0.6"><node id="1"', encoding="utf-8")
    with pytest.raises(InputError, match="damaged or truncated"):
        read_city(_with_roads(pack, "town.osm"))
    assert any("damaged or truncated" in finding.message for finding in check_city(pack))


def test_geopackage_of_roads(tmp_path: Path) -> None:
    lines = _two_way().assign(two_way=True, lanes=2)
    file = tmp_path / "roads.gpkg"
    pyogrio.write_dataframe(lines[["id", "road_class", "two_way", "lanes", "speed_m_s", "geometry"]], file)
    read = read_road_lines(file, CRS)
    assert len(read) == len(lines)
    assert (read["lanes"] == 2).all()
    assert read["two_way"].all()
    assert not read["bridge"].any()
