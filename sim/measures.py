"""Measures of a scenario: what a city may build or repair against waterlogging, as [[measure]] tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from data.strict_toml import Section


@dataclass(frozen=True)
class Measure:
    """What every measure has; `cost` in 1e4 CNY, None where nobody has said."""

    kind: str
    id: str
    name: str = ""
    name_en: str = ""
    cost: float | None = None


@dataclass(frozen=True)
class Sponge(Measure):
    """Ground that takes rain up: `share` of the cells of the land-cover codes and areas named (none named: all).

    It keeps `storage_mm` before anything runs off, and lets `infiltration_mm_h` into the ground beside what the ground
    takes anyway.
    """

    areas: tuple[str, ...] = ()
    land_cover: tuple[int, ...] = ()
    infiltration_mm_h: float = 0.0
    storage_mm: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class GreenRoof(Measure):
    """Roofs that keep `storage_mm` of rain on `share` of the buildings' ground, in the areas named or everywhere."""

    areas: tuple[str, ...] = ()
    storage_mm: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class Tank(Measure):
    """A detention tank that fills from a low place of the street (`at`) or from a node of the sewer network."""

    volume_m3: float = 0.0
    at: tuple[float, float] | None = None  # lon, lat
    node: str = ""


@dataclass(frozen=True)
class PondingPark(Measure):
    """Parks whose ground is lowered by `depth_m` so that they may pond.

    Cells of the land-cover codes in the areas named, and round each shelter site named the area that the site has.
    A park that may pond is no shelter: every site on lowered ground is closed.
    """

    depth_m: float = 0.0
    areas: tuple[str, ...] = ()
    land_cover: tuple[int, ...] = ()
    sites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pump(Measure):
    """One more pumping station, as a row of PUMPS."""

    at: tuple[float, float] = (0.0, 0.0)  # lon, lat of its intake
    rate_m3_s: float = 0.0
    on_depth_m: float = 0.0
    off_depth_m: float = 0.0
    to: tuple[float, float] | None = None  # where the water goes; None: out of the model


@dataclass(frozen=True)
class Pipes(Measure):
    """Pipes repaired to grade 1 without blockage, by name or all in the areas named, and widened by the factor."""

    ids: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    diameter_factor: float = 1.0


@dataclass(frozen=True)
class Inlets(Measure):
    """Street inlets cleaned, and `factor` times as many, at the nodes or in the areas named."""

    nodes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    factor: float = 1.0


@dataclass(frozen=True)
class Drainage(Measure):
    """Another equivalent drainage capacity of the areas named and all below them (none named: everywhere)."""

    mm_h: float = 0.0
    areas: tuple[str, ...] = ()


MEASURE_KINDS: dict[str, type[Measure]] = {
    "sponge": Sponge,
    "green_roof": GreenRoof,
    "tank": Tank,
    "ponding_park": PondingPark,
    "pump": Pump,
    "pipes": Pipes,
    "inlets": Inlets,
    "drainage": Drainage,
}


def read_measures(top: Section) -> tuple[Measure, ...]:
    """The [[measure]] tables of a scenario; without an id a measure is called by its kind and number."""
    found: list[Measure] = []
    for number, section in enumerate(top.sections("measure"), start=1):
        kind = section.text("kind", choices=tuple(MEASURE_KINDS))
        measure = MEASURE_KINDS[kind](
            kind=kind,
            id=section.text("id", f"{kind}-{number}"),
            name=section.text("name", ""),
            name_en=section.text("name_en", ""),
            cost=section.number("cost", None, minimum=0.0, maximum=1e9),
            **_READ[kind](section),
        )
        if any(measure.id == other.id for other in found):
            raise section.error("id", "a measure of this id stands above", "an id of its own")
        found.append(measure)
    return tuple(found)


def plain_measure(measure: Measure) -> dict[str, Any]:
    """The table that `read_measures` reads as this measure; what is not set is left out."""
    values = {field.name: getattr(measure, field.name) for field in fields(measure)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None and value != "" and value != ()
    }


