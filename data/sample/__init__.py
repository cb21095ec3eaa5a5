"""The sample city: a synthetic city of any size, drawn from a seed."""

from __future__ import annotations

from dataclasses import replace

from data.errors import InputError
from data.readers.area_of import area_of_points
from data.readers.points import place_points
from data.sample.city import build_city
from data.sample.megacity import build_megacity
from data.schema import City

SIZES = ("small", "city", "megacity")

__all__ = ["SIZES", "sample_city"]


def sample_city(size: str = "small", seed: int = 1) -> City:
    """Draw a city of a size: 36 km2 and 0.3 M people, 100 km2 and 1 M, or 14,328 km2 and 20.9 M.

    The same size and seed give the same bytes; another seed gives another city of the same kind.
    """
    if size not in SIZES:
        raise InputError("unknown city size", value=size, expected="one of " + ", ".join(SIZES))
    return _settle(build_megacity(seed) if size == "megacity" else build_city(size, seed))


def _settle(city: City) -> City:
    """The city with its points where their rounded degrees say, so that a pack written and read is the same city."""
    assert city.people is not None
    assert city.shelters is not None
    assert city.areas is not None
    people, shelters = place_points(city.people, city.grid), place_points(city.shelters, city.grid)
    people["area"] = area_of_points(city.areas, people["x_m"].to_numpy(float), people["y_m"].to_numpy(float))
    candidates = None if city.candidates is None else place_points(city.candidates, city.grid)
    teams = None if city.teams is None else place_points(city.teams, city.grid)
    return replace(city, people=people, shelters=shelters, candidates=candidates, teams=teams)
