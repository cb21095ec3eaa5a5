"""The Atom feed: one entry per warning, one status per feed, links to the messages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta

import pytest

from api.warning.atom import FeedPlace, atom_feed
from api.warning.event_codes import read_event_codes
from api.warning.profile import rules_profile
from data.errors import InputError
from data.rules_file import load_rules
from tests.api.test_cap_reader import drill
from tests.api.test_notice import made

A, C = "{http://www.w3.org/2005/Atom}", "{urn:oasis:names:tc:emergency:cap:1.2}"
PLACE = FeedPlace("https://flood.invalid/v1/feed.atom", "https://flood.invalid/v1/warnings")


def test_every_warning_has_its_entry_with_its_message() -> None:
    said = drill()
    root = ET.fromstring(atom_feed(said, PLACE, "Exercise", said[-1].sent + timedelta(hours=1), "drill@rongan.invalid"))
    for name in ("id", "title", "updated"):
        assert root.find(A + name).text
    assert root.find(A + "title").text.startswith("【演练】")
    entries = root.findall(A + "entry")
    assert len(entries) == len(said)
    ids = {entry.find(A + "id").text for entry in entries}
    assert len(ids) == len(said)
    for entry, notice in zip(entries, said, strict=True):
        links = {link.get("rel"): link.get("href") for link in entry.findall(A + "link")}
        assert links["alternate"] == f"https://flood.invalid/v1/warnings/{notice.identifier}.xml"
        assert datetime.fromisoformat(entry.find(A + "updated").text) == notice.sent
        assert entry.find(A + "title").text == notice.words["zh-CN"].headline
        assert datetime.fromisoformat(entry.find(C + "expires").text) == notice.expires
        assert entry.find(f"{C}geocode/{C}value").text == notice.area
        rings = entry.findall("{http://www.georss.org/georss}polygon")
        lat, lon = map(float, rings[0].text.split()[:2])
        assert (lon, lat) == notice.rings[0][0]


def test_a_feed_holds_one_status() -> None:
    actual = made(profile=rules_profile(load_rules(), "x", actual=True))
    with pytest.raises(ValueError, match="has status Actual"):
        atom_feed([actual], PLACE, "Exercise", actual.sent, "a@rongan.invalid")
    root = ET.fromstring(atom_feed([actual], PLACE, "Actual", actual.sent, "a@rongan.invalid"))
    assert "演练" not in ET.tostring(root, encoding="unicode")
    assert ET.fromstring(atom_feed([], PLACE, "Exercise", actual.sent, "name")).find(A + "entry") is None


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
