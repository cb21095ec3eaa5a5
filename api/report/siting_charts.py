"""How many people stay without a place over the number or cost of new sites, with the bound below it, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.report.bilingual import Both, records, say
from api.report.chart import nice_step
from api.report.svg_text import svg_text
from sim.siting_result import Siting

_FOUND, _BOUND, _CHOSEN = "#124f8c", "#5b6670", "#0d6b4c"
_HIGH = 0.4  # share of the most people that even the best set leaves, from which the axis begins above zero
_PALE = 0.16  # opacity of the space in which the optimum lies


@dataclass(frozen=True)
class Shape:
    """Sizes in the units of the SVG's own box."""

    name: str
    width: int
    height: int  # of the panel
    font: int
    ticks: int


WIDE = Shape("wide", 1040, 330, 13, 10)
NARROW = Shape("narrow", 360, 270, 12, 5)


@dataclass(frozen=True)
class Point:
    """One set of sites."""

    x: float
    without: float
    bound: float  # NaN where nothing is proven
    chosen: bool
    on_front: bool = True


@dataclass(frozen=True)
class Key:
    """One line of the legend."""

    sample: Markup
    label: Both


def front_points(found: Siting) -> tuple[str, list[Point]]:
    """What runs along the chart, "cost" or "sites", and its points from left to right.

    Cost where a budget was given and every set has one, else the number of sites. The chosen set is added where the
    front has it not.
    """
    chosen = found.candidates[found.candidates["chosen"]]
    cost = float(chosen["cost"].sum(skipna=False))
    costly = found.question.budget is not None and found.front["cost"].notna().all() and math.isfinite(cost)
    axis = "cost" if costly else "sites"
    ids = set(chosen["id"])
    points = [
        Point(float(getattr(row, axis)), float(row.without_place), float(row.bound), set(row.chosen.split()) == ids)
        for row in records(found.front)
    ]
    if not any(point.chosen for point in points):
        without, bound = (float(found.people - people) for people in (found.proof.served, found.proof.served_bound))
        points.append(Point(cost if costly else float(len(ids)), without, bound, True, on_front=False))
    return axis, sorted(points, key=lambda point: point.x)


def front_svg(found: Siting, shape: Shape) -> Markup:
    """The front, the bound and the space between."""
    axis, points = front_points(found)
    label = say("siting.chart.label")
    panel = _Panel(axis, points, shape)
    head = (
        f'<svg class="front {shape.name}" viewBox="0 0 {shape.width} {panel.y1 + 3.6 * shape.font:.0f}" role="img" '
        f'font-size="{shape.font}" aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + panel.draw() + "</svg>")


def front_legend() -> list[Key]:
    """What the lines and marks mean."""
    box = '<svg viewBox="0 0 40 12" aria-hidden="true">{}</svg>'
    samples = {
        "found": f'<g fill="{_FOUND}"><path d="M1 5h38v2H1Z"/><circle cx="20" cy="6" r="4"/></g>',
        "chosen": f'<path d="M20 0L26 6L20 12L14 6Z" fill="{_CHOSEN}"/>',
        "bound": f'<path d="M1 6H39" stroke="{_BOUND}" stroke-width="2" stroke-dasharray="5 4"/>',
        "between": f'<rect x="1" width="38" height="12" fill="{_FOUND}" fill-opacity="{_PALE}"/>',
    }
    return [Key(Markup(box.format(sample)), say(f"siting.chart.{name}")) for name, sample in samples.items()]


class _Panel:
    """Axes, the line of sets found, the bound below it, and the chosen set."""

    def __init__(self, axis: str, points: list[Point], shape: Shape) -> None:
        self.axis, self.points, self.shape = axis, points, shape
        self.x0, self.x1 = 5.4 * shape.font, shape.width - 1.8 * shape.font
        self.y0 = 2.6 * shape.font
        self.y1 = self.y0 + shape.height
        self.most_x = max(1.0, *(point.x for point in points)) * 1.04
        most = max(1.0, *(point.without for point in points))
        least = min(value for p in points for value in (p.without, p.bound) if math.isfinite(value))
        # Where the best set leaves many of them, the axis begins above zero and says so.
        high = least > _HIGH * most and most - least >= 1.0
        self.step = nice_step(most - least if high else most, 5)
        self.low = self.step * math.floor(least / self.step) if high else 0.0
        self.most_y = most + 0.06 * (most - self.low)

    def x(self, value: float) -> float:
        return self.x0 + value / self.most_x * (self.x1 - self.x0)

    def y(self, people: float) -> float:
        return self.y1 - max(people - self.low, 0.0) / (self.most_y - self.low) * (self.y1 - self.y0)

    def draw(self) -> str:
        return self._axes() + self._lines() + "".join(map(self._mark, self.points))

    def _axes(self) -> str:
        font = self.shape.font
        title = say("siting.chart.without_above" if self.low else "siting.chart.without")
        out = [svg_text(2.0, self.y0 - 1.2 * font, title, "start", "title")]
        for k in range(int((self.most_y - self.low) / self.step + 1e-9) + 1):
            people = self.low + k * self.step
            out.append(f'<path class="rule" d="M{self.x0:.1f} {self.y(people):.1f}H{self.x1:.1f}"/>')
            out.append(svg_text(self.x0 - 6, self.y(people) + 0.35 * font, f"{people:,.0f}", "end", "axis"))
        step = nice_step(self.most_x, self.shape.ticks)
        step = max(step, 1.0) if self.axis == "sites" else step
        low = self.y1 + 1.4 * font
        ticks = [k * step for k in range(int(self.most_x / step + 1e-9) + 1)]
        out += [svg_text(self.x(tick), low, f"{tick:,.6g}", "middle", "axis") for tick in ticks]
        out.append(svg_text(self.x1, self.y1 + 2.9 * font, say(f"siting.chart.{self.axis}"), "end", "axis"))
        return "".join(out)

    def _lines(self) -> str:
        line = [f"{self.x(p.x):.1f} {self.y(p.without):.1f}" for p in self.points if p.on_front]
        proven = [p for p in self.points if p.on_front and math.isfinite(p.bound)]
        top = [f"{self.x(p.x):.1f} {self.y(p.without):.1f}" for p in proven]
        low = [f"{self.x(p.x):.1f} {self.y(p.bound):.1f}" for p in proven]
        out = []
        if len(proven) > 1:
            out.append(f'<path fill="{_FOUND}" fill-opacity="{_PALE}" d="M{"L".join([*top, *low[::-1]])}Z"/>')
            dashed = f'stroke="{_BOUND}" stroke-width="2" stroke-dasharray="5 4"'
            out.append(f'<path fill="none" {dashed} d="M{"L".join(low)}"/>')
        if len(line) > 1:
            out.append(f'<path fill="none" stroke="{_FOUND}" stroke-width="2" d="M{"L".join(line)}"/>')
        return "".join(out)

    def _mark(self, point: Point) -> str:
        x, y = self.x(point.x), self.y(point.without)
        if not point.chosen:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{_FOUND}"/>'
        font = self.shape.font
        right = x + 9 * font < self.x1
        at, anchor = (x + 5, "start") if right else (x - 4, "end")
        said = svg_text(at, y - 1.1 * font, f"{point.without:,.0f}", anchor, "flag")
        return f'<path fill="{_CHOSEN}" stroke="#fff" d="M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8Z"/>{said}'
