"""Tables of a city pack: every column that a reader accepts, declared once."""

from __future__ import annotations

from data.schema.fields import SOURCES, Field, Table
from data.schema.shelters import CANDIDATES, SHELTERS
from data.schema.teams import TEAMS

AREA_LEVELS = ("city", "district", "street", "community", "grid")
DRAINAGE_CLASSES = ("old_town", "new_town", "key_area", "hub")
ROAD_CLASSES = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential", "footway")

_ID = Field("id", "", "Unique identifier", "text", unique=True)
_NAME = Field("name", "", "Name in Chinese", "text", required=False, default="")
_NAME_EN = Field("name_en", "", "Name in English", "text", required=False, default="")
_SOURCE = Field("source", "", "Where the value comes from", "text", choices=SOURCES, required=False, default="")


def _share(name: str, meaning: str, default: float = 0.0) -> Field:
    return Field(name, "1", meaning, minimum=0.0, maximum=1.0, required=False, default=default)


def _persons(name: str, meaning: str, required: bool = True) -> Field:
    return Field(name, "persons", meaning, minimum=0.0, maximum=5e7, required=required)


def _flag(name: str, meaning: str, default: bool = False) -> Field:
    return Field(name, "", meaning, "bool", required=False, default=default)


LAND_COVER = Table(
    "land_cover",
    "One row per class of the land-cover raster: roughness and infiltration.",
    (
        Field("code", "1", "Value in the raster", "int", minimum=0, maximum=255, unique=True),
        Field("name", "", "Class name", "text"),
        Field("manning_n", "s m(-1/3)", "Manning roughness", minimum=0.005, maximum=1.0),
        Field(
            "infiltration",
            "",
            "Infiltration model of the class",
            "text",
            choices=("none", "constant", "horton", "green_ampt"),
            required=False,
            default="none",
        ),
        Field("constant_mm_h", "mm/h", "Constant loss", minimum=0, maximum=500, required=False, default=0.0),
        Field("horton_f0_mm_h", "mm/h", "Horton initial rate", minimum=0, maximum=1000, required=False, default=0.0),
        Field("horton_fc_mm_h", "mm/h", "Horton final rate", minimum=0, maximum=500, required=False, default=0.0),
        Field("horton_k_1_h", "1/h", "Horton decay", minimum=0, maximum=100, required=False, default=0.0),
        Field(
            "conductivity_mm_h",
            "mm/h",
            "Green-Ampt saturated conductivity",
            minimum=0,
            maximum=1000,
            required=False,
            default=0.0,
        ),
        Field(
            "suction_mm",
            "mm",
            "Green-Ampt suction head at the wetting front",
            minimum=0,
            maximum=2000,
            required=False,
            default=0.0,
        ),
        Field(
            "moisture_deficit",
            "1",
            "Green-Ampt initial moisture deficit",
            minimum=0,
            maximum=1,
            required=False,
            default=0.0,
        ),
        _SOURCE,
    ),
)

BUILDINGS = Table(
    "buildings",
    "Building footprints (polygons). Their cells are raised by height_m, so water flows around them.",
    (
        Field("geometry", "", "Polygon", "geometry"),
        Field("height_m", "m", "Height the bed is raised by", minimum=0, maximum=1000, required=False, default=3.0),
    ),
)

BARRIERS = Table(
    "barriers",
    "Walls and embankments (lines) that stand on cell edges with a crest level.",
    (
        Field("geometry", "", "Line", "geometry"),
        Field("crest_m", "m", "Crest level above datum", minimum=-500, maximum=9000),
        Field("id", "", "Identifier, by which a breach names it", "text", required=False, default=""),
        _NAME,
    ),
)

UNDERPASSES = Table(
    "underpasses",
    "Road underpasses and sunken roads (polygons).",
    (
        Field("geometry", "", "Polygon of the sunken part", "geometry"),
        _ID,
        _NAME,
        _NAME_EN,
        Field(
            "closure_depth_m",
            "m",
            "Depth of water at which it is closed",
            minimum=0,
            maximum=5,
            required=False,
            default=0.3,
        ),
        Field("pump_m3_s", "m3/s", "Pump rate while power lasts", minimum=0, maximum=50, required=False, default=0.0),
        Field(
            "pump_on_depth_m",
            "m",
            "Depth in the sump at which the pump starts",
            minimum=0,
            maximum=5,
            required=False,
            default=0.05,
        ),
        Field(
            "reopen_depth_m",
            "m",
            "Depth below which it is opened again",
            minimum=0,
            maximum=5,
            required=False,
            default=0.05,
        ),
        Field(
            "pump_node", "", "Node that the pump lifts to; empty: out of the model", "text", required=False, default=""
        ),
        _SOURCE,
    ),
)

