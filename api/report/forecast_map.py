"""The map of a forecast: greatest depth ahead, and the areas of the warning level in their colours."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from markupsafe import Markup, escape

from api.report.bilingual import say
from api.report.change_map import outline_paths
from api.report.palette import DEPTH_ALPHA, DEPTH_BANDS_M, DEPTH_COLOURS, LEVEL_MARKS
from api.report.png import class_png, data_uri
from api.report.window import block_maximum
from api.wording import EN, LETTERS, ZH
from data.schema import City
from sim.area_map import warning_level
from sim.forecast.depth_field import DepthField
from sim.forecast.outlook import Outlook

_MOST_PIXELS = 1400
_TINT = 0.22  # opacity of the colour of an area
TINT_HEX = f"{round(_TINT * 255):02x}"  # the same as the last two digits of a colour
_BADGE = 0.035  # size of a badge, share of the longer side of the map


def forecast_svg(city: City, outlook: Outlook, depth: DepthField | None) -> Markup:
    """Rivers, water and coloured areas in the metric grid of the city; letters and shapes beside the colours."""
    grid = city.grid
    width, height = grid.cols * grid.cell_m, grid.rows * grid.cell_m
    parts = [outline_paths(city.rivers, city, "river"), *_areas(city, outlook, fill=True)]
    if depth is not None:
        bands = np.digitize(np.nan_to_num(depth.worst), DEPTH_BANDS_M).astype(np.uint8)
        bands = block_maximum(bands, max(1, -(-max(grid.shape) // _MOST_PIXELS)))
        picture = data_uri(class_png(bands, DEPTH_COLOURS, DEPTH_ALPHA))
        parts.append(f'<image href="{picture}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"/>')
    parts += _areas(city, outlook, fill=False)
    label = say("forecast.map.label")
    head = (
        f'<svg class="change forecast" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def _areas(city: City, outlook: Outlook, *, fill: bool) -> list[str]:
    """Outlines of the areas of the warning level, filled with their colour or with their badge on them."""
    if city.areas is None or city.areas.empty:
        return []
    level = warning_level(city)
    colours = {area.area: area.colour for area in outlook.areas if area.area_level == level}
    areas = city.areas[city.areas["level"] == level]
    parts = []
    for row, (code, shape) in enumerate(zip(areas["code"].astype(str), areas.geometry, strict=True)):
        colour = colours.get(code, 0)
        if fill and colour:
            outline = outline_paths(areas.iloc[[row]], city, "coloured")
            parts.append(f'<g style="fill:{LEVEL_MARKS[colour].fill};fill-opacity:{_TINT:g}">{outline}</g>')
        elif not fill:
            parts.append(outline_paths(gpd.GeoDataFrame(areas.iloc[[row]]), city, "limit"))
            if colour:
                place = shape.representative_point()
                parts.append(_badge(city, place.x, place.y, colour))
    return parts


def _badge(city: City, x_m: float, y_m: float, colour: int) -> str:
    grid = city.grid
    size = _BADGE * max(grid.rows, grid.cols) * grid.cell_m
    mark = LEVEL_MARKS[colour]
    letters = "".join(
        f'<text class="{short}" x="12" y="{19.4 if colour == 2 else 16.6}" text-anchor="middle" '
        f'font-size="{11.5 if colour == 2 else 12.5}" fill="{mark.ink}">{escape(LETTERS[lang][colour])}</text>'
        for short, lang in (("zh", ZH), ("en", EN))
    )
    left, top, scale = x_m - grid.west_m - size / 2, grid.north_m - y_m - size / 2, size / 24
    return (
        f'<g transform="translate({left:.0f} {top:.0f}) scale({scale:.3f})">'
        f'<path d="{mark.shape}" fill="{mark.fill}" stroke="#1a242d" stroke-opacity=".55"/>{letters}</g>'
    )
