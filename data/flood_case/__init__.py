"""A flood case: one TOML file that names terrain, water and times; docs/flood-case.md is its reference."""

from data.flood_case.case import FloodCase, Gauge, RainSeries, Series, SewerCase, Source
from data.flood_case.load import load_flood_case

__all__ = ["FloodCase", "Gauge", "RainSeries", "Series", "SewerCase", "Source", "load_flood_case"]
