"""What a second reader, written from the standard, finds in a message is what the notice says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.warning.cap import cap_signed, cap_xml
from api.warning.drill import drill_profile, notices
from api.warning.notice import Notice
from api.warning.signing import Signer
from data.errors import InputError
from data.rules_file import load_rules
from tests.api.result_factory import make_result
from tests.api.test_cap_rules import KEY
from tests.api.test_notice import made
from tests.cap_reader import ReadError, read_cap

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=60)


@cache
def drill() -> tuple[Notice, ...]:
    result = make_result()
    return tuple(notices(result, drill_profile(result, load_rules())))


def same(notice: Notice, read: dict) -> None:
    """The reader's dictionary says what the notice says."""
    for name, value in (
        ("identifier", notice.identifier), ("sender", notice.sender), ("status", notice.status),
        ("msgType", notice.msg_type), ("scope", notice.scope), ("note", notice.note),
        ("references", notice.references), ("restriction", notice.restriction),
    ):  # fmt: skip
        assert read.get(name, "") == value
    assert datetime.fromisoformat(read["sent"]) == notice.sent
    assert [info["language"] for info in read["info"]] == list(notice.words)
    for info, words in zip(read["info"], notice.words.values(), strict=True):
        assert (info["event"], info["senderName"], info["headline"]) == (words.event, words.sender, words.headline)
        assert (info["description"], info["instruction"]) == (words.description, words.instruction)
        assert (info["urgency"], info["severity"]) == (notice.urgency, notice.severity)
        assert info["certainty"] == notice.certainty
        assert tuple(info["responseType"]) == notice.response_types
        times = [datetime.fromisoformat(info[name]) for name in ("effective", "onset", "expires")]
        assert times == [notice.sent, notice.onset, notice.expires]
        (area,) = info["area"]
        assert area["areaDesc"] == words.area
        assert [[(lon, lat) for lat, lon in ring] for ring in area["polygon"]] == [list(r) for r in notice.rings]
        assert [(c["valueName"], c["value"]) for c in area["geocode"]] == [notice.geocode]
        told = [(p["valueName"], p["value"]) for p in info["parameter"]]
        assert ("severityColor", notice.colour) in told
        assert ("responsibleUnit", words.responsible) in told
        assert len([name for name, _ in told if name == "shelter"]) == len(notice.refuges)


@pytest.mark.parametrize("number", range(5))
def test_every_message_of_a_drill_says_what_its_notice_says(number: int) -> None:
    notice = drill()[number]
    same(notice, read_cap(cap_signed(notice, Signer(KEY))))
    same(Notice.from_json(notice.to_json()), read_cap(cap_xml(notice)))


@settings(max_examples=80, deadline=None)
@given(TEXT, TEXT, TEXT)
def test_any_words_are_read_as_they_were_written(headline: str, instruction: str, area: str) -> None:
    notice = made_once()
    words = {
        lang: replace(said, headline=headline, instruction=instruction, area=area)
        for lang, said in notice.words.items()
    }
    same(replace(notice, words=words), read_cap(cap_xml(replace(notice, words=words))))


@cache
def made_once() -> Notice:
    return made(probability=(1.0, 0.8, 0.4, 0.1), made_from=("nowcast", "sensors:61"))


def test_probability_and_provenance_are_told() -> None:
    zh, en = read_cap(cap_xml(made_once()))["info"]
    told = [(p["valueName"], p["value"]) for p in en["parameter"]]
    assert ("probability", "Blue 1; Yellow 0.8; Orange 0.4; Red 0.1") in told
    assert ("madeFrom", "Sensors used: 61") in told
    assert ("madeFrom", "参与计算的测站 61 个") in [(p["valueName"], p["value"]) for p in zh["parameter"]]
    assert ("areaLevel", "street") in told


def test_a_control_character_is_bad_input() -> None:
    notice = made_once()
    words = {lang: replace(said, area="a\x00b") for lang, said in notice.words.items()}
    with pytest.raises(InputError, match="areaDesc"):
        cap_xml(replace(notice, words=words))


def test_the_reader_refuses_what_the_standard_does() -> None:
    xml = cap_xml(made_once()).decode()
    for old, new in (
        ("<status>Exercise", "<status>Drill"),
        ("<event>", "<happening/><event>"),
        ("<scope>Restricted</scope>", ""),
        ("</identifier>", "</identifier><identifier>2</identifier>"),
        ("<polygon>", "<polygon>104.0,30.6 "),
    ):
        with pytest.raises(ReadError):
            read_cap(xml.replace(old, new, 1).encode())
