"""The depth field of the newest forecast cycle, read once for each cycle, and what it means for an area."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from data.datum import WGS84
from data.errors import InputError
from sim.forecast.depth_field import FILE, DepthField, read_depth

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.rules_file import Rules
    from data.schema import City


@dataclass(frozen=True)
class AreaWater:
    """Water in an area. None: no modelled ground, or no roads."""

    deepest_m: float | None
    deepest_ahead_m: float | None
    roads_closed: int | None  # edges whose middle stands deeper than cars pass
    roads_closed_ahead: int | None


NOTHING = AreaWater(None, None, None, None)


class Depths:
    """The field in a folder; looked for again when the file there is another one."""

    def __init__(self, folder: Path, city: City | None, rules: Rules | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._field: DepthField | None = None
        self._water: dict[str, AreaWater] = {}
        self._roads = None if city is None or city.roads is None else _middles(city)
        self._car_m = rules.number("evacuation.car_max_depth_m") if rules is not None else np.inf

    def field(self) -> DepthField | None:
        """The newest field, None where there is none or it cannot be read."""
        try:
            found = (self._folder / FILE).stat()
        except OSError:
            return None
        stamp = (found.st_mtime_ns, found.st_size)
        with self._lock:
            if stamp != self._stamp:
                try:
                    self._field = read_depth(self._folder)
                except InputError:
                    self._field = None
                self._stamp, self._water = stamp, {}
            return self._field

    def at(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Depth now (m) at places in degrees; NaN where it is not known."""
        field = self.field()
        found = [None if field is None else field.at(float(x), float(y)) for x, y in zip(lon, lat, strict=True)]
        return np.array([np.nan if one is None else one[0] for one in found])

    def water(self, code: str, outline: BaseGeometry) -> AreaWater:
        """Water in an outline (WGS84) by the newest field."""
        field = self.field()
        if field is None:
            return NOTHING
        known = self._water.get(code)
        if known is None:
            shape = gpd.GeoSeries([outline], crs=WGS84).to_crs(field.grid.crs).iloc[0]
            known = self._water[code] = AreaWater(*_deepest(field, shape), *self._closed(field, shape))
        return known

    def _closed(self, field: DepthField, shape: BaseGeometry) -> tuple[int | None, int | None]:
        if self._roads is None:
            return None, None
        x_m, y_m = self._roads
        rows, cols = field.grid.cell_of(x_m, y_m)
        here = (rows >= 0) & shapely.contains_xy(shape, x_m, y_m)
        counts = [int((depth[rows[here], cols[here]] > self._car_m).sum()) for depth in (field.now, field.worst)]
        return counts[0], counts[1]


def _middles(city: City) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the road edges that water can close, in metres; a bridge stays dry."""
    assert city.roads is not None
    edges = city.roads.edges
    one_way = edges.loc[(edges["tail"] < edges["head"]) & ~edges["bridge"].astype(bool)]
    middle: Any = shapely.line_interpolate_point(one_way.geometry.to_numpy(), 0.5, normalized=True)
    return shapely.get_x(middle), shapely.get_y(middle)


def _deepest(field: DepthField, shape: BaseGeometry) -> tuple[float | None, float | None]:
    grid = field.grid
    place = Affine(grid.cell_m, 0.0, grid.west_m, 0.0, -grid.cell_m, grid.north_m)
    inside = geometry_mask([shape], grid.shape, place, all_touched=True, invert=True) & np.isfinite(field.now)
    if not inside.any():
        return None, None
    return round(float(field.now[inside].max()), 3), round(float(field.worst[inside].max()), 3)
