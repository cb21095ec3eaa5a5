"""The map of planning pages: areas coloured by one figure at a time, sites and blocks over them; no tiles, no network.

A page says what to show (themes, layers of spots); this module draws it. Colour never stands alone: every class of a
theme has a pattern, every area bears its value, every kind of mark a shape and perhaps a letter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from folium.map import CustomPane
from markupsafe import Markup

from api.report.bilingual import Both, named, records, say
from api.report.ground import rivers, roads
from api.report.map_parts import PageScript, fixed, page_parts
from data.schema import AREA_LEVELS, City

_PANES = {"ground": 310, "areas": 330, "over": 335, "spots": 350}
_STYLES: dict[str, dict[str, Any]] = {
    "rivers": {"color": "#7f9cb0", "weight": 1, "fillColor": "#cfdbe3", "fillOpacity": 1},
    "roads_side": {"color": "#d4d8d6", "weight": 0.8, "opacity": 1},
    "roads_main": {"color": "#b4bbb8", "weight": 2, "opacity": 1},
}
_M_PER_DEGREE = 111_000.0
_MOST_AREAS = 2500  # of one level; a finer level with more is left to the tables
_FEW_AREAS = 3  # the level shown first has at least so many, where any has
SHAPES = ("disc", "ring", "square", "diamond", "triangle", "cross", "star")
HATCHES = ("", "sparse", "lines", "cross", "dots")


@dataclass(frozen=True)
class MapClass:
    """One class of a theme: its words, its colour, and the pattern that tells it without colour."""

    label: Both
    colour: str  # "#rrggbb"
    hatch: str = ""  # one of HATCHES


@dataclass(frozen=True)
class Theme:
    """One figure of the areas; `picks` and `told` run over the rows of the shapes."""

    key: str
    label: Both
    classes: tuple[MapClass, ...]
    picks: Sequence[int]  # class; -1: no value
    told: Sequence[Both]  # what stands on the area, short: "1.4"


@dataclass(frozen=True)
class MarkKind:
    """One kind of spot."""

    label: Both
    colour: str
    shape: str = "disc"  # one of SHAPES
    letter: Both | None = None  # one character in it


@dataclass(frozen=True)
class Spot:
    """A site, a candidate or a block."""

    lat: float
    lon: float
    kind: int  # of the layer's kinds
    title: Both
    lines: Sequence[Both] = ()
    size: float = 0.5  # 0 to 1
    ref: str = ""  # id of the element of the page that tells more


@dataclass(frozen=True)
class SpotLayer:
    """Spots that are switched on and off together; `dots`: thousands of them, drawn small and without letters."""

    key: str
    label: Both
    kinds: tuple[MarkKind, ...]
    spots: Sequence[Spot]
    shown: bool = True
    dots: bool = False


@dataclass(frozen=True)
class PlannerMap:
    """What the template `planner_map.html` needs."""

    element: Markup
    script: Markup
    themes: tuple[Theme, ...]
    levels: tuple[tuple[str, Both], ...]
    level: str  # shown first
    layers: tuple[SpotLayer, ...]


def draw_planner_map(
    city: City,
    shapes: gpd.GeoDataFrame,
    themes: Sequence[Theme],
    layers: Sequence[SpotLayer],
    *,
    lines: Sequence[Sequence[Both]],
    refs: Sequence[str] = (),
) -> PlannerMap:
    """Areas, sites and blocks over rivers and roads.

    `shapes`: one row per area with code, level, name, name_en, geometry (EPSG:4326); themes, `lines` (the popup of an
    area, line by line) and `refs` (element ids to jump to) run over its rows. The template macro `planner_map` of
    `planner_map.html` puts it in the page; `shell.render` takes own=("planner_map.css", "planner_map.js", ...).
    """
    levels = _levels(shapes)
    base = folium.Map(
        location=_centre(shapes),
        tiles=None,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        scroll_wheel_zoom=False,
        max_zoom=19,
    )
    fixed(base, "map")
    for name, height in _PANES.items():
        fixed(CustomPane(name, z_index=height), f"pane_{name}").add_to(base)
    for name, ground in _ground(city).items():
        fixed(ground, name).add_to(base)
    groups = {f"spots_{layer.key}": folium.FeatureGroup(name=_spans(layer.label), show=layer.shown) for layer in layers}
    for name, group in groups.items():
        fixed(group, name).add_to(base)
    fixed(folium.LayerControl(collapsed=False), "control").add_to(base)
    data = {
        "bounds": _bounds(shapes),
        "areas": _areas(shapes, [level for level, _ in levels], city, lines, refs),
        "themes": [
            {"key": theme.key, "picks": list(map(int, theme.picks)), "told": [_pair(told) for told in theme.told]}
            for theme in themes
        ],
        "layers": {f"spots_{layer.key}": _spots(layer) for layer in layers},
        "words": {key: _pair(say(f"planner_map.{key}")) for key in ("zoom_in", "zoom_out", "more")},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    names = {name: group.get_name() for name, group in groups.items()}
    base.add_child(fixed(PageScript("plannerMap", names, text), "planner"))
    parts = page_parts(base)
    return PlannerMap(parts.element, parts.script, tuple(themes), levels, _first(shapes, levels), tuple(layers))


def _levels(shapes: gpd.GeoDataFrame) -> tuple[tuple[str, Both], ...]:
    """Levels that can be drawn, the coarsest first; the whole city only where there is nothing finer."""
    count = shapes["level"].value_counts()
    kept = [level for level in AREA_LEVELS if 0 < count.get(level, 0) <= _MOST_AREAS]
    if len(kept) > 1 and count[kept[0]] == 1:
        kept = kept[1:]
    return tuple((level, say(f"planner_map.level.{level}")) for level in kept)


def _first(shapes: gpd.GeoDataFrame, levels: tuple[tuple[str, Both], ...]) -> str:
    count = shapes["level"].value_counts()
    names = [level for level, _ in levels]
    return next((level for level in names if count[level] >= _FEW_AREAS), names[-1] if names else "")


def _areas(
    shapes: gpd.GeoDataFrame, levels: list[str], city: City, lines: Sequence[Sequence[Both]], refs: Sequence[str]
) -> list[dict[str, Any]]:
    simple = shapely.simplify(shapes.geometry.to_numpy(), 0.5 * city.grid.cell_m / _M_PER_DEGREE)
    spots = shapely.point_on_surface(simple)
    out = []
    for row, area in enumerate(records(shapes[["code", "level", "name", "name_en"]])):
        if area.level not in levels:
            continue
        polygons = [part for part in shapely.get_parts(simple[row]) if part.geom_type == "Polygon"]
        out.append(
            {
                "row": row,
                "level": area.level,
                "name": _pair(named(area.name, area.name_en, area.code)),
                "at": _at(spots[row].y, spots[row].x),
                "rings": [[_ring(ring) for ring in (part.exterior, *part.interiors)] for part in polygons],
                "lines": [_pair(line) for line in lines[row]],
                "ref": refs[row] if len(refs) else "",
            }
        )
    return out


def _spots(layer: SpotLayer) -> dict[str, Any]:
    return {
        "dots": layer.dots,
        "kinds": [
            {"colour": kind.colour, "shape": kind.shape, "letter": None if kind.letter is None else _pair(kind.letter)}
            for kind in layer.kinds
        ],
        "spots": [
            [*_at(s.lat, s.lon), s.kind, round(s.size, 2), _pair(s.title), [_pair(line) for line in s.lines], s.ref]
            for s in layer.spots
        ],
    }


def _ground(city: City) -> dict[str, folium.GeoJson]:
    shapes: dict[str, dict[str, Any] | None] = {"rivers": rivers(city)}
    shapes |= {f"roads_{name}": feature for name, feature in roads(city).items()}
    return {
        name: folium.GeoJson(
            {"type": "FeatureCollection", "features": [shape]},
            control=False,
            style_function=lambda _, style=_STYLES[name]: style,
            smooth_factor=1.0,
            pane="ground" if name == "rivers" else "over",
            interactive=False,
        )
        for name, shape in shapes.items()
        if shape is not None
    }


def _bounds(shapes: gpd.GeoDataFrame) -> list[list[float]]:
    west, south, east, north = shapes.total_bounds
    return [_at(south, west), _at(north, east)]


def _centre(shapes: gpd.GeoDataFrame) -> list[float]:
    (south, west), (north, east) = _bounds(shapes)
    return [(south + north) / 2, (west + east) / 2]


def _ring(ring: Any) -> list[list[float]]:
    return [[y, x] for x, y in np.round(shapely.get_coordinates(ring), 5).tolist()]


def _at(lat: float, lon: float) -> list[float]:
    return [round(float(lat), 5), round(float(lon), 5)]


def _pair(both: Both) -> list[str]:
    return [str(both.zh), str(both.en)]


def _spans(both: Both) -> str:
    return str(Markup(both.__html__()))
