"""Every section and key of a flood case file, declared once: kind, unit, range, default, meaning."""

from __future__ import annotations

from dataclasses import dataclass

from data.schema.fields import Field, plain

# What a value may be written as. "path" is a file name relative to the case file.
KIND_WORDS = {
    "number": "a number",
    "whole": "a whole number",
    "path": "a file name in quotes",
    "text": "text in quotes",
    "flag": "true or false",
    "point": "a point [x, y]",
    "line": "a line [[x, y], [x, y], ...] of two or more points",
    "polygon": "a polygon [[x, y], [x, y], [x, y], ...] of three or more points",
    "edge": '"closed", "open" or { stage = "file.csv" }',
    "names": "a list of names in quotes",
}


@dataclass(frozen=True)
class Key(Field):
    """A key of a section: a field with the kinds of value it takes."""

    kinds: tuple[str, ...] = ("number",)
    required: bool = False
    above_minimum: bool = False  # the minimum itself is not allowed

    def expected(self) -> str:
        """What may stand here, in words, for messages and the reference page."""
        if self.choices:
            return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
        words = [KIND_WORDS[kind] for kind in self.kinds]
        if self.minimum is not None and self.maximum is not None and self.above_minimum:
            words[0] += f" above {plain(self.minimum)} and at most {plain(self.maximum)} {self.unit}".rstrip()
        elif self.minimum is not None:
            words[0] += f" from {self.describe_range()}"
        return ", or ".join(words)


@dataclass(frozen=True)
class Section:
    """A table of the file, or (`repeated`) an array of tables."""

    name: str
    meaning: str
    keys: tuple[Key, ...]
    repeated: bool = False
    required: bool = False
    exactly_one_of: tuple[str, ...] = ()
    one_value_of: tuple[str, ...] = ()  # a second exclusive choice
    at_most_one_of: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """As it is written in the file."""
        return f"[[{self.name}]]" if self.repeated else f"[{self.name}]"

    def key(self, name: str) -> Key | None:
        """The key of that name, if there is one."""
        return next((key for key in self.keys if key.name == name), None)


def _path(name: str, meaning: str, required: bool = False) -> Key:
    return Key(name, "", meaning, "text", kinds=("path",), required=required)


def _text(name: str, meaning: str, required: bool = False) -> Key:
    return Key(name, "", meaning, "text", kinds=("text",), required=required)


def _choice(name: str, meaning: str, choices: tuple[str, ...], default: str | None = None) -> Key:
    return Key(name, "", meaning, "text", kinds=("text",), choices=choices, default=default)


def _number(
    name: str,
    unit: str,
    meaning: str,
    low: float,
    high: float,
    *,
    default: float | None = None,
    required: bool = False,
    or_raster: bool = False,
    above: bool = False,
) -> Key:
    kinds = ("number", "path") if or_raster else ("number",)
    return Key(
        name, unit, meaning, minimum=low, maximum=high, default=default, required=required, kinds=kinds,
        above_minimum=above,
    )  # fmt: skip


def _place(kind: str, meaning: str) -> Key:
    return Key(kind, "m", meaning, kinds=(kind,))


_WHERE = (
    _place("point", "One cell: the one that holds [x, y]"),
    _place("line", "Every cell that the line [[x, y], ...] runs through"),
    _place("polygon", "Every cell whose centre lies in the polygon [[x, y], ...]"),
)
_YEAR_S = 3.2e7

