"""Central Chengdu from public files by `build_city`: 7.0 million people, 1,052 sites, real roads joined by footways."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.build import build_city
from data.datum import WGS84, transform, wgs84_from_gcj02
from data.readers.area_of import area_of_points
from data.schema import City
from shelters.graph import snap_points
from tests.shared_data import ROOT, shared


@pytest.fixture(scope="module")
def chengdu() -> City:
    for folder in ("roads", "chengdu_admin", "chengdu_roads_didi_area"):
        shared(folder)
    return build_city(ROOT / "docs" / "examples" / "chengdu.toml", source_folder=shared("roads").parent)


def test_all_people_and_sites_are_in(chengdu: City) -> None:
    """The sums of the source files: 6,998,920 by night, 6,999,939 by day; two of 1,054 sites are in it twice."""
    assert chengdu.people is not None
    assert chengdu.shelters is not None
    assert len(chengdu.people) == 4857
    assert int(chengdu.people["population_night"].sum()) == 6_998_920
    assert int(chengdu.people["population_day"].sum()) == 6_999_939
    assert chengdu.shelters["site_type"].value_counts().to_dict() == {"school": 678, "park": 265, "stadium": 109}
    assert [(one.id, one.reason) for one in chengdu.left_out] == [
        ("SCHOOL_144", "duplicate"),
        ("SCHOOL_836", "duplicate"),
    ]
    assert "成飞中学" in chengdu.left_out[0].remedy
    assert chengdu.shelters["area_m2"].sum() == pytest.approx(31.404e6 - 56_746 - 3_425, abs=1e3)


def test_people_and_districts_are_brought_to_one_datum(chengdu: City) -> None:
    """Nearly all cells lie in a district; taken as GCJ-02 like the districts, ten times as many would not."""
    assert chengdu.people is not None
    assert chengdu.areas is not None
    outside = chengdu.people["area"] == ""
    assert outside.mean() < 0.005
    assert chengdu.people.loc[outside, "population_night"].sum() < 0.002 * 6_998_920
    lon, lat = wgs84_from_gcj02(chengdu.people["lon"].to_numpy(), chengdu.people["lat"].to_numpy())
    x, y = transform(lon, lat, WGS84, chengdu.grid.crs)
    assert (area_of_points(chengdu.areas, x, y) == "").mean() > 10 * outside.mean()


def test_the_known_roads_are_part_of_one_network(chengdu: City) -> None:
    """Clipped roads alone fall apart (1,031 of 1,895 nodes north are one part); with footways nearly all stays."""
    assert chengdu.roads is not None
    assert chengdu.people is not None
    edges, nodes = chengdu.roads.edges, chengdu.roads.nodes
    ends = edges["tail"].to_numpy(), edges["head"].to_numpy()
    graph = coo_array((np.ones(len(edges), np.int8), ends), shape=(len(nodes), len(nodes)))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    known = edges[edges["source"] == "fact"]
    assert known["length_m"].sum() > 0.95 * (130.7e3 + 651.4e3)  # both files; ways back for walkers come on top
    assert set(edges["source"]) == {"fact", "synthetic"}
    living = chengdu.people["population_night"] > 0
    _, away = snap_points(
        nodes["x_m"].to_numpy(),
        nodes["y_m"].to_numpy(),
        chengdu.people.loc[living, "x_m"].to_numpy(),
        chengdu.people.loc[living, "y_m"].to_numpy(),
    )
    assert np.percentile(away, 95) < 250.0
    assert away.max() < 600.0


def test_what_is_made_up_says_so(chengdu: City) -> None:
    assert chengdu.synthetic == ("terrain", "roads")
    assert "synthetic" in chengdu.provenance["roads"]
    assert any("Terrain is synthetic" in note for note in chengdu.notes)


def test_streets_cover_the_districts(chengdu: City) -> None:
    assert chengdu.areas is not None
    area = chengdu.areas.geometry.area.groupby(chengdu.areas["level"]).sum() / 1e6
    assert area["district"] == pytest.approx(area["city"], rel=1e-3)
    assert area["street"] == pytest.approx(area["district"], rel=1e-9)
    assert 400.0 < area["city"] < 500.0  # official 466.4 km2 for the five districts
