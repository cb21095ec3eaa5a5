"""warnings.geojson: readable by GIS software, in step with the CAP messages."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
from lxml import etree
from shapely.geometry import shape

from api.warning.drill import cap_messages, drill_profile
from api.warning.geojson import warnings_geojson, write_warnings_geojson
from data.rules_file import load_rules
from tests.api.result_factory import make_result

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


def test_features_say_what_the_cap_messages_say() -> None:
    result = make_result()
    profile = drill_profile(result, load_rules())
    features = warnings_geojson(result, profile)["features"]
    messages = cap_messages(result, profile)
    assert [feature["id"] for feature in features] == list(messages)
    for feature, xml in zip(features, messages.values(), strict=True):
        root = etree.fromstring(xml)
        properties = feature["properties"]
        for name in ("identifier", "sender", "sent", "status", "msgType", "scope"):
            assert properties[name] == root.findtext(CAP + name)
        for info, suffix in zip(root.findall(CAP + "info"), ("", "_en"), strict=True):
            for name in ("severity", "urgency", "certainty", "onset", "expires"):
                assert properties[name] == info.findtext(CAP + name)
            for name in ("headline", "description", "instruction"):
                assert properties[name + suffix] == info.findtext(CAP + name)


def test_features_carry_the_risk_of_their_area_and_its_parts() -> None:
    result = make_result()
    bare = replace(result, warnings=tuple(replace(warning, risk=None) for warning in result.warnings))
    keys = ("riskIndex", "riskScore", "personRisk", "waterloggingExcess", "copingGap")
    for of, values in ((result, (60.0, 400.0, 300.0, 100.0, 80.0)), (bare, (None,) * 5)):
        for feature in warnings_geojson(of, drill_profile(of, load_rules()))["features"]:
            said = feature["properties"]
            lifted = said["msgType"] == "Cancel"  # whose danger is over
            assert tuple(said[key] for key in keys) == ((None,) * 5 if lifted else values)


def test_geometry_is_wgs84_valid_and_counter_clockwise() -> None:
    result = make_result()
    for feature in warnings_geojson(result, drill_profile(result, load_rules()))["features"]:
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        west, south, east, north = geometry.bounds
        assert 103 < west < east < 105
        assert 30 < south < north < 31
        for polygon in getattr(geometry, "geoms", [geometry]):
            assert polygon.exterior.is_ccw


def test_the_file_opens_in_geopandas(tmp_path) -> None:
    result = make_result()
    path = tmp_path / "warnings.geojson"
    write_warnings_geojson(result, path, drill_profile(result, load_rules()))
    frame = gpd.read_file(path)
    assert len(frame) == len(result.warnings)
    assert frame.crs.to_epsg() == 4326
    assert json.loads(path.read_text(encoding="utf-8"))["exercise"] == "drill-202607152000-1"


def test_no_warning_is_an_empty_collection(tmp_path) -> None:
    result = make_result(danger=False)
    assert warnings_geojson(result, drill_profile(result, load_rules()))["features"] == []
