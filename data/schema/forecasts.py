"""Files that a forecast cycle and its verification leave."""

from __future__ import annotations

from data.schema.fields import Field, Table
from data.schema.inputs import AREA_LEVELS
from data.schema.outputs import LEVELS


def _share(name: str, meaning: str) -> Field:
    return Field(name, "1", meaning, minimum=0, maximum=1)


def _count(name: str, meaning: str) -> Field:
    return Field(name, "1", meaning, "int", minimum=0)


FORECAST_AREAS = Table(
    "forecast_areas.csv",
    "One row per area of every level: its colour now, the colour to warn of, how probable each colour is.",
    (
        Field("area", "", "Code of the area", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("level", "", "Level of the area", "text", choices=AREA_LEVELS),
        Field("colour_now", "", "By what is there now", "text", choices=LEVELS),
        Field("colour", "", "To warn of, by what is there now and by probability", "text", choices=LEVELS),
        Field("event", "", "What sets the colour", "text"),
        *(_share(f"p_{name}", f"Share of members in which {name} or worse is reached") for name in LEVELS[1:]),
        Field("onset", "", "When the colour is first reached, ISO 8601; empty: now or not at all", "text"),
        Field(
            "people_h3_up",
            "persons",
            "In H3 or worse at the worst moment, mean; empty: not known",
            minimum=0,
        ),
        Field("people_h3_up_low", "persons", "The same, 10th percentile of the members", minimum=0),
        Field("people_h3_up_high", "persons", "The same, 90th percentile of the members", minimum=0),
    ),
)

VERIFICATION = Table(
    "verification.csv",
    "Warned and observed, by level of area and colour: colour or worse counts.",
    (
        Field("level", "", "Level of the areas", "text", choices=AREA_LEVELS),
        Field("colour", "", "Colour or worse", "text", choices=LEVELS[1:]),
        _count("hits", "Events that were warned of before or as they began"),
        _count("late", "Events that were warned of only after they had begun"),
        _count("misses", "Events never warned of"),
        _count("false_alarms", "Warnings without an event while they were in force"),
        _share("pod", "Probability of detection: hits / (hits + late + misses); empty: no event"),
        _share("far", "False alarm ratio: false alarms / (hits + false alarms); empty: no warning"),
        _share("csi", "Critical success index: hits / (hits + late + misses + false alarms)"),
        Field("lead_median_min", "min", "Median lead time of the hits"),
        Field("lead_p10_min", "min", "10th percentile of the lead time of the hits"),
    ),
)

RELIABILITY = Table(
    "reliability.csv",
    "How often what was given a probability came true, by colour and class of probability.",
    (
        Field("colour", "", "Colour or worse", "text", choices=LEVELS[1:]),
        _share("from_p", "Lower end of the class"),
        _share("to_p", "Upper end of the class"),
        _count("forecasts", "Forecasts in it, one per area and cycle"),
        _share("mean_p", "Mean probability given"),
        _share("observed", "Share of them that came true; empty: none"),
    ),
)

FORECAST_TABLES = (FORECAST_AREAS, VERIFICATION, RELIABILITY)
