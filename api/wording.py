"""Quantities in words: how a number, a time or a list is written in Chinese and in English.

Templates name the quantity by a format spec, `{persons:people}` or `{depth_m:metres}`; values stay SI and this
module turns them into text at the edge. Specs: `people`, `count`, `plural one|many`, `metres`, `minutes`, `hours`,
`millimetres`, `rate`, `share`, `area`, `volume`, `clock`, `moment`, `colour`, `Colour`, `capital`, `list`, or any of
Python's own.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

ZH = "zh-CN"
EN = "en-US"
LANGUAGES = (ZH, EN)

COLOURS = {ZH: ("无", "蓝色", "黄色", "橙色", "红色"), EN: ("no", "blue", "yellow", "orange", "red")}
LETTERS = {ZH: ("", "蓝", "黄", "橙", "红"), EN: ("", "B", "Y", "O", "R")}

_M2_PER_HA = 1e4
_M2_PER_KM2 = 1e6


def _trim(value: float, digits: int) -> str:
    """Fixed decimals, thousands separated, without a sign on zero."""
    text = f"{value:,.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def _people(value: float, lang: str) -> str:
    number = f"{round(value):,}"
    if lang == ZH:
        return f"{number} 人"
    return f"{number} person" if round(value) == 1 else f"{number} people"


def _metres(value: float, lang: str) -> str:
    return _trim(value, 2 if abs(value) < 1 else 1) + (" 米" if lang == ZH else " m")


def _minutes(value: float, lang: str) -> str:
    return _trim(value, 0) + (" 分钟" if lang == ZH else " min")


def _hours(value: float, lang: str) -> str:
    return _trim(value, 1) + (" 小时" if lang == ZH else " h")


def _millimetres(value: float, lang: str) -> str:
    return _trim(value, 0) + (" 毫米" if lang == ZH else " mm")


def _rate(value: float, lang: str) -> str:
    return _trim(value, 0) + (" 毫米/小时" if lang == ZH else " mm/h")


def _share(value: float, lang: str) -> str:
    percent = 100.0 * value
    # Rounding must not claim all or nothing where a few are left.
    if 99.5 <= percent < 100.0 or 0.0 < percent < 0.5:
        return ("99.9%" if percent > 99.9 else f"{percent:.1f}%") if percent > 1.0 else "<1%"
    return f"{percent:.0f}%"


def _area(value: float, lang: str) -> str:
    if value >= _M2_PER_KM2:
        return _trim(value / _M2_PER_KM2, 1) + (" 平方公里" if lang == ZH else " km²")
    return _trim(value / _M2_PER_HA, 1) + (" 公顷" if lang == ZH else " ha")


def _volume(value: float, lang: str) -> str:
    if lang == ZH:
        return f"{_trim(value / 1e4, 1)} 万立方米" if value >= 1e4 else f"{_trim(value, 0)} 立方米"
    return f"{_trim(value, 0)} m³"


def _clock(value: datetime, lang: str) -> str:
    return f"{value:%H:%M}"


def _moment(value: datetime, lang: str) -> str:
    if lang == ZH:
        return f"{value.month}月{value.day}日 {value:%H:%M}"
    return f"{value:%H:%M} on {value.day} {value:%B}"


def _colour(value: int, lang: str) -> str:
    return COLOURS[lang][int(value)]


def _list(value: Sequence[str], lang: str) -> str:
    names = list(value)
    if lang == ZH:
        return "、".join(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


_SPECS: dict[str, Callable[[Any, str], str]] = {
    "people": _people,
    "count": lambda value, lang: f"{round(value):,}",
    "metres": _metres,
    "minutes": _minutes,
    "hours": _hours,
    "millimetres": _millimetres,
    "rate": _rate,
    "share": _share,
    "area": _area,
    "volume": _volume,
    "clock": _clock,
    "moment": _moment,
    "colour": _colour,
    "Colour": lambda value, lang: _colour(value, lang).capitalize(),
    "capital": lambda value, lang: value[:1].upper() + value[1:],
    "list": _list,
}


class Words(string.Formatter):
    """A formatter that knows the specs above in one language."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang(={lang!r}) must be one of {', '.join(LANGUAGES)}")
        self.lang = lang

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec in _SPECS:
            return _SPECS[format_spec](value, self.lang)
        if format_spec.startswith("plural "):
            one, many = format_spec[len("plural ") :].split("|")
            return f"{round(value):,} {one if round(value) == 1 else many}"
        return str(super().format_field(value, format_spec))


def quantity(value: Any, spec: str, lang: str) -> str:
    """One quantity in words: `quantity(1234, "people", "en-US")` is "1,234 people"."""
    return Words(lang).format_field(value, spec)
