"""A notice as a CAP 1.2 message: one bilingual XML document.

Layout and order of elements: OASIS CAP 1.2 (2010). Facts beyond CAP stand in `parameter`, listed in docs/messages.md.
"""

from __future__ import annotations

from lxml import etree

from api.warning.notice import Notice, Refuge, stamp
from api.warning.outline import decimals
from api.warning.phrases import way_of
from api.warning.provenance import said_of
from api.warning.signing import Signer
from api.wording import EN, LANGUAGES
from data.errors import InputError

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def cap_signed(notice: Notice, signer: Signer) -> bytes:
    """The message as it is sent: UTF-8 XML with its signature. Its bytes never change after this."""
    return signer.sign(cap_xml(notice))


def cap_xml(notice: Notice) -> bytes:
    """The message without a signature; InputError where a text holds control characters."""
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _add(alert, "identifier", notice.identifier)
    _add(alert, "sender", notice.sender)
    _add(alert, "sent", stamp(notice.sent))
    _add(alert, "status", notice.status)
    _add(alert, "msgType", notice.msg_type)
    _add(alert, "scope", notice.scope)
    for name in ("restriction", "note", "references"):
        if getattr(notice, name):
            _add(alert, name, getattr(notice, name))
    for lang in LANGUAGES:
        _info(alert, notice, lang)
    return bytes(etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _info(alert: etree._Element, notice: Notice, lang: str) -> None:
    words = notice.words[lang]
    info = _add(alert, "info")
    _add(info, "language", lang)
    _add(info, "category", "Met")
    _add(info, "event", words.event)
    for response in notice.response_types:
        _add(info, "responseType", response)
    _add(info, "urgency", notice.urgency)
    _add(info, "severity", notice.severity)
    _add(info, "certainty", notice.certainty)
    _pair(info, "eventCode", *notice.event_code)
    _add(info, "effective", stamp(notice.sent))
    _add(info, "onset", stamp(notice.onset))
    _add(info, "expires", stamp(notice.expires))
    _add(info, "senderName", words.sender)
    _add(info, "headline", words.headline)
    _add(info, "description", words.description)
    _add(info, "instruction", words.instruction)
    for name, value in _parameters(notice, lang):
        _pair(info, "parameter", name, value)
    _area(info, notice, lang)


def _parameters(notice: Notice, lang: str) -> list[tuple[str, str]]:
    pairs = [
        ("severityColor", notice.colour),
        ("rulesVersion", notice.rules_hash),
        ("unverifiedThresholds", str(len(notice.unverified))),
        ("areaLevel", notice.area_level),
        ("responsibleUnit", notice.words[lang].responsible),
        ("leadTimeMinutes", f"{notice.lead_time_min:.0f}"),
    ]
    if notice.people is not None:
        pairs.append(("peopleAtRisk", str(notice.people)))
    if notice.probability is not None:
        names = ("Blue", "Yellow", "Orange", "Red")
        shares = (f"{name} {share:g}" for name, share in zip(names, notice.probability, strict=True))
        pairs.append(("probability", "; ".join(shares)))
    pairs += [("evidence", f"{e.rule}: {e.value:.10g} {e.unit}, threshold {e.threshold:.10g}") for e in notice.evidence]
    if notice.risk is not None:
        risk = notice.risk
        parts = f"person-risk {risk.person_risk:.1f}; waterlogging excess {risk.waterlogging_excess:.1f}; "
        pairs.append(("riskIndex", f"{risk.index:.1f}"))
        pairs.append(("riskScore", f"{risk.score:.1f} persons: {parts}coping gap {risk.coping_gap:.1f}"))
    if notice.leave_by is not None:
        pairs.append(("latestSafeDeparture", stamp(notice.leave_by)))
    pairs += [("shelter", _refuge(refuge, lang)) for refuge in notice.refuges]
    pairs += [("madeFrom", said_of(item, lang)) for item in notice.made_from]
    pairs += [("syntheticLayer", layer) for layer in notice.synthetic]
    return pairs


def _refuge(refuge: Refuge, lang: str) -> str:
    name = (refuge.name_en or refuge.name) if lang == EN else refuge.name
    said = f"{refuge.id}; {name}; persons {refuge.persons}; walk {refuge.walk_min:.0f} min"
    if refuge.leave_by is not None:
        said += f"; leave by {stamp(refuge.leave_by)}"
    elif refuge.leave_now:
        said += "; leave at once"
    if refuge.lon is not None and refuge.lat is not None:
        said += f"; at {decimals(refuge.lat)},{decimals(refuge.lon)}"
    streets = way_of(refuge, lang)
    return said + (f"; way {' > '.join(streets)}" if streets else "")


def _area(info: etree._Element, notice: Notice, lang: str) -> None:
    area = _add(info, "area")
    _add(area, "areaDesc", notice.words[lang].area)
    for ring in notice.rings:
        _add(area, "polygon", " ".join(f"{decimals(lat)},{decimals(lon)}" for lon, lat in ring))
    _pair(area, "geocode", *notice.geocode)


def _add(parent: etree._Element, name: str, content: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    try:
        child.text = content
    except ValueError:  # a control character, from a name in a pack or from somebody's hand
        raise InputError("text that XML cannot hold", place=name, value=content, expected="printable text") from None
    return child


def _pair(parent: etree._Element, name: str, value_name: str, value: str) -> None:
    pair = _add(parent, name)
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)
