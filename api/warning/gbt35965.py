"""A CAP message in the form of GB/T 35965.1, and back: nothing is lost on the way.

What is read in the annex of values (GB/T 35965.1-2018): the identifier of 31 characters, the code of the sender (its
first 14), times as `YYYY-MM-DD hh:mm:ss+08:00` with a space. What the severity field carries, the colour, is known from
messages of the national platform only. The names of the other elements are those of CAP 1.2, which the standard's model
follows; they have not been compared with the printed standard. A signature of XML cannot survive a change of form, so
the export has none: whoever wants proof reads the CAP message, which `code` names.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from lxml import etree

from api.warning.cap import NAMESPACE
from api.warning.cap_reading import CAP, CapMessage, moment_of
from api.warning.identifiers import FORM
from api.warning.safe_xml import NotXml, parse_xml
from api.warning.signing import DS
from data.errors import InputError

_TIMES = ("sent", "effective", "onset", "expires")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\+08:00)", re.ASCII)
_REFERENCE = re.compile(r"([^,\s]+),([^,\s]+),(.+)")
_CAP_NAME, _CAP_BEFORE, _CAP_SEVERITY = "cap:identifier=", "cap:references=", "capSeverity"
_SERIALS = 1000  # two digits of extension and one that counts


@dataclass(frozen=True)
class GbtLabels:
    """Codes for a message whose own identifier is not in the form: GB/T 2260, GB/T 4657 and the unit's own."""

    district: str = "000000"  # no district of GB/T 2260
    sector: str = "000"
    unit: str = "000"


def gbt_xml(cap: bytes, labels: GbtLabels | None = None) -> bytes:
    """The message in the form of GB/T 35965.1, UTF-8; InputError where it is no CAP message of ours."""
    message = CapMessage(_read(cap))
    if message.root.tag != CAP + "alert" or moment_of(message.get("sent")) is None:
        raise InputError("not a CAP message with its time of sending")
    sent, labels = message.get("sent"), labels or GbtLabels()
    alert = etree.Element("alert")
    for child in message.root:
        name = _plain(child)
        if name == "identifier":
            identifier = gbt_identifier(child.text or "", sent, labels)
            _add(alert, name, identifier)
            _add(alert, "senderCode", identifier[:14])
        elif name == "references":
            _add(alert, name, _outward(child.text or "", labels))
        elif name == "info":
            alert.append(_info_out(child))
        elif child.tag != f"{{{DS}}}Signature":
            _add(alert, name, _spaced(child.text or "") if name in _TIMES else child.text)
    codes = [_CAP_NAME + message.get("identifier")]
    if message.get("references"):
        codes.append(_CAP_BEFORE + message.get("references"))
    place = [_plain(child) for child in alert].index("scope") + 1
    for code in reversed(codes):
        element = etree.Element("code")
        element.text = code
        alert.insert(place, element)
    return bytes(etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def cap_from_gbt(content: bytes) -> bytes:
    """The CAP message that `gbt_xml` was given, without its signature; InputError where the form is another one."""
    root = _read(content)
    names = {child.text[: len(key)]: child.text[len(key) :] for key in (_CAP_NAME, _CAP_BEFORE)
             for child in root.findall("code") if (child.text or "").startswith(key)}  # fmt: skip
    if root.tag != "alert" or _CAP_NAME not in names or FORM.fullmatch(root.findtext("identifier") or "") is None:
        raise InputError("not an alert of GB/T 35965.1", expected="an identifier of 31 characters and a CAP identifier")
    alert = etree.Element(CAP + "alert", nsmap={None: NAMESPACE})
    for child in root:
        name = _plain(child)
        if name == "identifier":
            _add(alert, CAP + name, names[_CAP_NAME])
        elif name == "references":
            _add(alert, CAP + name, names.get(_CAP_BEFORE, ""))
        elif name == "info":
            alert.append(_info_back(child))
        elif name not in ("senderCode", "code"):
            _add(alert, CAP + name, _joined(child.text or "") if name in _TIMES else child.text)
    return bytes(etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def gbt_identifier(identifier: str, sent: str, labels: GbtLabels) -> str:
    """The identifier of 31 characters: the message's own, where it has that form, else one made from its name.

    A made one carries three digits that follow from the name; two messages of one second share them once in a
    thousand pairs, so readers tell messages apart by `code` where the district is 000000.
    """
    if FORM.fullmatch(identifier):
        return identifier
    serial = zlib.crc32(identifier.encode()) % _SERIALS
    moment = re.sub(r"\D", "", sent[:19])
    return f"{labels.district}{labels.sector}{labels.unit}{serial // 10:02d}_{moment}_{serial % 10}"


def _info_out(info: etree._Element) -> etree._Element:
    out = _copy(info, lambda tag: tag.rpartition("}")[2])
    severity = out.find("severity")
    colour = next(
        (p.findtext("value") for p in out.iter("parameter") if p.findtext("valueName") == "severityColor"), ""
    )
    for name in _TIMES:
        for element in out.findall(name):
            element.text = _spaced(element.text or "")
    if severity is not None and colour:
        last = out.findall("parameter")[-1]
        pair = etree.Element("parameter")
        _add(pair, "valueName", _CAP_SEVERITY)
        _add(pair, "value", severity.text)
        last.addnext(pair)
        severity.text = colour
    return out


def _info_back(info: etree._Element) -> etree._Element:
    back = _copy(info, lambda tag: CAP + tag)
    for name in _TIMES:
        for element in back.findall(CAP + name):
            element.text = _joined(element.text or "")
    for pair in back.findall(CAP + "parameter"):
        severity = back.find(CAP + "severity")
        if pair.findtext(CAP + "valueName") == _CAP_SEVERITY and severity is not None:
            severity.text = pair.findtext(CAP + "value")
            back.remove(pair)
    return back


def _copy(element: etree._Element, renamed: object) -> etree._Element:
    copy = etree.Element(renamed(element.tag))  # type: ignore[operator]
    copy.text = element.text if len(element) == 0 else None
    copy.extend(_copy(child, renamed) for child in element if isinstance(child.tag, str))
    return copy


def _outward(references: str, labels: GbtLabels) -> str:
    found = _REFERENCE.fullmatch(references.strip())
    if found is None:
        raise InputError("not the reference of one message", value=references, expected="sender,identifier,sent")
    sender, identifier, sent = found.groups()
    return f"{sender},{gbt_identifier(identifier, sent, labels)},{_spaced(sent)}"


def _spaced(moment: str) -> str:
    if moment_of(moment) is None:
        raise InputError("not a moment of CAP", value=moment, expected="whole seconds with +08:00")
    return moment.replace("T", " ")


def _joined(moment: str) -> str:
    found = _TIME.fullmatch(moment)
    if found is None or moment_of(moment.replace(" ", "T")) is None:
        raise InputError("not a moment of GB/T 35965.1", value=moment, expected="YYYY-MM-DD hh:mm:ss+08:00")
    return moment.replace(" ", "T")


def _read(content: bytes) -> etree._Element:
    try:
        return parse_xml(content)
    except NotXml as fault:
        raise InputError(str(fault), expected="an XML message") from None


def _plain(element: etree._Element) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _add(parent: etree._Element, name: str, content: str | None) -> None:
    etree.SubElement(parent, name).text = content
