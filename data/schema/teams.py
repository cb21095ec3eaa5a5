"""Teams that a city can send: rescue, ambulances, buses, pumps, road closers."""

from __future__ import annotations

from typing import Any

from data.schema.fields import SOURCES, Field, Table

TEAM_KINDS = ("rescue", "ambulance", "bus", "pump", "road")


def _optional(default: float) -> dict[str, Any]:
    return {"required": False, "default": default}


TEAMS = Table(
    "teams",
    "Posts of teams and depots of vehicles: where they start and what they have.",
    (
        Field("id", "", "Unique identifier", "text", unique=True),
        Field("name", "", "Name in Chinese", "text", required=False, default=""),
        Field("name_en", "", "Name in English", "text", required=False, default=""),
        Field("kind", "", "What the team does", "text", choices=TEAM_KINDS),
        Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180),
        Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90),
        Field("vehicles", "1", "Vehicles or crews", "int", minimum=1, maximum=10_000),
        Field("seats", "persons", "People one vehicle can take", "int", minimum=0, maximum=500, **_optional(0)),
        Field("turnout_min", "min", "From the call until it drives", minimum=0, maximum=1440, **_optional(2.0)),
        Field("pump_m3_s", "m3/s", "Pump rate of one crew", minimum=0, maximum=20, **_optional(0.0)),
        Field("regional", "", "Reserve of the region, judged by the two-hour circle", "bool", **_optional(False)),
        Field("source", "", "Where the value comes from", "text", choices=SOURCES, required=False, default=""),
    ),
)  # fmt: skip
