"""Files of a run folder: every variable and column that a writer leaves behind, declared once."""

from __future__ import annotations

from data.schema.drainage import SEWER_LINKS, SEWER_NODES
from data.schema.fields import Field, Table

LEVELS = ("none", "blue", "yellow", "orange", "red")  # warning levels, rising
HAZARD_CLASSES = ("dry", "H1", "H2", "H3", "H4", "H5", "H6")  # index = class number

FLOOD = Table(
    "flood.nc",
    "Surface water on the grid over time (CF-1.8).",
    (
        Field("depth", "m", "Water depth", dims=("time", "y", "x"), minimum=0, standard_name="flood_water_thickness"),
        Field("speed_x", "m s-1", "Speed eastward", dims=("time", "y", "x")),
        Field("speed_y", "m s-1", "Speed northward", dims=("time", "y", "x")),
        Field(
            "bed", "m", "Bed level the flow saw, buildings included", dims=("y", "x"), standard_name="surface_altitude"
        ),
        Field("max_depth", "m", "Largest depth", dims=("y", "x"), minimum=0),
        Field("max_stage", "m", "Largest water level (bed + depth), only where ever wet", dims=("y", "x")),
        Field("max_speed", "m s-1", "Largest speed", dims=("y", "x"), minimum=0),
        Field("max_depth_speed", "m2 s-1", "Largest product of depth and speed", dims=("y", "x"), minimum=0),
        Field(
            "max_hazard", "1", "Highest hazard class, 0 dry, 1-6 = H1-H6", "int", dims=("y", "x"), minimum=0, maximum=6
        ),
        Field(
            "arrival_s",
            "s",
            "First time the depth passes the ponding depth; NaN where never",
            dims=("y", "x"),
            minimum=0,
        ),
        Field(
            "last_ponded_s",
            "s",
            "Last time the depth was above the ponding depth; NaN where never",
            dims=("y", "x"),
            minimum=0,
        ),
        Field("ponded_s", "s", "Time spent above the ponding depth", dims=("y", "x"), minimum=0),
    ),
)

GAUGE_SERIES = Table(
    "gauges.csv",
    "Water at the gauges of a flood case.",
    (
        Field("time_s", "s", "Time", minimum=0),
        Field("gauge", "", "Gauge name", "text"),
        Field("stage_m", "m", "Water level; empty while the cell is dry"),
        Field("depth_m", "m", "Depth", minimum=0),
        Field("speed_m_s", "m/s", "Speed", minimum=0),
    ),
)

