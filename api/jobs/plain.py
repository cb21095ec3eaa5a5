"""Params of jobs come from outside: only plain JSON of sane size goes any further."""

from __future__ import annotations

import math
from typing import Any

from data.errors import InputError

_MOST_DEEP, _MOST_ITEMS, _LONGEST_TEXT, _LARGEST = 8, 20_000, 2_000, 2**53
_FIRST_PRINTABLE, _DELETE = 0x20, 0x7F


def check_plain(value: Any, place: str = "", deep: int = 0) -> None:
    """Raise InputError where a value is no number, text, truth value, list or table that a scenario could hold.

    Refused are infinite numbers, control characters, half surrogates, and what is too deep, long or large.
    """
    if deep > _MOST_DEEP:
        raise InputError("nested too deep", place=place, expected=f"at most {_MOST_DEEP} levels")
    if isinstance(value, dict):
        _check_count(len(value), place)
        for key, item in value.items():
            _check_text(key, place)
            check_plain(item, f"{place}.{key}" if place else key, deep + 1)
    elif isinstance(value, list):
        _check_count(len(value), place)
        for number, item in enumerate(value):
            check_plain(item, f"{place}[{number}]", deep + 1)
    elif isinstance(value, str):
        _check_text(value, place)
    elif value is None:
        raise InputError("null stands for nothing here", place=place, expected="a value, or no such key")
    elif isinstance(value, int | float) and not (abs(value) <= _LARGEST and math.isfinite(value)):
        raise InputError("not a usable number", place=place, value=value, expected="a finite number within 2^53")


def _check_count(count: int, place: str) -> None:
    if count > _MOST_ITEMS:
        raise InputError("too many values", place=place, value=count, expected=f"at most {_MOST_ITEMS}")


def _check_text(text: object, place: str) -> None:
    if not isinstance(text, str):
        raise InputError("not a text", place=place, value=text, expected="text as a key")
    if len(text) > _LONGEST_TEXT:
        raise InputError("text too long", place=place, value=text[:40], expected=f"at most {_LONGEST_TEXT} characters")
    for sign in text:
        code = ord(sign)
        if code < _FIRST_PRINTABLE or code == _DELETE or 0xD800 <= code <= 0xDFFF:
            raise InputError(
                "a character that is none",
                place=place,
                value=f"U+{code:04X}",
                expected="text without control characters",
            )
