"""Tables of an evacuation case: places of people and shelters that it reads, and what a run of it leaves."""

from __future__ import annotations

from data.schema.fields import Field, Table

_NODE = Field(
    "node", "1", "Node number of a TNTP network; 0: by coordinates", "int", minimum=0, required=False, default=0
)
_LON = Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180, required=False)
_LAT = Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90, required=False)


def _share(name: str, meaning: str) -> Field:
    return Field(name, "1", meaning, minimum=0.0, maximum=1.0, required=False, default=0.0)


def _persons(name: str, meaning: str) -> Field:
    return Field(name, "persons", meaning, "int", minimum=0)


CASE_PEOPLE = Table(
    "case_people",
    "Where people of an evacuation case start: at a node, or at the crossing nearest to a point.",
    (
        Field("persons", "persons", "People there", minimum=0, maximum=5e7),
        _NODE,
        _LON,
        _LAT,
        _share("share_65", "Share of people of 65 and more"),
        _share("share_14", "Share of people of 14 and less"),
        _share("share_disabled", "Share of people with a disability"),
    ),
)

CASE_SHELTERS = Table(
    "case_shelters",
    "Where people of an evacuation case go.",
    (
        Field("name", "", "Name", "text", unique=True),
        _NODE,
        _LON,
        _LAT,
        Field("capacity", "persons", "Places; empty: no limit", minimum=0, maximum=1e9, required=False),
    ),
)

CASE_TIMELINE = Table(
    "timeline.csv",
    "The people of an evacuation case over time; the states add up to all of them.",
    (
        Field("time_s", "s", "Time since the order", minimum=0),
        _persons("home", "Still at home"),
        _persons("moving", "On the road"),
        _persons("at_door", "Queueing at the door of a shelter"),
        _persons("sheltered", "In a shelter"),
        _persons("stranded", "Stranded: no way on"),
        _persons("refused", "Refused to leave"),
        _persons("turned_away", "Without a place: every shelter in reach is full"),
    ),
)

CASE_LINKS = Table(
    "links.csv",
    "One row per road link and mode that anybody used or queued on, the longest queue first.",
    (
        Field("from", "1", "Node that it leaves: of the file, or counted from west to east", "int", minimum=0),
        Field("to", "1", "Node that it enters", "int", minimum=0),
        Field("id", "", "Identifier of the road", "text"),
        Field("name", "", "Name of the road", "text"),
        Field("mode", "", "How", "text", choices=("walk", "car")),
        Field("length_m", "m", "Length", minimum=0),
        Field("flow", "1", "Walkers or vehicles that entered it over the run", "int", minimum=0),
        Field("capacity_per_h", "1/h", "Most that leave it in an hour", minimum=0),
        Field(
            "worst_queue",
            "1",
            "Most walkers or vehicles that ever waited at its end at a recorded time",
            "int",
            minimum=0,
        ),
        Field("room", "1", "How many fit on it", "int", minimum=0),
    ),
)

CASE_SITES = Table(
    "shelters.csv",
    "One row per shelter of an evacuation case.",
    (
        Field("name", "", "Name", "text"),
        _persons("sent", "People sent there at first"),
        _persons("sheltered", "People inside at the end"),
        _persons("turned_at_door", "People turned away at its door, most of whom found another"),
        Field("capacity", "persons", "Places; empty: no limit"),
        Field("full_s", "s", "When it was full, since the order; empty: never"),
    ),
)

CASE_TABLES = (CASE_PEOPLE, CASE_SHELTERS, CASE_TIMELINE, CASE_LINKS, CASE_SITES)
