"""What a city and a run are made of: fields, tables, the grid, the city in memory."""

from data.schema.city import City, RoadNetwork
from data.schema.fields import Field, Table
from data.schema.grid import Grid
from data.schema.inputs import (
    AREA_LEVELS,
    AREAS,
    BARRIERS,
    BUILDINGS,
    DRAINAGE_CLASSES,
    FLOW_SERIES,
    INPUT_TABLES,
    LAND_COVER,
    PEOPLE,
    RAIN_SERIES,
    RIVERS,
    ROAD_CLASSES,
    ROADS,
    SHELTER_CLASSES,
    SHELTERS,
    SITE_TYPES,
    SOURCES,
    STAGE_SERIES,
    STAYS,
    UNDERPASSES,
)
from data.schema.outputs import (
    AREAS_RESULT,
    FLOOD,
    GAUGE_SERIES,
    HAZARD_CLASSES,
    LEVELS,
    OUTPUT_TABLES,
    PLAN,
    TIMELINE,
)
from data.schema.rasters import INITIAL_DEPTH, INPUT_RASTERS, LAND_COVER_CODE, MANNING, RAIN_RATE, TERRAIN

__all__ = [
    "AREAS", "AREAS_RESULT", "AREA_LEVELS", "BARRIERS", "BUILDINGS", "City", "DRAINAGE_CLASSES", "FLOOD",
    "FLOW_SERIES", "Field", "GAUGE_SERIES", "Grid", "HAZARD_CLASSES", "INITIAL_DEPTH", "INPUT_RASTERS", "INPUT_TABLES",
    "LAND_COVER", "LAND_COVER_CODE", "LEVELS", "MANNING",
    "OUTPUT_TABLES", "PEOPLE", "PLAN", "RAIN_RATE", "RAIN_SERIES", "RIVERS", "ROADS", "ROAD_CLASSES", "RoadNetwork",
    "SHELTERS", "SHELTER_CLASSES", "SITE_TYPES", "SOURCES", "STAGE_SERIES", "STAYS", "TERRAIN", "TIMELINE", "Table",
    "UNDERPASSES",
]  # fmt: skip
