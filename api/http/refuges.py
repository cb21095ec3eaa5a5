"""Shelters as they stand: how many places they have by the rules, and how many the plan in force leaves free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from api.store.records import StoredPlan
from data.records import records
from sim.rulebook import space_rules
from sim.site_use import judge_sites

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.rules_file import Rules
    from data.schema import City

_STAY = "emergency"  # the stay that an evacuation before water is for


class Refuges:
    """The shelters of a city."""

    def __init__(self, city: City | None, rules: Rules | None) -> None:
        sites = None if city is None else city.shelters
        self._rows: list[dict[str, Any]] = []
        self._year = 0
        self._sites, self._rules = sites, rules
        self.lon = np.zeros(0) if sites is None else sites["lon"].to_numpy(float)
        self.lat = np.zeros(0) if sites is None else sites["lat"].to_numpy(float)

    def forms(self, plan: StoredPlan | None, year: int, depth_m: np.ndarray) -> list[dict[str, Any]]:
        """Every shelter. `depth_m`: water at its place now, NaN where it is not known.

        Places are those of a dry day at the space that the rules give a person; `state` is "closed" with the reason
        where the rules leave a site out, "full" where the plan in force has given every place away, else "open".
        """
        if self._sites is None or self._rules is None:
            return []
        if year != self._year:
            self._rows, self._year = self._judged(year), year
        given = assigned(plan)
        found = []
        for row, depth in zip(self._rows, depth_m, strict=True):
            taken = given.get(row["id"], 0)
            free = max(0, row["places"] - taken)
            state = "closed" if row["reason"] else "full" if not free else "open"
            water = None if np.isnan(depth) else round(float(depth), 3)
            found.append({**row, "state": state, "assigned": taken, "free": free, "waterNow_m": water})
        return found

    def inside(self, outline: BaseGeometry) -> np.ndarray:
        """Which of them stand in an outline (WGS84), bool."""
        return shapely.contains_xy(outline, self.lon, self.lat)

    def _judged(self, year: int) -> list[dict[str, Any]]:
        assert self._sites is not None
        assert self._rules is not None
        never = np.full(len(self._sites), np.inf)
        space = space_rules(self._rules).m2_per_person(_STAY)
        use = judge_sites(self._sites, never, never, m2_per_person=space, year=year, open_air=True)
        return [
            {
                "id": str(row["id"]),
                "name": str(row["name"]),
                "name_en": str(row["name_en"]),
                "lon": round(float(row["lon"]), 6),
                "lat": round(float(row["lat"]), 6),
                "siteType": str(row["site_type"]),
                "indoor": bool(row["indoor"]),
                "accessible": bool(row["accessible"]),
                "places": int(use.usable_places[at]),
                "reason": str(use.excluded[at]),
            }
            for at, row in enumerate(records(self._sites))
        ]


def assigned(plan: StoredPlan | None) -> Mapping[str, int]:
    """People that a plan sends to each shelter."""
    counts: dict[str, int] = {}
    for row in (plan.body.get("assignments") or []) if plan is not None else []:
        shelter = row.get("shelter")
        if shelter:
            counts[shelter] = counts.get(shelter, 0) + int(row.get("persons") or 0)
    return counts
