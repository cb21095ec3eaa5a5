"""Files that planners get: adequacy per area and per site, its curve over storms and years, and siting."""

from __future__ import annotations

from data.schema.fields import Field, Table

# Why a site takes nobody in, in the order in which it is judged; "" = it is used.
EXCLUSIONS = ("", "not_open", "floodplain", "not_fit", "no_capacity", "no_road", "flooded", "cut_off", "open_air")


def _persons(name: str, meaning: str) -> Field:
    return Field(name, "persons", meaning, "int", minimum=0)


def _m2(name: str, meaning: str) -> Field:
    return Field(name, "m2", meaning, minimum=0)


def _per_person(name: str, meaning: str) -> Field:
    return Field(name, "m2 per person", f"{meaning}; empty where nobody lives", minimum=0)


def _share(name: str, meaning: str) -> Field:
    return Field(name, "1", meaning, minimum=0, maximum=1)


_AREA = (
    Field("code", "", "Area code", "text"),
    Field("name", "", "Name in Chinese", "text"),
    Field("name_en", "", "Name in English", "text"),
    Field("level", "", "Area level", "text"),
)

ADEQUACY = Table(
    "adequacy.csv",
    "One row per area of every level: shelter area per person, on dry ground, in reach, and what is missing.",
    (
        *_AREA,
        _persons("people", "People counted (of the scenario's time of day)"),
        _persons("people_day", "People by day"),
        _persons("people_night", "People at night"),
        _persons("people_65", "Of the counted: 65 and more"),
        _persons("people_14", "Of the counted: 14 and less"),
        _persons("people_disabled", "Of the counted: with a disability"),
        Field("sites", "1", "Shelter sites in the area", "int", minimum=0),
        Field("sites_used", "1", "Of them used in the storm", "int", minimum=0),
        _m2("effective_m2", "Effective area of all open sites (the plan's indicator counts it)"),
        _per_person("m2_per_person", "Effective area per person"),
        Field("target_m2", "m2 per person", "Target", minimum=0),
        Field("target_ok", "", "Target reached by effective area", "bool"),
        _m2("dry_m2", "Effective area of sites that stay dry and connected in the storm"),
        _per_person("dry_m2_per_person", "The same per person"),
        _m2("storm_m2", "Of that: under a roof and fit for flood, so that it shelters in a storm"),
        _per_person("storm_m2_per_person", "The same per person"),
        _share("in_reach_dry", "Share of people within the class distance of an open site, roads dry"),
        _share(
            "in_reach_storm", "Share of people within the class distance of a site used in the storm, roads flooded"
        ),
        _share("two_routes", "Share of people with two routes to used sites that share no road, roads flooded"),
        _persons("without_place", "People without a place when all must go, nearest places filled optimally"),
        _persons("at_risk", "People in danger in the storm"),
        _persons("at_risk_without_place", "Of them without a place under the plan"),
        _persons("deficit_persons", "People short of the target on dry ground"),
        _m2("deficit_m2", "Effective area short of the target on dry ground"),
        Field("deficit_sites", "1", "First-class sites that would fill the gap", "int", minimum=0),
        _share("fixed_share", "Places in fixed and central sites over people, at most 1"),
        Field("fixed_share_ok", "", "At least the share that the standard asks for", "bool"),
        Field(
            "latest_departure_min", "min", "Earliest of the latest safe departures of its blocks in danger; empty: none"
        ),
        Field("person_risk", "persons", "Part of the risk score: person-risk in the storm", minimum=0),
        Field("waterlogging_excess", "persons", "Part: waterlogging beyond what the drainage class allows", minimum=0),
        Field("coping_gap", "persons", "Part: in danger without a place on dry ground in reach in time", minimum=0),
        Field("risk_score", "persons", "Weighted sum of the parts; adds up over areas", minimum=0),
        Field("risk_index", "1", "Display index of the score, 0-100", minimum=0, maximum=100),
    ),
)

