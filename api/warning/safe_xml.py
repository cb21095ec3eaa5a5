"""Reads XML that others wrote: no document type, no entities, no network, nothing large."""

from __future__ import annotations

from lxml import etree

LARGEST_BYTES = 1_000_000  # a message of ours has about 10 kB


class NotXml(ValueError):
    """Content that is no XML document we would read; says why."""


def parse_xml(content: bytes, largest_bytes: int = LARGEST_BYTES) -> etree._Element:
    """The root element; NotXml where the content is too large, malformed or has a document type."""
    if len(content) > largest_bytes:
        raise NotXml(f"{len(content)} bytes, at most {largest_bytes} are read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise NotXml(f"not well-formed XML: {fault}") from None
    if root is None:
        raise NotXml("no element")
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise NotXml("a document type is not allowed")
    return root
