"""A home folder with a small city, and params of jobs that take seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.jobs.registry import Registry
from api.jobs.task import Task
from data.city_writer import write_city
from tests.tiny_city import tiny_city

DRILL: dict[str, Any] = {
    "scenario": {
        "city": {"name": "tiny"},
        "storm": {"return_period_a": 20, "duration_min": 30, "lead_min": 0},
        "flood": {"duration_h": 1},
        "drill": {"worth": False},
    }
}


def make_home(folder: Path) -> Path:
    """A home folder in which the tiny city is registered as "tiny"."""
    home = folder / "home"
    home.mkdir(parents=True)
    pack = write_city(tiny_city(), folder / "pack")
    Registry(home).register_city("tiny", pack)
    return home


def drill_task(number: int = 1, **scenario: Any) -> Task:
    """A drill of the tiny city."""
    params = {"scenario": {**DRILL["scenario"], **scenario}}
    return Task(f"{number:032x}", "drill", params, seed=7)
