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

__all__ = [
    "AREAS", "AREAS_RESULT", "AREA_LEVELS", "BARRIERS", "BUILDINGS", "City", "DRAINAGE_CLASSES", "FLOOD",
    "FLOW_SERIES", "Field", "GAUGE_SERIES", "Grid", "HAZARD_CLASSES", "INPUT_TABLES", "LAND_COVER", "LEVELS",
    "OUTPUT_TABLES", "PEOPLE", "PLAN", "RAIN_SERIES", "RIVERS", "ROADS", "ROAD_CLASSES", "RoadNetwork",
    "SHELTERS", "SHELTER_CLASSES", "SITE_TYPES", "SOURCES", "STAGE_SERIES", "STAYS", "TIMELINE", "Table",
    "UNDERPASSES",
]  # fmt: skip
