"""Signatures of messages: enveloped XML signature, ECDSA P-256 with SHA-256, by a key that stays loaded.

A signature is believed only if one of the pinned keys made it; certificates and keys inside a message count for
nothing. Source of the form: W3C XML Signature 1.1; CAP 1.2 section 3.3.4 leaves room for it at the end of `alert`.
"""

from __future__ import annotations

import re
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConfiguration, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from api.warning.keys import PinnedKeys, SigningKey
from api.warning.safe_xml import NotXml, parse_xml

DS = "http://www.w3.org/2000/09/xmldsig#"
_C14N = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_VALUE = re.compile(r"[A-Za-z0-9+/]{86}==")  # 64 bytes: the two numbers of a signature by P-256
_METHOD, _DIGEST = SignatureMethod.ECDSA_SHA256, DigestAlgorithm.SHA256


class BadSignature(Exception):
    """A message that no pinned key vouches for; says why."""


class Signer:
    """Signs with one key, read once. Safe to share between threads."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key

    @property
    def key_id(self) -> str:
        """Name of the key, as messages carry it."""
        return self.key.id

    def sign(self, xml: bytes) -> bytes:
        """The message with its signature at the end; ValueError where it has one already."""
        root = parse_xml(xml)
        if next(root.iter(f"{{{DS}}}Signature"), None) is not None:
            raise ValueError("the message is signed already")
        signer = XMLSigner(signature_algorithm=_METHOD, digest_algorithm=_DIGEST, c14n_algorithm=_C14N)
        private: ec.EllipticCurvePrivateKey = self.key.private
        info = etree.Element(f"{{{DS}}}KeyInfo", nsmap={"ds": DS})
        etree.SubElement(info, f"{{{DS}}}KeyName").text = self.key.id
        signed = signer.sign(root, key=private, key_info=info)
        return bytes(etree.tostring(signed, encoding="UTF-8", xml_declaration=True))


def named_key(xml: bytes) -> str:
    """Id of the key that a message says it was signed with, believed by nobody for that; "" where it names none."""
    try:
        root = parse_xml(xml)
    except NotXml:
        return ""
    return (root.findtext(f"{{{DS}}}Signature/{{{DS}}}KeyInfo/{{{DS}}}KeyName") or "").strip()


def verify(xml: bytes, keys: PinnedKeys, at: datetime) -> str:
    """Id of the pinned key that signed the whole message; BadSignature where none did.

    `at` is the moment of checking: the key must be valid and not revoked then, and when the message was sent. An
    archive checks with the moment at which it received the message.
    """
    try:
        root = parse_xml(xml)
    except NotXml as fault:
        raise BadSignature(str(fault)) from None
    name = _only_form(root)
    key = keys.usable(name, at)
    if key is None:
        raise BadSignature(f"no pinned key {name!r} is valid at {at.isoformat()}")
    sent = _sent(root)
    if sent is None or not key.valid_at(sent):
        raise BadSignature(f"the message was sent when the key {name!r} was not valid")
    expected = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=frozenset({_METHOD}),
        digest_algorithms=frozenset({_DIGEST}),
        verification_time=at,
    )
    try:
        XMLVerifier().verify(root, x509_cert=key.certificate, expect_config=expected)
    except (SignXMLException, ValueError, etree.LxmlError) as fault:
        raise BadSignature(f"signature does not hold: {fault}") from None
    return key.id


def key_named(xml: bytes) -> str:
    """Id of the key that a message of ours names as its signer, "" where it names none; nothing is checked."""
    return (parse_xml(xml).findtext(f"{{{DS}}}Signature/{{{DS}}}KeyInfo/{{{DS}}}KeyName") or "").strip()


def _sent(root: etree._Element) -> datetime | None:
    try:
        sent = datetime.fromisoformat(root.findtext("{*}sent") or "")
    except ValueError:
        return None
    return sent if sent.tzinfo is not None else None


def _only_form(root: etree._Element) -> str:
    """Name of the key, where the signature has the one form that we write: no room for wrapping or other tricks."""
    # Canonical XML leaves comments out of the digest, yet they cut a text in two for whoever reads it.
    around = (*root.itersiblings(preceding=True), *root.itersiblings())
    if around or any(not isinstance(node.tag, str) for node in root.iter()):
        raise BadSignature("the message holds a comment or an instruction to the parser")
    found = list(root.iter(f"{{{DS}}}Signature"))
    if len(found) != 1:
        raise BadSignature("no signature" if not found else f"{len(found)} signatures, expected one")
    signature = found[0]
    if signature.getparent() is not root or signature.getnext() is not None:
        raise BadSignature("the signature is not the last part of the message")
    path = "/".join(f"{{{DS}}}{name}" for name in ("SignedInfo", "Reference"))
    references = signature.findall(path)
    if len(references) != 1 or references[0].get("URI") != "":
        raise BadSignature("the signature is not over the whole message")
    transforms = [t.get("Algorithm") for t in references[0].iter(f"{{{DS}}}Transform")]
    if transforms != [_ENVELOPED, _C14N.value]:
        raise BadSignature("the signature is over a changed message")
    names = [child.tag.rpartition("}")[2] for child in signature]
    info = signature.find(f"{{{DS}}}KeyInfo")
    inside = [] if info is None else [child.tag for child in info]
    if sorted(names) != ["KeyInfo", "SignatureValue", "SignedInfo"] or inside != [f"{{{DS}}}KeyName"]:
        raise BadSignature("the signature brings a key or more than a key's name")
    _nothing_added(signature)
    return (signature.findtext(f"{{{DS}}}KeyInfo/{{{DS}}}KeyName") or "").strip()


def _nothing_added(signature: etree._Element) -> None:
    """What stands in the signature beside its signed part is not signed: a value, a key's name, and no more."""
    info = signature.find(f"{{{DS}}}KeyInfo")
    outside = [signature, *(node for child in signature if child.tag != f"{{{DS}}}SignedInfo" for node in child.iter())]
    if any(node.attrib for node in outside):
        raise BadSignature("the signature has attributes that nobody signed")
    beside = [node.text for node in (signature, info) if node is not None]
    beside += [child.tail for node in (signature, info) if node is not None for child in node]
    if any((text or "").strip() for text in beside):
        raise BadSignature("the signature holds text that nobody signed")
    if not _VALUE.fullmatch("".join((signature.findtext(f"{{{DS}}}SignatureValue") or "").split())):
        raise BadSignature("the value of the signature is none of this method")