SECTIONS = (
    Section(
        "terrain",
        "The ground, and what stands on it.",
        (
            _path("dem", "Bed level (m): GeoTIFF, ESRI ASCII, NetCDF or another raster that GDAL opens", required=True),
            _text("crs", 'Coordinate system, such as "EPSG:27700"; needed only where the DEM file has none'),
            _number("manning", "s m(-1/3)", "Manning roughness n, or a raster of it", 0.005, 1.0, or_raster=True),
            _path("buildings", "Building polygons; their cells are raised"),
            _number(
                "building_height_m", "m", "Height of buildings whose file has no column height_m", 0, 1000, default=3.0
            ),
            _path("barriers", "Walls and embankments: lines with a column crest_m (m above datum)"),
            Key(
                "fill_holes", "", "Fill cells without a level inside the terrain from their neighbours", "bool",
                default=False, kinds=("flag",),
            ),
        ),
        required=True,
    ),
    Section(
        "land_cover",
        "Classes of the ground: roughness where [terrain] manning is not given, and infiltration.",
        (
            _path("raster", "Class code of each cell", required=True),
            _path("table", "CSV with the columns of the land-cover table", required=True),
        ),
    ),
    Section(
        "manning_zone",
        "Another roughness within polygons; later zones win.",
        (
            _path("polygons", "Polygons of the zone", required=True),
            _number("value", "s m(-1/3)", "Manning roughness n in them", 0.005, 1.0, required=True),
        ),
        repeated=True,
    ),
    Section(
        "initial",
        "Water at the start, still. Without this section the ground is dry.",
        (
            _number("depth", "m", "Water depth, or a raster of it", 0, 500, or_raster=True),
            _number("stage", "m", "Water level above datum, or a raster of it", -500, 9000, or_raster=True),
        ),
        at_most_one_of=("depth", "stage"),
    ),
    Section(
        "edges",
        "What happens at the four sides of the raster.",
        tuple(
            Key(side, "", f"The {side} side", "text", kinds=("edge",), default="closed")
            for side in ("west", "east", "south", "north")
        ),
    ),
    Section(
        "run",
        "How long, and how often to write.",
        (
            _number("duration_s", "s", "Simulated time", 0, _YEAR_S, required=True, above=True),
            _number("output_step_s", "s", "Time between frames of flood.nc", 0, _YEAR_S, required=True, above=True),
            _number(
                "gauge_step_s", "s", "Time between rows of gauges.csv (default: output_step_s)", 0, _YEAR_S, above=True
            ),
            Key(
                "threads", "1", "Threads of the kernel (default: chosen by the size of the grid)", "int",
                minimum=1, maximum=256, kinds=("whole",),
            ),
        ),
        required=True,
    ),
    Section(
        "rain",
        "Rain on every cell.",
        (
            _number("rate_mm_h", "mm/h", "Constant rain rate from the start on", 0, 2000),
            _number("until_s", "s", "End of the constant rain (default: the whole run)", 0, _YEAR_S),
            _path("series", "CSV (time_s, rain_mm_h); a rate holds until the next row"),
            _path("grid", "NetCDF rain maps over time"),
        ),
        exactly_one_of=("rate_mm_h", "series", "grid"),
    ),
    Section(
        "loss",
        "Water that leaves the surface downward.",
        (
            _number("rate_mm_h", "mm/h", "Constant infiltration rate", 0, 500),
            _choice("infiltration", "Infiltration of the classes of [land_cover]", ("land_cover",)),
            _number(
                "drainage_mm_h", "mm/h", "Capacity of drains that the case does not model, or a raster of it", 0, 500,
                default=0.0, or_raster=True,
            ),
        ),
        at_most_one_of=("rate_mm_h", "infiltration"),
    ),
    Section(
        "inflow",
        "Water that enters: the total over its cells, shared equally.",
        (
            _text("name", "Name for messages"),
            *_WHERE,
            _number("flow_m3_s", "m3/s", "Constant discharge", 0, 2e5),
            _path("series", "CSV (time_s, flow_m3_s), linear between rows"),
        ),
        repeated=True,
        exactly_one_of=("point", "line", "polygon"),
        one_value_of=("flow_m3_s", "series"),
    ),
    Section(
        "stage",
        "Cells whose water level is given.",
        (
            _text("name", "Name for messages"),
            *_WHERE,
            _number("stage_m", "m", "Constant water level above datum", -500, 9000),
            _path("series", "CSV (time_s, stage_m), linear between rows"),
        ),
        repeated=True,
        exactly_one_of=("point", "line", "polygon"),
        one_value_of=("stage_m", "series"),
    ),
    Section(
        "drains",
        "Sewers: an EPA SWMM network that exchanges water with the street at its manholes and inlets.",
        (
            _path("network", "SWMM input file (.inp) with [COORDINATES]", required=True),
            _text("crs", "Coordinate system of the network; default: that of the terrain"),
            _choice(
                "runoff",
                "Where rain becomes runoff: all of it on the grid, or by the network's subcatchments where they lie "
                "(without polygons of their size: everywhere)",
                ("surface", "lumped"),
                default="surface",
            ),
            _path("inlets", "CSV of street inlets, as in a city pack; a manhole without any has those of the rules"),
            _path("pipes", "CSV of the pipe census, as in a city pack"),
            Key(
                "outfalls_to_surface", "", "Outfalls that end on the grid where they lie, beside those on the cells of "
                "a [[stage]]; all others end outside", "text", kinds=("names",),
            ),
            _number("exchange_step_s", "s", "Least time between exchanges; default: from the rules", 0.1, 60.0),
        ),
    ),
    Section(
        "gauge",
        "Places whose water is written to gauges.csv.",
        (
            _text("name", "Name in gauges.csv, unique", required=True),
            Key("at", "m", "The place [x, y]", kinds=("point",), required=True),
        ),
        repeated=True,
    ),
)  # fmt: skip
