"""Warnings as an Atom feed (RFC 4287), each entry with the place of its CAP message and its main facts.

Element names of facts are those of CAP 1.2, as in the feeds of national weather services; the area is also given as
`georss:polygon` (latitude first). Entries are made from notices as JSON, so a feed can be joined from kept parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from api.messages import text
from api.warning.outline import decimals
from api.wording import EN, ZH

_SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2" '
    'xmlns:georss="http://www.georss.org/georss"'
)
_FACTS = (
    "status", "msgType", "urgency", "severity", "certainty", "sent", "onset", "expires", "areaDesc",
)  # fmt: skip


def atom_feed(entries: Iterable[str], status: str, updated: str, url: str) -> bytes:
    """The feed of the warnings of one status, entries in the order given; UTF-8.

    `updated` is the moment of the last change as CAP writes it, `url` the place of the feed, absolute or by its path.
    """
    kind = "actual" if status == "Actual" else "exercise"
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<feed {_SPACES} xml:lang="{ZH}">',
        f"<id>urn:rongan:feed:{status.lower()}</id>",
        f"<title>{escape(text(f'cap.feed.{kind}', ZH))}</title>",
        f"<subtitle>{escape(text(f'cap.feed.{kind}', EN))}</subtitle>",
        f"<updated>{updated}</updated>",
        f"<author><name>{escape(text(f'cap.sender_name.{kind}', ZH))}</name></author>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(url)}/>',
    ]
    return ("\n".join([*head, *entries, "</feed>"]) + "\n").encode()


def atom_entry(said: Mapping[str, Any], warnings: str) -> str:
    """The entry of a notice that is JSON already; its messages lie under the address `warnings`."""
    where = f"{warnings}/{quote(said['identifier'], safe='')}"
    rings = [" ".join(f"{decimals(lat)} {decimals(lon)}" for lon, lat in ring) for ring in said["polygon"]]
    parts = [
        f"<id>urn:rongan:warning:{escape(said['identifier'])}</id>",
        f"<title>{escape(said['headline'])}</title>",
        f"<updated>{said['sent']}</updated><published>{said['sent']}</published>",
        f"<author><name>{escape(said['senderName'])}</name></author>",
        f"<summary>{escape(said['description'] + said['instruction'])}</summary>",
        f'<content type="text" xml:lang="{EN}">{escape(_english(said))}</content>',
        f"<category term={quoteattr(said['severityColor'])} label={quoteattr(said['eventName'])}/>",
        f'<link rel="alternate" type="application/cap+xml" href={quoteattr(where + ".xml")}/>',
        f'<link rel="related" type="application/json" href={quoteattr(where)}/>',
        *(f"<cap:{name}>{escape(str(said[name]))}</cap:{name}>" for name in _FACTS),
        f"<cap:event>{escape(said['eventName'])}</cap:event>",
        _pair("parameter", "severityColor", said["severityColor"]),
        _pair("geocode", said["geocode"]["valueName"], said["geocode"]["value"]),
        *(f"<georss:polygon>{ring}</georss:polygon>" for ring in rings),
    ]
    return f"<entry>{''.join(parts)}</entry>"


def _english(said: Mapping[str, Any]) -> str:
    return " ".join((said["headline_en"] + ".", said["description_en"], said["instruction_en"]))


def _pair(name: str, value_name: str, value: str) -> str:
    pair = f"<cap:valueName>{escape(value_name)}</cap:valueName><cap:value>{escape(value)}</cap:value>"
    return f"<cap:{name}>{pair}</cap:{name}>"
