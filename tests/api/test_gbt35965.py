"""GB/T 35965.1 and back: the identifier and the times of the standard, and not a word lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from api.warning.cap import cap_signed, cap_xml
from api.warning.drill import drill_profile, notices
from api.warning.gbt35965 import GbtLabels, cap_from_gbt, gbt_xml
from api.warning.notice import BEIJING
from api.warning.signing import Signer
from data.errors import InputError
from data.rules_file import load_rules
from tests.api.result_factory import make_result
from tests.api.test_cap_rules import KEY
from tests.api.test_notice import made

NOTICE = made()


def canonical(xml: bytes) -> bytes:
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n", exclusive=True)


def test_every_message_of_a_drill_comes_back_the_same() -> None:
    result = make_result()
    signer = Signer(KEY)
    for notice in notices(result, drill_profile(result, load_rules())):
        there = gbt_xml(cap_signed(notice, signer))
        assert cap_from_gbt(there) == cap_xml(notice)
        assert b"Signature" not in there


def test_identifier_sender_code_and_times_have_the_form_of_the_standard() -> None:
    own = replace(NOTICE, identifier="51010400100000_20260715210000_3")
    root = etree.fromstring(gbt_xml(cap_xml(own)))
    assert root.findtext("identifier") == own.identifier
    assert root.findtext("senderCode") == "51010400100000"
    assert root.findtext("sent") == "2026-07-15 21:00:00+08:00"
    for name in ("effective", "onset", "expires"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00", root.findtext(f"info/{name}")), name
    assert [e.text for e in root.findall("info/severity")] == ["Orange", "Orange"]


def test_another_identifier_is_made_into_31_characters_and_named() -> None:
    root = etree.fromstring(gbt_xml(cap_xml(NOTICE), GbtLabels("510100", "012", "345")))
    assert re.fullmatch(r"510100012345\d\d_20260715210000_\d", root.findtext("identifier"))
    assert root.findtext("code") == f"cap:identifier={NOTICE.identifier}"


def test_a_reference_is_changed_alike() -> None:
    first = cap_xml(NOTICE)
    before = f"{NOTICE.sender},{NOTICE.identifier},{NOTICE.sent.isoformat()}"
    second = cap_xml(replace(NOTICE, identifier="RA-2", references=before))
    name = etree.fromstring(gbt_xml(first)).findtext("identifier")
    assert etree.fromstring(gbt_xml(second)).findtext("references").split(",")[1:] == [
        name,
        "2026-07-15 21:00:00+08:00",
    ]
    assert cap_from_gbt(gbt_xml(second)) == second


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=40),
    st.from_regex(r"[A-Za-z0-9._-]{1,40}", fullmatch=True),
    st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)),
)
def test_any_words_and_moments_come_back(words: str, identifier: str, sent: datetime) -> None:
    moment = sent.replace(microsecond=0, tzinfo=BEIJING)
    told = {lang: replace(said, headline=words, description=words) for lang, said in NOTICE.words.items()}
    notice = replace(
        NOTICE, identifier=identifier, sent=moment, onset=moment, expires=moment + timedelta(hours=6), words=told
    )
    there = gbt_xml(cap_xml(notice))
    assert len(etree.fromstring(there).findtext("identifier")) == 31
    assert canonical(cap_from_gbt(there)) == canonical(cap_xml(notice))


@pytest.mark.parametrize(
    "content",
    [b"", b"<alert/>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<alert><identifier>1</identifier></alert>"],
)
def test_other_content_is_bad_input(content: bytes) -> None:
    with pytest.raises(InputError):
        gbt_xml(content)
    with pytest.raises(InputError):
        cap_from_gbt(content)
    there = gbt_xml(cap_xml(NOTICE))
    for old, new in ((b"2026-07-15 21:00:00+08:00", b"2026-07-15T21:00:00+08:00"), (b"cap:identifier=", b"x")):
        with pytest.raises(InputError):
            cap_from_gbt(there.replace(old, new))