ADEQUACY_SITES = Table(
    "sites.csv",
    "One row per shelter site: what it offers, what the storm leaves of it, and why it is not used.",
    (
        Field("id", "", "Shelter id", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("area", "", "Code of the lowest area that holds it; empty: none", "text"),
        Field("lon", "degrees_east", "Longitude"),
        Field("lat", "degrees_north", "Latitude"),
        Field("shelter_class", "", "Class", "text"),
        Field("site_type", "", "What the site is in daily life", "text"),
        Field("indoor", "", "Under a roof", "bool"),
        Field("longest_stay", "", "Longest stay it serves", "text"),
        _m2("area_m2", "Gross area"),
        _m2("effective_m2", "Effective area"),
        _persons("capacity", "Places at the space of the stay"),
        _persons("occupants", "People already inside"),
        Field("units", "1", "Units it is laid out in", "int", minimum=0),
        Field("functions", "1", "Of the plan's seven functions, how many it has", "int", minimum=0, maximum=7),
        Field("functions_missing", "", "Those it lacks, separated by spaces", "text"),
        Field("accessible", "", "Barrier-free", "bool"),
        Field("fit_for", "", "Hazards it is fit for, separated by spaces", "text"),
        Field("in_floodplain", "", "In a floodplain or retention area", "bool"),
        Field("conversion_time_h", "h", "Hours from daily use to open; empty: not known", minimum=0),
        Field(
            "approach_directions", "1", "Roads to it in directions apart enough to count as different", "int", minimum=0
        ),
        Field("two_roads_ok", "", "At least two evacuation roads in different directions", "bool"),
        Field("water_days", "d", "Days that its drinking water lasts when full; empty: not known", minimum=0),
        Field("toilets_short", "1", "Toilets short when full; empty: not known", minimum=0),
        Field("kits_short", "1", "Family kits short when full; empty: not known", minimum=0),
        Field("wet_at_min", "min", "When water on the site reaches the limit; empty: never", minimum=0),
        Field("cut_off_at_min", "min", "When its last road closes; empty: never", minimum=0),
        Field("excluded", "", "Why it takes nobody in; empty: used", "text", choices=EXCLUSIONS),
        _persons("assigned", "People assigned when all must go"),
        _persons("assigned_at_risk", "People in danger assigned to it in the storm"),
        Field("worst_trip_min", "min", "Longest trip of people assigned to it; empty: nobody", minimum=0),
    ),
)

ADEQUACY_BLOCKS = Table(
    "blocks.csv",
    "One row per population block: reach, routes, and the latest safe departure.",
    (
        Field("block", "", "Population block", "text"),
        Field("area", "", "Code of the lowest area that holds it; empty: none", "text"),
        Field("lon", "degrees_east", "Longitude"),
        Field("lat", "degrees_north", "Latitude"),
        _persons("people", "People counted"),
        _persons("at_risk", "Of them in danger in the storm"),
        Field("nearest_dry", "", "Nearest open site, roads dry; empty: none in reach", "text"),
        Field("distance_dry_m", "m", "Distance to it; empty: none in reach", minimum=0),
        Field("nearest_storm", "", "Nearest site used in the storm, roads flooded; empty: none in reach", "text"),
        Field("distance_storm_m", "m", "Distance to it; empty: none in reach", minimum=0),
        Field("routes", "1", "Routes to used sites that share no road, at most 2", "int", minimum=0, maximum=2),
        _persons("without_place", "People without a place when all must go"),
        _persons("at_risk_without_place", "People in danger without a place"),
        Field(
            "latest_departure_min", "min", "Latest safe departure to its assigned sites; empty: no limit or nobody goes"
        ),
        Field("coping_gap", "persons", "In danger without a place on dry ground in reach in time", minimum=0),
    ),
)

ADEQUACY_CURVE = Table(
    "curve.csv",
    "One row per storm and area of the city and district levels, the driest first: what storms leave of the shelters.",
    (
        Field("storm", "", 'Storm as given; "dry" for none', "text"),
        Field("return_period_a", "a", "Return period; empty where it has none", minimum=0),
        Field("rain_mm", "mm", "Rain on the city", minimum=0),
        *_AREA,
        _per_person("m2_per_person", "Effective area per person"),
        _per_person("dry_m2_per_person", "On sites that stay dry and connected"),
        _per_person("storm_m2_per_person", "Of that under a roof and fit for flood"),
        _share("in_reach_storm", "Share of people within the class distance of a used site on flooded roads"),
        Field("sites_used", "1", "Sites used", "int", minimum=0),
        _persons("at_risk", "People in danger"),
        _persons("at_risk_without_place", "Of them without a place"),
        _persons("without_place", "People without a place when all must go"),
        Field("risk_score", "persons", "Risk score", minimum=0),
    ),
)

ADEQUACY_YEARS = Table(
    "years.csv",
    "One row per year and area of the city and district levels: effective area per person against the plan's path.",
    (
        Field("year", "1", "Year", "int", minimum=1900, maximum=2200),
        *_AREA,
        Field("sites", "1", "Sites open in that year", "int", minimum=0),
        _m2("effective_m2", "Effective area"),
        _per_person("m2_per_person", "Per person of today's population"),
        Field("target_m2", "m2 per person", "The plan's path: 1.5 in 2020, 2.0 from 2025, straight between", minimum=0),
        Field("target_ok", "", "On the path", "bool"),
    ),
)

AID = Table(
    "aid.csv",
    "Mutual aid when all must go: people of one district who are given places in another.",
    (
        Field("from_code", "", "District of the people; empty: in none", "text"),
        Field("from_name", "", "Name in Chinese", "text"),
        Field("from_name_en", "", "Name in English", "text"),
        Field("to_code", "", "District of the site; empty: in none", "text"),
        Field("to_name", "", "Name in Chinese", "text"),
        Field("to_name_en", "", "Name in English", "text"),
        _persons("persons", "People"),
        Field("mean_min", "min", "Mean trip", minimum=0),
    ),
)

STAGES = Table(
    "stages.csv",
    "Stay by stay after the storm: people in danger first go to any site, some later to fixed and to central ones.",
    (
        Field("stage", "", "Stage", "text", choices=("emergency", "fixed", "central")),
        Field("stay", "", "Stay whose space per person counts", "text"),
        Field("space_m2", "m2 per person", "That space", minimum=0),
        Field("sites", "1", "Sites that serve it and can be used", "int", minimum=0),
        _persons("places", "Their places"),
        _persons("people", "People in the stage before; of the first stage: in danger"),
        _persons("home", "Of them: need no place any more"),
        _persons("kept", "Stay in the site they are in"),
        _persons("moved", "Go to a site"),
        _persons("without_place", "Need a place and find none"),
        Field("mean_min", "min", "Mean trip of those who go; empty: nobody", minimum=0),
        Field("worst_min", "min", "Longest trip; empty: nobody", minimum=0),
    ),
)

SITING = Table(
    "siting.csv",
    "One row per candidate: chosen or not, and what it brings alone and beside the chosen ones.",
    (
        Field("rank", "1", "Chosen ones by what they bring, then the others", "int", minimum=1),
        Field("id", "", "Candidate", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("area", "", "Code of the lowest area that holds it; empty: none", "text"),
        Field("lon", "degrees_east", "Longitude"),
        Field("lat", "degrees_north", "Latitude"),
        Field("site_type", "", "What the site is in daily life", "text"),
        _m2("effective_m2", "Effective area"),
        _persons("capacity", "Places"),
        Field("cost", "1e4 CNY", "Cost; empty: not known", minimum=0),
        Field("chosen", "", "In the best set", "bool"),
        Field("excluded", "", "Why it could not be chosen; empty: it could", "text", choices=EXCLUSIONS),
        _persons("assigned", "People assigned to it in the best set"),
        _persons("served_alone", "More people served if it were the only new site"),
        _persons("served_gain", "Chosen: people served who would not be without it; else: more served if added"),
        Field(
            "saved_person_min",
            "person min",
            "Walking that it saves among those served; negative: serves people farther off",
        ),
    ),
)

SITING_AREAS = Table(
    "siting_areas.csv",
    "One row per area: people without a place before and after the chosen sites.",
    (
        *_AREA,
        _persons("people", "People counted"),
        Field("chosen", "1", "Chosen sites in the area", "int", minimum=0),
        _m2("added_m2", "Effective area added"),
        _per_person("m2_per_person_before", "Effective area per person, existing sites"),
        _per_person("m2_per_person_after", "With the chosen sites"),
        _persons("without_place_before", "People without a place within the cover distance, existing sites"),
        _persons("without_place_after", "With the chosen sites"),
    ),
)

SITING_FRONT = Table(
    "front.csv",
    "Cost or number of sites against people without a place: sets that no other set betters in both.",
    (
        Field("sites", "1", "New sites", "int", minimum=0),
        Field("cost", "1e4 CNY", "Cost; empty where a candidate has none", minimum=0),
        _persons("without_place", "People without a place"),
        Field("bound", "persons", "No set of that size or cost leaves fewer; empty: not proven", minimum=0),
        Field("chosen", "", "Ids of the set, separated by spaces", "text"),
    ),
)

PLANNING_TABLES = (
    ADEQUACY, ADEQUACY_SITES, ADEQUACY_BLOCKS, ADEQUACY_CURVE, ADEQUACY_YEARS, AID, STAGES,
    SITING, SITING_AREAS, SITING_FRONT,
)  # fmt: skip
