"""Opens XML files that others wrote: no entities, no network, a plain message where the file is damaged."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from data.errors import InputError


def xml_root(file: Path, tag: str, kind: str) -> etree._Element:
    """The top element, which must be <tag> in whatever namespace; `kind` says in messages what the file should be."""
    if not file.is_file():
        raise InputError("no such file", file=file, expected=kind)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.parse(str(file), parser).getroot()
    except (etree.XMLSyntaxError, OSError) as error:
        raise InputError(f"not readable as XML (truncated?): {error}", file=file, expected=kind) from None
    found = etree.QName(root).localname
    if found != tag:
        raise InputError(f"not {kind}", file=file, value=found, expected=f"<{tag}> at the top")
    return root
