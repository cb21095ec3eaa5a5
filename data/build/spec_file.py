"""Reads a build file (TOML) strictly."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from data.build.spec import (
    AreasSpec,
    BuildSpec,
    ColumnTable,
    District,
    GridSpec,
    Join,
    Lattice,
    RoadFile,
    StreetTable,
    SyntheticTerrain,
)
from data.datum import DATUMS, is_crs, is_metric
from data.errors import InputError
from data.readers.city_file import read_provenance
from data.schema import CANDIDATES, DRAINAGE_CLASSES, PEOPLE, ROAD_CLASSES, SHELTERS, Table
from data.strict_toml import Section, read_toml
from data.suggest import closest


def read_spec(path: str | Path, source_folder: str | Path | None = None) -> BuildSpec:
    """The build file; its paths start from `source_folder`, or from the file's own folder. Raises InputError."""
    file = Path(path)
    top = read_toml(file)
    read = _Reader(file.parent if source_folder is None else Path(source_folder))
    people, roads = top.section("people"), top.section("roads")
    shelters, candidates = top.section("shelters"), top.section("candidates")
    joins = tuple(read.join(section) for section in people.sections("join"))
    joined = [name for join in joins for name in join.columns]
    spec = BuildSpec(
        file=file,
        name=top.text("name"),
        name_en=top.text("name_en"),
        crs=_metric(top),
        grid=_grid(top.section("grid")),
        terrain=read.terrain(top.section("terrain")),
        people=read.table(people, PEOPLE, joined) if people.values else None,
        people_joins=joins,
        shelters=read.table(shelters, SHELTERS) if shelters.values else None,
        site_types=_site_types(shelters.section("types"), SHELTERS),
        candidates=read.table(candidates, CANDIDATES) if candidates.values else None,
        candidate_types=_site_types(candidates.section("types"), CANDIDATES),
        roads=tuple(read.road(section) for section in roads.sections("file")),
        snap_m=roads.number("snap_m", 0.5, minimum=0.0, maximum=100.0),
        lattice=_lattice(roads.section("lattice")),
        areas=read.areas(top.section("areas")) if "areas" in top else None,
        provenance=read_provenance(top.section("provenance")),
        notes=_notes(top),
    )
    top.finish()
    return spec


