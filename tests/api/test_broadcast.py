"""What is read aloud fits its time and holds no figure; short messages fit their length and lose nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.warning.broadcast import BroadcastTerms, broadcast
from api.warning.drill import drill_profile, notices
from api.warning.notice import BEIJING, Notice, Refuge
from api.warning.profile import rules_profile
from api.warning.sms import in_parts
from api.warning.spoken_numbers import LARGEST, clock_words, count_words, name_words, number_words
from api.wording import EN, LANGUAGES, ZH
from data.rules_file import load_rules
from tests.api.result_factory import make_result
from tests.api.test_notice import made

RULES = load_rules()
TERMS = BroadcastTerms.of(RULES)
ORANGE = made()


def warned(**more) -> Notice:
    return replace(ORANGE, **more)


def named(area: str, area_en: str) -> dict:
    return {
        lang: replace(w, area=a, headline=w.headline.replace(w.area, a))
        for (lang, w), a in zip(ORANGE.words.items(), (area, area_en), strict=True)
    }


REFUGE = Refuge(
    "S1", "锦河中学2号楼", "Jinhe School Hall 2", 900, 14.0, way=("人民路", "春熙路"), way_en=("People's Road",)
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_message_of_a_drill_is_told_within_its_time(lang: str) -> None:
    result = make_result()
    for notice in notices(result, drill_profile(result, RULES)):
        told = broadcast(notice, TERMS)
        assert 3.0 < told.seconds[lang] <= TERMS.longest_s
        assert not re.search("[0-9]", told.speech[lang])
        assert all(len(part) <= TERMS.sms_characters[lang] for part in told.sms[lang])
        assert told.speech[lang] in told.as_text()


def test_the_speech_says_who_what_where_and_until_when() -> None:
    notice = warned(refuges=(REFUGE, replace(REFUGE, id="S2", name="人民公园", name_en="Park")))
    told = broadcast(notice, TERMS)
    assert told.speech[ZH] == (
        "演练，演练。锦河街道内涝预警更新为橙色。接到转移通知的最迟二十一点二十分出发。请前往锦河中学二号楼，步行约十四分钟。"
        "其他人员留在安全楼层，不要涉水，不要进下穿隧道。沿人民路、春熙路走。预计二十一点二十五分前后出现险情。"
        "有效至凌晨三点整。约一千二百五十人身处险境。也可前往人民公园。以上是演练。"
    )
    assert ".." not in told.speech[EN]
    for words in ("Exercise", "leave by nine twenty p.m. Go", "Jinhe School Hall two, about fourteen minutes on foot"):
        assert words in told.speech[EN]


def test_a_short_message_names_the_day_of_its_end_where_that_is_another_one() -> None:
    assert any("有效至7月16日 03:00" in part for part in broadcast(ORANGE, TERMS).sms[ZH])
    same_day = broadcast(warned(expires=ORANGE.sent + timedelta(hours=1)), TERMS)
    assert any("Until 22:00." in part for part in same_day.sms[EN])


def test_what_is_least_needed_is_left_out_first() -> None:
    notice = warned(refuges=(REFUGE,))
    short = replace(TERMS, longest_s=1.0)
    told = broadcast(notice, short)
    assert "预计" not in told.speech[ZH]
    for kept in ("更新为橙色", "出发", "请前往锦河中学二号楼", "不要涉水", "以上是演练"):
        assert kept in told.speech[ZH]


def test_too_late_says_at_once_and_a_cancel_says_it_is_over() -> None:
    late = broadcast(warned(leave_by=None, leave_now=True), TERMS)
    assert "立即出发" in late.speech[ZH]
    assert any("leave at once." in part for part in late.sms[EN])
    over = broadcast(made(level=0, message_type="Cancel", leave_by_s=None, shelters=()), TERMS)
    assert "预警解除" in over.speech[ZH]
    assert "lifted" in over.sms[EN][0]
    assert "Leave" not in over.speech[EN]


def test_only_an_actual_message_goes_without_the_mark() -> None:
    actual = broadcast(made(profile=rules_profile(RULES, "x", actual=True)), TERMS)
    assert "演练" not in actual.as_text()
    assert "xercise" not in actual.as_text()
    drill = broadcast(ORANGE, TERMS)
    assert all(part.startswith("【演练】") for part in drill.sms[ZH])
    assert all(part.startswith("[EXERCISE] ") for part in drill.sms[EN])


def test_who_is_not_told_to_move_stays_and_nobody_is_sent_into_the_water() -> None:
    """The advice on underpasses is read aloud, whoever is told to leave."""
    for level in (3, 4):
        for order in ({}, {"leave_by": None}, {"leave_by": None, "leave_now": True}):
            told = broadcast(warned(level=level, **order), TERMS)
            assert "下穿隧道" in told.speech[ZH]
            assert "underpass" in told.speech[EN]
            assert ("其他人员" in told.speech[ZH]) == (order != {"leave_by": None})
            assert told.seconds[EN] <= TERMS.longest_s
    few = broadcast(warned(refuges=(replace(REFUGE, persons=18),), people=69), TERMS)
    assert "没有安排到避难场所的先上安全楼层" in few.speech[ZH]
    assert "wait for orders" in " ".join(few.sms[EN])
    here = broadcast(warned(leave_by=None, leave_now=True, onset=ORANGE.sent), TERMS)
    assert "有积水不要出门" in here.speech[ZH]
    assert "leave at once only if your way is free of water" in " ".join(here.sms[EN])


def test_a_warning_that_nothing_was_found_for_does_not_say_that_the_danger_is_here() -> None:
    hand = broadcast(warned(onset=ORANGE.sent, evidence=(), leave_by=None, refuges=()), TERMS)
    assert "险情已经出现" not in hand.speech[ZH]
    assert "The area may be affected." in hand.speech[EN]
    assert "险情已经出现" in broadcast(warned(onset=ORANGE.sent, leave_by=None, refuges=()), TERMS).speech[ZH]


def test_an_update_has_the_word_of_its_headline_everywhere() -> None:
    raised = made(level=3)
    words = {lang: replace(w, headline=w.headline.replace("更新为", "升级为")) for lang, w in raised.words.items()}
    told = broadcast(replace(raised, words=words), TERMS)
    assert "升级为橙色。" in told.speech[ZH]
    assert "升级为橙色。" in told.sms[ZH][0]


@settings(max_examples=150, deadline=None)
@given(
    st.text("锦江春熙路东大街小区0123456789", min_size=1, max_size=12),
    st.text("ABCdef '0123", min_size=1, max_size=24),
    st.lists(st.text("人民路南一段7", min_size=1, max_size=8), max_size=6),
    st.integers(0, 3_000_000),
    st.integers(1, 4),
    st.integers(0, 1439),
    st.booleans(),
)
def test_any_warning_fits(area, area_en, way, people, level, minute, late) -> None:
    refuge = replace(REFUGE, name=area, name_en=area_en, way=tuple(way), way_en=())
    leave_by = None if late else ORANGE.sent + timedelta(minutes=minute)
    notice = warned(
        words=named(area, area_en), refuges=(refuge,), people=people, level=level, leave_by=leave_by, leave_now=late
    )
    told = broadcast(notice, TERMS)
    for lang in LANGUAGES:
        assert told.seconds[lang] <= TERMS.longest_s
        assert not re.search("[0-9]", told.speech[lang])
        assert all(len(part) <= TERMS.sms_characters[lang] for part in told.sms[lang])


@given(st.lists(st.text("ab 中。", min_size=1, max_size=90), min_size=1, max_size=5), st.sampled_from(["", "【演练】"]))
def test_short_messages_lose_no_character(sentences: list[str], mark: str) -> None:
    parts = in_parts(sentences, 70, mark, "")
    assert all(len(part) <= 70 and part.startswith(mark) for part in parts)
    bare = [re.sub(r"^\(\d/\d\)", "", part[len(mark) :]) if len(parts) > 1 else part[len(mark) :] for part in parts]
    assert "".join(bare) == "".join(sentences)


def test_a_sentence_that_fits_is_not_cut_and_too_much_is_an_error() -> None:
    parts = in_parts(["a" * 30, "b" * 30, "c" * 30], 70)
    assert parts == ("(1/2)" + "a" * 30 + "b" * 30, "(2/2)" + "c" * 30)
    spaced = in_parts(["Orange warning.", "y" * 50], 70, "[EXERCISE] ", " ")
    assert spaced[0] == "[EXERCISE] (1/2) Orange warning."
    assert all(len(part) <= 70 for part in spaced)
    with pytest.raises(ValueError, match="at most 9"):
        in_parts(["x" * 700], 70)
    with pytest.raises(ValueError, match="no room"):
        in_parts(["x" * 70], 10, "【演练】演练")


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "零", "zero"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (15, "十五", "fifteen"),
        (101, "一百零一", "one hundred and one"),
        (110, "一百一十", "one hundred and ten"),
        (1005, "一千零五", "one thousand and five"),
        (1250, "一千二百五十", "one thousand two hundred and fifty"),
        (2200, "两千二百", "two thousand two hundred"),
        (10_010, "一万零一十", "ten thousand and ten"),
        (20_000, "两万", "twenty thousand"),
        (120_500, "十二万零五百", "one hundred and twenty thousand five hundred"),
        (1_000_000, "一百万", "one million"),
    ],
)
def test_numbers_as_they_are_read(number: int, zh: str, en: str) -> None:
    assert number_words(number, ZH) == zh
    assert number_words(number, EN) == en


def _from_chinese(said: str) -> int:
    total = part = digit = 0
    for letter in said:
        if letter == "万":
            total, part, digit = (part + digit) * 10_000, 0, 0
        elif letter in "千百十":
            part, digit = part + (digit or 1) * {"千": 1000, "百": 100, "十": 10}[letter], 0
        else:
            digit = 2 if letter == "两" else "零一二三四五六七八九".index(letter)
    return total + part + digit


def _from_english(said: str) -> int:
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    tens = "twenty thirty forty fifty sixty seventy eighty ninety"
    words = {w: i for i, w in enumerate((ones + " seventeen eighteen nineteen").split())}
    words |= {w: 10 * i for i, w in enumerate(tens.split(), 2)}
    total = part = 0
    for word in re.split("[ -]", said.replace(" and ", " ")):
        if word == "hundred":
            part *= 100
        elif word in ("thousand", "million"):
            total, part = total + part * {"thousand": 1000, "million": 1_000_000}[word], 0
        else:
            part += words[word]
    return total + part


@settings(max_examples=300)
@given(st.integers(0, LARGEST) | st.integers(0, 30_000))
def test_a_number_that_is_read_is_heard_as_the_same(number: int) -> None:
    assert _from_chinese(number_words(number, ZH)) == number
    assert _from_english(number_words(number, EN)) == number


def test_clock_names_and_counts() -> None:
    def at(hour: int, minute: int) -> datetime:
        return datetime(2026, 7, 15, hour, minute, tzinfo=BEIJING)

    assert [clock_words(at(*t), ZH) for t in ((21, 5), (2, 0), (0, 30), (12, 20))] == [
        "二十一点零五分", "凌晨两点整", "凌晨零点三十分", "十二点二十分",
    ]  # fmt: skip
    assert [clock_words(at(*t), EN) for t in ((21, 5), (2, 0), (0, 30), (12, 20))] == [
        "nine oh five p.m.", "two a.m.", "twelve thirty a.m.", "twelve twenty p.m.",
    ]  # fmt: skip
    assert count_words(2, ZH) == "两"
    assert name_words("7中2号楼", ZH) == "七中二号楼"
    assert name_words("Hall12B", EN) == "Hall twelve B"
    assert name_words("网格510104001", ZH) == "网格五一零一零四零零一"
    with pytest.raises(ValueError, match="must be from 0"):
        number_words(-1, ZH)
