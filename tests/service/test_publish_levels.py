"""Areas of five levels: each with something of its own to say gets one message, which says whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from lxml import etree

from data.schema import AREA_LEVELS
from sim.result import Evidence
from tests.outlook_case import AREAS, BEGIN, area_outlook, outlook
from tests.publish_case import publisher

C = "{urn:oasis:names:tc:emergency:cap:1.2}"
STREET = "510105001"
# The deeper the worse, so that no area above says it; the cell has a reason of its own.
COLOURS = {"510100": 1, "510105": 2, STREET: 3, "510105001001": 4, "510105001001-3": 4}


def test_each_level_has_its_own_message_with_its_own_unit(tmp_path: Path) -> None:
    made = publisher(tmp_path)
    given = {code: area_outlook(code, colour) for code, colour in COLOURS.items()}
    given["510105001001-3"] = replace(given["510105001001-3"], event="waterlogging")
    sent = made.take_outlook(outlook(0, COLOURS, given))
    assert {message.area: message.level for message in sent} == COLOURS
    assert len(sent) == len(COLOURS)
    assert {message.area_level for message in sent} == set(AREA_LEVELS)
    for message in sent:
        root = etree.fromstring(message.cap)
        said = {p.findtext(C + "valueName"): p.findtext(C + "value") for p in root.iter(C + "parameter")}
        assert said["areaLevel"] == AREAS[message.area][0]
        assert AREAS[message.area][3] in (said["responsibleUnit"] or "")


def test_rain_water_and_an_order_are_one_message(tmp_path: Path) -> None:
    made = publisher(tmp_path)
    reasons = (
        Evidence("people_h3_up", 150.0, 100.0, "persons"),
        Evidence("underpass_depth", 0.4, 0.3, "m"),
        Evidence("rain_3h", 0.06, 0.05, "m"),
    )
    area = area_outlook(STREET, 3, event="waterlogging", leave_by=BEGIN + timedelta(minutes=40))
    (message,) = made.take_outlook(outlook(0, {}, {STREET: replace(area, evidence=reasons)}))
    root = etree.fromstring(message.cap)
    told = [p.findtext(C + "value") for p in root.iter(C + "parameter") if p.findtext(C + "valueName") == "evidence"]
    assert told[: len(reasons)] == [
        "people_h3_up: 150 persons, threshold 100",
        "underpass_depth: 0.4 m, threshold 0.3",
        "rain_3h: 60 mm, threshold 50",
    ]
    assert len(made.take_outlook(outlook(10, {}, {STREET: replace(area, evidence=reasons[:1])}))) == 0
