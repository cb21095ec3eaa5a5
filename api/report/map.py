"""The map of the report: a folium map without tiles, every script of it inside the page."""

from __future__ import annotations

import json
from typing import Any

import folium
from folium.map import CustomPane
from markupsafe import Markup

from api.report.bilingual import say
from api.report.facts import Facts
from api.report.frames import Frames
from api.report.ground import limits, rivers, roads
from api.report.map_parts import MapParts, PageScript, fixed, page_parts
from api.report.mapdata import map_data
from sim.result import Result

# Name of the pane and its height above the ground; what moves lies above what stays.
_PANES = {
    "ground": 310,
    "hatch": 320,
    "water": 330,
    "limits": 340,
    "pipes": 342,
    "closed": 345,
    "warnings": 350,
    "flows": 360,
}
_AT_FIRST_HIDDEN = ("flows", "pipes", "manholes")
_STYLES: dict[str, dict[str, Any]] = {
    "rivers": {"color": "#7f9cb0", "weight": 1, "fillColor": "#cfdbe3", "fillOpacity": 1},
    "roads_side": {"color": "#d4d8d6", "weight": 0.8, "opacity": 1},
    "roads_main": {"color": "#b4bbb8", "weight": 2, "opacity": 1},
    "limits": {"color": "#5b6670", "weight": 1, "opacity": 0.65, "dashArray": "4 4"},
}


def draw_map(result: Result, facts: Facts, frames: Frames) -> MapParts:
    """Background, water, warnings, plan and shelters on one folium map."""
    (south, west), (north, east) = frames.window.bounds
    base = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        scroll_wheel_zoom=False,
        max_zoom=19,
    )
    fixed(base, "map")
    for name, height in _PANES.items():
        fixed(CustomPane(name, z_index=height), f"pane_{name}").add_to(base)
    layers = _ground(base, result, facts)
    pictures = {"depth": frames.depth[frames.start], "hazard": frames.hazard}
    for name, picture in pictures.items():
        layers[name] = folium.raster_layers.ImageOverlay(
            picture, frames.window.bounds, name=_label(name), show=name == "depth", pane="water"
        )
    groups = ["closed", "warnings", "flows", "unserved", "underpasses", "shelters"]
    if facts.sewers is not None:
        groups += ["pipes", "manholes"]
    for name in groups:
        layers[name] = folium.FeatureGroup(name=_label(name), show=name not in _AT_FIRST_HIDDEN)
    for name, layer in layers.items():
        fixed(layer, name).add_to(base)
    fixed(folium.LayerControl(collapsed=False), "control").add_to(base)
    base.fit_bounds(frames.window.bounds)
    fixed(list(base._children.values())[-1], "fit")
    data = json.dumps(map_data(result, facts, frames), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    names = {name: layer.get_name() for name, layer in layers.items()} | {"control": "layer_control_control"}
    base.add_child(fixed(PageScript("ronganMap", names, data), "drill"))
    return page_parts(base)


def _ground(base: folium.Map, result: Result, facts: Facts) -> dict[str, Any]:
    shapes: dict[str, dict[str, Any] | None] = {"rivers": rivers(result.city)}
    shapes |= {f"roads_{name}": feature for name, feature in roads(result.city).items()}
    shapes["limits"] = limits(result.city, set(facts.areas.code))
    out: dict[str, Any] = {}
    for name, shape in shapes.items():
        if shape is not None:
            style = _STYLES[name]
            out[name] = folium.GeoJson(
                {"type": "FeatureCollection", "features": [shape]},
                control=False,
                style_function=lambda _, style=style: style,
                smooth_factor=1.0,
                pane="limits" if name == "limits" else "ground",
                interactive=False,
            )
    return out


def _label(name: str) -> str:
    return str(Markup(say(f"report.map.{name}").__html__()))