class _Reader:
    """Reads the sections that name files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, section: Section, key: str, default: Any = ...) -> Any:
        value = section.text(key) if default is ... else section.text(key, default)
        if value is None:
            return None
        path = self.folder / value
        if not path.is_file():
            raise section.error(key, "no such file", f"an existing file, relative to {self.folder}")
        return path

    def terrain(self, section: Section) -> Path | SyntheticTerrain:
        if "file" in section:
            path: Path = self.path(section, "file")
            return path
        synthetic = section.section("synthetic")
        if not synthetic.values:
            raise section.error("synthetic", "no terrain", "file = a raster, or [terrain.synthetic]")
        return SyntheticTerrain(
            mean_level_m=synthetic.number("mean_level_m", minimum=-500.0, maximum=9000.0),
            slope=synthetic.number("slope", minimum=0.0, maximum=1.0),
            falls_to_deg=synthetic.number("falls_to_deg", minimum=0.0, maximum=360.0),
            relief=_relief(synthetic),
            seed=synthetic.integer("seed", 1, minimum=0),
        )

    def table(self, section: Section, table: Table, joined: Collection[str] = ()) -> ColumnTable:
        columns = _names(section.section("columns"), table, str)
        values = _names(section.section("values"), table, object)
        cells = section.section("empty")
        empty = _names(cells, table, object)
        for name in empty:
            if name not in columns and name not in joined:
                raise cells.error(name, "no column of the file stands for this", "a key of columns")
        return ColumnTable(self.path(section, "file"), _datum(section), columns, values, empty)

    def join(self, section: Section) -> Join:
        columns = _names(section.section("columns"), PEOPLE, str)
        return Join(self.path(section, "file"), section.text("key"), columns)

    def road(self, section: Section) -> RoadFile:
        crs = section.text("crs", None)
        if crs is not None and not is_crs(crs):
            raise section.error("crs", "unknown coordinate reference system", 'a code such as "EPSG:4326"')
        return RoadFile(
            file=self.path(section, "file"),
            crs=crs,
            datum=_datum(section),
            class_column=section.text("class_column", None),
            road_class=section.text("road_class", "residential", choices=ROAD_CLASSES),
            two_way=section.flag("two_way", True),
        )

    def areas(self, section: Section) -> AreasSpec:
        table = section.section("street_table")
        columns = None
        if table.values:
            position = {key: table.integer(key, minimum=1) for key in ("code", "name", "level", "lon", "lat")}
            columns = StreetTable(street=table.text("street"), **position)
        districts = tuple(self._district(item, columns) for item in section.sections("district"))
        if not districts:
            raise section.error("district", "no district", "one [[areas.district]] or more")
        return AreasSpec(section.text("code"), _datum(section), districts, columns)

    def _district(self, section: Section, columns: StreetTable | None) -> District:
        streets = self.path(section, "streets", None)
        if streets is not None and columns is None:
            raise section.error("streets", "no street table", "[areas.street_table] with the columns of the file")
        return District(
            code=section.text("code"),
            name=section.text("name"),
            name_en=section.text("name_en"),
            polygon=self.path(section, "polygon"),
            drainage_class=section.text("drainage_class", "new_town", choices=DRAINAGE_CLASSES),
            streets=streets,
        )


def _metric(top: Section) -> str:
    crs: str = top.text("crs")
    if not is_crs(crs) or not is_metric(crs):
        raise top.error("crs", "not a projected reference system in metres", 'a code such as "EPSG:32648"')
    return crs


def _grid(section: Section) -> GridSpec:
    bounds = section.raw("bounds", expected="[west, south, east, north] in degrees")
    good = isinstance(bounds, list) and len(bounds) == 4
    good = good and all(isinstance(value, int | float) and not isinstance(value, bool) for value in bounds)
    if not good or not (-180 <= bounds[0] < bounds[2] <= 180 and -90 <= bounds[1] < bounds[3] <= 90):
        raise section.error("bounds", "not a rectangle", "[west, south, east, north] in degrees")
    west, south, east, north = (float(value) for value in bounds)
    return GridSpec(section.number("cell_m", above=0.0, maximum=1000.0), (west, south, east, north))


def _relief(section: Section) -> tuple[tuple[float, float], ...]:
    pairs = section.raw("relief", [], "[[length_m, height_m], ...]")
    good = isinstance(pairs, list) and all(
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(value, int | float) and not isinstance(value, bool) and value > 0 for value in pair)
        for pair in pairs
    )
    if not good:
        raise section.error("relief", "not pairs of lengths", "[[length_m, height_m], ...], all above 0")
    return tuple((float(length), float(height)) for length, height in pairs)


def _names(section: Section, table: Table, kind: type) -> dict[str, Any]:
    """Keys that are columns of the schema; their values are names in the file (`str`) or values for all rows."""
    for key in section.values:
        value = section.raw(key)
        if key not in table:
            raise section.error(key, "unknown column", closest(key, table.names))
        if not isinstance(value, kind) or isinstance(value, dict | list):
            raise section.error(key, "wrong kind of value", "the name of a column" if kind is str else "one value")
    return dict(section.values)


def _site_types(section: Section, table: Table) -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]] = {}
    for word in section.values:
        types[word] = _names(section.section(word), table, object)
        if "site_type" not in types[word]:
            raise InputError(
                "missing key",
                file=section.file,
                place=f"[{section.place}.{word}] site_type",
                expected=SHELTERS["site_type"].describe_range(),
            )
    return types


def _lattice(section: Section) -> Lattice | None:
    if not section.values:
        return None
    spacing = section.number("spacing_m", minimum=10.0, maximum=5000.0)
    return Lattice(
        spacing_m=spacing,
        clear_m=section.number("clear_m", 0.5 * spacing, minimum=0.0),
        margin_m=section.number("margin_m", 0.0, minimum=0.0),
    )


def _datum(section: Section) -> str:
    datum: str = section.text("datum", "WGS84", choices=DATUMS)
    return datum


def _notes(top: Section) -> tuple[str, ...]:
    notes = top.raw("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) and note for note in notes):
        raise top.error("notes", "not a list of texts", '["...", "..."]')
    return tuple(notes)
