"""The feeds of what is in force, one per status and format, as bytes.

The bytes depend on the messages alone, not on the process or the moment, so every web worker gives the same ETag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from api.http.items import Item
from api.http.negotiate import ATOM, GEOJSON, JSON
from api.http.prebuilt import FEED, Headers, Prebuilt
from api.warning.atom import atom_feed
from api.warning.notice import stamp

STATUSES = ("Exercise", "Actual")  # that have a feed; what is Test or System stands in none
FORMATS = (JSON, GEOJSON, ATOM)
_EPOCH = "1970-01-01T08:00:00+08:00"  # of a feed in which nothing ever stood


def feed(status: str, media_type: str, items: Sequence[Item], changed: datetime | None) -> bytes:
    """Messages in force of one status, worst first. `changed`: when they last did; None: there never was one."""
    ordered = sorted(items, key=lambda item: item.rank)
    updated = stamp(changed) if changed is not None else None
    if media_type == ATOM:
        return atom_feed([item.atom for item in ordered], status, updated or _EPOCH, f"/v1/feed.atom?status={status}")
    head = {"status": status, "exercise": status != "Actual", "count": len(ordered), "updated": updated}
    if media_type == GEOJSON:
        return _joined({"type": "FeatureCollection", **head}, "features", [item.feature for item in ordered])
    return _joined(head, "warnings", [item.json for item in ordered])


def feeds(
    items: Mapping[str, Sequence[Item]], changed: Mapping[str, datetime], more: Headers
) -> dict[tuple[str, str], Prebuilt]:
    """Every feed, ready to be sent: (status, media type) -> answer."""
    return {
        (status, media_type): Prebuilt(
            feed(status, media_type, items.get(status, ()), changed.get(status)),
            media_type,
            FEED,
            vary="accept, accept-encoding",
            more=more,
        )
        for status in STATUSES
        for media_type in FORMATS
    }


def _joined(head: Mapping[str, object], name: str, parts: Sequence[bytes]) -> bytes:
    """A JSON object with a last member that is a list of written values."""
    return b"%b,%b:[%b]}" % (orjson.dumps(head)[:-1], orjson.dumps(name), b",".join(parts))
