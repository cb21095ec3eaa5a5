"""A scenario laid over another: what a file names takes its place, measures and failures are added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.errors import InputError
from data.strict_toml import Section, read_toml
from sim.scenario import Scenario, read_scenario, scenario_of

_SCENARIO = "scenario.toml"
_RAIN = ("return_period_a", "series", "grid")  # one of them is the rain
_OF_DESIGN = ("duration_min", "peak_ratio")  # what only a design storm has


def read_base(text: str) -> Scenario:
    """The scenario that a comparison starts from: a scenario file, a run folder, or the word "default"."""
    if text == "default":
        return Scenario()
    path = Path(text)
    if path.is_dir() and not (path / _SCENARIO).is_file():
        raise InputError("not a run folder", file=path, expected=f"a folder with {_SCENARIO}")
    if not path.exists():
        raise InputError("no such file", file=path, expected='a scenario file, a run folder, or the word "default"')
    return read_scenario(path / _SCENARIO if path.is_dir() else path)


def overlay(base: Scenario, path: str | Path) -> Scenario:
    """The base with the keys of a scenario file over it.

    A key of a table takes the place of that of the base. Arrays of tables ([[measure]], [[failure]], [[breach]]) are
    added to those of the base; an empty one (`failure = []`) takes all of them away. The city cannot change: areas
    would not be the same.
    """
    top = read_toml(path)
    scenario_of(top)  # what is wrong in the file itself is named as it stands there
    if "city" in top:
        raise top.error("city", "a comparison is about one city", "the city in BASE, or the option --city")
    merged = _merged(base.resolved(), top.values)
    named = top.values.get("storm", {})
    for key in _RAIN:
        if key in named:
            others = {other for other in _RAIN if other != key} | (set() if key == _RAIN[0] else set(_OF_DESIGN))
            merged["storm"] = {k: v for k, v in merged["storm"].items() if k not in others}
    return scenario_of(Section(merged, top.file))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in over.items():
        if isinstance(value, dict):
            found[key] = _merged(base.get(key, {}), value)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            found[key] = [*base.get(key, []), *value]
        else:
            found[key] = value
    return found
