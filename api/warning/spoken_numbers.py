"""Numbers and clock times in the words in which they are read aloud, Chinese and English."""

from __future__ import annotations

import re
from datetime import datetime

from api.warning.notice import BEIJING
from api.wording import EN, ZH

_ZH = "零一二三四五六七八九"
_ZH_PLACES = ((1000, "千"), (100, "百"), (10, "十"), (1, ""))
_EN = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
LARGEST = 10**8 - 1
_LONGEST_NUMBER = 4  # digits in a name that are one number; more are read one by one, like a code


def number_words(number: int, lang: str) -> str:
    """A whole number from 0 to 99,999,999 in words; ValueError beyond."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"number(={number}) must be from 0 to {LARGEST}")
    return _chinese(number) if lang == ZH else _english(number)


def count_words(number: int, lang: str) -> str:
    """The same in front of what is counted: Chinese then says 两 for two."""
    return "两" if lang == ZH and number == 2 else number_words(number, lang)


def clock_words(moment: datetime, lang: str) -> str:
    """A time of day in Beijing time: 凌晨三点整, 二十一点零五分, nine oh five p.m."""
    local = moment.astimezone(BEIJING)
    hour, minute = local.hour, local.minute
    if lang == ZH:
        past = "整" if minute == 0 else ("零" if minute < 10 else "") + _chinese(minute) + "分"
        # "五点" alone is heard as five in the afternoon too; from noon on the hour itself says it
        part = "凌晨" if hour < 6 else "上午" if hour < 12 else ""
        return f"{part}{'两' if hour == 2 else _chinese(hour)}点{past}"
    half = "a.m." if hour < 12 else "p.m."
    past = "" if minute == 0 else f" oh {_EN[minute]}" if minute < 10 else f" {_english(minute)}"
    return f"{_english(hour % 12 or 12)}{past} {half}"


def name_words(name: str, lang: str) -> str:
    """A name with its digits in words: 石室中学2号楼 is read 石室中学二号楼, Hall 12 is Hall twelve."""

    def read(found: re.Match[str]) -> str:
        digits = found[0]
        if len(digits) > _LONGEST_NUMBER or (len(digits) > 1 and digits[0] == "0"):
            words = [_ZH[int(d)] if lang == ZH else _EN[int(d)] for d in digits]
            said = ("" if lang == ZH else " ").join(words)
        else:
            said = number_words(int(digits), lang)
        if lang != EN:
            return said
        before, after = name[: found.start()][-1:], name[found.end() :][:1]
        return (" " if before.isalnum() else "") + said + (" " if after.isalnum() else "")

    return re.sub(r"[0-9]+", read, name)


def _chinese(number: int) -> str:
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        ahead = ("两" if high == 2 else _chinese(high)) + "万"
        if low == 0:
            return ahead
        return ahead + ("零" if low < 1000 else "") + _below_ten_thousand(low)
    said = _below_ten_thousand(number)
    return said[1:] if said.startswith("一十") else said  # ten to nineteen by themselves are 十, 十一, ...


def _below_ten_thousand(number: int) -> str:
    if number == 0:
        return _ZH[0]
    said, gap = "", False
    for place, name in _ZH_PLACES:
        digit, number = divmod(number, place)
        if digit == 0:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + ("两" if digit == 2 and place == 1000 else _ZH[digit]) + name
        gap = False
    return said


def _english(number: int) -> str:
    if number < 20:
        return _EN[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _EN_TENS[tens] + (f"-{_EN[ones]}" if ones else "")
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            high, low = divmod(number, size)
            link = "" if low == 0 else " and " if low < 100 else " "
            return f"{_english(high)} {name}{link}{_english(low) if low else ''}"
    raise AssertionError(number)
