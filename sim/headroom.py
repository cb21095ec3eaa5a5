"""Headroom: how much more rain a city takes until streets no longer drain in time, or a quarter becomes a sea."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.errors import InputError, RunStopped
from data.records import records
from data.rules_file import Rules
from data.schema import AREA_LEVELS, DRAINAGE_CLASSES, City
from data.units import minutes_to_s, s_to_hours
from hazards import storm_depth
from sim.area_map import names_of_places, warned_areas, warning_level
from sim.flood_jobs import FloodOutcome, run_floods
from sim.rulebook import drain_down_limit_s, rainstorm_formula
from sim.run import end_of_run
from sim.scenario import Scenario
from sim.sea import sea_limits
from sim.storm import make_rain

Progress = Callable[[str, float], None]
Pair = tuple[str, str]  # criterion, drainage class

CRITERIA = ("drain_down", "sea")


@dataclass(frozen=True)
class SearchParameters:
    """Where the uplift is looked for; factors on the rain of the scenario. Our choice."""

    least: float = 0.1
    most: float = 3.0
    tolerance: float = 0.05  # the limit is known to lie within so much of it

    def __post_init__(self) -> None:
        if not 0.0 < self.least < 1.0 < self.most:
            raise ValueError(f"least(={self.least}) and most(={self.most}) must enclose 1")
        if not self.tolerance > 0.0:
            raise ValueError(f"tolerance(={self.tolerance}) must be > 0")


@dataclass(frozen=True)
class Worst:
    """The area of a class that is nearest to a limit, or furthest beyond it, at one uplift."""

    ok: bool  # every area of the class holds
    used: float  # value over limit: 1 is the limit
    open: bool  # not drained by the end of the run: `used` is at least this
    area: str
    name: str
    name_en: str
    value: float  # hours, or share of the street
    limit: float
    lon: float | None
    lat: float | None
    place: str  # name of the finest area there
    place_en: str


@dataclass(frozen=True)
class Probe:
    """One flood at one uplift."""

    uplift: float
    rain_mm: float
    worst: dict[Pair, Worst]


@dataclass(frozen=True)
class Limit:
    """How far one criterion holds in one class."""

    criterion: str
    drainage_class: str
    areas: int  # that were judged
    holds_to: float | None  # greatest uplift that held below the first that failed; None: failed at the least tried
    fails_at: float | None  # None: held at the most tried
    first: Worst | None  # what failed there
    monotone: bool  # no greater uplift held again
    rain_mm: float | None  # at holds_to
    return_period_a: float | None  # of a design storm with that rain; None outside the formula or for other rain


@dataclass(frozen=True)
class Headroom:
    """What `find_headroom` found."""

    city: City
    scenario: Scenario
    limits: tuple[Limit, ...]
    probes: tuple[Probe, ...]  # by uplift
    parameters: SearchParameters

    @property
    def first(self) -> Limit:
        """The limit that goes first: the least uplift that failed, then the least that held."""
        beyond = self.parameters.most + 1.0
        return min(self.limits, key=lambda one: (one.fails_at or beyond, one.holds_to or 0.0))


class HeadroomStopped(RunStopped):
    """A flood of the search stopped itself; `probes` are those finished before it."""

    def __init__(self, cause: RunStopped, uplift: float, probes: tuple[Probe, ...]) -> None:
        super().__init__(f"rain x {uplift:g}: {cause.message}", time_s=cause.time_s, place=cause.place)
        self.probes = probes


def find_headroom(
    city: City,
    scenario: Scenario,
    rules: Rules,
    *,
    classes: Sequence[str] = (),
    parameters: SearchParameters | None = None,
    workers: int | None = None,
    tell: Progress = lambda stage, fraction: None,
) -> Headroom:
    """Bisect the uplift for every criterion and drainage class (none named: all that the city has).

    Every flood judges all of them, so they share their probes; the probes do not depend on the number of workers.
    InputError where a class has no area or the run ends before drain-down can be judged.
    """
    parameters = parameters or SearchParameters()
    _check(city, scenario, rules, classes)
    search = _Search(city, scenario, rules, tuple(classes), parameters, workers, tell)
    search.probe([1.0])
    ends = [(parameters.least, search.failing(1.0)), (parameters.most, search.holding(1.0))]
    search.probe([uplift for uplift, asked in ends if asked])
    while wanted := search.middles():
        search.probe(wanted)
    limits = tuple(search.limit(pair) for pair in search.pairs)
    return Headroom(city, scenario, limits, search.found, parameters)


class _Search:
    """Probes so far, and what they say of each pair."""

    def __init__(
        self,
        city: City,
        scenario: Scenario,
        rules: Rules,
        classes: tuple[str, ...],
        parameters: SearchParameters,
        workers: int | None,
        tell: Progress,
    ) -> None:
        self.city, self.scenario, self.rules, self.classes = city, scenario, rules, classes
        self.parameters, self.workers, self.tell = parameters, workers, tell
        self.probes: dict[float, Probe] = {}
        self.pairs: list[Pair] = []
        self.areas: dict[str, int] = {}

    def probe(self, uplifts: Sequence[float]) -> None:
        """Flood the city at each uplift."""
        if not uplifts:
            return
        storm = self.scenario.storm
        lifted = [replace(self.scenario, storm=replace(storm, uplift=storm.uplift * one)) for one in uplifts]
        told = f"Rain x {', '.join(f'{one:.3g}' for one in uplifts)}"
        outcomes = run_floods(
            self.city, lifted, self.rules, workers=self.workers, tell=lambda done: self.tell(told, done)
        )
        stops = []
        for uplift, outcome in zip(uplifts, outcomes, strict=True):
            if isinstance(outcome, RunStopped):
                stops.append((uplift, outcome))
            else:
                self.probes[uplift] = self._judged(uplift, outcome)
        if stops:
            raise HeadroomStopped(stops[0][1], stops[0][0], self.found)

    @property
    def found(self) -> tuple[Probe, ...]:
        """The probes, by uplift."""
        return tuple(self.probes[uplift] for uplift in sorted(self.probes))

    def holding(self, uplift: float) -> list[Pair]:
        return [pair for pair in self.pairs if self.probes[uplift].worst[pair].ok]

    def failing(self, uplift: float) -> list[Pair]:
        return [pair for pair in self.pairs if not self.probes[uplift].worst[pair].ok]

    def bracket(self, pair: Pair) -> tuple[float | None, float | None]:
        """(greatest uplift that held below the first failure, first failure)."""
        failed = [uplift for uplift, probe in self.probes.items() if not probe.worst[pair].ok]
        fails_at = min(failed, default=None)
        held = [uplift for uplift in self.probes if fails_at is None or uplift < fails_at]
        return max(held, default=None), fails_at

    def middles(self) -> list[float]:
        """Middles of the brackets that are still too wide."""
        found = set()
        for pair in self.pairs:
            low, high = self.bracket(pair)
            if low is not None and high is not None and high - low > self.parameters.tolerance * (1.0 + 1e-9):
                found.add(round(0.5 * (low + high), 6))
        return sorted(found)

    def limit(self, pair: Pair) -> Limit:
        low, high = self.bracket(pair)
        above = [uplift for uplift, probe in self.probes.items() if high is not None and uplift > high]
        return Limit(
            criterion=pair[0],
            drainage_class=pair[1],
            areas=self.areas[pair[1]],
            holds_to=low,
            fails_at=high,
            first=None if high is None else self.probes[high].worst[pair],
            monotone=not any(self.probes[uplift].worst[pair].ok for uplift in above),
            rain_mm=None if low is None else self.probes[low].rain_mm,
            return_period_a=None if low is None else return_period_of(self.scenario, low, self.rules),
        )

    def _judged(self, uplift: float, outcome: FloodOutcome) -> Probe:
        rows = _areas_of_classes(self.city, outcome.areas, self.classes)
        if not self.pairs:
            self.areas = {name: len(found) for name, found in rows.items()}
            self.pairs = [(criterion, name) for name in rows for criterion in CRITERIA]
        sea_share = sea_limits(self.rules).share
        worst = {(criterion, name): self._worst(criterion, rows[name], outcome, sea_share)
                 for criterion, name in self.pairs}  # fmt: skip
        return Probe(uplift, outcome.totals["rain_mm"], worst)

    def _worst(self, criterion: str, rows: pd.DataFrame, outcome: FloodOutcome, sea_share: float) -> Worst:
        if criterion == "sea":
            value, limit = rows["sea_share"].to_numpy(float), np.full(len(rows), sea_share)
            ok, unfinished = rows["sea_ok"].to_numpy(bool), np.zeros(len(rows), bool)
        else:
            value, limit = rows["drain_down_h"].to_numpy(float), rows["drain_down_limit_h"].to_numpy(float)
            ok, unfinished = rows["drain_down_ok"].to_numpy(bool), np.isnan(value)
            value = np.where(unfinished, s_to_hours(outcome.end_s - outcome.rain_end_s), value)
        used = value / np.maximum(limit, 1e-12)
        k = int(np.lexsort((rows["worst_depth_m"].fillna(0.0), used, unfinished))[-1])  # of equals the deepest
        row = records(rows)[k]
        placed = bool(np.isfinite(row["worst_lon"]))
        names = names_of_places(self.city, np.array([row["worst_lon"]]), np.array([row["worst_lat"]])) if placed else []
        place, place_en = names[0] if names else (row["name"], row["name_en"])
        return Worst(
            ok=bool(ok.all()),
            used=round(float(used[k]), 4),
            open=bool(unfinished[k]),
            area=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            value=float(value[k]),
            limit=float(limit[k]),
            lon=float(row["worst_lon"]) if placed else None,
            lat=float(row["worst_lat"]) if placed else None,
            place=place,
            place_en=place_en,
        )


def _check(city: City, scenario: Scenario, rules: Rules, classes: Sequence[str]) -> None:
    """Refuse before the first flood what no flood could answer."""
    present = set(warned_areas(city).areas["drainage_class"])
    present |= set() if city.areas is None else set(city.areas["drainage_class"])
    for name in classes:
        if name not in present:
            known = [one for one in DRAINAGE_CLASSES if one in present]
            raise InputError("no area of this class", place="--class", value=name, expected=", ".join(known))
    rain = make_rain(scenario.storm, city.grid, rules)
    end_s = end_of_run(scenario, city, rain, rules)
    longest = max(drain_down_limit_s(rules)[name] for name in classes or present)
    needed = rain.end_s() + max(longest, sea_limits(rules).duration_s)
    if end_s < needed:
        raise InputError(
            "the run ends before it can be judged", place="[flood] duration_h", value=s_to_hours(end_s),
            expected=f"at least {s_to_hours(needed):g} h, or no duration_h",
        )  # fmt: skip


def _areas_of_classes(city: City, areas: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Areas that each class is judged by: those of the warning level; a class that only finer areas have, by those."""
    present = [name for name in DRAINAGE_CLASSES if (areas["drainage_class"] == name).any()]
    level = AREA_LEVELS.index(warning_level(city))
    order = [*AREA_LEVELS[level:], *AREA_LEVELS[:level][::-1]]
    found = {}
    for name in [name for name in present if not classes or name in classes]:
        rows = areas[areas["drainage_class"] == name]
        finest = next(one for one in order if (rows["level"] == one).any())
        found[name] = rows[rows["level"] == finest].reset_index(drop=True)
    return found


def return_period_of(scenario: Scenario, uplift: float, rules: Rules) -> float | None:
    """Return period (a) of the design storm of the same length with so much rain; None outside the formula."""
    storm = scenario.storm
    if storm.series is not None or storm.grid is not None:
        return None
    formula, duration_s = rainstorm_formula(rules), minutes_to_s(storm.duration_min)
    rain = storm_depth(formula, storm.return_period_a, duration_s) * storm.uplift * uplift
    low, high = formula.shortest_return_period_a, formula.longest_return_period_a
    if not storm_depth(formula, low, duration_s) <= rain <= storm_depth(formula, high, duration_s):
        return None
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if storm_depth(formula, middle, duration_s) < rain else (low, middle)
    return round(0.5 * (low + high), 1)
