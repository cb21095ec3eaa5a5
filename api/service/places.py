"""The areas of a city as messages need them: names, level, the areas above, outline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from data.datum import WGS84
from data.errors import InputError
from data.records import records
from data.schema import AREA_LEVELS, City
from sim.area_map import map_areas, present_levels, warned_areas

_OUTLINE_M = 20.0  # as the messages of a drill
_SLACK_DEG = 1e-3  # about 100 m


@dataclass(frozen=True)
class Place:
    """One area."""

    code: str
    level: str  # one of AREA_LEVELS
    parent: str  # code of the area above, "" at the top
    name: str
    name_en: str
    polygon: BaseGeometry  # WGS84


class Places:
    """All areas of a city, by code, with the way up from each."""

    def __init__(self, places: Iterable[Place], district: str = "") -> None:
        self._by_code = {place.code: place for place in places}
        self.district = district  # six digits of GB/T 2260, "" where the city has none
        west, south, east, north = shapely.total_bounds([place.polygon for place in self._by_code.values()])
        # Outlines are simplified and rounded before they are sent.
        self.bounds = (west - _SLACK_DEG, south - _SLACK_DEG, east + _SLACK_DEG, north + _SLACK_DEG)

    @classmethod
    def of_city(cls, city: City) -> Places:
        """The areas of a city pack at every level it has, and the ground outside of all of them where people live."""
        found: dict[str, Place] = {}
        for level in present_levels(city):
            for place in _places(map_areas(city, level).areas, level, city):
                found.setdefault(place.code, place)
        warned = warned_areas(city)
        for place in _places(warned.areas, warned.level, city):
            found.setdefault(place.code, place)
        top = next((code for code in found if re.fullmatch(r"\d{6}", code, re.ASCII)), "")
        return cls(found.values(), top)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Place]:
        return iter(self._by_code.values())

    def __getitem__(self, code: str) -> Place:
        """The area of a code; InputError where there is none."""
        place = self._by_code.get(code)
        if place is None:
            raise InputError("no such area", value=code, expected="the code of an area of the city")
        return place

    def above(self, code: str) -> tuple[str, ...]:
        """The codes of the areas that hold this one, the nearest first."""
        codes: list[str] = []
        parent = self._by_code[code].parent if code in self._by_code else ""
        while parent in self._by_code and parent != code and parent not in codes:
            codes.append(parent)
            parent = self._by_code[parent].parent
        return tuple(codes)

    def inside(self, code: str, area: str) -> bool:
        """Whether an area is `area` or lies below it; every area is inside of ""."""
        return not area or code == area or area in self.above(code)

    def lineage(self, code: str) -> tuple[str, ...]:
        """The area and those above it: whom news about it concerns."""
        return (code, *self.above(code))


def _places(areas: gpd.GeoDataFrame, level: str, city: City) -> list[Place]:
    """Rows as places; outlines simplified on the metric plane, then in degrees."""
    if areas.empty:
        return []
    assert level in AREA_LEVELS
    outlines = gpd.GeoSeries(areas.geometry.simplify(_OUTLINE_M), crs=areas.crs or city.grid.crs).to_crs(WGS84)
    rows = records(areas.drop(columns="geometry"))
    return [
        Place(str(row["code"]), level, str(row.get("parent") or ""), str(row["name"]), str(row["name_en"]), outline)
        for row, outline in zip(rows, outlines, strict=True)
    ]
