"""Strict TOML: every key is asked for by name and kind, and a key that nobody asked for is an error.

top = read_toml(path)
run = top.section("run")
duration_s = run.number("duration_s", above=0.0)
top.finish()
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.suggest import closest

_REQUIRED: Any = object()


class Section:
    """One table of a TOML file. Each getter checks the kind and range of its key and remembers that it was asked."""

    def __init__(self, values: dict[str, Any], file: Path, place: str = "") -> None:
        self.values = values
        self.file = file
        self.place = place
        self._asked: list[str] = []
        self._children: list[Section] = []

    def __contains__(self, key: object) -> bool:
        return key in self.values

    def where(self, key: str) -> str:
        """The place of a key as messages name it: "[run] duration_s"."""
        return f"[{self.place}] {key}" if self.place else key

    def error(self, key: str, message: str, expected: str) -> InputError:
        """An error about a key of this table."""
        return InputError(message, file=self.file, place=self.where(key), value=self.values.get(key), expected=expected)

    def raw(self, key: str, default: Any = _REQUIRED, expected: str = "a value") -> Any:
        """The value as TOML has it; the caller checks its kind."""
        self._asked.append(key)
        if key in self.values:
            return self.values[key]
        if default is _REQUIRED:
            near = difflib.get_close_matches(key, [name for name in self.values if name not in self._asked], n=1)
            message = f"missing key; {near[0]} is no key here, perhaps misspelt" if near else "missing key"
            raise InputError(message, file=self.file, place=self.where(key), expected=expected)
        return default

    def number(
        self,
        key: str,
        default: Any = _REQUIRED,
        *,
        above: float | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> Any:
        """A finite float in a range; the default (any value, None too) where the key is absent."""
        expected = _range_words("a number", above, minimum, maximum)
        value = self.raw(key, default, expected)
        if key not in self.values:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise self.error(key, "not a number", expected)
        outside = (
            (above is not None and value <= above)
            or (minimum is not None and value < minimum)
            or (maximum is not None and value > maximum)
        )
        if outside:
            raise self.error(key, "out of range", expected)
        return float(value)

    def integer(
        self, key: str, default: Any = _REQUIRED, *, minimum: int | None = None, maximum: int | None = None
    ) -> Any:
        """A whole number in a range."""
        expected = _range_words("a whole number", None, minimum, maximum)
        value = self.raw(key, default, expected)
        if key not in self.values:
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, "not a whole number", expected)
        if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
            raise self.error(key, "out of range", expected)
        return value

    def text(self, key: str, default: Any = _REQUIRED, *, choices: tuple[str, ...] = ()) -> Any:
        """A text that is not empty, one of `choices` where given."""
        expected = "one of " + ", ".join(choices) if choices else "a text"
        value = self.raw(key, default, expected)
        if key not in self.values:
            return value
        if not isinstance(value, str) or not value:
            raise self.error(key, "not a text", expected)
        if choices and value not in choices:
            raise self.error(key, "unknown choice", expected)
        return value

    def flag(self, key: str, default: Any = _REQUIRED) -> Any:
        """True or false."""
        value = self.raw(key, default, "true or false")
        if key in self.values and not isinstance(value, bool):
            raise self.error(key, "not a truth value", "true or false")
        return value

    def texts(self, key: str, default: Any = _REQUIRED) -> Any:
        """A list of texts that are not empty, as a tuple; each may stand once."""
        return self._list(key, default, str, "a list of texts")

    def integers(self, key: str, default: Any = _REQUIRED) -> Any:
        """A list of whole numbers, as a tuple; each may stand once."""
        return self._list(key, default, int, "a list of whole numbers")

    def lonlat(self, key: str, default: Any = _REQUIRED) -> Any:
        """A place on Earth, (longitude, latitude) in degrees."""
        expected = "[longitude, latitude], in this order"
        value = self.raw(key, default, expected)
        if key not in self.values:
            return value
        if not (isinstance(value, list) and len(value) == 2 and all(type(number) in (int, float) for number in value)):
            raise self.error(key, "not a place", expected)
        if not (abs(value[0]) <= 180.0 and abs(value[1]) <= 90.0):
            raise self.error(key, "not a place on Earth", expected)
        return float(value[0]), float(value[1])

    def _list(self, key: str, default: Any, kind: type, expected: str) -> Any:
        values = self.raw(key, default, expected)
        if key not in self.values:
            return values
        if not isinstance(values, list) or not all(type(value) is kind and value != "" for value in values):
            raise self.error(key, f"not {expected}", expected)
        if len(set(values)) < len(values):
            raise self.error(key, "named twice", expected + ", each once")
        return tuple(values)

    def path(self, key: str, default: Any = _REQUIRED) -> Any:
        """A path relative to the file; it must exist."""
        value = self.text(key, default)
        if key not in self.values:
            return value
        path = self.file.parent / value
        if not path.exists():
            raise self.error(key, "no such file", f"an existing file, relative to {self.file.parent}")
        return path

    def moment(self, key: str, default: Any = _REQUIRED) -> Any:
        """A date and time with its offset from UTC."""
        expected = "a date and time with offset, such as 2026-07-15T20:00:00+08:00"
        value = self.raw(key, default, expected)
        if key not in self.values:
            return value
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.error(key, "not a date and time with offset", expected)
        return value

    def section(self, key: str) -> Section:
        """A table below this one; empty where it is absent."""
        value = self.raw(key, {}, "a table")
        if not isinstance(value, dict):
            raise self.error(key, "not a table", f"[{key}]")
        return self._child(value, key)

    def sections(self, key: str) -> list[Section]:
        """The tables of an array of tables; none where it is absent."""
        value = self.raw(key, [], "an array of tables")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(key, "not an array of tables", f"[[{key}]]")
        return [self._child(item, f"{key} {number}") for number, item in enumerate(value, start=1)]

    def unknown(self) -> Iterator[InputError]:
        """An error for each key, here and in the tables taken from here, that nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                yield InputError(
                    "unknown key", file=self.file, place=self.where(key), expected=closest(key, self._asked)
                )
        for child in self._children:
            yield from child.unknown()

    def finish(self) -> None:
        """Raise for the first unknown key."""
        for error in self.unknown():
            raise error

    def _child(self, values: dict[str, Any], name: str) -> Section:
        child = Section(values, self.file, f"{self.place}.{name}" if self.place else name)
        self._children.append(child)
        return child


def read_toml(path: str | Path) -> Section:
    """The top table of a TOML file; InputError where it is missing, not UTF-8 or not TOML."""
    file = Path(path)
    try:
        return Section(tomllib.loads(file.read_text(encoding="utf-8-sig")), file)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InputError("no such file", file=file, expected="a TOML file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"not a readable TOML file: {error}", file=file, expected="TOML 1.0 in UTF-8") from None


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 308 digits
        return False


def _range_words(kind: str, above: float | None, minimum: float | None, maximum: float | None) -> str:
    bounds = []
    if above is not None:
        bounds.append(f"above {above:g}")
    if minimum is not None:
        bounds.append(f"at least {minimum:g}")
    if maximum is not None:
        bounds.append(f"at most {maximum:g}")
    return f"{kind} {' and '.join(bounds)}".strip()
