"""Reads the rules: every threshold with value, unit, clause, source, confidence and a `verified` flag."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from data.errors import InputError
from data.suggest import closest

RULES_FOLDER = Path(__file__).parent / "rules"
RULE_FILES = (
    "hazard", "rain", "drainage", "shelters", "roads", "evacuation", "movement", "stability", "behaviour", "command",
    "warning", "risk", "readiness", "observations", "forecast", "rain_ahead", "broadcast",
)  # fmt: skip

_ENTRY_KEYS = ("value", "unit", "clause", "source", "confidence", "verified")
_CONFIDENCES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Rule:
    """One threshold: a number, a text or a tuple of them, and where it comes from."""

    value: Any
    unit: str
    clause: str
    source: str
    confidence: str  # A read in the norm, B in secondary text, C from general knowledge, D uncertain or our proposal
    verified: bool


@dataclass(frozen=True)
class Rules:
    """All rules of a run; `rules["hazard"]["ponding_depth_m"].value` or `rules.number("hazard.ponding_depth_m")`."""

    files: Mapping[str, Mapping[str, Rule]]

    def __getitem__(self, file: str) -> Mapping[str, Rule]:
        return self.files[file]

    def value(self, key: str) -> Any:
        """The value behind "file.name"."""
        file, _, name = key.partition(".")
        return self.files[file][name].value

    def number(self, key: str) -> float:
        """The value behind "file.name" as a float."""
        return float(self.value(key))

    def numbers(self, key: str) -> tuple[float, ...]:
        """The values behind "file.name" as floats."""
        return tuple(float(number) for number in self.value(key))

    def __reduce__(self) -> tuple[Any, ...]:
        """Rules can be sent to another process, which read-only mappings cannot by themselves."""
        return _rules_of, ({file: dict(rules) for file, rules in self.files.items()},)

    def unverified(self) -> list[str]:
        """Keys of the rules that nobody has checked against the printed standard."""
        return [f"{file}.{name}" for file, rules in self.files.items() for name, r in rules.items() if not r.verified]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the canonical content: independent of order, comments and layout of the files."""
        content = {file: {name: vars(rule) for name, rule in rules.items()} for file, rules in self.files.items()}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _rules_of(files: dict[str, dict[str, Rule]]) -> Rules:
    return Rules(MappingProxyType({file: MappingProxyType(rules) for file, rules in files.items()}))


def load_rules(folder: str | Path | None = None) -> Rules:
    """Rules from a folder of TOML files, by default those of the project.

    The project's own files are the pattern for any other folder: the same files, names and kinds of value,
    so a misspelt or forgotten threshold is an error and never a silent default.
    """
    own = Rules(MappingProxyType({name: _read(RULES_FOLDER / f"{name}.toml") for name in RULE_FILES}))
    if folder is None:
        return own
    place = Path(folder)
    if not place.is_dir():
        raise InputError("no such folder of rules", file=place, expected="a folder with " + ", ".join(RULE_FILES))
    for path in sorted(place.glob("*.toml")):
        if path.stem not in RULE_FILES:
            raise InputError("unknown rules file", file=path, expected=closest(path.stem, RULE_FILES))
    return Rules(MappingProxyType({name: _like(place / f"{name}.toml", own[name]) for name in RULE_FILES}))


def _like(path: Path, pattern: Mapping[str, Rule]) -> Mapping[str, Rule]:
    rules = dict(_read(path))
    for name in rules:
        if name not in pattern:
            raise InputError("unknown rule", file=path, place=f"[{name}]", expected=closest(name, pattern))
    for name, model in pattern.items():
        if name not in rules:
            raise InputError("missing rule", file=path, place=f"[{name}]", expected=f"a value in {model.unit}")
        rule = rules[name]
        value = _same_kind(rule.value, model.value, path, name)
        rules[name] = Rule(value, rule.unit, rule.clause, rule.source, rule.confidence, rule.verified)
        if rule.unit != model.unit:
            raise InputError(
                "unit of another rule", file=path, place=f"[{name}] unit", value=rule.unit, expected=model.unit
            )
    return MappingProxyType({name: rules[name] for name in pattern})


def _same_kind(value: Any, model: Any, path: Path, name: str) -> Any:
    place = f"[{name}] value"
    if isinstance(model, tuple):
        if not isinstance(value, tuple) or len(value) != len(model):
            raise InputError("wrong list", file=path, place=place, value=value, expected=f"a list of {len(model)}")
        return tuple(_same_kind(v, m, path, name) for v, m in zip(value, model, strict=True))
    if isinstance(model, float) and isinstance(value, int):
        value = float(value)
    if type(value) is not type(model):
        kind = {float: "a number", int: "a whole number", str: "a text"}[type(model)]
        raise InputError("wrong type of value", file=path, place=place, value=value, expected=kind)
    if isinstance(model, float | int) and model >= 0 > value:
        raise InputError("negative value", file=path, place=place, value=value, expected="a number of at least 0")
    return value


def _read(path: Path) -> Mapping[str, Rule]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("missing rules file", file=path, expected="a TOML file with one table per rule") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"not a readable TOML file: {error}", file=path) from None
    return MappingProxyType({name: _entry(entry, path, name) for name, entry in content.items()})


def _entry(entry: Any, path: Path, name: str) -> Rule:
    place = f"[{name}]"
    if not isinstance(entry, dict):
        raise InputError("a rule must be a table", file=path, place=name, value=entry, expected=", ".join(_ENTRY_KEYS))
    for key in entry:
        if key not in _ENTRY_KEYS:
            raise InputError("unknown key", file=path, place=f"{place} {key}", expected=closest(key, _ENTRY_KEYS))
    for key in _ENTRY_KEYS:
        if key not in entry:
            raise InputError("missing key", file=path, place=f"{place} {key}", expected=", ".join(_ENTRY_KEYS))
    for key in ("unit", "clause", "source"):
        if not isinstance(entry[key], str):
            raise InputError("wrong type", file=path, place=f"{place} {key}", value=entry[key], expected="a text")
    if not entry["unit"] or not entry["source"]:
        raise InputError("unit and source must not be empty", file=path, place=place, expected='a unit ("1" for none)')
    if entry["confidence"] not in _CONFIDENCES:
        where = f"{place} confidence"
        raise InputError("unknown mark", file=path, place=where, value=entry["confidence"], expected="A, B, C or D")
    if not isinstance(entry["verified"], bool):
        where = f"{place} verified"
        raise InputError("wrong type", file=path, place=where, value=entry["verified"], expected="true or false")
    if entry["verified"] and entry["confidence"] in ("C", "D"):
        raise InputError(
            "a rule of confidence C or D cannot be verified",
            file=path,
            place=place,
            value=entry["confidence"],
            expected="verified = false, or A or B once somebody has read the printed standard",
        )
    value = _value(entry["value"], path, name)
    return Rule(value, *(entry[key] for key in _ENTRY_KEYS[1:]))


def _value(value: Any, path: Path, name: str) -> Any:
    if isinstance(value, list) and value:
        return tuple(_scalar(item, path, name) for item in value)
    return _scalar(value, path, name)


def _scalar(value: Any, path: Path, name: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if number or (isinstance(value, str) and value):
        return value
    raise InputError(
        "wrong type of value", file=path, place=f"[{name}] value", value=value, expected="a number, a text or a list"
    )
