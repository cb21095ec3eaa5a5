"""One message as the service shows it: its public JSON, its GeoJSON feature, and the answers kept ready for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import orjson

from api.http.negotiate import CAP, JSON
from api.http.prebuilt import MESSAGE, Prebuilt
from api.store.records import Message
from api.warning.atom import atom_entry
from api.warning.notice import stamp

WARNINGS = "/v1/warnings"
_LOG = logging.getLogger("rongan.http")


@dataclass(frozen=True)
class Item:
    """A message in the memory of a web process, with the parts that feeds are joined from."""

    identifier: str
    status: str
    area: str
    level: int
    sent: datetime
    expires: datetime
    public: dict[str, Any]
    json: bytes
    feature: bytes
    atom: str
    xml: Prebuilt
    document: Prebuilt

    @property
    def rank(self) -> tuple[int, float, str]:
        """The order of feeds: the worst colour first, then the newest."""
        return -self.level, -self.sent.timestamp(), self.identifier


def address(identifier: str, kind: str = "") -> str:
    """Path of a message, of its CAP document (`.xml`), its GB/T 35965.1 form (`.gbt`) or its spoken text (`.txt`)."""
    return f"/v1/warnings/{quote(identifier, safe='')}{kind}"


def public_form(message: Message) -> dict[str, Any]:
    """What a client is told of a message: the notice, its place in the chain, and where its other forms are.

    All of it is fixed when the message is issued, so the answer may be kept for ever.
    """
    own = message.identifier
    return {
        **message.notice,
        "chain": message.chain,
        "predecessor": message.predecessor,
        "episode": message.episode,
        "sha256": message.sha256,
        "links": {
            "self": address(own),
            "cap": address(own, ".xml"),
            "gbt": address(own, ".gbt"),
            "broadcast": address(own, ".txt"),
            "chain": address(own) + "/chain",
        },
    }


def geometry_of(notice: dict[str, Any]) -> dict[str, Any] | None:
    """The outlines of a notice as GeoJSON; None where it has none."""
    rings = notice.get("polygon") or []
    if not rings:
        return None
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": [rings[0]]}
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def feature_of(public: dict[str, Any], identifier: str) -> dict[str, Any]:
    """A message as a GeoJSON feature (RFC 7946)."""
    properties = {key: value for key, value in public.items() if key != "polygon"}
    return {"type": "Feature", "id": identifier, "geometry": geometry_of(public), "properties": properties}


def _entry(message: Message, public: dict[str, Any]) -> str:
    """The Atom entry. What is not whole stands there by its name alone: one message must not keep out the others."""
    try:
        return atom_entry(public, WARNINGS)
    except (KeyError, TypeError, ValueError):
        _LOG.exception("the notice of %s is not whole", message.identifier)
        name, sent = escape(message.identifier), stamp(message.sent)
        link = f'<link rel="alternate" type="{CAP}" href={quoteattr(address(message.identifier, ".xml"))}/>'
        said = f"<id>urn:rongan:warning:{name}</id><title>{name}</title><updated>{sent}</updated>"
        return f"<entry>{said}<author><name>{escape(message.sender)}</name></author>{link}</entry>"


def item_of(message: Message) -> Item:
    """The message, written once in every form that polling clients ask for."""
    public = public_form(message)
    body = orjson.dumps(public)
    links = [("link", f'<{address(message.identifier, ".xml")}>; rel="alternate"; type="{CAP}"')]
    return Item(
        message.identifier,
        message.status,
        message.area,
        message.level,
        message.sent,
        message.expires,
        public,
        body,
        orjson.dumps(feature_of(public, message.identifier)),
        _entry(message, public),
        Prebuilt(message.cap, CAP, MESSAGE, more=[("content-disposition", "inline")]),
        Prebuilt(body, JSON, MESSAGE, vary="accept, accept-encoding", more=links),
    )
