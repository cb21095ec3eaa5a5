"""What is asked of a job, kind by kind: JSON in, frozen values out, every doubt an InputError with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.jobs.limits import Limits
from api.jobs.plain import check_plain
from api.jobs.registry import Registry
from api.jobs.scenario_asked import JobScenario, check_storm, read_scenario_asked
from api.jobs.task import JOB_KINDS
from data.errors import InputError
from data.schema import CANDIDATES, SHELTERS, STAYS, Table
from data.strict_toml import Section
from data.suggest import closest
from sim.scenario import Storm

_BODY = Path("request")
_TABLE = re.compile(r"^\[([^\]]*[^\]\d][^\]]*)\] (.+)$")
_NUMBERED = re.compile(r"(?<=[a-z]) (\d+)(?=\.|$)")
_INDEXED = re.compile(r"\[(\d+)\]")
_TARGET_M2 = (0.1, 100.0)  # per person; less or more is taken for a slip, as on the command line
_LONGEST_SOLVER_S = 3600.0
_OBSERVED_MIN = 60.0  # as on the command line
_OF_FORECAST = ("name", "seed", "start", "city", "storm", "flood", "drains", "plan")  # keys of a scenario
PLAN_COUNT = 23  # first-class shelters of the city's plan for 2021-25; taken where nothing else is asked


@dataclass(frozen=True)
class DrillAsked:
    """A drill: the scenario says all."""

    scenario: JobScenario


@dataclass(frozen=True)
class AdequacyAsked:
    """A study of adequacy, as `rongan adequacy`."""

    scenario: JobScenario
    storms: tuple[Storm, ...]  # at least one
    stay: str
    target_m2: float | None
    params: dict[str, Any]  # as they came: what its study is known by
    add: tuple[dict[str, Any], ...] = ()  # rows of SHELTERS
    remove: tuple[str, ...] = ()  # ids
    resize: tuple[tuple[str, float], ...] = ()  # id, m2


@dataclass(frozen=True)
class SitingAsked:
    """A choice of sites, as `rongan site`."""

    scenario: JobScenario
    count: int | None
    budget: float | None
    area_limits: tuple[tuple[str, int], ...]
    cover_m: float | None
    time_limit_s: float
    candidates: tuple[dict[str, Any], ...] = ()  # rows of CANDIDATES; none: those of the pack


@dataclass(frozen=True)
class ForecastAsked:
    """One early-warning cycle, as `rongan forecast`: `observed_min` of the rain have fallen, the rest is ahead."""

    scenario: JobScenario
    observed_min: float
    members: int


Asked = DrillAsked | AdequacyAsked | SitingAsked | ForecastAsked


def read_asked(
    kind: str, params: Any, registry: Registry, limits: Limits | None = None, inputs: Path | None = None
) -> Asked:
    """What the params of a job ask for. `limits` (None: none) bound its size; inline rain is written to `inputs`."""
    try:
        return _read(kind, params, registry, limits, inputs)
    except InputError as error:
        place = pointed(error.place)
        raise InputError(error.message, place=place, value=error.value, expected=error.expected) from None


def _read(kind: str, params: Any, registry: Registry, limits: Limits | None, inputs: Path | None) -> Asked:
    if kind not in JOB_KINDS:
        raise InputError("unknown kind of job", place="kind", value=kind, expected=", ".join(JOB_KINDS))
    if not isinstance(params, dict):
        raise InputError("not a request", value=params, expected="a JSON object")
    check_plain(params)
    scenario = read_scenario_asked(params.get("scenario", {}), registry, inputs)
    check_storm(scenario)
    top = Section(params, _BODY)
    top.raw("scenario", {})
    asked = _READ[kind](top, scenario)
    top.finish()
    if limits is not None:
        limits.check(asked.scenario, storms=len(asked.storms) if isinstance(asked, AdequacyAsked) else 1)
    return asked


def pointed(place: str) -> str:
    """A place as JSON has it, keys and numbers from 0 with dots between: "[scenario.order 1] areas" is
    "scenario.order.0.areas".
    """
    dotted = _TABLE.sub(r"\1.\2", place)
    dotted = _NUMBERED.sub(lambda found: f".{int(found[1]) - 1}", dotted)
    return _INDEXED.sub(r".\1", dotted)


def _drill(top: Section, scenario: JobScenario) -> DrillAsked:
    return DrillAsked(scenario)


def _adequacy(top: Section, scenario: JobScenario) -> AdequacyAsked:
    storms = []
    for number, section in enumerate(top.sections("storms"), start=1):
        storm = replace(
            scenario.storm,
            return_period_a=section.number("return_period_a", above=0.0),
            duration_min=section.number("duration_min", scenario.storm.duration_min, above=0.0),
            series=None,
            grid=None,
        )
        check_storm(replace(scenario, storm=storm), f"storms[{number - 1}]")
        if storm in storms:
            raise InputError("storm named twice", place=f"storms[{number - 1}]", expected="each storm once")
        storms.append(storm)
    low, high = _TARGET_M2
    return AdequacyAsked(
        scenario=scenario,
        storms=tuple(storms) or (scenario.storm,),
        stay=top.text("stay", scenario.plan.stay, choices=STAYS),
        target_m2=top.number("target_m2", None, minimum=low, maximum=high),
        params=top.values,
        **changes_of(top),
    )


def changes_of(top: Section) -> dict[str, Any]:
    """The keys `add`, `remove` and `resize` of a what-if."""
    sizes = top.section("resize")
    return {
        "add": _rows(top, "add", SHELTERS),
        "remove": top.texts("remove", ()),
        "resize": tuple((site, sizes.number(site, above=0.0)) for site in sizes.values),
    }


def _siting(top: Section, scenario: JobScenario) -> SitingAsked:
    limits = top.section("limits")
    count, budget = top.integer("count", None, minimum=1, maximum=100_000), top.number("budget", None, above=0.0)
    return SitingAsked(
        scenario=scenario,
        count=PLAN_COUNT if count is None and budget is None else count,
        budget=budget,
        area_limits=tuple((code, limits.integer(code, minimum=0, maximum=100_000)) for code in limits.values),
        cover_m=top.number("cover_m", None, above=0.0, maximum=100_000.0),
        time_limit_s=top.number("time_limit_s", 120.0, above=0.0, maximum=_LONGEST_SOLVER_S),
        candidates=_rows(top, "candidates", CANDIDATES),
    )


def _forecast(top: Section, scenario: JobScenario) -> ForecastAsked:
    for key in top.values.get("scenario", {}):
        if key not in _OF_FORECAST:
            raise InputError(
                "plays no part in a forecast", place=f"scenario.{key}", expected=closest(key, _OF_FORECAST)
            )
    return ForecastAsked(
        scenario=scenario,
        observed_min=top.number("observed_min", _OBSERVED_MIN, minimum=5.0, maximum=1440.0),
        members=top.integer("members", 1, minimum=1, maximum=200),
    )


def _rows(top: Section, key: str, table: Table) -> tuple[dict[str, Any], ...]:
    """Rows of a table: objects of plain values under names of its columns; their reader says what they must be."""
    rows = top.raw(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise top.error(key, "not rows", "a list of objects, one for each site")
    for number, row in enumerate(rows):
        for name, value in row.items():
            if name not in table.names:
                raise InputError("unknown column", place=f"{key}[{number}].{name}", expected=closest(name, table.names))
            if not isinstance(value, str | int | float | bool):
                raise InputError("not a cell", place=f"{key}[{number}].{name}", value=value, expected="one value")
    return tuple(rows)


_READ: Mapping[str, Callable[[Section, JobScenario], Asked]] = {
    "drill": _drill,
    "adequacy": _adequacy,
    "siting": _siting,
    "forecast": _forecast,
}
