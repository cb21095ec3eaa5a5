"""An evacuation case: one TOML file that names roads, people and shelters; docs/evacuation-case.md tells how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.datum import is_crs
from data.errors import InputError
from data.readers.tntp import LENGTH_UNITS, TIME_UNITS
from data.rules_file import Rules
from data.strict_toml import Section, read_toml
from data.units import hours_to_s, minutes_to_s
from sim.behaviour.people import PLATOONS
from sim.departure import DelayCurve, Rayleigh, Uniform, Weibull

CURVES = ("rayleigh", "weibull", "uniform", "at_once")
MODES = ("walk", "car")
_MOST_HOURS = 240.0
_AT_ONCE_S = 1e-3  # the calendar of movement counts in milliseconds


@dataclass(frozen=True)
class NetworkFile:
    """The road network of a case, not yet opened."""

    file: Path
    crs: str | None = None  # of a file that names none
    nodes: Path | None = None  # TNTP: file of nodes; None: the one beside it, where places need it
    length_unit: str | None = None  # TNTP
    time_unit: str | None = None  # TNTP
    snap_m: float = 0.5
    junctions: bool = True  # cars of crossing roads take turns; False: capacities of links say all


@dataclass(frozen=True)
class PeopleFile:
    """Who leaves: a table or layer of places with persons, or the trips of a planner's network."""

    file: Path
    trips: bool = False
    factor: float = 1.0  # persons per trip, or per person of the file


@dataclass(frozen=True)
class Shelter:
    """A place to go to: a node of a TNTP network, or (longitude, latitude)."""

    name: str
    node: int | None = None
    at: tuple[float, float] | None = None
    capacity: int | None = None  # persons; None: no limit


@dataclass(frozen=True)
class EvacuationCase:
    """A case, read and checked; files are opened when it runs. Times in s."""

    file: Path
    network: NetworkFile
    people: PeopleFile
    shelters: tuple[Shelter, ...]  # [[shelter]]
    shelter_file: Path | None  # or a table or layer of them
    preparation: DelayCurve  # from the order, at time 0, until leaving
    car_share: float  # of the people who leave, by car; the others walk
    car_persons: int
    compliance: float
    platoon: int | None  # persons of a unit at most; None: by their number
    access_m: float  # people and shelters farther than this from any crossing are off the network
    duration_s: float
    record_s: float
    seed: int


def read_evacuation_case(path: str | Path, rules: Rules) -> EvacuationCase:
    """The case of a TOML file; what it leaves open comes from the rules. Raises InputError that names the key."""
    file = Path(path)
    top = read_toml(file)
    network = _network(top.section("network"))
    people = _people(top.section("people"))
    rows = tuple(_shelter(section, number) for number, section in enumerate(top.sections("shelter"), start=1))
    places = top.section("shelters")
    shelter_file = places.path("file", None)
    if bool(rows) == (shelter_file is not None):
        raise InputError(
            "shelters in two places" if rows else "no shelter",
            file=file, place="[[shelter]]", expected="[[shelter]] tables, or [shelters] with a file",
        )  # fmt: skip
    _check_names(file, rows)
    behaviour, run = top.section("behaviour"), top.section("run")
    duration_s = hours_to_s(run.number("duration_h", 8.0, above=0.0, maximum=_MOST_HOURS))
    record_s = minutes_to_s(run.number("record_min", 5.0, minimum=0.1, maximum=1440.0))
    if record_s > duration_s:
        raise run.error("record_min", "longer than the run", f"at most {duration_s / 60.0:g}")
    mode = behaviour.text("mode", "car" if people.trips else "walk", choices=MODES)
    case = EvacuationCase(
        file=file,
        network=network,
        people=people,
        shelters=rows,
        shelter_file=shelter_file,
        preparation=_curve(behaviour, rules),
        car_share=behaviour.number("car_share", 1.0 if mode == "car" else 0.0, minimum=0.0, maximum=1.0),
        car_persons=behaviour.integer(
            "persons_per_car", 1 if people.trips else int(rules.number("behaviour.car_persons")), minimum=1, maximum=100
        ),
        compliance=behaviour.number("compliance", 1.0, minimum=0.0, maximum=1.0),
        platoon=behaviour.integer("platoon", None, minimum=1, maximum=max(PLATOONS)),
        access_m=behaviour.number("access_m", 1000.0, minimum=0.0, maximum=1e5),
        duration_s=duration_s,
        record_s=record_s,
        seed=run.integer("seed", 1, minimum=0, maximum=2**31 - 1),
    )
    top.finish()
    return case


def _network(section: Section) -> NetworkFile:
    file = section.path("file")
    planners = file.name.lower().endswith(".tntp")
    crs = section.text("crs", None)
    if crs is not None and not is_crs(crs):
        raise section.error("crs", "unknown coordinate reference system", 'a code such as "EPSG:32648"')
    unit = {}
    for key, known in (("length_unit", LENGTH_UNITS), ("time_unit", TIME_UNITS)):
        unit[key] = section.text(key, *(() if planners else (None,)), choices=tuple(known))
    return NetworkFile(
        file=file,
        crs=crs,
        nodes=section.path("nodes", None),
        length_unit=unit["length_unit"],
        time_unit=unit["time_unit"],
        snap_m=section.number("snap_m", 0.5, minimum=0.0, maximum=100.0),
        junctions=section.flag("junctions", not planners),  # planners' capacities hold what junctions take
    )


def _people(section: Section) -> PeopleFile:
    trips, file = section.path("trips", None), section.path("file", None)
    if (trips is None) == (file is None):
        raise section.error("file", "people in two places" if file else "no people", "either file or trips")
    return PeopleFile(
        file=file or trips, trips=trips is not None, factor=section.number("factor", 1.0, above=0.0, maximum=1e6)
    )


def _shelter(section: Section, number: int) -> Shelter:
    name = section.text("name", f"shelter {number}")
    node, at = section.integer("node", None, minimum=1), section.lonlat("at", None)
    if (node is None) == (at is None):
        raise section.error("node", "shelter without a place, or with two", "either node or at = [lon, lat]")
    return Shelter(name, node, at, section.integer("capacity", None, minimum=0, maximum=10**9))


def _curve(section: Section, rules: Rules) -> DelayCurve:
    """The preparation curve; keys of other curves are unknown keys."""
    kind = section.text("curve", "rayleigh", choices=CURVES)
    if kind == "at_once":
        return Uniform(0.0, _AT_ONCE_S)
    if kind == "rayleigh":
        sigma_min = section.number("sigma_min", None, above=0.0, maximum=1e4)
        return Rayleigh(rules.number("evacuation.rayleigh_sigma_s") if sigma_min is None else minutes_to_s(sigma_min))
    if kind == "weibull":
        scale = section.number("scale_min", above=0.0, maximum=1e4)
        return Weibull(minutes_to_s(scale), section.number("shape", 2.0, minimum=0.1, maximum=10.0))
    first = section.number("first_min", 0.0, minimum=0.0, maximum=1e4)
    last = section.number("last_min", above=0.0, maximum=1e4)
    if last <= first:
        raise section.error("last_min", "ends before it begins", f"a number above {first:g}")
    return Uniform(minutes_to_s(first), minutes_to_s(last))


def _check_names(file: Path, rows: tuple[Shelter, ...]) -> None:
    names = [row.name for row in rows]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            raise InputError(
                "two shelters of one name", file=file, place=f"[shelter {number}] name", value=name,
                expected="a name of its own for each",
            )  # fmt: skip
