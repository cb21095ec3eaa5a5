"""The Atom feed: one entry per warning, one status per feed, links to the messages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import datetime

import pytest

from api.warning.atom import atom_entry, atom_feed
from api.warning.event_codes import read_event_codes
from api.warning.profile import rules_profile
from data.errors import InputError
from data.rules_file import load_rules
from tests.api.test_cap_reader import drill
from tests.api.test_notice import made

A, C = "{http://www.w3.org/2005/Atom}", "{urn:oasis:names:tc:emergency:cap:1.2}"
WARNINGS = "https://flood.invalid/v1/warnings"


def feed(notices, status: str = "Exercise") -> ET.Element:
    entries = [atom_entry(notice.to_json(), WARNINGS) for notice in notices]
    return ET.fromstring(atom_feed(entries, status, "2026-07-15T22:00:00+08:00", "/v1/feed.atom"))


def test_every_warning_has_its_entry_with_its_message() -> None:
    said = drill()
    root = feed(said)
    for name in ("id", "title", "updated", "author"):
        assert root.find(A + name) is not None
    assert root.find(A + "title").text.startswith("【演练】")
    entries = root.findall(A + "entry")
    assert len({entry.find(A + "id").text for entry in entries}) == len(entries) == len(said)
    for entry, notice in zip(entries, said, strict=True):
        links = {link.get("rel"): link.get("href") for link in entry.findall(A + "link")}
        assert links["alternate"] == f"{WARNINGS}/{notice.identifier}.xml"
        assert datetime.fromisoformat(entry.find(A + "updated").text) == notice.sent
        assert entry.find(A + "title").text == notice.words["zh-CN"].headline
        assert notice.words["en-US"].instruction in entry.find(A + "content").text
        assert datetime.fromisoformat(entry.find(C + "expires").text) == notice.expires
        assert entry.find(f"{C}geocode/{C}value").text == notice.area
        rings = entry.findall("{http://www.georss.org/georss}polygon")
        assert len(rings) == len(notice.rings)
        lat, lon = map(float, rings[0].text.split()[:2])
        assert (lon, lat) == notice.rings[0][0]


def test_an_actual_feed_has_no_mark_and_an_empty_one_no_entry() -> None:
    actual = made(profile=rules_profile(load_rules(), "x", actual=True))
    said = ET.tostring(feed([actual], "Actual"), encoding="unicode")
    assert "演练" not in said
    assert "EXERCISE" not in said.upper()
    assert feed([]).find(A + "entry") is None


def test_names_that_are_markup_are_written_as_text() -> None:
    notice = made()
    hostile = '<b>&"x" ]]>'
    words = {lang: replace(said, headline=hostile, area=hostile) for lang, said in notice.words.items()}
    (entry,) = feed([replace(notice, identifier='a"b<&', words=words)]).findall(A + "entry")
    assert entry.find(A + "title").text == hostile
    assert entry.find(C + "areaDesc").text == hostile
    assert entry.find(A + "id").text == 'urn:rongan:warning:a"b<&'


def test_event_codes_come_from_a_table(tmp_path) -> None:
    path = tmp_path / "codes.toml"
    path.write_text('[waterlogging]\nsystem = "GB/T 35561"\ncode = "TEST"\nsource = "made up for this test"\n')
    codes = read_event_codes(path)
    assert codes == {"waterlogging": ("GB/T 35561", "TEST")}
    assert made(profile=rules_profile(load_rules(), "x", event_codes=codes)).event_code == ("GB/T 35561", "TEST")
    assert made().event_code == ("rongan:event", "waterlogging")
    for wrong in ("[x]\n", "x", '[waterlogging]\ncode = "1"\n',
                  '[waterlogging]\nsystem = ""\ncode = "1"\nsource = "a"\n'):  # fmt: skip
        path.write_text(wrong)
        with pytest.raises(InputError):
            read_event_codes(path)
