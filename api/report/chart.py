"""The course of the drill as one SVG: rain, ponded streets, and where the people are who leave or should."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from api.report.bilingual import Both, say
from api.report.facts import UNDER_WAY
from api.report.palette import PEOPLE_COLOURS
from sim.result import Result

_M2_PER_HA = 1e4
_TICK_MINUTES = (10, 15, 30, 60, 120, 180, 360, 720, 1440)
PEOPLE_BANDS = {
    "sheltered": ("sheltered",),
    "moving": UNDER_WAY,
    "home": ("home",),
    "stuck": ("stranded", "turned_away"),
    "refused": ("refused",),
}


@dataclass(frozen=True)
class ChartShape:
    """Sizes in the units of the SVG's own box."""

    name: str
    width: int
    left: int
    right: int
    panels: tuple[int, int, int]  # heights
    font: int
    most_ticks: int

    @property
    def gap(self) -> int:
        return 3 * self.font

    @property
    def top(self) -> int:
        return 4 * self.font + 4

    @property
    def height(self) -> int:
        return self.top + sum(self.panels) + 2 * self.gap + 3 * self.font


WIDE = ChartShape("wide", 1040, 64, 20, (90, 110, 190), 13, 10)
NARROW = ChartShape("narrow", 360, 48, 8, (70, 90, 160), 12, 4)


class _Axes:
    """Time to x, and the clock ticks."""

    def __init__(self, result: Result, shape: ChartShape) -> None:
        self.shape = shape
        self.result = result
        self.t0 = float(result.timeline.time_s.iloc[0])
        self.t1 = max(float(result.timeline.time_s.iloc[-1]), self.t0 + 1.0)

    def x(self, time_s: Any) -> Any:
        span = self.shape.width - self.shape.left - self.shape.right
        return self.shape.left + (np.asarray(time_s, float) - self.t0) / (self.t1 - self.t0) * span

    def ticks(self) -> list[tuple[float, str]]:
        minutes = (self.t1 - self.t0) / 60.0
        step = next((m for m in _TICK_MINUTES if minutes / m <= self.shape.most_ticks), _TICK_MINUTES[-1])
        start = self.result.moment(self.t0)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        first = math.ceil((start - midnight) / timedelta(minutes=step))
        found = []
        k = first
        while (time_s := (midnight + timedelta(minutes=k * step) - self.result.start).total_seconds()) <= self.t1:
            found.append((time_s, f"{self.result.moment(time_s):%H:%M}"))
            k += 1
        return found


def timeline_svg(result: Result, shape: ChartShape) -> Markup:
    """The chart; empty where the run has no timeline."""
    if len(result.timeline) < 2:
        return Markup("")
    axes = _Axes(result, shape)
    tops = [shape.top]
    for height in shape.panels[:2]:
        tops.append(tops[-1] + height + shape.gap)
    bottom = tops[2] + shape.panels[2]
    line = result.timeline
    parts = [
        _grid(axes, shape, shape.top, bottom),
        _rain(result, axes, tops[0]),
        _area(axes, line.time_s, line.ponded_m2 / _M2_PER_HA, tops[1]),
        _people(result, axes, tops[2]),
        _marks(result, axes, bottom),
        f'<line class="cursor" x1="{axes.x(axes.t0):.1f}" x2="{axes.x(axes.t0):.1f}" y1="{shape.top}" y2="{bottom}"/>',
        *(_title(shape, top, name) for top, name in zip(tops, ("rain", "ponded", "people"), strict=True)),
    ]
    x0, x1 = axes.x(axes.t0), axes.x(axes.t1)
    head = (
        f'<svg class="chart {shape.name}" viewBox="0 0 {shape.width} {shape.height}" role="img" '
        f'aria-labelledby="chart-caption" data-x0="{x0:.1f}" data-x1="{x1:.1f}" data-t0="{axes.t0:g}" '
        f'data-t1="{axes.t1:g}" font-size="{shape.font}">'
    )
    return Markup(head + _patterns(shape) + "".join(parts) + "</svg>")


def nice_step(largest: float, count: int) -> float:
    """A round step (1, 2, 2.5 or 5 times a power of ten) that gives about `count` ticks up to `largest`."""
    rough = largest / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= rough * 0.999)


def _patterns(shape: ChartShape) -> str:
    stuck, refused = PEOPLE_COLOURS["stuck"], PEOPLE_COLOURS["refused"]
    return (
        f'<defs><pattern id="stuck-{shape.name}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{stuck}"/>'
        f'<rect width="2" height="6" fill="#fff" opacity=".55"/></pattern>'
        f'<pattern id="refused-{shape.name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="{refused}"/><circle cx="3" cy="3" r="1.2" fill="#fff" opacity=".6"/>'
        "</pattern></defs>"
    )


def _text(x: float, y: float, words: Both | str, anchor: str = "start", kind: str = "") -> str:
    both = words if isinstance(words, Both) else Both(words, words)
    sides = {"": both.zh} if both.zh == both.en else {" zh": both.zh, " en": both.en}
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return "".join(f'<text {place} class="{kind}{side}">{escape(said)}</text>' for side, said in sides.items())


