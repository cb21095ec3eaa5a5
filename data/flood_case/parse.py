"""Reads a flood case file strictly: every key known, of its kind, in its range; nothing else is opened yet."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.flood_case.keys import SECTIONS, Key, Section
from data.suggest import closest

Values = dict[str, Any]


def parse_case(path: Path) -> dict[str, Any]:
    """The sections of the file by name: a dict of values, or a list of them for a repeated section.

    Defaults are filled in; a section that is absent is an empty dict or list. Raises InputError.
    """
    text = _read_text(path)
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not a TOML file: {error}", file=path, expected="TOML as in docs/flood-case.md") from error
    known = {section.name: section for section in SECTIONS}
    for name, value in written.items():
        if name not in known:
            raise InputError("unknown section or key", file=path, place=name, expected=closest(name, known))
        _check_shape(known[name], value, path)
    case: dict[str, Any] = {}
    for section in SECTIONS:
        value = written.get(section.name)
        if value is None and section.required:
            raise InputError(
                f"no section {section.title}", file=path, expected=f"{section.title}: {section.meaning.lower()}"
            )
        if section.repeated:
            entries = enumerate(value or [], start=1)
            case[section.name] = [_section(section, entry, f"{section.title} {k}", path) for k, entry in entries]
        else:
            case[section.name] = {} if value is None else _section(section, value, section.title, path)
    return case


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError("no such file", file=path, expected="a flood case (TOML)") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as text: {error}", file=path, expected="a flood case (TOML)") from error


def _check_shape(section: Section, value: object, path: Path) -> None:
    if section.repeated and not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
        raise InputError("not a list of tables", file=path, place=section.name, expected=f"{section.title} per entry")
    if not section.repeated and not isinstance(value, dict):
        raise InputError("not a table", file=path, place=section.name, expected=f"one {section.title}")


def _section(section: Section, written: Values, place: str, path: Path) -> Values:
    names = [key.name for key in section.keys]
    values: Values = {}
    for name, value in written.items():
        key = section.key(name)
        if key is None:
            raise InputError("unknown key", file=path, place=f"{place} {name}", expected=closest(name, names))
        values[name] = _value(key, value, f"{place} {name}", path)
    for key in section.keys:
        if key.name in values:
            continue
        if key.required:
            raise InputError(f"{key.name} is missing", file=path, place=place, expected=key.expected())
        if key.default is not None:
            values[key.name] = key.default
    _check_choice(section.exactly_one_of, values, place, path, exactly=True)
    _check_choice(section.one_value_of, values, place, path, exactly=True)
    _check_choice(section.at_most_one_of, values, place, path, exactly=False)
    return values


def _check_choice(names: tuple[str, ...], values: Values, place: str, path: Path, *, exactly: bool) -> None:
    given = [name for name in names if name in values]
    if len(given) > 1 or (exactly and names and not given):
        found = " and ".join(given) if given else "none of them"
        words = "exactly one of " if exactly else "at most one of "
        raise InputError(f"{found} given", file=path, place=place, expected=words + ", ".join(names))


def _value(key: Key, value: object, place: str, path: Path) -> object:
    """The value in the form the loader uses: float, int, str, a tuple of points or names, or an edge condition."""

    def wrong() -> InputError:
        return InputError(
            f"{key.name} is not what it should be", file=path, place=place, value=value, expected=key.expected()
        )

    if isinstance(value, str):
        if key.choices:
            if value not in key.choices:
                raise wrong()
            return value
        if "edge" in key.kinds:
            if value not in ("closed", "open"):
                raise wrong()
            return value
        if not {"path", "text"} & set(key.kinds) or not value.strip():
            raise wrong()
        return value
    if isinstance(value, bool):
        if "flag" not in key.kinds:
            raise wrong()
        return value
    if isinstance(value, (int, float)):
        return _number(key, value, wrong)
    if isinstance(value, dict):
        if "edge" not in key.kinds or list(value) != ["stage"] or not isinstance(value["stage"], str):
            raise wrong()
        return value
    if isinstance(value, list) and "names" in key.kinds:
        if not all(isinstance(name, str) and name.strip() for name in value):
            raise wrong()
        return tuple(value)
    if isinstance(value, list):
        return _points(key, value, wrong)
    raise wrong()


def _number(key: Key, value: float, wrong: Any) -> float | int:
    whole = "whole" in key.kinds
    if not (whole or "number" in key.kinds) or (whole and not isinstance(value, int)):
        raise wrong()
    if key.minimum is None or key.maximum is None or not _finite(value):
        raise wrong()
    if not key.minimum <= value <= key.maximum or (key.above_minimum and value == key.minimum):
        raise wrong()
    return value if whole else float(value)


def _points(key: Key, value: list[Any], wrong: Any) -> tuple[float, float] | tuple[tuple[float, float], ...]:
    def point(pair: object) -> tuple[float, float]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise wrong()
        if not all(_finite(v) for v in pair):
            raise wrong()
        return float(pair[0]), float(pair[1])

    if "point" in key.kinds:
        return point(value)
    least = {"line": 2, "polygon": 3}.get(key.kinds[0])
    if least is None or len(value) < least:
        raise wrong()
    return tuple(point(pair) for pair in value)


def _finite(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False