RIVERS = Table(
    "rivers",
    "River reaches (polygons): their cells are water and not street.",
    (
        Field("geometry", "", "Polygon", "geometry"),
        _NAME,
        _NAME_EN,
        Field(
            "base_depth_m",
            "m",
            "Water in its cells before the storm",
            minimum=0,
            maximum=50,
            required=False,
            default=0.0,
        ),
        Field(
            "inflow_m3_s",
            "m3/s",
            "Steady flow that enters where the reach meets the edge of the domain at its highest bed",
            minimum=0,
            maximum=2e5,
            required=False,
            default=0.0,
        ),
        Field(
            "inflow_series",
            "",
            "File of the discharge over time that takes the place of inflow_m3_s (time_s, flow_m3_s)",
            "text",
            required=False,
            default="",
        ),
        Field(
            "stage_series",
            "",
            "File of the level over time held where the reach leaves the domain, at its lowest bed (time_s, stage_m)",
            "text",
            required=False,
            default="",
        ),
        _SOURCE,
    ),
)

AREAS = Table(
    "areas",
    "Administrative areas at up to five levels (polygons).",
    (
        Field("geometry", "", "Polygon", "geometry"),
        Field("code", "", "GB/T 2260 or own code, unique", "text", unique=True),
        Field("name", "", "Name in Chinese", "text"),
        _NAME_EN,
        Field("parent", "", "Code of the area above, empty at the top", "text", required=False, default=""),
        Field("level", "", "Level", "text", choices=AREA_LEVELS),
        Field(
            "drainage_class", "", "Drainage class", "text", choices=DRAINAGE_CLASSES, required=False, default="new_town"
        ),
        Field(
            "drainage_mm_h",
            "mm/h",
            "Equivalent drainage capacity, the stand-in for pipes; absent: by drainage class from the rules",
            minimum=0,
            maximum=500,
            required=False,
            default=None,
        ),
        _SOURCE,
    ),
)

PEOPLE = Table(
    "people",
    "Population blocks: points with the size of the cell they stand for.",
    (
        _ID,
        Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180),
        Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90),
        Field("footprint_m2", "m2", "Area of the block", minimum=1, maximum=1e9),
        _persons("population_day", "People present by day"),
        _persons("population_night", "People present at night"),
        _share("share_65", "Share of people of 65 and more"),
        _share("share_14", "Share of people of 14 and less"),
        _share("share_disabled", "Share of people with a disability"),
        _share("share_basement", "Share of people in basements"),
        _share("share_hospital", "Share of people in hospital beds"),
        _SOURCE,
    ),
)

ROADS = Table(
    "roads",
    "Road edges (lines), one row per direction unless two_way.",
    (
        Field("geometry", "", "Line from its first to its last node", "geometry"),
        Field("id", "", "Unique identifier", "text", required=False, default=""),
        Field("road_class", "", "Class", "text", choices=ROAD_CLASSES, required=False, default="residential"),
        Field("two_way", "", "Open in both directions to cars", "bool", required=False, default=True),
        Field("lanes", "1", "Lanes per direction", "int", minimum=0, maximum=20, required=False, default=1),
        Field("speed_m_s", "m/s", "Free speed of cars", minimum=0, maximum=60, required=False, default=8.3),
        _flag("bridge", "On a bridge: stays dry whatever the water below"),
        _flag("underpass", "Through an underpass: takes the depth at its lowest point"),
        _NAME,
        _NAME_EN,
        _SOURCE,
    ),
)

RAIN_SERIES = Table(
    "rain_series",
    "Rain rate at a gauge or for the whole city: holds from its time until the next row.",
    (
        Field("time_s", "s", "Start of the interval", minimum=0),
        Field("rain_mm_h", "mm/h", "Rain rate", minimum=0, maximum=2000),
    ),
)

FLOW_SERIES = Table(
    "flow_series",
    "Discharge over time, linear between rows.",
    (
        Field("time_s", "s", "Time", minimum=0),
        Field("flow_m3_s", "m3/s", "Discharge", minimum=0, maximum=2e5),
    ),
)

STAGE_SERIES = Table(
    "stage_series",
    "Water level over time, linear between rows.",
    (
        Field("time_s", "s", "Time", minimum=0),
        Field("stage_m", "m", "Water level above datum", minimum=-500, maximum=9000),
    ),
)

INPUT_TABLES = (
    LAND_COVER, BUILDINGS, BARRIERS, UNDERPASSES, RIVERS, AREAS, PEOPLE, SHELTERS,
    CANDIDATES, ROADS, TEAMS,
    RAIN_SERIES, FLOW_SERIES, STAGE_SERIES,
)  # fmt: skip
