"""What sensors and people report: families, quantities with their units, sensors, observations and their quality."""

from __future__ import annotations

from dataclasses import dataclass

from data.schema.fields import SOURCES, Field, Table

FAMILIES = ("seismic", "geological", "meteorological", "flood_drought", "forest_fire")

# Quality of an observation, the best first; all but "good" and "late" keep it out of the analysis.
QUALITIES = ("good", "late", "stuck", "spike", "range", "unit", "future", "duplicate", "conflict")


@dataclass(frozen=True)
class Quantity:
    """One thing that is measured: its unit, the units it may come in (factor to the own one) and what is possible."""

    name: str
    family: str
    unit: str
    minimum: float
    maximum: float
    meaning: str
    units: tuple[tuple[str, float], ...] = ()  # other spellings and units: (unit, factor)
    moves: str = ""  # what quality control expects of it: "rain", "water" (rises and falls steadily) or "" (nothing)


QUANTITIES = (
    Quantity("rain", "meteorological", "mm", 0.0, 100.0, "Rain since the observation before, over `interval_s`",
             (("m", 1000.0), ("in", 25.4), ("cm", 10.0)), "rain"),
    Quantity("wind_speed", "meteorological", "m/s", 0.0, 120.0, "Mean wind", (("km/h", 1.0 / 3.6),)),
    Quantity("water_level", "flood_drought", "m", -100.0, 9000.0, "Level of a river or basin above datum",
             (("cm", 0.01), ("mm", 0.001)), "water"),
    Quantity("pond_depth", "flood_drought", "m", 0.0, 20.0, "Water on a street or in an underpass",
             (("cm", 0.01), ("mm", 0.001)), "water"),
    Quantity("pump_running", "flood_drought", "1", 0.0, 1.0, "Share of a station that runs", (("%", 0.01),)),
    Quantity("gate_opening", "flood_drought", "1", 0.0, 1.0, "Opening of a gate", (("%", 0.01),)),
    Quantity("soil_moisture", "flood_drought", "1", 0.0, 1.0, "Share of the pores filled with water", (("%", 0.01),)),
    Quantity("slope_displacement", "geological", "mm", -100_000.0, 100_000.0, "Movement of a slope", (("m", 1000.0),)),
    Quantity("shaking_intensity", "seismic", "1", 0.0, 12.0, "Seismic intensity"),
    Quantity("fire_danger", "forest_fire", "1", 0.0, 5.0, "Fire danger index"),
)  # fmt: skip

SENSORS = Table(
    "sensors",
    "Sensors: where they stand, what they measure and how often.",
    (
        Field("id", "", "Unique identifier", "text", unique=True),
        Field("name", "", "Name in Chinese", "text", required=False, default=""),
        Field("name_en", "", "Name in English", "text", required=False, default=""),
        Field("quantity", "", "What it measures", "text", choices=tuple(q.name for q in QUANTITIES)),
        Field("lon", "degrees_east", "Longitude", minimum=-180, maximum=180),
        Field("lat", "degrees_north", "Latitude", minimum=-90, maximum=90),
        Field("interval_s", "s", "Between two observations", minimum=1, maximum=86400, required=False, default=300.0),
        Field("asset", "", "Underpass, river, pump or gate that it watches", "text", required=False, default=""),
        Field("source", "", "Where the value comes from", "text", choices=SOURCES, required=False, default=""),
    ),
)

OBSERVATIONS = Table(
    "observations",
    "One row per observation, as files bring them and the service keeps them.",
    (
        Field("sensor", "", "Id of the sensor", "text"),
        Field("quantity", "", "What was measured; empty: what the sensor measures", "text", required=False, default=""),
        Field("time", "", "End of the interval it stands for, ISO 8601 with its offset", "text"),
        Field("value", "unit of the quantity", "Value"),
        Field("unit", "", "Unit; empty: that of the quantity", "text", required=False, default=""),
    ),
)
