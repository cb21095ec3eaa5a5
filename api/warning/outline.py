"""The outline of a warned area as messages carry it: simple, valid, closed, few points."""

from __future__ import annotations

from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient


@dataclass(frozen=True)
class OutlineParameters:
    """How far an outline is simplified before it is sent."""

    tolerance_deg: float = 3e-4  # about 30 m: a street block keeps its shape, a message stays short
    step_deg: float = 1e-5  # about 1 m: the last decimal that is written
    least_area_deg2: float = 1e-8  # about 100 m2: slivers of a multipolygon are left out


def outlines(area: BaseGeometry, parameters: OutlineParameters | None = None) -> list[Polygon]:
    """Exterior rings (WGS84, lon/lat, counter-clockwise) of the area, each a valid polygon; largest first.

    Holes are filled: CAP has none, and a warned hole is safer than an unwarned one.
    """
    p = parameters or OutlineParameters()
    parts = [Polygon(part.exterior) for part in _polygons(shapely.make_valid(area))]
    merged = shapely.union_all(parts) if parts else Polygon()
    simple = shapely.set_precision(merged.simplify(p.tolerance_deg, preserve_topology=True), p.step_deg)
    if simple.is_empty:  # smaller than the steps of the simplification
        simple = merged.envelope
    rings = [orient(Polygon(part.exterior)) for part in _polygons(simple)]
    kept = [ring for ring in rings if ring.area >= p.least_area_deg2] or rings[:1]
    return sorted(kept, key=lambda ring: -ring.area)


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [polygon for part in getattr(geometry, "geoms", ()) for polygon in _polygons(part)]


def decimals(value: float) -> str:
    """A coordinate with five decimals, as CAP writes it."""
    return f"{value:.5f}"
