"""Shelter sites and candidate sites of a city pack, and the words they are described with."""

from __future__ import annotations

from data.schema.fields import SOURCES, Field, Table

SITE_TYPES = ("park", "square", "school", "stadium", "building", "greenway")
SHELTER_CLASSES = ("emergency", "fixed", "central")
STAYS = ("emergency", "temporary", "short", "medium", "long")
FUNCTIONS = ("supplies", "toilets", "refuge_area", "power", "water", "fire", "supporting")  # the plan's seven, row C9


def _share(name: str, meaning: str, default: float) -> Field:
    return Field(name, "1", meaning, minimum=0.0, maximum=1.0, required=False, default=default)


def _flag(name: str, meaning: str, default: bool = False) -> Field:
    return Field(name, "", meaning, "bool", required=False, default=default)


def _stock(name: str, unit: str, meaning: str) -> Field:
    return Field(name, unit, f"{meaning}; empty: not known", minimum=0, maximum=1e9, required=False, default=None)


_FIELDS = (
    Field("id", "", "Unique identifier", "text", unique=True),
    Field("name", "", "Name in Chinese", "text"),
    Field("name_en", "", "Name in English", "text", required=False, default=""),
    Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180),
    Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90),
    Field("shelter_class", "", "Class", "text", choices=SHELTER_CLASSES, required=False, default="fixed"),
    Field("site_type", "", "What the site is in daily life", "text", choices=SITE_TYPES),
    Field("area_m2", "m2", "Gross area", minimum=0, maximum=1e8),
    _share("usable_share", "Share of the area that people can use", 1.0),
    Field(
        "longest_stay",
        "",
        "Longest stay it is laid out for; empty: by class and effective area from the rules",
        "text",
        choices=STAYS,
        required=False,
        default="",
    ),
    _flag("indoor", "Under a roof"),
    _flag("supplies", "Supplies stored"),
    _flag("toilets", "Emergency toilets"),
    _flag("refuge_area", "Refuge area marked out", True),
    _flag("power", "Emergency power"),
    _flag("water", "Drinking water on site"),
    _flag("fire", "Fire-fighting equipment"),
    _flag("supporting", "Supporting facilities: management point, signs, lights, broadcast"),
    _flag("medical", "Medical post"),
    _flag("accessible", "Barrier-free"),
    _stock("water_l", "L", "Drinking water stored"),
    _stock("toilet_count", "1", "Toilets"),
    _stock("kits", "1", "Family kits stored"),
    _flag("fit_for_flood", "Fit for river flood", True),
    _flag("fit_for_waterlogging", "Fit for surface-water flood", True),
    _flag("fit_for_landslide", "Known to be fit for landslide and debris flow"),
    _flag("fit_for_earthquake", "Known to be fit for earthquake"),
    _flag("fit_for_fire", "Known to be fit for large fire"),
    _flag("in_floodplain", "In a floodplain or flood retention area: no flood shelter whatever the flags say"),
    Field(
        "conversion_time_h",
        "h",
        "Hours from daily use to open; empty: not known",
        minimum=0,
        maximum=720,
        required=False,
        default=None,
    ),
    Field(
        "open_year",
        "1",
        "Year from which it can be used; empty: already",
        minimum=1900,
        maximum=2200,
        required=False,
        default=None,
    ),
    Field("occupants", "persons", "People already inside", minimum=0, maximum=1e6, required=False, default=0.0),
    Field(
        "source",
        "",
        "Where the value comes from",
        "text",
        choices=SOURCES,
        required=False,
        default="",
    ),
)

SHELTERS = Table("shelters", "Emergency shelter sites (points).", _FIELDS)

CANDIDATES = Table(
    "candidates",
    "Sites that might become shelters (points): the columns of shelters, and what one costs.",
    (*_FIELDS, Field("cost", "1e4 CNY", "Cost; empty: not known", minimum=0, maximum=1e9, required=False)),
)
