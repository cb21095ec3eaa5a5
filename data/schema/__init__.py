"""What a city and a run are made of: fields, tables, the grid, the city in memory."""

from data.schema.city import City, LeftOut, RoadNetwork, SpongeGround
from data.schema.comparisons import COMPARE, COMPARED, COMPARISON_TABLES, RANKING
from data.schema.drainage import (
    ASSET_KINDS,
    DRAINAGE_TABLES,
    GATES,
    INLETS,
    LIFELINES,
    LINK_KINDS,
    NODE_KINDS,
    PIPES,
    PUMPS,
    SEWER_LINKS,
    SEWER_NODES,
    SEWER_SYSTEMS,
    DrainageNetwork,
    Inp,
)
from data.schema.drills import (
    CIRCLES,
    DRILL_TABLES,
    ORDERS_RESULT,
    PLAN_STEPS,
    REPLICATES,
    RESCUES,
    TRIPS,
    WARNED,
)
from data.schema.evacuation import (
    CASE_LINKS,
    CASE_PEOPLE,
    CASE_SHELTERS,
    CASE_SITES,
    CASE_TABLES,
    CASE_TIMELINE,
)
from data.schema.fields import SOURCES, Field, Table
from data.schema.forecasts import FORECAST_AREAS, FORECAST_TABLES, RELIABILITY, VERIFICATION
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
    STAGE_SERIES,
    UNDERPASSES,
)
from data.schema.observations import FAMILIES, OBSERVATIONS, QUALITIES, QUANTITIES, SENSORS, Quantity
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
from data.schema.planning import (
    ADEQUACY,
    ADEQUACY_BLOCKS,
    ADEQUACY_CURVE,
    ADEQUACY_SITES,
    ADEQUACY_YEARS,
    AID,
    EXCLUSIONS,
    PLANNING_TABLES,
    SITING,
    SITING_AREAS,
    SITING_FRONT,
    STAGES,
)
from data.schema.rasters import INITIAL_DEPTH, INPUT_RASTERS, LAND_COVER_CODE, MANNING, RAIN_RATE, TERRAIN
from data.schema.shelters import CANDIDATES, FUNCTIONS, SHELTER_CLASSES, SHELTERS, SITE_TYPES, STAYS
from data.schema.teams import TEAM_KINDS, TEAMS

__all__ = [
    "FAMILIES", "FORECAST_AREAS", "FORECAST_TABLES", "OBSERVATIONS", "QUALITIES", "QUANTITIES", "Quantity",
    "RELIABILITY", "SENSORS", "VERIFICATION",
    "ADEQUACY", "ADEQUACY_BLOCKS", "ADEQUACY_CURVE", "ADEQUACY_SITES", "ADEQUACY_YEARS", "AID", "CANDIDATES",
    "EXCLUSIONS", "FUNCTIONS", "LeftOut", "PLANNING_TABLES", "SITING", "SITING_AREAS", "SITING_FRONT",
    "STAGES",
    "AREA_LEVELS", "AREAS", "AREAS_RESULT", "ASSET_KINDS", "BARRIERS", "BUILDINGS", "City", "COMPARE",
    "COMPARED", "COMPARISON_TABLES", "DRAINAGE_CLASSES",
    "DRAINAGE_TABLES", "DrainageNetwork", "Field", "FLOOD", "FLOW_SERIES", "GATES", "GAUGE_SERIES", "Grid",
    "HAZARD_CLASSES", "INITIAL_DEPTH", "INLETS", "Inp", "INPUT_RASTERS", "INPUT_TABLES", "LAND_COVER",
    "LAND_COVER_CODE", "LEVELS", "LIFELINES", "LINK_KINDS", "MANNING", "NODE_KINDS", "OUTPUT_TABLES", "PEOPLE",
    "PIPES", "PLAN", "PUMPS", "RAIN_RATE", "RANKING", "RAIN_SERIES", "RIVERS", "ROAD_CLASSES", "RoadNetwork", "ROADS",
    "SEWER_LINKS", "SEWER_NODES", "SEWER_SYSTEMS", "SHELTER_CLASSES", "SHELTERS", "SITE_TYPES", "SOURCES",
    "CASE_LINKS", "CASE_PEOPLE", "CASE_SHELTERS", "CASE_SITES", "CASE_TABLES", "CASE_TIMELINE",
    "SpongeGround", "CIRCLES", "DRILL_TABLES", "ORDERS_RESULT", "PLAN_STEPS", "REPLICATES", "RESCUES", "TEAMS",
    "TEAM_KINDS", "TRIPS", "WARNED", "STAGE_SERIES", "STAYS", "Table", "TERRAIN", "TIMELINE", "UNDERPASSES",
]  # fmt: skip
