"""Drawings of an after-action review: lanes of what happened when, the map of who was stuck, bands of replicates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from api.report.bilingual import Both, records, say
from api.report.change_map import outline_paths
from api.report.chart import ChartShape
from api.report.palette import DEPTH_BANDS_M, DEPTH_COLOURS, LEVEL_MARKS
from api.report.png import class_png, data_uri
from api.report.svg_text import svg_text
from api.report.window import block_maximum
from api.wording import LETTERS
from sim.after_action.review import AfterAction
from sim.area_map import warning_level

_SLOT = 48.0  # least distance of two marks of a lane, in units of the drawing; those nearer become one with a count
_MOST_PIXELS = 900
_MOST_CIRCLES = 300
_SHOWN_FROM = DEPTH_BANDS_M.index(0.15)  # shallower water stops nobody
REASON_COLOURS = {
    "no_way": "#b3161b", "caught": "#6b0f1a", "stalled": "#8c1d5b", "unwilling": "#c96f12", "gridlock": "#3d4750",
    "turned_away": "#1d2b36",
}  # fmt: skip
_REASON_LETTERS = {
    "no_way": ("路", "W"), "caught": ("水", "C"), "stalled": ("车", "S"), "unwilling": ("停", "U"),
    "gridlock": ("堵", "G"), "turned_away": ("满", "F"),
}  # fmt: skip


@dataclass(frozen=True)
class _Mark:
    """Things of one lane that fall on one spot: how many, and the highest warning level among them."""

    x: float
    count: int
    level: int


def lanes_svg(found: AfterAction, shape: ChartShape) -> Markup:
    """Warnings, orders, injects, closed underpasses and calls on the time axis of the chart above it."""
    line = found.result.timeline
    if len(line) < 2:
        return Markup("")
    t0, t1 = float(line["time_s"].iloc[0]), float(line["time_s"].iloc[-1])
    span = shape.width - shape.left - shape.right

    def x(time_s: float) -> float:
        return shape.left + (min(max(time_s, t0), t1) - t0) / (t1 - t0) * span

    lanes = _lanes(found)
    row = 3.3 * shape.font
    height = row * len(lanes) + shape.font
    parts = []
    for number, (key, events) in enumerate(lanes.items()):
        middle = row * number + 0.66 * row
        parts.append(f'<line class="rule" x1="{shape.left}" x2="{shape.width - shape.right}" y1="{middle:.1f}" '
                     f'y2="{middle:.1f}"/>')  # fmt: skip
        if key == "closures":
            parts += [_closed(x(a), x(b), middle) for a, b in _closures(found, t1)]
        else:
            parts += [_drawn(key, mark, middle, shape.font) for mark in _marks((x(t), level) for t, level in events)]
        parts.append(
            svg_text(shape.left, middle - 1.05 * shape.font, say(f"after_action.chart.{key}"), "start", "title")
        )
    label = say("after_action.chart.label")
    head = (
        f'<svg class="chart lanes {shape.name}" viewBox="0 0 {shape.width} {height:.0f}" role="img" '
        f'aria-label="{escape(label.zh)} {escape(label.en)}" font-size="{shape.font}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def _lanes(found: AfterAction) -> dict[str, list[tuple[float, int]]]:
    """Lane -> (time, warning level) of its events; lanes without any are left out."""
    result, record = found.result, found.record
    lanes = {
        "warnings": [(w.sent_s, w.level) for w in result.warnings if w.level],
        "orders": [(float(t), 0) for t in found.orders["time_s"]],
        "injects": [(entry.time_s, 0) for entry in record.log if entry.kind == "inject"],
        "closures": [(float(t), 0) for t in result.closures["closed_s"]],
        "calls": [(float(t), 0) for t in record.rescues["time_s"]],
    }
    return {key: sorted(events) for key, events in lanes.items() if events}


def _closures(found: AfterAction, end_s: float) -> list[tuple[float, float]]:
    closures = found.result.closures
    until = closures["reopened_s"].fillna(end_s)
    return [(float(a), float(b)) for a, b in zip(closures["closed_s"], until, strict=True)]


def _marks(events: Iterable[tuple[float, int]]) -> list[_Mark]:
    found: list[_Mark] = []
    for x, level in events:
        if found and x - found[-1].x < _SLOT:
            found[-1] = _Mark(found[-1].x, found[-1].count + 1, max(found[-1].level, level))
        else:
            found.append(_Mark(x, 1, level))
    return found


def _closed(x0: float, x1: float, y: float) -> str:
    return f'<rect class="closed" x="{x0:.1f}" y="{y - 5:.1f}" width="{max(3.0, x1 - x0):.1f}" height="10"/>'


def _drawn(lane: str, mark: _Mark, y: float, font: int) -> str:
    if lane == "warnings":
        look = LEVEL_MARKS[mark.level]
        letters = Both(*(LETTERS[lang][mark.level] for lang in LETTERS))
        drop = 2.0 if mark.level == 2 else 0.0  # the triangle of yellow is widest below its middle
        shape = (
            f'<path transform="translate({mark.x - 9:.1f} {y - 9:.1f}) scale(.75)" d="{look.shape}" fill="{look.fill}" '
            f'stroke="#1a242d" stroke-opacity=".5"/>'
        )
        inside = svg_text(mark.x, y + 3.6 + drop, letters, "middle", "letter")
        shape += inside.replace("<text", f'<text style="fill:{look.ink}"')
    elif lane == "orders":
        shape = f'<path class="order" d="M{mark.x:.1f} {y - 7:.1f}l7 13h-14Z"/>'
    elif lane == "injects":
        shape = f'<path class="inject" d="M{mark.x - 6:.1f} {y - 6:.1f}l12 12m0 -12l-12 12"/>'
    else:
        shape = f'<circle class="call" cx="{mark.x:.1f}" cy="{y:.1f}" r="6"/>'
    count = svg_text(mark.x + 11, y + 0.35 * font, f"×{mark.count}", "start", "axis") if mark.count > 1 else ""
    return shape + count


def stranded_svg(found: AfterAction) -> Markup:
    """Circles where people are stuck, over the deepest water, rivers and the limits of areas; empty without any."""
    if found.stranded.empty:
        return Markup("")
    city, grid = found.result.city, found.result.city.grid
    deepest = np.nan_to_num(found.result.flood.maxima.max_depth)
    classes = block_maximum(
        np.digitize(deepest, DEPTH_BANDS_M[_SHOWN_FROM:]).astype(np.uint8), max(1, -(-max(grid.shape) // _MOST_PIXELS))
    )
    colours = DEPTH_COLOURS[_SHOWN_FROM:]
    picture = data_uri(class_png(classes, colours, (150,) * len(colours)))
    width, height = grid.cols * grid.cell_m, grid.rows * grid.cell_m
    parts = [
        outline_paths(city.rivers, city, "river"),
        f'<image href="{picture}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"/>',
    ]
    if city.areas is not None:
        parts.append(outline_paths(city.areas[city.areas["level"] == warning_level(city)], city, "limit"))
    most = float(found.stranded["persons"].max())
    unit = max(width, height)
    for row in records(found.stranded.head(_MOST_CIRCLES)):
        radius = unit * max(0.014, 0.04 * math.sqrt(row.persons / most))
        x, y = row.x_m - grid.west_m, grid.north_m - row.y_m
        fill = REASON_COLOURS.get(row.reason, "#3d4750")
        parts.append(
            f'<circle class="stuck" cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{fill}" '
            f'stroke-width="{unit / 400:.1f}"/>'
        )
        letters = Both(*_REASON_LETTERS.get(row.reason, ("？", "?")))
        words = svg_text(x, y + 0.36 * radius, letters, "middle", "letter")
        parts.append(words.replace("<text", f'<text font-size="{1.05 * radius:.0f}"'))
    label = say("after_action.chart.map")
    head = (
        f'<svg class="change stuck-map" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def stranded_legend(found: AfterAction) -> list[tuple[str, Both, Both]]:
    """Colour, letters and words of each reason on the map."""
    reasons = [name for name in REASON_COLOURS if (found.stranded["reason"] == name).any()]
    return [(REASON_COLOURS[r], Both(*_REASON_LETTERS[r]), say(f"after_action.reason.{r}")) for r in reasons]


def band_svg(this: float, least: float, p05: float, p50: float, p95: float, most: float) -> Markup:
    """One band: thin line from least to most, bar over the middle 90 %, tick at half, line at the drill itself.

    What was never reached lies at the right edge.
    """
    finite = [value for value in (this, least, p05, p50, p95, most) if math.isfinite(value)]
    if not finite:
        return Markup("")
    low, high = min(finite), max(finite)
    if high == low:
        low, high = low - 1.0, high + 1.0
    width, edge = 170.0, 6.0

    def x(value: float) -> float:
        share = (value - low) / (high - low) if math.isfinite(value) else 1.04
        return edge + share * (width - 4 * edge)

    return Markup(
        f'<svg class="band" viewBox="0 0 {width:g} 18" width="{width:g}" height="18" aria-hidden="true">'
        f'<line class="whole" x1="{x(least):.1f}" x2="{x(most):.1f}" y1="9" y2="9"/>'
        f'<rect x="{x(p05):.1f}" y="4" width="{max(2.0, x(p95) - x(p05)):.1f}" height="10"/>'
        f'<line class="half" x1="{x(p50):.1f}" x2="{x(p50):.1f}" y1="4" y2="14"/>'
        f'<line class="this" x1="{x(this):.1f}" x2="{x(this):.1f}" y1="0" y2="18"/></svg>'
    )
