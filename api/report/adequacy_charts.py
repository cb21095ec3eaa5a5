"""What storms leave of the area per person, and the years on the way to the target, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from api.report.adequacy_areas import compared, compared_level, whole
from api.report.adequacy_words import THREE, norm
from api.report.bilingual import Both, named, records, say
from api.report.chart import nice_step
from api.report.svg_text import svg_text
from sim.adequacy_result import Adequacy

# Colour, dash and dot of each line: the dot and the dash tell what the colour tells.
LINES = {
    "nominal": ("#44505c", "", "disc"),
    "dry": ("#124f8c", "8 4", "square"),
    "storm": ("#8c1d5b", "2 4", "triangle"),
}
_PATH = ("#b3161b", "5 4", "")
_MOST_SMALL = 24


@dataclass(frozen=True)
class Shape:
    """Sizes in the units of the SVG's own box."""

    name: str
    width: int
    height: int
    font: int
    ticks: int
    labels: bool  # values at the end of the lines


WIDE = Shape("wide", 1040, 320, 13, 5, True)
NARROW = Shape("narrow", 360, 260, 12, 4, True)
SMALL = Shape("small", 240, 130, 11, 3, False)


@dataclass(frozen=True)
class Key:
    """One line of the legend."""

    sample: Markup
    label: Both


@dataclass(frozen=True)
class Small:
    """The small chart of one area."""

    name: Both
    chart: Markup


def curve_svg(found: Adequacy, shape: Shape, code: str | None = None) -> Markup:
    """Square metres per person under each storm, the lightest first; of the city or of one area."""
    rows = _curve_rows(found, code)
    lines = {key: rows[column].tolist() for key, column in THREE.items()}
    ticks = [_storm_tick(row) for row in records(rows)]
    most = max(found.curve[list(THREE.values())].max().max(), found.target_m2) if shape is SMALL else None
    return _draw(shape, ticks, lines, [found.target_m2] * len(ticks), say("adequacy.chart.curve_label"), found, most)


def small_curves(found: Adequacy) -> list[Small]:
    """One small chart for each compared area, the worst first, all on one scale."""
    if compared_level(found) != "district" or len(found.storms) < 2:
        return []
    rows = compared(found).sort_values("storm_m2_per_person", kind="stable").head(_MOST_SMALL)
    return [Small(named(a.name, a.name_en, a.code), curve_svg(found, SMALL, a.code)) for a in records(rows)]


def years_svg(found: Adequacy, shape: Shape) -> Markup:
    """Square metres per person year by year beside the plan's path, of the whole city."""
    rows = _years_rows(found)
    if not len(rows):
        return Markup("")
    ticks = [[Both(str(year), str(year))] for year in rows["year"]]
    lines = {"nominal": rows["m2_per_person"].tolist()}
    return _draw(shape, ticks, lines, rows["target_m2"].tolist(), say("adequacy.chart.years_label"), found, None)


def legend(kind: str, found: Adequacy) -> list[Key]:
    """The lines of the chart of `kind`: "curve" or "years"."""
    if kind == "years":
        return [
            Key(_sample("nominal"), say("adequacy.chart.have")),
            Key(_sample(""), say("adequacy.chart.path")),
        ]
    target = say("adequacy.chart.target", target=norm(found.target_m2))
    return [*(Key(_sample(key), say(f"adequacy.figure.{key}")) for key in LINES), Key(_sample(""), target)]


def _curve_rows(found: Adequacy, code: str | None) -> pd.DataFrame:
    code = str(whole(found)["code"]) if code is None else code
    rows = found.curve[found.curve["code"] == code]
    return rows if len(rows) else found.curve[found.curve["level"] == "city"]


def _years_rows(found: Adequacy) -> pd.DataFrame:
    code = str(whole(found)["code"])
    rows = found.years[found.years["code"] == code]
    return rows if len(rows) else found.years[found.years["level"] == "city"]


def _storm_tick(row: object) -> list[Both]:
    label, years, rain = (getattr(row, name) for name in ("storm", "return_period_a", "rain_mm"))
    if label == "dry":
        return [say("adequacy.chart.dry")]
    first = Both(str(label), str(label)) if math.isnan(years) else say("adequacy.chart.years", years=years)
    return [first, Both(f"{rain:.0f} 毫米", f"{rain:.0f} mm")]