AREAS_RESULT = Table(
    "areas.csv",
    "One row per area: hazard, people, warning.",
    (
        Field("code", "", "Area code", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("level", "", "Area level", "text"),
        Field("drainage_class", "", "Drainage class", "text"),
        Field("area_m2", "m2", "Area on the grid"),
        Field("max_depth_m", "m", "Deepest street water", minimum=0),
        Field("ponded_m2", "m2", "Street area ever deeper than the ponding depth", minimum=0),
        Field("ponded_ha_h", "ha h", "Street area under water (ponding depth) times its hours", minimum=0),
        Field(
            "drain_down_h", "h", "Hours after the end of rain until the streets are below the ponding depth", minimum=0
        ),
        Field("drain_down_limit_h", "h", "Allowed hours of the drainage class", minimum=0),
        Field("drain_down_ok", "", "Within the limit", "bool"),
        Field("drain_down_known", "", "The run was long enough to say", "bool"),
        Field("sea_share", "1", "Share of the street deep for long, as the sea criterion counts", minimum=0, maximum=1),
        Field("sea_ok", "", "No more of it than the limit: no sea", "bool"),
        Field("sea_known", "", "The run was long enough to say", "bool"),
        Field("worst_depth_m", "m", "Depth at the worst street place: deep for long, else deepest", minimum=0),
        Field("worst_lon", "degrees_east", "Longitude of that place; empty where no water came"),
        Field("worst_lat", "degrees_north", "Latitude of that place"),
        Field("people", "persons", "People present", "int", minimum=0),
        Field("people_h1", "persons", "People whose worst class is H1", "int", minimum=0),
        Field("people_h2", "persons", "People whose worst class is H2", "int", minimum=0),
        Field("people_h3", "persons", "People whose worst class is H3", "int", minimum=0),
        Field("people_h4", "persons", "People whose worst class is H4", "int", minimum=0),
        Field("people_h5", "persons", "People whose worst class is H5", "int", minimum=0),
        Field("people_h6", "persons", "People whose worst class is H6", "int", minimum=0),
        Field("person_risk", "persons", "Person-risk R = sum N H v", minimum=0),
        Field(
            "waterlogging_excess", "persons", "People times hours of water beyond the limit, over the limit", minimum=0
        ),
        Field("coping_gap", "persons", "In danger without a place on dry ground in reach in time", minimum=0),
        Field("risk_score", "persons", "Weighted sum of person-risk, excess and gap; adds up over areas", minimum=0),
        Field("risk_index", "1", "Display index of the risk score, 0-100", minimum=0, maximum=100),
        Field("risk_reference_persons", "persons", "Reference population of the index", minimum=0),
        Field("warning_level", "", "Highest warning level", "text", choices=LEVELS),
        Field("evacuees", "persons", "People told to leave", "int", minimum=0),
        Field("unserved", "persons", "Of them without a shelter place", "int", minimum=0),
    ),
)

PLAN = Table(
    "plan.csv",
    "The shelter-allocation plan: one row per block and shelter.",
    (
        Field("block", "", "Population block", "text"),
        Field("area", "", "Area code of the block", "text"),
        Field("shelter", "", "Shelter id; empty = no place", "text"),
        Field("shelter_name", "", "Shelter name", "text"),
        Field("persons", "persons", "People on this row", "int", minimum=0),
        Field("walk_min", "min", "Walking time on the flooded roads; empty where no place", minimum=0),
        Field("distance_m", "m", "Walking distance from home to the door; empty where no place", minimum=0),
        Field("leave_by_s", "s", "Latest safe departure since the start of the run; empty: no limit, or no place"),
    ),
)

TIMELINE = Table(
    "timeline.csv",
    "The run every five minutes: rain, water, people.",
    (
        Field("time_s", "s", "Time since the start of the run", minimum=0),
        Field("rain_mm_h", "mm/h", "Mean rain rate over the city", minimum=0),
        Field("volume_m3", "m3", "Water on the surface", minimum=0),
        Field("ponded_m2", "m2", "Street area deeper than the ponding depth", minimum=0),
        Field("people_h2_up", "persons", "People standing in H2 or worse", "int", minimum=0),
        Field("people_h3_up", "persons", "People standing in H3 or worse", "int", minimum=0),
        Field("roads_closed_m", "m", "Length of closed roads", minimum=0),
        Field("ordered", "persons", "People told to leave so far", "int", minimum=0),
        Field("unordered", "persons", "People who leave of their own accord so far", "int", minimum=0),
        Field("home", "persons", "Of both, still at home", "int", minimum=0),
        Field("moving", "persons", "On the road, on foot or by car", "int", minimum=0),
        Field("waiting", "persons", "Waiting near home for a bus or an ambulance", "int", minimum=0),
        Field("riding", "persons", "On a bus or with a crew", "int", minimum=0),
        Field("at_door", "persons", "Queueing at the door of a shelter", "int", minimum=0),
        Field("sheltered", "persons", "In a shelter", "int", minimum=0),
        Field("stranded", "persons", "Stranded", "int", minimum=0),
        Field("refused", "persons", "Refused to leave", "int", minimum=0),
        Field("turned_away", "persons", "Turned away at a full or closed shelter", "int", minimum=0),
    ),
)

OUTPUT_TABLES = (FLOOD, GAUGE_SERIES, AREAS_RESULT, PLAN, TIMELINE, SEWER_NODES, SEWER_LINKS)
