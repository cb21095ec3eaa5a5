"""The feeds of what is in force, one per status and format, as bytes.

The bytes depend on the messages alone, not on the process or the moment, so every web worker gives the same ETag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import orjson

from api.http.items import Item, address
from api.http.negotiate import ATOM, CAP, GEOJSON, JSON
from api.http.prebuilt import FEED, Headers, Prebuilt
from api.messages import text
from api.warning.notice import stamp
from api.wording import EN, ZH

STATUSES = ("Exercise", "Actual")  # that have a feed; what is Test or System stands in none
FORMATS = (JSON, GEOJSON, ATOM)
_EPOCH = "1970-01-01T08:00:00+08:00"  # of a feed in which nothing ever stood


def feed(status: str, media_type: str, items: Sequence[Item]) -> bytes:
    """Messages in force of one status, worst first."""
    ordered = sorted(items, key=lambda item: item.rank)
    if media_type == ATOM:
        return _atom(status, ordered)
    head = {"status": status, "exercise": status != "Actual", "count": len(ordered), "updated": _updated(ordered)}
    if media_type == GEOJSON:
        return _joined({"type": "FeatureCollection", **head}, "features", [item.feature for item in ordered])
    return _joined(head, "warnings", [item.json for item in ordered])


def feeds(items: Mapping[str, Sequence[Item]], more: Headers) -> dict[tuple[str, str], Prebuilt]:
    """Every feed, ready to be sent: (status, media type) -> answer."""
    return {
        (status, media_type): Prebuilt(
            feed(status, media_type, items.get(status, ())), media_type, FEED, vary="accept, accept-encoding", more=more
        )
        for status in STATUSES
        for media_type in FORMATS
    }


def _updated(items: Sequence[Item]) -> str | None:
    return stamp(max(item.sent for item in items)) if items else None


def _joined(head: Mapping[str, object], name: str, parts: Sequence[bytes]) -> bytes:
    """A JSON object with a last member that is a list of written values."""
    return b"%b,%b:[%b]}" % (orjson.dumps(head)[:-1], orjson.dumps(name), b",".join(parts))


def _atom(status: str, items: Sequence[Item]) -> bytes:
    """Atom (RFC 4287) with the outline as GeoRSS; `updated` of the feed is that of its newest message."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss" xml:lang="zh-CN">',
        f"<id>urn:rongan:feed:{status.lower()}</id>",
        f"<title>{escape(text(f'service.feed.{status.lower()}', ZH))}</title>",
        f"<subtitle>{escape(text(f'service.feed.{status.lower()}', EN))}</subtitle>",
        f"<updated>{_updated(items) or _EPOCH}</updated>",
        f"<author><name>{escape(text('service.title', ZH))}</name></author>",
        f'<link rel="self" type="{ATOM}" href="/v1/feed.atom?status={status}"/>',
    ]
    lines += [_entry(item) for item in items]
    return ("\n".join([*lines, "</feed>"]) + "\n").encode()


def _entry(item: Item) -> str:
    said = item.public
    rings = [" ".join(f"{lat:.5f} {lon:.5f}" for lon, lat in ring) for ring in said.get("polygon") or []]
    sent = stamp(item.sent)
    parts = [
        f"<id>urn:rongan:warning:{escape(item.identifier)}</id>",
        f"<title>{escape(said['headline'])}</title>",
        f"<updated>{sent}</updated><published>{sent}</published>",
        f"<summary>{escape(said['description'])}</summary>",
        f'<content type="text" xml:lang="en-US">{escape(said["headline_en"])}</content>',
        f"<category term={quoteattr(said['severityColor'])} label={quoteattr(said['eventName'])}/>",
        f'<link rel="alternate" type="{CAP}" href={quoteattr(address(item.identifier, ".xml"))}/>',
        f'<link rel="related" type="{JSON}" href={quoteattr(address(item.identifier))}/>',
        *(f"<georss:polygon>{ring}</georss:polygon>" for ring in rings),
    ]
    return "<entry>" + "".join(parts) + "</entry>"
