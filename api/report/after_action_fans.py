"""How a drill might have gone: bands of the replicates over time, beside the drill itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from markupsafe import Markup

from api.report.bilingual import Both, say
from api.report.chart import nice_step
from api.report.svg_text import svg_text
from sim.after_action.review import AfterAction

_COUNTS = {"sheltered": "sheltered", "moving": "on_road", "stranded": "stranded"}  # column -> its words
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 330.0, 190.0, 44.0, 12.0, 8.0, 24.0
_FONT = 12


def fan_svgs(found: AfterAction) -> list[tuple[Both, Markup]]:
    """One chart for each count that has a band; empty without replicates."""
    spread, line = found.spread, found.record.outcome.timeline
    if spread is None or len(spread) < 2 or len(line) < 2:
        return []
    return [(say(f"after_action.fan.{words}"), _fan(found, name)) for name, words in _COUNTS.items()]


def _fan(found: AfterAction, name: str) -> Markup:
    spread, line = found.spread, found.record.outcome.timeline
    assert spread is not None
    time_s, own_s = spread["time_s"].to_numpy(float), line["time_s"].to_numpy(float)
    t0, t1 = float(time_s[0]), float(max(time_s[-1], own_s[-1]))
    low, half, high = (spread[f"{name}_p{cut}"].to_numpy(float) for cut in ("05", "50", "95"))
    own = line[name].to_numpy(float)
    largest = float(max(high.max(), own.max(), 1.0))
    step = nice_step(largest, 3)
    limit = step * math.ceil(largest / step - 1e-9)

    def points(at_s: np.ndarray, values: np.ndarray) -> list[str]:
        x = _LEFT + (at_s - t0) / (t1 - t0) * (_WIDTH - _LEFT - _RIGHT)
        y = _TOP + (1.0 - values / limit) * (_HEIGHT - _TOP - _BOTTOM)
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]

    parts = [_rule(k * step, limit) for k in range(round(limit / step) + 1)]
    parts.append(f'<path class="spread" d="M{"L".join(points(time_s, high) + points(time_s, low)[::-1])}Z"/>')
    parts.append(f'<path class="half" d="M{"L".join(points(time_s, half))}"/>')
    parts.append(f'<path class="this" d="M{"L".join(points(own_s, own))}"/>')
    for at_s, anchor in ((t0, "start"), (0.5 * (t0 + t1), "middle"), (t1, "end")):
        x = _LEFT + (at_s - t0) / (t1 - t0) * (_WIDTH - _LEFT - _RIGHT)
        parts.append(svg_text(x, _HEIGHT - 6, f"{found.result.moment(at_s):%H:%M}", anchor, "axis"))
    head = f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-hidden="true" font-size="{_FONT}">'
    return Markup(head + "".join(parts) + "</svg>")


def _rule(value: float, limit: float) -> str:
    y = _TOP + (1.0 - value / limit) * (_HEIGHT - _TOP - _BOTTOM)
    label: Any = f"{value:,.0f}"
    if limit >= 1e4 and value:
        label = Both(f"{value / 1e4:g}万", f"{value / 1e6:g}M" if limit >= 1e6 else f"{value / 1e3:g}k")
    return f'<line class="rule" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>' + svg_text(
        _LEFT - 6, y + 0.35 * _FONT, label, "end", "axis"
    )
