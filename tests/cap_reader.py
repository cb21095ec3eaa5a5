"""A second reader of CAP 1.2, written from the standard alone: standard library only, nothing of the code it checks.

It is strict on what the standard says: the order of elements, which may repeat, which must be there, the words of
each list. `read_cap` gives plain dictionaries; ReadError says what is wrong.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"

# name: (least, most) in the order of the standard, sections 3.2.1 to 3.2.4
ALERT = {
    "identifier": (1, 1), "sender": (1, 1), "sent": (1, 1), "status": (1, 1), "msgType": (1, 1), "source": (0, 1),
    "scope": (1, 1), "restriction": (0, 1), "addresses": (0, 1), "code": (0, 99), "note": (0, 1), "references": (0, 1),
    "incidents": (0, 1), "info": (0, 99),
}  # fmt: skip
INFO = {
    "language": (0, 1), "category": (1, 99), "event": (1, 1), "responseType": (0, 99), "urgency": (1, 1),
    "severity": (1, 1), "certainty": (1, 1), "audience": (0, 1), "eventCode": (0, 99), "effective": (0, 1),
    "onset": (0, 1), "expires": (0, 1), "senderName": (0, 1), "headline": (0, 1), "description": (0, 1),
    "instruction": (0, 1), "web": (0, 1), "contact": (0, 1), "parameter": (0, 999), "resource": (0, 99),
    "area": (0, 99),
}  # fmt: skip
AREA = {
    "areaDesc": (1, 1), "polygon": (0, 99), "circle": (0, 99), "geocode": (0, 99), "altitude": (0, 1),
    "ceiling": (0, 1),
}  # fmt: skip
PAIR = {"valueName": (1, 1), "value": (1, 1)}
PARTS = {"info": INFO, "area": AREA, "eventCode": PAIR, "parameter": PAIR, "geocode": PAIR}
WORDS = {
    "status": "Actual Exercise System Test Draft",
    "msgType": "Alert Update Cancel Ack Error",
    "scope": "Public Restricted Private",
    "category": "Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other",
    "responseType": "Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None",
    "urgency": "Immediate Expected Future Past Unknown",
    "severity": "Extreme Severe Moderate Minor Unknown",
    "certainty": "Observed Likely Possible Unlikely Unknown",
}


class ReadError(ValueError):
    """What the standard does not allow."""


def read_cap(content: bytes) -> dict[str, Any]:
    """An alert as a dictionary; elements that may repeat are lists."""
    root = ET.fromstring(content)
    if root.tag != NS + "alert":
        raise ReadError(f"{root.tag} is no alert")
    return _part(root, ALERT)


def _part(element: ET.Element, layout: dict[str, tuple[int, int]]) -> dict[str, Any]:
    names = list(layout)
    found: dict[str, list[Any]] = {name: [] for name in names}
    reached = 0
    for child in element:
        if child.tag == SIGNATURE:
            continue
        name = child.tag.removeprefix(NS)
        if name not in layout or child.tag == name:
            raise ReadError(f"{child.tag} in {element.tag}")
        place = names.index(name)
        if place < reached:
            raise ReadError(f"{name} after {names[reached]}")
        reached = place
        if name in PARTS:
            found[name].append(_part(child, PARTS[name]))
            continue
        text = child.text or ""
        if len(child) or (name in WORDS and text not in WORDS[name].split()):
            raise ReadError(f"{name}: {text!r}")
        found[name].append([_point(pair) for pair in text.split()] if name == "polygon" else text)
    for name, (least, most) in layout.items():
        if not least <= len(found[name]) <= most:
            raise ReadError(f"{len(found[name])} of {name}")
    return {
        name: values if layout[name][1] > 1 else values[0]
        for name, values in found.items()
        if values or layout[name][1] > 1
    }


def _point(pair: str) -> tuple[float, float]:
    lat, lon = (float(number) for number in pair.split(","))
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise ReadError(f"point {pair}")
    return lat, lon
