"""Warnings as an Atom feed (RFC 4287), each entry with the place of its CAP message and its main facts.

Element names of facts are those of CAP 1.2, as in the feeds of national weather services; the area is also given as
`georss:polygon` (latitude first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from api.messages import text
from api.warning.notice import Notice, stamp
from api.warning.outline import decimals
from api.wording import ZH

ATOM, CAP, GEORSS = (
    "http://www.w3.org/2005/Atom",
    "urn:oasis:names:tc:emergency:cap:1.2",
    "http://www.georss.org/georss",
)
_XML = "http://www.w3.org/XML/1998/namespace"


@dataclass(frozen=True)
class FeedPlace:
    """Where the feed and its messages are found: URLs without a trailing slash."""

    feed: str  # of the feed itself
    warnings: str  # messages are at `warnings`/{identifier}.xml


def atom_feed(notices: Sequence[Notice], place: FeedPlace, status: str, updated: datetime, sender: str) -> bytes:
    """The feed of warnings of one status, in the order given; UTF-8. ValueError where another status is among them.

    `updated` is the moment of the last change, which may be a warning that left the feed.
    """
    other = next((notice for notice in notices if notice.status != status), None)
    if other is not None:
        raise ValueError(f"{other.identifier} has status {other.status}, the feed {status}")
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM, "cap": CAP, "georss": GEORSS})
    feed.set(f"{{{_XML}}}lang", ZH)
    kind = "actual" if status == "Actual" else "exercise"
    _add(feed, "id", f"tag:{sender},{updated:%Y}:feed-{status}" if "@" in sender else place.feed)
    _add(feed, "title", text(f"cap.feed.{kind}", ZH))
    _add(feed, "updated", stamp(updated))
    _add(_add(feed, "author"), "name", text(f"cap.sender_name.{kind}", ZH))
    _link(feed, place.feed, "self", "application/atom+xml")
    for notice in notices:
        _entry(feed, notice, place)
    return bytes(etree.tostring(feed, encoding="UTF-8", xml_declaration=True))


def _entry(feed: etree._Element, notice: Notice, place: FeedPlace) -> None:
    words = notice.words[ZH]
    entry = _add(feed, "entry")
    where = f"{place.warnings}/{notice.identifier}"
    _add(entry, "id", f"tag:{notice.sender},{notice.sent:%Y}:{notice.identifier}" if "@" in notice.sender else where)
    _add(entry, "title", words.headline)
    _add(entry, "updated", stamp(notice.sent))
    _add(entry, "published", stamp(notice.sent))
    _add(_add(entry, "author"), "name", words.sender)
    _add(entry, "category").set("term", notice.event)
    _link(entry, f"{where}.xml", "alternate", "application/cap+xml")
    _link(entry, where, "related", "application/geo+json")
    _add(entry, "summary", f"{words.description}{words.instruction}")
    facts = {
        "status": notice.status, "msgType": notice.msg_type, "event": words.event, "urgency": notice.urgency,
        "severity": notice.severity, "certainty": notice.certainty, "effective": stamp(notice.sent),
        "onset": stamp(notice.onset), "expires": stamp(notice.expires), "areaDesc": words.area,
    }  # fmt: skip
    for name, value in facts.items():
        etree.SubElement(entry, f"{{{CAP}}}{name}").text = value
    _pair(entry, "parameter", "severityColor", notice.colour)
    _pair(entry, "geocode", *notice.geocode)
    for ring in notice.rings:
        points = " ".join(f"{decimals(lat)} {decimals(lon)}" for lon, lat in ring)
        etree.SubElement(entry, f"{{{GEORSS}}}polygon").text = points


def _add(parent: etree._Element, name: str, content: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    child.text = content
    return child


def _link(parent: etree._Element, href: str, rel: str, kind: str) -> None:
    link = _add(parent, "link")
    for name, value in (("href", href), ("rel", rel), ("type", kind)):
        link.set(name, value)


def _pair(parent: etree._Element, name: str, value_name: str, value: str) -> None:
    pair = etree.SubElement(parent, f"{{{CAP}}}{name}")
    etree.SubElement(pair, f"{{{CAP}}}valueName").text = value_name
    etree.SubElement(pair, f"{{{CAP}}}value").text = value