def _draw(
    shape: Shape, ticks: Sequence[Sequence[Both]], lines: dict[str, list[float]], path: list[float], label: Both,
    found: Adequacy, most: float | None,
) -> Markup:  # fmt: skip
    font = shape.font
    values = [v for line in (*lines.values(), path) for v in line if not math.isnan(v)]
    top = 1.08 * max(most or 0.0, *values, 0.1)
    x0, x1 = 3.4 * font, shape.width - (3.6 if shape.labels else 2.0) * font
    y0, y1 = (1.8 if shape.labels else 0.8) * font, shape.height - (3.6 if shape.labels else 1.8) * font
    count = len(ticks)

    def x(k: int) -> float:
        return (x0 + x1) / 2 if count == 1 else x0 + (0.04 + 0.92 * k / (count - 1)) * (x1 - x0)

    def y(value: float) -> float:
        return y1 - value / top * (y1 - y0)

    parts = []
    step = nice_step(top, shape.ticks)
    for k in range(int(top / step + 1e-9) + 1):
        parts.append(f'<path class="rule" d="M{x0:.1f} {y(k * step):.1f}H{x1:.1f}"/>')
        parts.append(svg_text(x0 - 5, y(k * step) + 0.35 * font, f"{k * step:g}", "end", "axis"))
    if shape.labels:
        parts.append(svg_text(x0 - 2.6 * font, 0.95 * font, say("adequacy.chart.unit"), "start", "axis"))
    every = 1 if shape is not NARROW else -(-count // 5)
    for k, words in enumerate(ticks):
        if k % every == 0 or k == count - 1:
            for row, word in enumerate(words if shape.labels else words[:1]):
                parts.append(svg_text(x(k), y1 + (1.4 + 1.25 * row) * font, word, "middle", "axis"))
    points = [(x(k), y(value)) for k, value in enumerate(path)]
    if count == 1:
        points = [(x0, points[0][1]), (x1, points[0][1])]
    parts.append(f'<path class="target" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in points)}"/>')
    ends: list[tuple[float, float, str]] = []
    for key, line in lines.items():
        colour, dash, dot = LINES[key]
        placed = [(x(k), y(value)) for k, value in enumerate(line) if not math.isnan(value)]
        if not placed:
            continue
        parts.append(
            f'<path fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}" '
            f'd="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in placed)}"/>'
        )
        parts += [_dot(a, b, dot, colour, 4.2 if shape.labels else 3.0) for a, b in placed]
        last = next(value for value in reversed(line) if not math.isnan(value))
        ends.append((placed[-1][1], last, colour))
    if shape.labels:
        parts += _end_labels(ends, x1, font, x(count - 1))
    head = (
        f'<svg class="adequacy {shape.name}" viewBox="0 0 {shape.width} {shape.height}" role="img" '
        f'font-size="{font}" aria-label="{escape(label.zh)} {escape(label.en)}">'
    )
    return Markup(head + "".join(parts) + "</svg>")


def _end_labels(ends: list[tuple[float, float, str]], x1: float, font: int, last_x: float) -> list[str]:
    """The last value of each line beside it; values that lie close are moved apart."""
    out, below = [], -math.inf
    for y, value, colour in sorted(ends):
        at = max(y + 0.35 * font, below + 1.15 * font)
        below = at
        out.append(
            f'<text x="{max(last_x + 8, x1 - 2.0 * font):.1f}" y="{at:.1f}" style="fill:{colour};font-weight:600">'
            f"{value:.2f}</text>"
        )
    return out


def _dot(x: float, y: float, shape: str, colour: str, r: float) -> str:
    look = f'fill="{colour}" stroke="#fff" stroke-width="1"'
    if shape == "square":
        return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" {look}/>'
    if shape == "triangle":
        return f'<path d="M{x:.1f} {y - 1.2 * r:.1f}l{1.2 * r:.1f} {2.2 * r:.1f}h{-2.4 * r:.1f}Z" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {look}/>'


def _sample(key: str) -> Markup:
    colour, dash, dot = LINES[key] if key else _PATH
    mark = Markup(_dot(20, 6, dot, colour, 4.0)) if dot else Markup("")
    return Markup(
        '<svg viewBox="0 0 40 12" aria-hidden="true"><path d="M1 6H39" stroke="{}" stroke-width="2.2" '
        'stroke-dasharray="{}"/>{}</svg>'
    ).format(colour, dash, mark)
