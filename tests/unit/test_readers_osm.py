from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputError
from data.readers.osm import read_osm
from data.readers.osm_tags import is_closed, is_way, lane_count, read_tags, road_defaults, speed_m_s
from data.readers.report import Report
from data.readers.road_files import read_road_lines
from data.readers.roads import build_network
from tests.road_files import write_osm

CRS = "EPSG:32648"
DEFAULTS = road_defaults()
# A cross of two streets that share node 5, and an overpass from 6 to 7 that shares none.
NODES = [(104.00, 30.0), (104.02, 30.0), (104.01, 29.99), (104.01, 30.01), (104.01, 30.0), (104.005, 29.99),
         (104.005, 30.01)]  # fmt: skip
EAST_WEST, NORTH_SOUTH, OVERPASS = (1, 5, 2), (3, 5, 4), (6, 7)


def test_crossing_streets_meet_and_an_overpass_does_not(tmp_path: Path) -> None:
    file = write_osm(
        tmp_path / "a.osm",
        NODES,
        [
            (
                EAST_WEST,
                {"highway": "primary", "lanes": "4", "maxspeed": "60", "name": "人民路", "name:en": "Renmin Rd"},
            ),
            (NORTH_SOUTH, {"highway": "residential"}),
            (OVERPASS, {"highway": "trunk", "bridge": "viaduct", "layer": "1"}),
            ((1, 3), {"highway": "construction"}),
            ((1, 3), {"waterway": "river"}),
        ],
    )
    report = Report()
    lines = read_road_lines(file, CRS, report=report)
    assert lines["id"].tolist() == ["101", "102", "103"]
    assert lines["road_class"].tolist() == ["primary", "residential", "trunk"]
    assert lines["lanes"].tolist() == [2, 1, 2]
    assert lines["speed_m_s"].tolist() == pytest.approx([60 / 3.6, 30 / 3.6, 80 / 3.6])
    assert lines["bridge"].tolist() == [False, False, True]
    assert lines["name_en"].tolist() == ["Renmin Rd", "", ""]
    assert [finding.value for finding in report.findings] == ["1 construction"]
    network = build_network(lines)
    assert len(network.nodes) == 5  # the cross; the overpass hangs on nothing
    assert network.dropped_edges == 1
    assert len(network.edges) == 8


def test_line_against_its_direction_and_directions_that_differ(tmp_path: Path) -> None:
    file = write_osm(
        tmp_path / "a.osm",
        NODES,
        [
            ((1, 5), {"highway": "tertiary", "oneway": "-1", "lanes": "2"}),
            ((5, 2), {"highway": "secondary", "lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}),
        ],
    )
    lines = read_osm(file, "EPSG:4326")
    assert lines["id"].tolist() == ["101", "102", "102"]
    assert not lines["two_way"].any()
    assert lines["lanes"].tolist() == [2, 2, 1]
    starts = [line.coords[0] for line in lines.geometry]
    assert starts == [(104.01, 30.0), (104.01, 30.0), (104.02, 30.0)]


def _read(**tags: str) -> tuple[int, float, bool, bool, bool]:
    road = read_tags({"highway": "residential", **{key.replace("_", ":"): v for key, v in tags.items()}}, DEFAULTS)
    return road.ahead.lanes, road.ahead.speed_m_s, road.back is not None, road.bridge, road.underpass


def test_direction_of_cars() -> None:
    for told, two_way in (("yes", False), ("no", True), ("-1", False), ("alternating", True), ("reversible", False)):
        assert _read(oneway=told)[2] is two_way
    assert _read(junction="roundabout")[2] is False
    assert _read(junction="roundabout", oneway="no")[2] is True
    assert _read(highway="motorway")[2] is False
    assert _read(highway="motorway_link")[2] is True
    assert read_tags({"highway": "residential", "oneway": "-1"}, DEFAULTS).against


def test_underpasses_are_not_culverts_passages_or_bridges() -> None:
    assert _read(tunnel="yes")[4]
    assert _read(layer="-1")[4]
    assert not _read(tunnel="culvert", layer="-1")[4]
    assert not _read(tunnel="building_passage", layer="-1")[4]
    assert not _read(bridge="yes", layer="-1")[4]
    assert not _read(layer="1")[4]
    assert not _read(layer="below")[4]
    assert _read(bridge="yes")[3]
    assert not _read(bridge="no")[3]


def test_access_of_cars_and_of_everybody() -> None:
    def tags(**given: str) -> dict[str, str]:
        return {"highway": "service", **given}

    assert read_tags(tags(motor_vehicle="no"), DEFAULTS).ahead.lanes == 0
    assert read_tags(tags(access="no", motorcar="yes"), DEFAULTS).ahead.lanes == 1  # the closer word counts
    assert read_tags(tags(access="private"), DEFAULTS).ahead.lanes == 1
    assert read_tags({"highway": "footway", "lanes": "2"}, DEFAULTS).ahead.lanes == 0
    assert is_closed(tags(access="no"))
    assert not is_closed(tags(access="no", foot="yes"))
    assert not is_closed(tags(access="no", motor_vehicle="yes"))
    assert [is_way(word) for word in ("service", "Primary_link", "steps", "platform", "proposed", "construction")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "km_h"),
    [
        ("50", 50.0), ("50 km/h", 50.0), ("30mph", 48.28032), ("10 knots", 18.52), ("80;60", 60.0), ("999", None),
        ("60|80", 60.0), ("walk", 7.0), ("none", None), ("signals", None), ("CN:urban", None), ("0", None), ("", None),
        ("-5", None), ("50 bananas", None), ("none;40", 40.0),
    ],
)  # fmt: skip
def test_speed_limits(text: str, km_h: float | None) -> None:
    found = speed_m_s(text)
    assert found is None if km_h is None else found == pytest.approx(km_h / 3.6, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "lanes"), [("2", 2), ("3;2", 2), ("1.5", 1), ("0", None), ("two", None), ("nan", None), ("1e9", 20)]
)
def test_lane_counts(text: str, lanes: int | None) -> None:
    assert lane_count(text) == lanes


@given(st.dictionaries(st.sampled_from(["oneway", "lanes", "maxspeed", "layer", "tunnel", "access"]), st.text()))
def test_any_text_in_a_tag_gives_a_road_that_the_schema_takes(tags: dict[str, str]) -> None:
    road = read_tags({**tags, "highway": "residential"}, DEFAULTS)
    for way in (road.ahead, road.back or road.ahead):
        assert 0 <= way.lanes <= 20
        assert 0.0 <= way.speed_m_s < float("inf")


def test_damaged_extracts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    whole = write_osm(tmp_path / "a.osm", NODES, [(EAST_WEST, {"highway": "primary"})])
    cut = tmp_path / "cut.osm"
    cut.write_text(whole.read_text()[:-40])
    empty = tmp_path / "empty.osm.pbf"
    empty.write_bytes(b"")
    foreign = tmp_path / "foreign.osm.pbf"
    foreign.write_bytes(b"not a map at all" * 10)
    bare = write_osm(tmp_path / "bare.osm", NODES, [(EAST_WEST, {"waterway": "river"})])
    for file, message in (
        (cut, "damaged or truncated"), (empty, "empty file"), (foreign, "damaged or truncated"), (bare, "no roads"),
        (tmp_path / "none.osm", "no such file"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            read_osm(file, CRS)
