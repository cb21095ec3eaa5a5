"""CAP 1.2 messages of a drill: one bilingual XML document per warning, Exercise and Restricted.

Layout and order of elements: OASIS CAP 1.2 (2010). Nothing here can say Actual.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from api.messages import text
from api.warning.notice import Notice, Profile, measured, notices, stamp
from api.warning.outline import decimals, outlines
from api.wording import EN, LANGUAGES, ZH
from sim.result import Result

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
DISTRICT_CODE, OWN_CODE = "GB/T 2260", "rongan:area"


def cap_messages(result: Result, profile: Profile) -> dict[str, bytes]:
    """Identifier -> UTF-8 XML, in the order sent."""
    return {notice.identifier: cap_xml(notice, result, profile) for notice in notices(result, profile)}


def write_cap(result: Result, folder: Path, profile: Profile) -> list[Path]:
    """One file per message, named after its identifier."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for identifier, content in cap_messages(result, profile).items():
        path = folder / f"{identifier}.xml"
        path.write_bytes(content)
        paths.append(path)
    return paths


def cap_xml(notice: Notice, result: Result, profile: Profile) -> bytes:
    """One message."""
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _add(alert, "identifier", notice.identifier)
    _add(alert, "sender", profile.sender)
    _add(alert, "sent", stamp(notice.sent))
    _add(alert, "status", profile.status)
    _add(alert, "msgType", notice.warning.message_type)
    _add(alert, "scope", profile.scope)
    if profile.scope == "Restricted":
        _add(alert, "restriction", _both("cap.restriction"))
    _add(alert, "note", _both("cap.note", drill=profile.drill, unverified=len(result.unverified_rules)))
    if notice.references:
        _add(alert, "references", notice.references)
    for lang in LANGUAGES:
        _info(alert, notice, result, profile, lang)
    return bytes(etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _info(alert: etree._Element, notice: Notice, result: Result, profile: Profile, lang: str) -> None:
    info = _add(alert, "info")
    _add(info, "language", lang)
    _add(info, "category", "Met")
    _add(info, "event", notice.event[lang])
    for response in notice.response_types:
        _add(info, "responseType", response)
    _add(info, "urgency", notice.urgency)
    _add(info, "severity", notice.severity)
    _add(info, "certainty", notice.certainty)
    _pair(info, "eventCode", *_event_code(notice.warning.event, profile))
    _add(info, "effective", stamp(notice.sent))
    _add(info, "onset", stamp(notice.onset))
    _add(info, "expires", stamp(notice.expires))
    _add(info, "senderName", text("cap.sender_name", lang))
    _add(info, "headline", notice.headline[lang])
    _add(info, "description", notice.description[lang])
    _add(info, "instruction", notice.instruction[lang])
    for name, value in _parameters(notice, result, lang):
        _pair(info, "parameter", name, value)
    _area(info, notice, lang)


def _event_code(event: str, profile: Profile) -> tuple[str, str]:
    return (profile.event_codes or {}).get(event, ("rongan:event", event))


def _parameters(notice: Notice, result: Result, lang: str) -> list[tuple[str, str]]:
    warning = notice.warning
    pairs = [
        ("severityColor", notice.colour),
        ("rulesVersion", result.rules_hash),
        ("unverifiedThresholds", str(len(result.unverified_rules))),
        ("leadTimeMinutes", f"{warning.lead_time_min:.0f}"),
        ("peopleAtRisk", str(warning.people_at_risk)),
    ]
    for rule, (value, limit, unit) in ((e.rule, measured(e)) for e in warning.evidence):
        pairs.append(("evidence", f"{rule}: {value:.10g} {unit}, threshold {limit:.10g}"))
    if warning.risk is not None:
        risk = warning.risk
        parts = f"person-risk {risk.person_risk:.1f}; waterlogging excess {risk.waterlogging_excess:.1f}; "
        pairs.append(("riskIndex", f"{risk.index:.1f}"))
        pairs.append(("riskScore", f"{risk.score:.1f} persons: {parts}coping gap {risk.coping_gap:.1f}"))
    if notice.leave_by is not None:
        pairs.append(("latestSafeDeparture", stamp(notice.leave_by)))
    for use in sorted(warning.shelters, key=lambda use: (-use.persons, use.shelter)):
        name = (use.name_en or use.name) if lang == EN else use.name
        pairs.append(("shelter", f"{use.shelter}; {name}; persons {use.persons}; walk {use.walk_min:.0f} min"))
    return pairs


def _area(info: etree._Element, notice: Notice, lang: str) -> None:
    area = _add(info, "area")
    _add(area, "areaDesc", notice.area[lang])
    for outline in outlines(notice.warning.polygon):
        points = (f"{decimals(lat)},{decimals(lon)}" for lon, lat in outline.exterior.coords)
        _add(area, "polygon", " ".join(points))
    code = notice.warning.area
    six_digits = len(code) == 6 and code.isascii() and code.isdigit()
    _pair(area, "geocode", DISTRICT_CODE if six_digits else OWN_CODE, code)


def _both(key: str, **values: object) -> str:
    return f"{text(key, ZH, **values)} / {text(key, EN, **values)}"


def _add(parent: etree._Element, name: str, content: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = content
    return child


def _pair(parent: etree._Element, name: str, value_name: str, value: str) -> None:
    pair = _add(parent, name)
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)