def _grid(axes: _Axes, shape: ChartShape, top: int, bottom: int) -> str:
    out = []
    for time_s, label in axes.ticks():
        x = float(axes.x(time_s))
        out.append(f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
        anchor = "end" if x + 1.5 * shape.font > shape.width else "middle"
        out.append(_text(x, bottom + shape.font + 6, label, anchor, "axis"))
    return "".join(out)


def _title(shape: ChartShape, top: int, name: str) -> str:
    """What a panel shows, above its top edge; drawn last, so that no line runs through it."""
    return _text(shape.left, top - shape.font * 0.6, say(f"report.chart.{name}"), "start", "title")


def _scale(axes: _Axes, top: int, height: int, largest: float) -> tuple[float, str]:
    """Value of the panel's top edge, and its axis as SVG."""
    shape = axes.shape
    step = nice_step(largest, 3) if largest > 0.0 else 1.0
    limit = step * max(1, math.ceil(largest / step - 1e-9))
    out = []
    for k in range(round(limit / step) + 1):
        y = top + height * (1.0 - k * step / limit)
        out.append(f'<line class="rule" x1="{shape.left}" x2="{shape.width - shape.right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(_text(shape.left - 6, y + shape.font * 0.35, _tick_label(k * step, limit), "end", "axis"))
    return limit, "".join(out)


def _tick_label(value: float, limit: float) -> Both | str:
    """A tick in short: from ten thousand on by 万 in Chinese, by k or M in English."""
    if limit < 1e4 or not value:
        return f"{value:g}"
    return Both(f"{value / 1e4:g}万", f"{value / 1e6:g}M" if limit >= 1e6 else f"{value / 1e3:g}k")


def _path(x: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> str:
    there = [f"{a:.1f},{b:.1f}" for a, b in zip(x, upper, strict=True)]
    back = [f"{a:.1f},{b:.1f}" for a, b in zip(x[::-1], lower[::-1], strict=True)]
    return "M" + "L".join(there + back) + "Z"


def _rain(result: Result, axes: _Axes, top: int) -> str:
    height = axes.shape.panels[0]
    time, rate = np.asarray(result.rain_time_s, float), np.asarray(result.rain_mm_h, float)
    limit, out = _scale(axes, top, height, float(rate.max(initial=0.0)))
    edges = np.append(time, max(axes.t1, time[-1] if time.size else axes.t1))
    x = np.repeat(axes.x(np.clip(edges, axes.t0, axes.t1)), 2)[1:-1]
    y = top + height * (1.0 - np.repeat(rate, 2) / limit)
    return out + f'<path class="rain" d="{_path(x, y, np.full_like(y, top + height))}"/>'


def _area(axes: _Axes, time: Any, values: Any, top: int) -> str:
    height = axes.shape.panels[1]
    data = np.asarray(values, float)
    limit, out = _scale(axes, top, height, float(data.max(initial=0.0)))
    y = top + height * (1.0 - data / limit)
    return out + f'<path class="pond" d="{_path(axes.x(time), y, np.full_like(y, top + height))}"/>'


def _people(result: Result, axes: _Axes, top: int) -> str:
    height, line = axes.shape.panels[2], result.timeline
    largest = float((line.ordered + line.unordered).max())
    if not largest:
        middle = float(axes.x((axes.t0 + axes.t1) / 2))
        return _text(middle, top + height / 2, say("report.chart.nobody"), "middle", "axis")
    limit, out = _scale(axes, top, height, largest)
    x, base = axes.x(line.time_s), np.zeros(len(line))
    for name, columns in PEOPLE_BANDS.items():
        upper = base + line[list(columns)].sum(axis=1).to_numpy(float)
        fill = f"url(#{name}-{axes.shape.name})" if name in ("stuck", "refused") else PEOPLE_COLOURS[name]
        path = _path(x, top + height * (1.0 - upper / limit), top + height * (1.0 - base / limit))
        out += f'<path d="{path}" fill="{fill}" stroke="#fff" stroke-width=".6"/>'
        base = upper
    return out


def _marks(result: Result, axes: _Axes, bottom: int) -> str:
    """The first warning and the first order, as lines with a flag."""
    shape = axes.shape
    firsts: list[tuple[str, Sequence[float]]] = [
        ("first_warning", [w.sent_s for w in result.warnings]),
        ("first_order", [o.time_s for o in result.orders]),
    ]
    out = []
    for row, (name, times) in enumerate(firsts):
        if not times:
            continue
        x, y = float(axes.x(min(times))), shape.font * (1.0 + 1.2 * row)
        anchor = "end" if x > 0.7 * shape.width else "start"
        out.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - shape.font * 0.8:.1f}" y2="{bottom}"/>')
        words = say(f"report.chart.{name}")
        clock = f"{result.moment(min(times)):%H:%M}"
        label = Both(f"{words.zh} {clock}", f"{words.en} {clock}")
        out.append(_text(x + (4 if anchor == "start" else -4), y, label, anchor, "flag"))
    return "".join(out)