def _sponge(section: Section) -> dict[str, Any]:
    found = {
        "areas": section.texts("areas", ()),
        "land_cover": section.integers("land_cover", ()),
        "infiltration_mm_h": section.number("infiltration_mm_h", 0.0, minimum=0.0, maximum=1000.0),
        "storage_mm": section.number("storage_mm", 0.0, minimum=0.0, maximum=2000.0),
        "share": section.number("share", 1.0, above=0.0, maximum=1.0),
    }
    if found["infiltration_mm_h"] == 0.0 and found["storage_mm"] == 0.0:
        raise section.error("storage_mm", "a sponge that takes nothing up", "storage_mm or infiltration_mm_h above 0")
    return found


def _green_roof(section: Section) -> dict[str, Any]:
    return {
        "areas": section.texts("areas", ()),
        "storage_mm": section.number("storage_mm", above=0.0, maximum=2000.0),
        "share": section.number("share", 1.0, above=0.0, maximum=1.0),
    }


def _tank(section: Section) -> dict[str, Any]:
    found = {
        "volume_m3": section.number("volume_m3", above=0.0, maximum=1e8),
        "at": section.lonlat("at", None),
        "node": section.text("node", ""),
    }
    if (found["at"] is None) == (found["node"] == ""):
        raise section.error("at", "a tank fills from one place", "either at = [longitude, latitude] or node")
    return found


def _ponding_park(section: Section) -> dict[str, Any]:
    found = {
        "depth_m": section.number("depth_m", above=0.0, maximum=10.0),
        "areas": section.texts("areas", ()),
        "land_cover": section.integers("land_cover", ()),
        "sites": section.texts("sites", ()),
    }
    if not found["land_cover"] and not found["sites"]:
        raise section.error("land_cover", "no park named", "land_cover codes (in areas, or everywhere) or sites")
    if found["areas"] and not found["land_cover"]:
        raise section.error("areas", "an area is not all park", "land_cover beside it")
    return found


def _pump(section: Section) -> dict[str, Any]:
    on_depth_m = section.number("on_depth_m", minimum=0.001, maximum=20.0)
    off_depth_m = section.number("off_depth_m", 0.5 * on_depth_m, minimum=0.0, maximum=20.0)
    if off_depth_m >= on_depth_m:
        raise section.error("off_depth_m", "stops no lower than it starts", f"a depth below {on_depth_m:g}")
    return {
        "at": section.lonlat("at"),
        "rate_m3_s": section.number("rate_m3_s", above=0.0, maximum=1000.0),
        "on_depth_m": on_depth_m,
        "off_depth_m": off_depth_m,
        "to": section.lonlat("to", None),
    }


def _pipes(section: Section) -> dict[str, Any]:
    found = {
        "ids": section.texts("ids", ()),
        "areas": section.texts("areas", ()),
        "diameter_factor": section.number("diameter_factor", 1.0, minimum=1.0, maximum=10.0),
    }
    if not found["ids"] and not found["areas"]:
        raise section.error("ids", "no pipe named", "ids of conduits, or areas")
    return found


def _inlets(section: Section) -> dict[str, Any]:
    found = {
        "nodes": section.texts("nodes", ()),
        "areas": section.texts("areas", ()),
        "factor": section.number("factor", 1.0, minimum=1.0, maximum=100.0),
    }
    if not found["nodes"] and not found["areas"]:
        raise section.error("nodes", "no inlet named", "nodes of the network, or areas")
    return found


def _drainage(section: Section) -> dict[str, Any]:
    return {
        "mm_h": section.number("mm_h", minimum=0.0, maximum=500.0),
        "areas": section.texts("areas", ()),
    }


_READ = {
    "sponge": _sponge,
    "green_roof": _green_roof,
    "tank": _tank,
    "ponding_park": _ponding_park,
    "pump": _pump,
    "pipes": _pipes,
    "inlets": _inlets,
    "drainage": _drainage,
}
