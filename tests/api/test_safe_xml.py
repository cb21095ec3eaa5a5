"""XML of others: no document type in any form, nothing large, nothing but XML; a clean message passes."""

from __future__ import annotations

import pytest

from api.warning.safe_xml import NotXml, parse_xml
from tests.api.test_cap_rules import signed

LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "kind",
    [
        "<!DOCTYPE alert>",
        "<!DOCTYPE alert []>",
        '<!DOCTYPE alert SYSTEM "http://rongan.invalid/x.dtd">',
        '<!DOCTYPE alert PUBLIC "-//x" "file:///etc/passwd">',
        '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE alert [<!ENTITY % p SYSTEM "http://rongan.invalid/p"> %p;]>',
        f'<!DOCTYPE alert [<!ENTITY l0 "ha">{LAUGHS}]>',
    ],
)
def test_a_document_type_is_refused_whatever_it_says(kind: str) -> None:
    xml = signed()[0].decode()
    assert parse_xml(xml.encode()) is not None
    head, body = xml.split("?>", 1)
    with pytest.raises(NotXml, match=r"document type|not well-formed"):
        parse_xml(f"{head}?>{kind}{body}".encode())


def test_size_depth_and_form() -> None:
    assert parse_xml(b"<a>" + b"x" * 50 + b"</a>", 60) is not None
    with pytest.raises(NotXml, match="61 bytes"):
        parse_xml(b"<a>" + b"x" * 54 + b"</a>", 60)
    for content in (b"", b" ", b"x", b"<a>", b"\xff\xfe", b"<a>&x;</a>", b"<a>" * 300 + b"</a>" * 300):
        with pytest.raises(NotXml):
            parse_xml(content)
