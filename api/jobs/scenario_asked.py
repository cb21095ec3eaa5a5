"""The scenario of a job: the TOML of a drill as JSON, with names and rows where the file has paths."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from api.jobs.registry import SERVED, Registry
from data.errors import InputError
from data.readers.series import read_rain_series
from data.rules_file import load_rules
from data.strict_toml import Section
from sim.scenario import Scenario, scenario_of

if TYPE_CHECKING:
    from data.schema import Grid

RAIN_FILE = "rain.csv"  # inline rain, as the run reads it
INPUTS = "inputs"  # folder of a result that keeps what came with the request
_TO_HOME = "../../"  # from the folder of a result to the home folder
_JSON = Path("request")  # named as the file in errors; taken off again before anybody reads them
_NO_PATH = "no file path comes over HTTP"
_YEARS = (1900, 2200)


@dataclass(frozen=True)
class JobScenario(Scenario):
    """A scenario whose files lie in the home folder; what it writes names them relative to its result.

    So the same job writes the same bytes wherever the home folder lies, and scenario.toml can be run where it lies.
    """

    def resolved(self) -> dict[str, Any]:
        told = super().resolved()
        if self.city is not None:
            told["city"] = {"path": _TO_HOME + self.city.as_posix()}
        for key in ("series", "grid"):
            path = getattr(self.storm, key)
            if path is not None:
                inline = path.parent.name == INPUTS
                told["storm"][key] = f"{INPUTS}/{path.name}" if inline else _TO_HOME + path.as_posix()
        return told


def read_scenario_asked(values: Any, registry: Registry, inputs: Path | None = None) -> JobScenario:
    """The scenario in the JSON of a request; every path in it is relative to the home folder.

    As in the file of a scenario but: `start` is a text (ISO 8601 with its offset); city is {"name"} or {"sample"}, none
    is the city served; storm takes "rain" (a registered name) or "series" ([[time_s, mm/h], ...]); no key names a file.
    Inline rain is written to `inputs` where that is given. InputError with its place for all else.
    """
    if not isinstance(values, dict):
        raise InputError("not a table", place="scenario", value=values, expected="a JSON object")
    plain = dict(values)
    city = _city(plain, registry)
    series, grid = _rain(plain, registry, inputs)
    _no_paths(plain)
    if "start" in plain:
        plain["start"] = _moment(plain["start"])
    read = scenario_of(Section(plain, _JSON, "scenario"))
    scenario = JobScenario(**{field.name: getattr(read, field.name) for field in fields(Scenario)})
    storm = replace(scenario.storm, series=series, grid=grid)
    return replace(scenario, city=city, storm=storm, file=None)


def check_storm(scenario: Scenario, place: str = "scenario.storm") -> None:
    """InputError where the formula of design storms does not hold for what is asked."""
    from sim.storm import make_rain

    if scenario.storm.series is None and scenario.storm.grid is None:
        try:
            make_rain(scenario.storm, cast("Grid", None), load_rules())  # a design storm needs no grid
        except InputError as error:
            raise InputError(error.message, place=place, value=error.value, expected=error.expected) from None


def _city(plain: dict[str, Any], registry: Registry) -> Path | None:
    city = plain.get("city", {})
    if not isinstance(city, dict):
        return None
    if not city and SERVED in registry.cities():
        return registry.city(SERVED)
    if "path" in city:
        raise InputError(_NO_PATH, place="scenario.city.path", expected='{"name": ...}, a registered city')
    if "name" not in city:
        return None
    if "sample" in city:
        raise InputError("city named twice", place="scenario.city.sample", expected="either name or sample")
    plain["city"] = {key: value for key, value in city.items() if key != "name"}
    return registry.city(city["name"], "scenario.city.name")


def _rain(plain: dict[str, Any], registry: Registry, inputs: Path | None) -> tuple[Path | None, Path | None]:
    """(series, grid) of the storm, taken out of the table; at most one is not None."""
    storm = plain.get("storm")
    if not isinstance(storm, dict):
        return None, None
    if "grid" in storm:
        raise InputError(_NO_PATH, place="scenario.storm.grid", expected='"rain": the name of registered rain')
    given = [key for key in ("series", "rain") if key in storm]
    if not given:
        return None, None
    besides = [key for key in ("return_period_a", "duration_min", "peak_ratio") if key in storm] + given[1:]
    if besides:
        raise InputError(
            "storm given twice", place=f"scenario.storm.{besides[0]}", value=storm[besides[0]],
            expected=f"no {besides[0]} beside {given[0]}",
        )  # fmt: skip
    plain["storm"] = {key: value for key, value in storm.items() if key not in given}
    if given[0] == "series":
        return _series(storm["series"], inputs), None
    path = registry.rain(storm["rain"], "scenario.storm.rain")
    return (path, None) if path.suffix == ".csv" else (None, path)


def _series(rows: Any, inputs: Path | None) -> Path:
    """Inline rain, checked as the reader of rain files checks it, and written where the run will look for it."""
    place = "scenario.storm.series"
    expected = "[[time_s, mm/h], ...], at least two rows, the last with 0"
    if isinstance(rows, str):
        raise InputError(_NO_PATH, place=place, value=rows, expected=expected)
    if not isinstance(rows, list) or not rows:
        raise InputError("not a series", place=place, value=rows, expected=expected)
    for number, row in enumerate(rows):
        if not (isinstance(row, list) and len(row) == 2 and all(type(one) in (int, float) for one in row)):
            raise InputError("not a row of rain", place=f"{place}[{number}]", value=row, expected="[time_s, mm/h]")
    text = "time_s,rain_mm_h\n" + "".join(f"{float(time_s)!r},{float(rate)!r}\n" for time_s, rate in rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / RAIN_FILE
        file.write_text(text, encoding="utf-8")
        try:
            read_rain_series(file)
        except InputError as error:
            message = f"{error.message} ({error.place}, row 2 is the first)"
            raise InputError(message, place=place, value=error.value, expected=error.expected) from None
    if inputs is None:
        return Path(INPUTS) / RAIN_FILE
    inputs.mkdir(parents=True, exist_ok=True)
    (inputs / RAIN_FILE).write_text(text, encoding="utf-8", newline="\n")
    return inputs / RAIN_FILE


def _no_paths(plain: dict[str, Any]) -> None:
    drill, flood = plain.get("drill"), plain.get("flood")
    if isinstance(drill, dict) and "plans" in drill:
        raise InputError(_NO_PATH, place="scenario.drill.plans", expected="no plans: the library shipped is used")
    if isinstance(flood, dict) and "threads" in flood:
        raise InputError("the service chooses", place="scenario.flood.threads", expected="no threads")


def _moment(value: Any) -> datetime:
    expected = "a text such as 2026-07-15T20:00:00+08:00"
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not _YEARS[0] <= moment.year <= _YEARS[1]:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(
            "not a date and time with offset", place="scenario.start", value=value, expected=expected
        ) from None
    return moment
