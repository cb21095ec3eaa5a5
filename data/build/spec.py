"""What a build file says: which raw files become which layer of a city pack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class GridSpec:
    """The rectangle of the city in degrees (WGS84) and the size of its cells."""

    cell_m: float
    bounds: tuple[float, float, float, float]  # west, south, east, north


@dataclass(frozen=True)
class SyntheticTerrain:
    """A plane with random relief, where no terrain is to be had."""

    mean_level_m: float  # at the centre
    slope: float  # fall over length
    falls_to_deg: float  # compass bearing towards which it falls, 135 = south-east
    relief: tuple[tuple[float, float], ...]  # (length, height) in m: smoothing length and standard deviation
    seed: int


@dataclass(frozen=True)
class ColumnTable:
    """A CSV file or layer of points with names of its own: `columns` maps a column of the schema to one of the file."""

    file: Path
    datum: str
    columns: dict[str, str]
    values: dict[str, Any]  # columns of the schema with one value for all rows
    empty: dict[str, Any]  # what an empty cell of a mapped column stands for; else the default of the schema


@dataclass(frozen=True)
class Join:
    """More columns for the rows of a table, from a second file with the same keys."""

    file: Path
    key: str  # column of the second file that holds the identifier
    columns: dict[str, str]


@dataclass(frozen=True)
class RoadFile:
    """A file of road lines: SUMO network, or a vector layer with the names of its columns."""

    file: Path
    crs: str | None
    datum: str
    class_column: str | None  # holds values of OpenStreetMap's `highway`
    road_class: str  # where there is no such column
    two_way: bool


@dataclass(frozen=True)
class Lattice:
    """Synthetic footways where no road is known."""

    spacing_m: float
    clear_m: float  # lattice nodes keep this far from a known road
    margin_m: float  # how far beyond the areas it reaches


@dataclass(frozen=True)
class StreetTable:
    """Where a code table has what: positions of its columns from 1, and the word that marks a street."""

    code: int
    name: int
    level: int
    street: str
    lon: int
    lat: int


@dataclass(frozen=True)
class District:
    """One district: its polygon file, and its code table of streets with points where there is one."""

    code: str
    name: str
    name_en: str
    polygon: Path
    drainage_class: str
    streets: Path | None


@dataclass(frozen=True)
class AreasSpec:
    """The city and its districts."""

    code: str
    datum: str
    districts: tuple[District, ...]
    street_table: StreetTable | None


@dataclass(frozen=True)
class BuildSpec:
    """A build file, read and checked; no raw file has been opened."""

    file: Path
    name: str
    name_en: str
    crs: str
    grid: GridSpec
    terrain: Path | SyntheticTerrain
    people: ColumnTable | None
    people_joins: tuple[Join, ...]
    shelters: ColumnTable | None
    site_types: dict[str, dict[str, Any]]  # word of the file -> columns of the schema it stands for
    candidates: ColumnTable | None
    candidate_types: dict[str, dict[str, Any]]
    roads: tuple[RoadFile, ...]
    snap_m: float
    lattice: Lattice | None
    areas: AreasSpec | None
    provenance: dict[str, str]
    notes: tuple[str, ...]
