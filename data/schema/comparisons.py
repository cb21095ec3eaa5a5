"""Files of a comparison: areas before and after, and measures or pipes in the order of what they bring."""

from __future__ import annotations

from data.schema.fields import Field, Table

_PAIRS = (
    ("max_depth_m", "m", "Deepest street water", "float"),
    ("ponded_ha_h", "ha h", "Street area under water (ponding depth) times its hours", "float"),
    ("drain_down_h", "h", "Hours after the end of rain until drained; empty: not by the end of the run", "float"),
    ("drain_down_ok", "", "Drained within the limit", "bool"),
    ("sea_share", "1", "Share of the street deep for long", "float"),
    ("sea_ok", "", "No sea", "bool"),
    ("people_h3_up", "persons", "People whose worst class is H3 or more", "int"),
    ("person_risk", "persons", "Person-risk", "float"),
)
COMPARED = tuple(name for name, *_ in _PAIRS)


def _both(name: str, unit: str, meaning: str, dtype: str) -> tuple[Field, Field]:
    least = None if dtype == "bool" else 0.0
    return (
        Field(f"{name}_before", unit, f"{meaning}, before", dtype, minimum=least),
        Field(f"{name}_after", unit, f"{meaning}, after", dtype, minimum=least),
    )


COMPARE = Table(
    "compare.csv",
    "One row per area: the flood before and after.",
    (
        Field("code", "", "Area code", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("level", "", "Area level", "text"),
        Field("drainage_class", "", "Drainage class", "text"),
        *(field for pair in _PAIRS for field in _both(*pair)),
    ),
)

RANKING = Table(
    "ranking.csv",
    "Measures, or pipes to repair, each alone: most risk removed per cost first, those without a cost after them.",
    (
        Field("rank", "1", "Place", "int", minimum=1),
        Field("id", "", "Measure or pipe", "text"),
        Field("name", "", "Name in Chinese", "text"),
        Field("name_en", "", "Name in English", "text"),
        Field("kind", "", "Kind of measure", "text"),
        Field("cost", "1e4 CNY", "Cost; empty where nobody has said", minimum=0),
        Field("person_risk_removed", "persons", "Person-risk less than without it; negative: more"),
        Field("risk_per_cost", "persons / 1e4 CNY", "Risk removed per cost; empty without a cost"),
        Field("people_h3_up_removed", "persons", "Fewer people whose worst class is H3 or more", "int"),
        Field("ponded_ha_h_removed", "ha h", "Fewer hectare-hours of street under water"),
        Field("drained_gained", "1", "More areas that drain in time", "int"),
        Field("no_sea_gained", "1", "More areas without a sea", "int"),
        Field("stopped", "", "Why its flood stopped itself; empty: it did not", "text"),
    ),
)

COMPARISON_TABLES = (COMPARE, RANKING)
