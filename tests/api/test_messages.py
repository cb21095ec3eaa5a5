"""The message catalogue: both languages complete, quantities written as people read them."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from api import messages
from api.wording import EN, LANGUAGES, ZH, quantity
from sim.result import Event

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_message_has_both_languages_and_the_same_values() -> None:
    for key, entry in messages.catalogue().items():
        assert set(entry) == {"zh", "en"}, key
        assert entry["zh"].strip(), key
        assert entry["en"].strip(), key
        assert messages.placeholders(entry["zh"]) == messages.placeholders(entry["en"]), key


def test_english_texts_hold_no_chinese_and_chinese_texts_do() -> None:
    for key, entry in messages.catalogue().items():
        assert not CHINESE.search(entry["en"]), key
        bare = re.sub(r"\{[^}]*\}", "", entry["zh"])
        assert CHINESE.search(entry["zh"]) or not re.search("[A-Za-z]{4}", bare), key


EVENTS = [
    ("rain_starts", {}),
    ("rain_peak", {"rain_mm_h": 83.2}),
    ("rain_ends", {"total_mm": 100.9}),
    ("warning", {"area": "锦城街道", "area_en": "Jincheng", "level": 3, "message_type": "Alert", "event": "rainstorm"}),
    ("warning", {"area": "锦城街道", "level": 4, "message_type": "Update", "event": "waterlogging"}),
    ("warning", {"area": "锦城街道", "level": 0, "message_type": "Cancel", "event": "waterlogging"}),
    ("order", {"area": "锦城街道", "area_en": "Jincheng", "persons": 1200}),
    ("underpass_closed", {"underpass": "人南下穿", "underpass_en": "Rennan", "depth_m": 0.3}),
    ("underpass_reopened", {"underpass": "人南下穿", "underpass_en": "Rennan", "depth_m": 0.1}),
    ("shelter_full", {"shelter": "一中", "shelter_en": "School 1", "persons": 800}),
    ("shelter_flooded", {"shelter": "一中", "shelter_en": "School 1", "persons": 0}),
    ("shelter_dark", {"shelter": "一中", "shelter_en": "School 1", "persons": 12}),
    ("first_arrival", {"shelter": "一中", "shelter_en": "School 1"}),
    ("t90", {"minutes": 64.0, "persons": 2300}),
    ("drained", {"area": "锦城街道", "area_en": "Jincheng", "hours": 1.4}),
    ("people_stranded", {"persons": 1}),
]


@pytest.mark.parametrize(("kind", "values"), EVENTS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_event_is_told_in_both_languages(kind: str, values: dict, lang: str) -> None:
    told = messages.event_text(Event(0.0, kind, values), lang)
    assert "{" not in told
    assert bool(CHINESE.search(told)) == (lang == ZH or ("area_en" not in values and "area" in values))


def test_english_takes_the_english_name_and_falls_back_to_the_chinese() -> None:
    assert (
        messages.text("order", EN, area="锦城街道", area_en="Jincheng", persons=1) == "Jincheng: 1 person told to leave"
    )
    assert messages.text("order", EN, area="锦城街道", area_en="", persons=0).startswith("锦城街道")
    assert messages.text("order", ZH, area="锦城街道", area_en="Jincheng", persons=1200) == (
        "锦城街道：下达撤离指令，涉及 1,200 人"
    )


def test_missing_values_and_keys_are_named() -> None:
    with pytest.raises(KeyError, match=r"order.*persons"):
        messages.text("order", ZH, area="x")
    with pytest.raises(KeyError, match="no_such"):
        messages.text("no_such", ZH)
    with pytest.raises(ValueError, match="fr-FR"):
        messages.text("rain_starts", "fr-FR")


@pytest.mark.parametrize(
    ("value", "spec", "zh", "en"),
    [
        (1234567, "people", "1,234,567 人", "1,234,567 people"),
        (1, "people", "1 人", "1 person"),
        (0.324, "metres", "0.32 米", "0.32 m"),
        (1.46, "metres", "1.5 米", "1.5 m"),
        (-0.001, "metres", "0.00 米", "0.00 m"),
        (12.4, "minutes", "12 分钟", "12 min"),
        (0.999, "share", "99.9%", "99.9%"),
        (0.9999, "share", "99.9%", "99.9%"),
        (1.0, "share", "100%", "100%"),
        (0.001, "share", "<1%", "<1%"),
        (0.0, "share", "0%", "0%"),
        (123456.0, "area", "12.3 公顷", "12.3 ha"),
        (2.5e6, "area", "2.5 平方公里", "2.5 km²"),
        (["甲", "乙", "丙"], "list", "甲、乙、丙", "甲, 乙 and 丙"),
        (["甲"], "list", "甲", "甲"),
        (3, "colour", "橙色", "orange"),
        (1, "plural area|areas", "1 area", "1 area"),
        (2, "plural area|areas", "2 areas", "2 areas"),
        (datetime(2026, 7, 1, 9, 5), "moment", "7月1日 09:05", "09:05 on 1 July"),
    ],
)
def test_quantities(value: object, spec: str, zh: str, en: str) -> None:
    assert quantity(value, spec, ZH) == zh
    assert quantity(value, spec, EN) == en
