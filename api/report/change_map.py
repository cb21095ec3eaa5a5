"""Where the greatest depth changed: a picture in the metric grid of the city, drawn without a map library."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup, escape

from api.report.bilingual import Both, say
from api.report.png import class_png, data_uri
from api.report.window import block_maximum
from data.schema import City
from sim.area_map import warning_level

_BANDS_M = (0.05, 0.15, 0.5)
_WET_M = 0.05
_SAME = "#b9c2c9"
_LOWER = ("#a7d8c4", "#4fae8a", "#0d6b4c")
_HIGHER = ("#fbd08a", "#ec7f35", "#a3161b")
_MOST_PIXELS = 1400


@dataclass(frozen=True)
class Band:
    """One line of the legend."""

    colour: str
    label: Both


def change_svg(city: City, before: np.ndarray, after: np.ndarray) -> Markup:
    """The change of the greatest depth (maps of m, NaN off the streets) over rivers and limits of areas."""
    grid = city.grid
    classes = block_maximum(change_classes(before, after), max(1, -(-max(grid.shape) // _MOST_PIXELS)))
    colours = (_SAME, *_LOWER, *_HIGHER)
    picture = data_uri(class_png(classes, colours, (150,) + (255,) * (len(colours) - 1)))
    width, height = grid.cols * grid.cell_m, grid.rows * grid.cell_m
    parts = [
        outline_paths(city.rivers, city, "river"),
        f'<image href="{picture}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"/>',
    ]
    if city.areas is not None:
        parts.append(outline_paths(city.areas[city.areas["level"] == warning_level(city)], city, "limit"))
    label = say("compare.map.label")
    head = (
        f'<svg class="change" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def change_classes(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Class of each cell (uint8): 0 dry, 1 wet and much the same, 2-4 ever lower, 5-7 ever higher."""
    old, new = np.nan_to_num(before), np.nan_to_num(after)
    change = new - old
    steps = np.digitize(np.abs(change), _BANDS_M)
    found = np.where(np.maximum(old, new) > _WET_M, 1, 0)
    found = np.where((steps > 0) & (change < 0.0), 1 + steps, found)
    return np.where((steps > 0) & (change > 0.0), 4 + steps, found).astype(np.uint8)


def change_legend() -> list[Band]:
    """Bands from much lower to much higher."""
    lower = [Band(colour, _label("lower", k)) for k, colour in enumerate(_LOWER)]
    higher = [Band(colour, _label("higher", k)) for k, colour in enumerate(_HIGHER)]
    return [*lower[::-1], Band(_SAME, say("compare.map.same")), *higher]


def _label(side: str, band: int) -> Both:
    if band + 1 == len(_BANDS_M):
        return say(f"compare.map.{side}", low=f"{_BANDS_M[band]:g}")
    return say(f"compare.map.{side}_between", low=f"{_BANDS_M[band]:g}", high=f"{_BANDS_M[band + 1]:g}")


def outline_paths(layer: gpd.GeoDataFrame | None, city: City, name: str) -> str:
    """Outlines in metres from the north-western corner of the grid, y down."""
    if layer is None or layer.empty:
        return ""
    grid = city.grid
    shapes = shapely.simplify(layer.geometry.to_numpy(), 0.5 * grid.cell_m)
    rings = shapely.get_rings(shapely.get_parts(shapes))
    drawn = []
    for ring in rings:
        points = shapely.get_coordinates(ring)
        steps = [f"{x - grid.west_m:.0f},{grid.north_m - y:.0f}" for x, y in points.tolist()]
        drawn.append("M" + "L".join(steps) + "Z")
    return f'<path class="{name}" fill-rule="evenodd" d="{"".join(drawn)}"/>'
