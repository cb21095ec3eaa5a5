"""Only a pinned key that is valid makes a message believed; every known trick with signatures fails."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from api.warning.cap import cap_signed, cap_xml
from api.warning.key_folder import open_keys, revoke, rotate
from api.warning.keys import PinnedKeys, SigningKey, new_key, read_key
from api.warning.signing import DS, BadSignature, Signer, verify
from api.warning.xsd import schema_faults
from data.errors import InputError
from tests.api.test_notice import made

NOW = datetime(2026, 7, 15, 13, 0, tzinfo=UTC)  # the made-up message is sent at this second
DAY = timedelta(days=1)
KEY, OTHER = new_key("test", NOW - DAY), new_key("attacker", NOW - DAY)
PINNED = PinnedKeys.of([KEY.certificate])
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"


NOTICE = made()


@cache
def signed(key: SigningKey = KEY) -> bytes:
    return cap_signed(NOTICE, Signer(key))


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def refused(xml: bytes | etree._Element, why: str = ".", keys: PinnedKeys = PINNED, at: datetime = NOW) -> None:
    content = xml if isinstance(xml, bytes) else etree.tostring(xml)
    with pytest.raises(BadSignature, match=why):
        verify(content, keys, at)


def test_a_signed_message_names_its_key_and_stays_valid_by_the_schema() -> None:
    assert verify(signed(), PINNED, NOW) == KEY.id
    assert schema_faults(etree.fromstring(signed())) == []


def test_another_program_finds_the_same_signature() -> None:
    """Digest and signature by hand, as XML Signature 1.1 describes them, without the library that made them."""
    root = etree.fromstring(signed())
    signature = root.find(ds("Signature"))
    info = signature.find(ds("SignedInfo"))
    signed_info = etree.tostring(info, method="c14n", exclusive=True)
    raw = base64.b64decode(signature.findtext(ds("SignatureValue")))
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public = KEY.certificate.public_key()
    public.verify(utils.encode_dss_signature(r, s), signed_info, ec.ECDSA(hashes.SHA256()))
    root.remove(signature)
    digest = hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).digest()
    assert base64.b64decode(info.findtext(f"{ds('Reference')}/{ds('DigestValue')}")) == digest


def test_a_message_is_signed_once() -> None:
    with pytest.raises(ValueError, match="signed already"):
        Signer(KEY).sign(signed())


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_change_of_any_content_is_believed(data) -> None:
    root = etree.fromstring(signed())
    told = [e for e in root.iter() if (e.text or "").strip()]
    element = data.draw(st.sampled_from(told))
    place = data.draw(st.integers(0, len(element.text) - 1))
    letter = data.draw(st.sampled_from("0aZ 雨-"))
    changed = element.text[:place] + letter + element.text[place + 1 :]
    if changed.split() == element.text.split() or (element.tag == ds("SignatureValue") and _same(changed, element)):
        return
    element.text = changed
    refused(root)


def _same(changed: str, element: etree._Element) -> bool:
    try:
        return base64.b64decode(changed) == base64.b64decode(element.text)
    except ValueError:
        return False


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_element_may_be_lost_doubled_or_moved(data) -> None:
    root = etree.fromstring(signed())
    element = data.draw(st.sampled_from([e for e in root.iter() if e is not root]))
    parent = element.getparent()
    deed = data.draw(st.sampled_from(["lose", "double", "rename"]))
    if deed == "lose":
        parent.remove(element)
    elif deed == "double":
        element.addnext(deepcopy(element))
    else:
        element.tag = element.tag + "x"
    refused(root)


@pytest.mark.parametrize("addition", [b"<?xml-stylesheet href='http://evil.example'?>", b"<!-- all clear -->"])
def test_nothing_stands_before_or_after_the_message(addition: bytes) -> None:
    refused(signed().replace(b"?>", b"?>" + addition, 1), "comment or an instruction")
    refused(signed() + addition, "comment or an instruction")


def test_nothing_is_added_to_the_part_of_the_signature_that_is_not_signed() -> None:
    for name in ("Signature", "KeyInfo"):
        root = etree.fromstring(signed())
        next(root.iter(ds(name))).text = "\n all clear"
        refused(root, "text that nobody signed")
    for name in ("KeyName", "SignatureValue", "KeyInfo"):
        root = etree.fromstring(signed())
        element = next(root.iter(ds(name)))
        if element.getnext() is not None or name == "KeyName":
            element.tail = "all clear"
            refused(root, "text that nobody signed")
    for name in ("Signature", "KeyInfo", "KeyName", "SignatureValue"):
        root = etree.fromstring(signed())
        next(root.iter(ds(name))).set("Id", "all-clear")
        refused(root, "attributes that nobody signed")


@pytest.mark.parametrize("value", [None, "", " ", "!!!!", "AAAA", "A" * 88, "雨" * 88])
def test_a_value_that_is_no_signature_is_a_bad_signature_and_no_fault(value: str | None) -> None:
    root = etree.fromstring(signed())
    next(root.iter(ds("SignatureValue"))).text = value
    refused(root, "value of the signature")


def test_another_signer_is_refused_even_under_our_name() -> None:
    refused(signed(OTHER), "no pinned key")
    posing = signed(OTHER).replace(OTHER.id.encode(), KEY.id.encode())
    refused(posing, "does not hold")
    refused(cap_xml(NOTICE), "no signature")


def test_an_attackers_certificate_in_the_message_counts_for_nothing() -> None:
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    pem = OTHER.certificate.public_bytes(serialization.Encoding.PEM).decode()
    alone = signer.sign(etree.fromstring(cap_xml(NOTICE)), key=OTHER.private, cert=pem)
    refused(alone, "brings a key")
    named = signer.sign(etree.fromstring(cap_xml(NOTICE)), key=OTHER.private, cert=pem, key_name=KEY.id)
    refused(named, "brings a key")
    by_value = signer.sign(etree.fromstring(cap_xml(NOTICE)), key=OTHER.private, key_name=KEY.id)
    refused(by_value, "brings a key")


def test_two_signatures_are_refused() -> None:
    root = etree.fromstring(signed())
    root.append(deepcopy(root.find(ds("Signature"))))
    refused(root, "2 signatures")
    other = etree.fromstring(signed(OTHER)).find(ds("Signature"))
    root = etree.fromstring(signed())
    root.insert(0, other)
    refused(root, "2 signatures")


def test_a_wrapped_message_is_refused() -> None:
    """The signed message is hidden inside another one, with the signature where it was or where a reader looks."""
    evil = etree.fromstring(cap_xml(NOTICE))
    evil.find("{*}info/{*}severity").text = "Minor"
    inside = deepcopy(evil)
    inside.append(etree.fromstring(signed()))
    refused(inside, "last part")
    moved = deepcopy(evil)
    original = etree.fromstring(signed())
    signature = original.find(ds("Signature"))
    original.remove(signature)
    box = etree.SubElement(signature, ds("Object"))
    box.append(original)
    moved.append(signature)
    refused(moved, "brings a key or more")
    by_id = etree.fromstring(signed())
    by_id.find(f".//{ds('Reference')}").set("URI", "#signed")
    refused(by_id, "whole message")


def test_a_signature_over_a_part_is_refused_though_it_holds() -> None:
    root = etree.fromstring(cap_xml(NOTICE))
    root.find("{*}info").set("Id", "part")
    signer = XMLSigner(signature_algorithm="ecdsa-sha256", c14n_algorithm=C14N)
    info = etree.Element(ds("KeyInfo"))
    etree.SubElement(info, ds("KeyName")).text = KEY.id
    refused(signer.sign(root, key=KEY.private, key_info=info, reference_uri="#part"), "whole message")


def test_weaker_methods_are_refused() -> None:
    for method, digest in (("ecdsa-sha1", "sha1"), ("ecdsa-sha256", "sha1")):
        xml = signed().decode()
        if method == "ecdsa-sha1":
            xml = xml.replace("2001/04/xmldsig-more#ecdsa-sha256", "2001/04/xmldsig-more#ecdsa-sha1")
        if digest == "sha1":
            xml = xml.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")
        refused(xml.encode())
    hmac = signed().decode().replace("2001/04/xmldsig-more#ecdsa-sha256", "2001/04/xmldsig-more#hmac-sha256")
    refused(hmac.encode())
    script = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>'
    refused(signed().replace(b"</ds:Transforms>", script.encode()), "changed message")


def test_comments_that_cut_a_text_in_two_are_refused() -> None:
    """Canonical XML leaves them out, so the signature would hold while a reader sees half of the word."""
    refused(signed().replace(b"<severity>Severe", b"<severity><!-- -->Severe"), "comment")
    refused(signed().replace(b"<severity>Severe", b"<severity>Se<?x?>vere"), "comment or an instruction")


@pytest.mark.parametrize("content", [b"", b"x", b"<alert/>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a>" * 600])
def test_what_is_no_message_is_refused(content: bytes) -> None:
    refused(content)


def test_a_key_is_believed_from_its_first_to_its_last_moment() -> None:
    key = new_key("short", NOW - timedelta(hours=1), timedelta(hours=2))
    pinned = PinnedKeys.of([key.certificate])
    assert verify(signed(key), pinned, NOW) == key.id
    assert verify(signed(key), pinned, NOW + timedelta(hours=1)) == key.id
    refused(signed(key), "no pinned key", pinned, NOW + timedelta(hours=1, seconds=1))
    refused(signed(key), "no pinned key", pinned, NOW - timedelta(hours=2))
    young = new_key("young", NOW + timedelta(hours=1))
    backdated = PinnedKeys.of([young.certificate])
    refused(signed(young), "sent when the key", backdated, NOW + timedelta(hours=2))


def test_a_rotation_leaves_no_moment_without_a_believed_key(tmp_path) -> None:
    first, _ = open_keys(tmp_path, "centre", NOW - DAY)
    old = cap_signed(made(), first)
    rotate(tmp_path, "centre", NOW - timedelta(minutes=1))
    second, pinned = open_keys(tmp_path, "centre", NOW)
    assert second.key_id != first.key_id
    new = cap_signed(made(), second)
    assert [verify(xml, pinned, NOW) for xml in (old, new)] == [first.key_id, second.key_id]
    pinned = revoke(tmp_path, first.key_id, NOW + timedelta(minutes=1))
    assert PinnedKeys.read(tmp_path) == pinned
    assert verify(old, pinned, NOW) == first.key_id
    refused(old, "no pinned key", pinned, NOW + timedelta(minutes=1))
    assert verify(new, pinned, NOW + timedelta(minutes=1)) == second.key_id
    assert open_keys(tmp_path, "centre", NOW)[0].key_id == second.key_id


def test_keys_are_made_once_kept_private_and_never_replaced_silently(tmp_path) -> None:
    folder = tmp_path / "keys"
    signer, pinned = open_keys(folder, "centre", NOW)
    again, same = open_keys(folder, "centre", NOW)
    assert (again.key_id, same) == (signer.key_id, pinned)
    assert stat.S_IMODE((folder / f"{signer.key_id}.pem").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (folder / "pinned.json").read_bytes()
    with pytest.raises(InputError, match="no key to sign with"):
        open_keys(folder, "centre", NOW + timedelta(days=400))
    with pytest.raises(InputError, match="no such key"):
        revoke(folder, "00", NOW)


def test_files_that_are_no_keys_are_bad_input(tmp_path) -> None:
    with pytest.raises(InputError, match="no such key"):
        read_key(tmp_path / "none.pem")
    (tmp_path / "x.pem").write_bytes(b"x")
    with pytest.raises(InputError, match="not a key"):
        read_key(tmp_path / "x.pem")
    private = KEY.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "x.pem").write_bytes(private + OTHER.certificate.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(InputError, match="belong together"):
        read_key(tmp_path / "x.pem")
    for content in ("", "[]", '{"keys": [{}]}', '{"keys": 3}'):
        (tmp_path / "pinned.json").write_text(content)
        with pytest.raises(InputError, match="not a file of pinned keys"):
            PinnedKeys.read(tmp_path)
    PINNED.write(tmp_path)
    rows = json.loads((tmp_path / "pinned.json").read_text())
    rows["keys"][0]["id"] = "0" * 16
    (tmp_path / "pinned.json").write_text(json.dumps(rows))
    with pytest.raises(InputError, match="not the id"):
        PinnedKeys.read(tmp_path)
