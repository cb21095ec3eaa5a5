"""CAP messages: valid by the schema, by the semantic rules, and caught by the checker when broken."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree
from shapely.geometry import Point, Polygon

from api.warning.drill import cap_messages, drill_profile, write_cap
from api.warning.outline import OutlineParameters, outlines
from api.warning.profile import Profile
from api.warning.rules import check_messages
from data.rules_file import load_rules
from tests.api.result_factory import START, lonlat, make_result, street_polygon
from tests.shared_data import shared

BBOX = (103.9, 30.6, 104.2, 30.75)
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture(scope="module")
def messages() -> list[bytes]:
    result = make_result()
    return list(cap_messages(result, drill_profile(result, load_rules())).values())


def test_messages_pass_the_schema(messages: list[bytes]) -> None:
    schema = etree.XMLSchema(etree.parse(str(shared("cap") / "CAP-v1.2.xsd")))
    assert messages
    for message in messages:
        schema.assertValid(etree.fromstring(message))


def test_messages_pass_the_semantic_rules(messages: list[bytes]) -> None:
    colours = {"Red": "Extreme", "Orange": "Severe", "Yellow": "Moderate", "Blue": "Minor"}
    assert check_messages(messages, BBOX, now=START + timedelta(hours=5), colours=colours) == []


def test_a_message_says_exercise_and_never_actual(messages: list[bytes]) -> None:
    for root in map(etree.fromstring, messages):
        assert root.findtext(CAP + "status") == "Exercise"
        assert root.findtext(CAP + "scope") == "Restricted"
        assert "drill-202607152000-1" in root.findtext(CAP + "note")
        headlines = [info.findtext(CAP + "headline") for info in root.findall(CAP + "info")]
        assert headlines[0].startswith("【演练】")
        assert headlines[1].startswith("[EXERCISE]")
    with pytest.raises(ValueError, match="Actual"):
        Profile("x", ("Minor",), ("Future",), ("Likely",), status="Actual")


def test_identifiers_follow_the_31_character_rule_for_district_codes() -> None:
    result = make_result()
    district = replace(result.warnings[0], area="510104")
    twin = replace(district, id="w9")
    result = replace(result, warnings=(district, twin, result.warnings[4]))
    first, second, own = cap_messages(result, drill_profile(result, load_rules()))
    assert re.fullmatch(r"510104\d{8}_20260715203000_0", first)
    assert len(first) == 31
    assert second == first[:-1] + "1"
    assert own == "RA-XQ-04_20260715210000_0"


def test_geocodes_name_their_code_system() -> None:
    result = make_result()
    result = replace(result, warnings=(replace(result.warnings[0], area="510104"), result.warnings[4]))
    roots = [etree.fromstring(m) for m in cap_messages(result, drill_profile(result, load_rules())).values()]
    names = [next(root.iter(CAP + "geocode")).findtext(CAP + "valueName") for root in roots]
    assert names == ["GB/T 2260", "rongan:area"]


def test_evidence_shelters_and_departure_are_told(messages: list[bytes]) -> None:
    info = etree.fromstring(messages[1]).findall(CAP + "info")[1]
    values: dict[str, list[str]] = {}
    for parameter in info.findall(CAP + "parameter"):
        values.setdefault(parameter.findtext(CAP + "valueName"), []).append(parameter.findtext(CAP + "value"))
    assert values["severityColor"] == ["Orange"]
    assert values["rulesVersion"] == ["0f" * 32]
    assert "people_h3_up: 1250 persons, threshold 1000" in values["evidence"]
    assert "rain_3h: 56.3 mm, threshold 50" in values["evidence"]
    assert values["riskIndex"] == ["60.0"]
    assert values["riskScore"] == ["400.0 persons: person-risk 300.0; waterlogging excess 100.0; coping gap 80.0"]
    assert values["latestSafeDeparture"] == ["2026-07-15T21:20:00+08:00"]
    assert values["shelter"][0] == "S1; Jinhe School; persons 900; walk 14 min"
    assert "Jinhe School (about 14 min on foot)" in info.findtext(CAP + "instruction")


def test_a_warning_without_a_score_has_no_parameter_for_it() -> None:
    result = make_result()
    result = replace(result, warnings=tuple(replace(warning, risk=None) for warning in result.warnings))
    for message in cap_messages(result, drill_profile(result, load_rules())).values():
        assert b"<valueName>risk" not in message


def test_a_multipolygon_becomes_several_polygons(messages: list[bytes]) -> None:
    assert len(etree.fromstring(messages[3]).find(f"{CAP}info/{CAP}area").findall(CAP + "polygon")) == 2


def test_one_file_per_message(tmp_path, messages: list[bytes]) -> None:
    result = make_result()
    paths = write_cap(result, tmp_path / "warnings", drill_profile(result, load_rules()))
    assert [path.read_bytes() for path in paths] == messages
    assert all(etree.fromstring(p.read_bytes()).findtext(CAP + "identifier") == p.stem for p in paths)


def _edit(message: bytes, old: str, new: str, count: int = -1) -> bytes:
    text = message.decode()
    assert re.search(old, text, re.S), old
    return re.sub(old, new, text, count=max(count, 0), flags=re.S).encode()


BREACHES = [
    (1, 0, "<identifier>RA", "<identifier>RA x"),
    (3, 0, r"<sent>([^<]*)\+08:00", r"<sent>\1Z"),
    (3, 0, r"<onset>([^<]*)\+08:00", r"<onset>\1.25+08:00"),
    (5, 0, r"<effective>2026-07-15", "<effective>2026-07-14"),
    (6, 0, r"<onset>2026-07-15", "<onset>2026-07-19"),
    (7, 0, r"<expires>2026-07-16", "<expires>2026-07-15"),
    (7, 0, r"<expires>2026-07-16", "<expires>2026-07-20"),
    (8, 1, r"<references>.*?</references>", ""),
    (8, 1, r"<references>drill@", "<references>other@"),
    (11, 0, r"<note>.*?</note>", ""),
    (12, 0, r"<restriction>.*?</restriction>", ""),
    (13, 0, r"<polygon>(\S+) .*?</polygon>", r"<polygon>\1 30.66,104.07</polygon>"),
    (13, 0, r"<polygon>.*?</polygon>", "<polygon>104.07,30.66 104.08,30.66 104.08,30.67 104.07,30.66</polygon>"),
    (13, 0, r"<polygon>.*?</polygon>", "<polygon>30.66,104.07 30.68,104.09 30.66,104.09 30.68,104.07 30.66,104.07"
        "</polygon>"),
    (14, 0, "<language>en-US", "<language>fr-FR"),
    (15, 0, r"<geocode>.*?</geocode>", ""),
    (16, 1, "<severity>Severe", "<severity>Moderate"),
    (17, 1, r"<instruction>.*?</instruction>", "<instruction> </instruction>"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "index", "old", "new"), BREACHES)
def test_the_checker_finds_each_breach(messages: list[bytes], rule: int, index: int, old: str, new: str) -> None:
    broken = list(messages)
    broken[index] = _edit(messages[index], old, new)
    colours = {"Orange": "Severe"}
    found = check_messages(broken, BBOX, colours=colours)
    assert any(f": rule {rule}: " in line for line in found), found


def test_the_checker_finds_breaches_of_the_set(messages: list[bytes]) -> None:
    def rules(broken: list[bytes], **more) -> set[str]:
        return set(re.findall(r"rule (\d+)", " ".join(check_messages(broken, BBOX, **more))))

    assert "2" in rules([*messages, messages[0]])
    assert rules(messages, now=START) == {"4"}
    one_only = _edit(messages[0], "<severity>Moderate", "<severity>Minor", 1)
    assert "14" in rules([one_only, *messages[1:]])
    second_heir = _edit(messages[1], r"(<identifier>[^<]*)_0<", r"\g<1>_7<")
    assert rules([*messages, second_heir]) == {"9"}
    cancel = etree.fromstring(messages[2])
    reference = ",".join(cancel.findtext(CAP + name) for name in ("sender", "identifier", "sent"))
    after = _edit(messages[1], r"<references>.*?</references>", f"<references>{reference}</references>")
    after = _edit(after, r"(<identifier>[^<]*)_0<", r"\g<1>_7<")
    assert "10" in rules([messages[0], messages[1], messages[2], after])
    assert "11" in rules([_edit(messages[0], "Exercise</status>", "Actual</status>"), *messages[1:]])


def test_outlines_are_valid_closed_and_short() -> None:
    ring = lonlat(street_polygon(0).boundary.segmentize(5.0).buffer(60.0))  # holds a hole
    (outline,) = outlines(ring)
    assert isinstance(outline, Polygon)
    assert outline.is_valid
    assert not outline.interiors
    assert len(outline.exterior.coords) < 20
    # Simplified by at most the tolerance: the outline stays within 1.5 of it around the filled area.
    filled = Polygon(ring.exterior)
    assert outline.hausdorff_distance(filled) < 1.5 * OutlineParameters().tolerance_deg


def test_an_outline_smaller_than_the_simplification_survives() -> None:
    speck = Point(104.07, 30.66).buffer(2e-5)
    (outline,) = outlines(speck)
    assert outline.is_valid
    assert outline.intersects(speck)


def test_a_self_crossing_area_is_repaired() -> None:
    bow = Polygon([(104.07, 30.66), (104.09, 30.68), (104.09, 30.66), (104.07, 30.68)])
    parts = outlines(bow)
    assert len(parts) == 2
    assert all(part.is_valid for part in parts)
