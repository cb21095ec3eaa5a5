"""Parameters that several routes take: moments, boxes, areas, pages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from api.http.problems import Problem

if TYPE_CHECKING:
    from api.service.places import Places

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _plus(value: Any) -> Any:
    """A `+` that nobody encoded came through as a space."""
    return value.replace(" ", "+") if isinstance(value, str) and len(value) > 19 else value


def _possible(value: datetime) -> datetime:
    if not _FIRST <= value <= _LAST:
        raise ValueError("a moment between 1970 and 2200")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_plus), AfterValidator(_possible)]
Status = Literal["Exercise", "Actual"]
EventName = Literal["rainstorm", "waterlogging"]  # a mistyped one must not become an empty list, or an all clear
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many")]
Since = Annotated[Moment | None, Query(description="Sent at or after this moment, ISO 8601 with its offset")]
BoxText = Annotated[
    str | None,
    Query(
        description="Only what touches this box: west,south,east,north in degrees (WGS84)",
        examples=["103.9,30.5,104.2,30.8"],
        max_length=200,
    ),
]
AreaText = Annotated[str | None, Query(description="Code of an area; areas above and below it count", max_length=64)]
Identifier = Annotated[str, Path(description="Identifier", min_length=1, max_length=128, pattern=r"^[^\x00-\x1f/]+$")]

Box = tuple[float, float, float, float]


def box_of(text: str | None) -> Box | None:
    """West, south, east, north; 422 where it is none."""
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) == 6:  # with heights, which do not matter here
        values = (*values[:2], *values[3:5])
    possible = len(values) == 4 and all(math.isfinite(value) for value in values)
    if not possible or values[0] > values[2] or values[1] > values[3] or max(map(abs, values)) > 360.0:
        raise Problem(422, "bbox must be west,south,east,north in degrees", code="bad-parameter")
    return values[0], values[1], values[2], values[3]


def touches(box: Box, rings: Iterable[Iterable[Iterable[float]]]) -> bool:
    """Whether the bounds of any of the rings (lon, lat) meet the box."""
    west, south, east, north = box
    for ring in rings:
        points = [tuple(point) for point in ring]
        lons, lats = [point[0] for point in points], [point[1] for point in points]
        if points and min(lons) <= east and max(lons) >= west and min(lats) <= north and max(lats) >= south:
            return True
    return False


class Near:
    """Whether an area is the one asked for, holds it, or lies in it. 422 for a code that no area has."""

    def __init__(self, places: Places | None, area: str | None) -> None:
        self._places = places
        self._area = area
        self._above: frozenset[str] = frozenset()
        if area is not None and places is not None:
            if area not in places:
                raise Problem(422, f"no area has the code {area!r}", code="unknown-area")
            self._above = frozenset(places.lineage(area))

    def __call__(self, code: str) -> bool:
        if self._area is None or code == self._area or code in self._above:
            return True
        return self._places is not None and self._places.inside(code, self._area)


def page_link(path: str, given: dict[str, Any]) -> str:
    """Address of the next page: the same question with another cursor."""
    said = {key: value for key, value in given.items() if value is not None}
    return f"{path}?{urlencode(said)}"
