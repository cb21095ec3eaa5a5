"""Rasters of a city pack and of a flood case: meaning, unit and range of a cell's value."""

from __future__ import annotations

from data.schema.fields import Field

TERRAIN = Field("terrain", "m", "Bed level above datum", dims=("y", "x"), minimum=-500, maximum=9000)
MANNING = Field("manning", "s m(-1/3)", "Manning roughness", dims=("y", "x"), minimum=0.005, maximum=1.0)
INITIAL_DEPTH = Field("initial_depth", "m", "Water depth at the start", dims=("y", "x"), minimum=0, maximum=500)
LAND_COVER_CODE = Field("land_cover", "1", "Code of the land cover", "int", dims=("y", "x"), minimum=0, maximum=255)
RAIN_RATE = Field("rain_mm_h", "mm/h", "Rain rate", dims=("time", "y", "x"), minimum=0, maximum=2000)

INPUT_RASTERS = (TERRAIN, MANNING, INITIAL_DEPTH, LAND_COVER_CODE, RAIN_RATE)
