"""How near each limit is as the rain grows: one panel a criterion, one line a class of areas, as SVG."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from api.report.bilingual import Both, known, say
from api.report.chart import nice_step
from api.report.svg_text import svg_text
from sim.headroom import CRITERIA, Headroom, Probe

_TOP = 2.0  # the chart ends at twice the limit
_LINES = {
    "old_town": ("#8c1d5b", ""),
    "new_town": ("#124f8c", "8 4"),
    "key_area": ("#1a7f5a", "2 4"),
    "hub": ("#b35c00", "10 3 2 3"),
}


@dataclass(frozen=True)
class Shape:
    """Sizes in the units of the SVG's own box."""

    name: str
    width: int
    columns: int  # panels side by side
    panel: int  # height
    font: int
    ticks: int


WIDE = Shape("wide", 1040, 2, 260, 13, 6)
NARROW = Shape("narrow", 360, 1, 210, 12, 4)


@dataclass(frozen=True)
class Key:
    """One line of the legend."""

    sample: Markup
    label: Both


def headroom_svg(found: Headroom, shape: Shape) -> Markup:
    """Used share of the limit over the uplift; 1 is the limit, dots are floods, hollow ones ran out of time."""
    panels = [name for name in CRITERIA if any(one.criterion == name for one in found.limits)]
    rows = -(-len(panels) // shape.columns)
    high = shape.panel + 6 * shape.font
    parts = []
    for number, criterion in enumerate(panels):
        left = shape.width / shape.columns * (number % shape.columns)
        panel = _Panel(found, criterion, shape, left, (number // shape.columns) * high)
        parts.append(panel.draw())
    label = say("headroom.chart.label")
    head = (
        f'<svg class="headroom {shape.name}" viewBox="0 0 {shape.width} {rows * high}" role="img" '
        f'font-size="{shape.font}" aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def headroom_legend(found: Headroom) -> list[Key]:
    """The lines that the chart has."""
    classes = list(dict.fromkeys(one.drainage_class for one in found.limits))
    return [
        Key(
            Markup('<svg viewBox="0 0 40 12" aria-hidden="true"><path d="M1 6H39" {}/></svg>').format(_stroke(name)),
            known("report.drainage", name),
        )
        for name in classes
    ]


class _Panel:
    """One criterion: axes, the limit, the storm as given, and a line for each class."""

    def __init__(self, found: Headroom, criterion: str, shape: Shape, left: float, top: float) -> None:
        self.found, self.criterion, self.shape = found, criterion, shape
        self.x0 = left + 3.6 * shape.font
        self.x1 = left + shape.width / shape.columns - 1.2 * shape.font
        self.y0 = top + 2.4 * shape.font
        self.y1 = self.y0 + shape.panel
        self.most = max(1.0, *(probe.uplift for probe in found.probes)) * 1.04

    def draw(self) -> str:
        classes = dict.fromkeys(one.drainage_class for one in self.found.limits if one.criterion == self.criterion)
        return self._axes() + "".join(self._line(name) for name in classes)

    def x(self, uplift: float) -> float:
        return self.x0 + uplift / self.most * (self.x1 - self.x0)

    def y(self, used: float) -> float:
        return self.y1 - min(used, _TOP) / _TOP * (self.y1 - self.y0)

    def _axes(self) -> str:
        font, base = self.shape.font, next(p.rain_mm for p in self.found.probes if p.uplift == 1.0)
        out = [svg_text(self.x0, self.y0 - 0.9 * font, self._title(), "start", "title")]
        for used in (0.0, 0.5, 1.0, 1.5, 2.0):
            kind = "limit" if used == 1.0 else "rule"
            out.append(f'<path class="{kind}" d="M{self.x0:.1f} {self.y(used):.1f}H{self.x1:.1f}"/>')
            out.append(svg_text(self.x0 - 5, self.y(used) + 0.35 * font, f"{100 * used:.0f}%", "end", "axis"))
        step = nice_step(self.most, self.shape.ticks)
        for k in range(1, int(self.most / step + 1e-9) + 1):
            out.append(svg_text(self.x(k * step), self.y1 + 1.4 * font, f"×{k * step:g}", "middle", "axis"))
            out.append(svg_text(self.x(k * step), self.y1 + 2.7 * font, f"{k * step * base:.0f} mm", "middle", "axis"))
        out.append(f'<path class="now" d="M{self.x(1.0):.1f} {self.y0:.1f}V{self.y1:.1f}"/>')
        out.append(svg_text(self.x(1.0) + 4, self.y0 + font, say("headroom.chart.now"), "start", "flag"))
        out.append(svg_text(self.x1, self.y(1.0) - 4, say("headroom.chart.limit"), "end", "flag"))
        return "".join(out)

    def _title(self) -> Both:
        name, unit = say(f"headroom.criterion.{self.criterion}"), say("headroom.chart.used")
        return Both(f"{name.zh}（{unit.zh}）", f"{name.en} ({unit.en})")

    def _line(self, name: str) -> str:
        points = [(self.x(p.uplift), self.y(self._used(p, name))) for p in self.found.probes]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        return f'<path fill="none" d="{path}" {_stroke(name)}/>' + "".join(
            self._dot(x, y, probe, name) for (x, y), probe in zip(points, self.found.probes, strict=True)
        )

    def _dot(self, x: float, y: float, probe: Probe, name: str) -> str:
        colour = _LINES[name][0]
        worst = probe.worst[self.criterion, name]
        fill = "#fff" if worst.open else colour
        if worst.used > _TOP:
            return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10Z" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'

    def _used(self, probe: Probe, name: str) -> float:
        return float(np.clip(probe.worst[self.criterion, name].used, 0.0, None))


def _stroke(name: str) -> Markup:
    colour, dash = _LINES[name]
    return Markup('stroke="{}" stroke-width="2" stroke-dasharray="{}"').format(colour, dash)
