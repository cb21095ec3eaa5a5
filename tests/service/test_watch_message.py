"""A message of the watch loop, read from its CAP alone: everything that somebody who has only that must know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from api.service.replay import SteppedClock
from api.service.settings import Settings
from api.service.sources import PastEvent
from api.service.watch_open import WatchTerms, watching
from api.store.store import Store
from api.warning.broadcast import BroadcastTerms, broadcast
from api.warning.gbt35965 import cap_from_gbt, gbt_xml
from api.warning.key_folder import open_keys
from api.warning.notice import Notice
from api.warning.rules import check_messages
from data.rules_file import load_rules
from data.schema import City
from tests.tiny_city import tiny_city
from tests.watch_case import START, rain_rows

C = "{urn:oasis:names:tc:emergency:cap:1.2}"
STREET = "510101"
CYCLES = (1, 2)  # of ten minutes after START


def test_a_message_of_the_loop_says_all_that_a_reader_of_its_cap_needs(tmp_path: Path) -> None:
    rules = load_rules()
    clock = SteppedClock(START)
    settings = Settings(home=tmp_path)
    event = PastEvent("burst", rain_rows(60, 10.0))
    terms = WatchTerms(flood=True, workers=1, threads=1)
    with (
        Store.open(settings.url, now=clock.now) as store,
        watching(named_streets(), store, settings, clock, [event], terms, rules) as loop,
    ):
        for k in CYCLES:
            clock.set(START + timedelta(minutes=10 * k))
            loop.once(clock.now())
        with store.reading() as rx:
            in_force = rx.active(clock.now())
            begun = next(rx.message(one.chain) for one in in_force if one.area == STREET)
        bounds = loop.publisher.places.bounds
    street = [message for message in in_force if message.area == STREET]
    assert len(street) == 1  # one message for the area, whatever its reasons
    (message,) = street
    _, keys = open_keys(tmp_path / "keys", settings.sender, clock.now())
    root = etree.fromstring(message.cap)
    assert root.findtext(C + "status") == "Exercise"
    assert root.findtext(C + "scope") == "Restricted"
    assert root.findtext(C + "restriction")
    assert "standing-exercise" in (root.findtext(C + "note") or "")
    assert root.findtext(C + "info/" + C + "headline", "").startswith("【演练】")
    assert begun is not None
    for info in etree.fromstring(begun.cap).findall(C + "info"):
        departure = datetime.fromisoformat(parameters(info)["latestSafeDeparture"][0])
        assert begun.sent < departure <= message.sent
        assert departure <= begun.onset
    for info in root.findall(C + "info"):
        said = parameters(info)
        assert said["severityColor"] == [message.notice["severityColor"]]
        assert said["areaLevel"] == ["street"]
        assert said["responsibleUnit"][0]
        assert said["rulesVersion"] == [rules.hash]
        assert said["probability"][0].startswith("Blue ")
        assert int(said["peopleAtRisk"][0]) > 0
        rules_said = {one.split(":")[0] for one in said["evidence"]}
        assert "people_told" in rules_said
        assert any(rule.startswith("rain_") for rule in rules_said)
        assert "latestSafeDeparture" not in said  # the one first told has passed: now it is at once
        assert message.notice["leaveNow"] is True
        assert all(" at 30." in one and "; way " in one for one in said["shelter"])
        assert any("20260715T" in one for one in said["madeFrom"])
        assert any("2" in one for one in said["madeFrom"][2:3])  # sensors
        assert said["syntheticLayer"] == ["terrain", "people"]
        assert info.find(C + "area/" + C + "polygon") is not None
        assert info.findtext(f"{C}area/{C}geocode/{C}value") == STREET
    chain = [one.cap for one in in_force if one.msg_type == "Alert"]
    assert check_messages(chain, bounds, now=clock.now(), keys=keys, schema=True) == []
    back = etree.fromstring(cap_from_gbt(gbt_xml(message.cap)))
    assert [e.text for e in back.iter(C + "value")] == [e.text for e in root.iter(C + "value")]
    told = broadcast(Notice.from_json(message.notice), BroadcastTerms.of(rules))
    assert all("演练" in text for text in (told.speech["zh-CN"], *told.sms["zh-CN"]))
    assert "请前往" in told.speech["zh-CN"]


def parameters(info: etree._Element) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for pair in info.findall(C + "parameter"):
        said.setdefault(pair.findtext(C + "valueName") or "", []).append(pair.findtext(C + "value") or "")
    return said


def named_streets() -> City:
    """The tiny city, whose streets have names: those along x one, those along y another."""
    city = tiny_city()
    assert city.roads is not None
    edges = city.roads.edges.copy()
    along = [abs(line.coords[0][0] - line.coords[1][0]) > 1.0 for line in edges.geometry]
    edges["name"] = ["东西路" if x else "南北路" for x in along]
    edges["name_en"] = ["Crossway" if x else "Longway" for x in along]
    return replace(city, roads=replace(city.roads, edges=edges))
