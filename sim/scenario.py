"""A drill's scenario: one TOML file, mapped field by field to frozen dataclasses."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.sample import SIZES
from data.strict_toml import Section, read_toml
from sim.command.script import Inject, Order, plain_step, read_injects, read_orders
from sim.failures import Breach, Failure, read_breaches, read_failures
from sim.measures import Measure, plain_measure, read_measures

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Storm:
    """What rains: a design storm (Chengdu formula, Chicago shape), a series file or a gridded file."""

    return_period_a: float = 50.0  # years; derived: what the sample city is shown under
    duration_min: float = 120.0
    peak_ratio: float | None = None  # None: from the rules
    lead_min: float = 30.0  # dry minutes before the rain starts
    uplift: float = 1.0  # factor on the rate, for a warmer climate
    series: Path | None = None  # CSV, schema RAIN_SERIES
    grid: Path | None = None  # NetCDF


@dataclass(frozen=True)
class Flood:
    """How the water is run."""

    duration_h: float | None = None  # None: until every area's drain-down limit can be judged
    output_step_min: float = 10.0  # whole steps of 5 min, at which people, roads and shelters are looked at
    drainage_factor: float = 1.0  # share of the equivalent drainage capacity that works
    threads: int | None = None  # None: chosen by the size of the grid


@dataclass(frozen=True)
class Drains:
    """How the sewer network of the pack is run; a pack without one drains at the equivalent capacity of its areas."""

    network: bool = True  # False: leave the network out
    runoff: str = "surface"  # "surface": rain falls on the grid alone; "lumped": on the subcatchments where they lie
    exchange_step_s: float | None = None  # least time between exchanges with the street; None: from the rules


@dataclass(frozen=True)
class Plan:
    """Who is planned for and how shelters are counted."""

    demand: str = "at_risk"  # "at_risk": people in danger; "all": every resident
    stay: str = "short"  # sets m2 per person
    nearest: int = 6  # candidate shelters per block to begin with; more join by their prices
    max_walk_min: float = 180.0
    choice: str = "plain"  # among plans with the fewest unserved: "plain" least walking, "fair" least worst trip first
    open_air: bool | None = None  # sites without a roof take people in; None: from the rules
    households: bool = False  # people move in households of the size in the rules
    priority: bool = False  # minutes of hospital patients, the old, the young and the disabled count more
    aid: str = "free"  # across districts: "free", "own_first" (their own counts as nearer), "own_only"
    feedback_rounds: int = 0  # plans made again with the delays that crowds cause; the best is kept


@dataclass(frozen=True)
class Evacuation:
    """Behaviour; None means: from the rules."""

    compliance_share: float | None = None
    departure_sigma_min: float | None = None
    order_lead_min: float | None = None  # minutes before the danger at which people are told to leave
    orders: str = "rules"  # who tells people to leave: "rules" (before the danger), "script" ([[order]]) or "none"
    platoon: int | None = None  # people of one unit; None: as few as the number of people allows
    car_share: float | None = None  # of the people who leave, by car
    bus_share: float | None = None  # of the people who leave, by bus; they wait near home for one
    informed_share: float | None = None  # of the people on the way who hear bulletins on roads
    shadow_share: float | None = None  # of the people in danger who leave at the first warning, before any order


@dataclass(frozen=True)
class Drill:
    """How the drill is judged."""

    plans: Path | None = None  # plan library (TOML); None: the one shipped
    worth: bool = True  # run the movement again without each order, to say what it was worth
    replicates: int = 0  # more runs with other draws, for bands on every figure


@dataclass(frozen=True)
class Scenario:
    """Everything a run depends on. Same scenario, same bytes."""

    name: str = "drill"
    seed: int = 1
    start: datetime = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)
    city: Path | None = None  # a city pack; None: the sample city
    sample: str = "small"
    time_of_day: str = "night"  # which population is present
    storm: Storm = field(default_factory=Storm)
    flood: Flood = field(default_factory=Flood)
    drains: Drains = field(default_factory=Drains)
    failure: tuple[Failure, ...] = ()
    breach: tuple[Breach, ...] = ()
    measure: tuple[Measure, ...] = ()
    plan: Plan = field(default_factory=Plan)
    evacuation: Evacuation = field(default_factory=Evacuation)
    order: tuple[Order, ...] = ()
    inject: tuple[Inject, ...] = ()
    drill: Drill = field(default_factory=Drill)
    file: Path | None = field(default=None, compare=False)  # where it was read from, for messages

    def resolved(self) -> dict[str, Any]:
        """Every value, defaults included, in the shape that `read_scenario` reads."""
        fields = {key: _plain(value) for key, value in asdict(self).items() if value is not None}
        fields.pop("file", None)
        path, sample = fields.pop("city", None), fields.pop("sample")
        fields["city"] = {"sample": sample} if path is None else {"path": path}
        fields["measure"] = [plain_measure(measure) for measure in self.measure]
        for key in ("order", "inject"):
            fields[key] = [plain_step(step) for step in getattr(self, key)]
        for key in ("failure", "breach", "measure", "order", "inject"):
            if not fields[key]:
                del fields[key]
        for item in fields.get("failure", []):
            if not item["id"]:  # inlets everywhere
                del item["id"]
        for item in fields.get("breach", []):
            item["at"] = [item.pop("lon"), item.pop("lat")]
        storm = fields["storm"]
        if "series" in storm or "grid" in storm:
            for key in ("return_period_a", "duration_min"):
                del storm[key]
        return fields


def read_scenario(path: str | Path) -> Scenario:
    """The scenario in a TOML file; unknown keys and values out of range are InputErrors."""
    return scenario_of(read_toml(path))


def scenario_of(top: Section) -> Scenario:
    """The scenario in the top table of a file."""
    default = Scenario()
    city = top.section("city")
    storm, flood, plan, evacuation = (top.section(key) for key in ("storm", "flood", "plan", "evacuation"))
    drains, drill = top.section("drains"), top.section("drill")
    scenario = Scenario(
        file=top.file,
        name=top.text("name", default.name),
        seed=top.integer("seed", default.seed, minimum=0, maximum=2**31 - 1),
        start=top.moment("start", default.start),
        city=city.path("path", None),
        sample=city.text("sample", default.sample, choices=SIZES),
        time_of_day=top.text("time_of_day", default.time_of_day, choices=("day", "night")),
        storm=_storm(storm),
        flood=Flood(
            duration_h=flood.number("duration_h", None, above=0.0, maximum=240.0),
            output_step_min=flood.number("output_step_min", default.flood.output_step_min, minimum=5.0, maximum=120.0),
            drainage_factor=flood.number("drainage_factor", 1.0, minimum=0.0, maximum=10.0),
            threads=flood.integer("threads", None, minimum=1, maximum=256),
        ),
        drains=Drains(
            network=drains.flag("network", default.drains.network),
            runoff=drains.text("runoff", default.drains.runoff, choices=("surface", "lumped")),
            exchange_step_s=drains.number("exchange_step_s", None, minimum=0.1, maximum=60.0),
        ),
        failure=read_failures(top),
        breach=read_breaches(top),
        measure=read_measures(top),
        plan=Plan(
            demand=plan.text("demand", default.plan.demand, choices=("at_risk", "all")),
            stay=plan.text("stay", default.plan.stay, choices=("emergency", "temporary", "short", "medium", "long")),
            nearest=plan.integer("nearest", default.plan.nearest, minimum=1, maximum=100_000),
            max_walk_min=plan.number("max_walk_min", default.plan.max_walk_min, above=0.0, maximum=1440.0),
            choice=plan.text("choice", default.plan.choice, choices=("plain", "fair")),
            open_air=plan.flag("open_air", default.plan.open_air),
            households=plan.flag("households", default.plan.households),
            priority=plan.flag("priority", default.plan.priority),
            aid=plan.text("aid", default.plan.aid, choices=("free", "own_first", "own_only")),
            feedback_rounds=plan.integer("feedback_rounds", default.plan.feedback_rounds, minimum=0, maximum=20),
        ),
        evacuation=Evacuation(
            compliance_share=evacuation.number("compliance_share", None, minimum=0.0, maximum=1.0),
            departure_sigma_min=evacuation.number("departure_sigma_min", None, above=0.0, maximum=1440.0),
            order_lead_min=evacuation.number("order_lead_min", None, minimum=0.0, maximum=1440.0),
            orders=evacuation.text("orders", default.evacuation.orders, choices=("rules", "script", "none")),
            platoon=evacuation.integer("platoon", None, minimum=1, maximum=1000),
            **{
                key: evacuation.number(key, None, minimum=0.0, maximum=1.0)
                for key in ("car_share", "bus_share", "informed_share", "shadow_share")
            },
        ),
        order=read_orders(top),
        inject=read_injects(top),
        drill=Drill(
            plans=drill.path("plans", None),
            worth=drill.flag("worth", default.drill.worth),
            replicates=drill.integer("replicates", default.drill.replicates, minimum=0, maximum=10_000),
        ),
    )
    top.raw("made_by", {})  # what a run folder adds: versions and the hash of the rules
    if "path" in city and "sample" in city:
        raise city.error("sample", "city named twice", "either path or sample")
    if scenario.flood.output_step_min % 5.0 != 0.0:
        raise flood.error("output_step_min", "the city is looked at every 5 min", "a multiple of 5")
    top.finish()
    return scenario


def _storm(section: Section) -> Storm:
    default = Storm()
    kinds = [key for key in ("return_period_a", "series", "grid") if key in section]
    if len(kinds) > 1:
        raise section.error(kinds[1], "storm given twice", "one of return_period_a, series, grid")
    for key in ("duration_min", "peak_ratio"):
        if key in section and kinds and kinds[0] != "return_period_a":
            raise section.error(key, "rain from a file has its own length and shape", f"no {key} beside {kinds[0]}")
    return Storm(
        return_period_a=section.number("return_period_a", default.return_period_a, above=0.0),
        duration_min=section.number("duration_min", default.duration_min, above=0.0),
        peak_ratio=section.number("peak_ratio", None, above=0.0, maximum=0.999),
        lead_min=section.number("lead_min", default.lead_min, minimum=0.0, maximum=1440.0),
        uplift=section.number("uplift", default.uplift, above=0.0, maximum=10.0),
        series=section.path("series", None),
        grid=section.path("grid", None),
    )


_SPEC = re.compile(r"(?P<years>\d+(\.\d+)?)a(/(?P<minutes>\d+(\.\d+)?)min)?")


def parse_storm(spec: str, beside: Storm | None = None) -> Storm:
    """A storm from the command line: "50a" or "50a/120min" (return period, duration), or a .csv or .nc file.

    What the spec does not name (dry lead, uplift, the peak of a design storm) stays as in `beside`.
    """
    beside = beside or Storm()
    match = _SPEC.fullmatch(spec.strip())
    if match:
        minutes = float(match["minutes"]) if match["minutes"] else beside.duration_min
        return replace(beside, return_period_a=float(match["years"]), duration_min=minutes, series=None, grid=None)
    path = Path(spec)
    kind = {".csv": "series", ".nc": "grid"}.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            "not a storm", place="--storm", value=spec, expected='"50a", "50a/120min", or a .csv or .nc file of rain'
        )
    if not path.exists():
        raise InputError("no such file", file=path, place="--storm", expected="a .csv or .nc file of rain")
    kept = Storm(lead_min=beside.lead_min, uplift=beside.uplift)
    return replace(kept, series=path) if kind == "series" else replace(kept, grid=path)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value.resolve()) if isinstance(value, Path) else value
