"""Studies of adequacy that are kept: the floods are in them, so a what-if on the same city and storm takes seconds.

A study is a pickle in the home folder, which the service alone writes: whoever can write there owns the service. It is
found by a key over all that it depends on - city pack, storm, plan, rules, version - so a stale one is never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.jobs.registry import SERVED, Registry
from data.rules_file import load_rules

if TYPE_CHECKING:
    from sim.study import Study

STUDIES = "studies"
_MOST_KEPT = 3
_NO_PART = ("name", "seed", "order", "inject", "drill", "evacuation")  # keys of a scenario that change no study


def study_file(home: Path, params: dict[str, Any]) -> Path:
    """Where the study for these params of an adequacy job is, or would be."""
    scenario = {key: value for key, value in params.get("scenario", {}).items() if key not in _NO_PART}
    registry = Registry(home)
    city, storm = scenario.get("city", {}), scenario.get("storm", {})
    if not city and SERVED in registry.cities():
        city = {"name": SERVED}
    made_from = {
        "scenario": scenario,
        "storms": params.get("storms", []),
        "city": _prints(home / registry.city(city["name"])) if "name" in city else [],
        "rain": _prints(home / registry.rain(storm["rain"])) if "rain" in storm else [],
        "rules": load_rules().hash,
        "version": version("rongan"),
    }
    text = json.dumps(made_from, sort_keys=True, ensure_ascii=True)
    return home / STUDIES / f"{hashlib.sha256(text.encode()).hexdigest()}.study"


def keep_study(file: Path, study: Study) -> None:
    """Keep a study, at once or not at all; the oldest make room. A disk that is full costs speed and no more."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as stream:
            pickle.dump(study, stream, protocol=pickle.HIGHEST_PROTOCOL)
        fresh.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        return
    kept = sorted(file.parent.glob("*.study"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    for old in kept[_MOST_KEPT:]:
        old.unlink(missing_ok=True)


def load_study(file: Path) -> Study:
    """A study that was kept. OSError where it is gone."""
    with file.open("rb") as stream:
        study: Study = pickle.load(stream)
    os.utime(file)  # lately used
    return study


def _prints(path: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of change of every file: what tells one state of a pack from another."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return [(one.relative_to(path).as_posix(), one.stat().st_size, one.stat().st_mtime_ns) for one in files]
