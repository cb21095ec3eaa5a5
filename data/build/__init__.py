"""A city pack from raw files: people, shelters, roads, areas, terrain."""

from data.build.city import build_city
from data.build.spec_file import read_spec

__all__ = ["build_city", "read_spec"]
