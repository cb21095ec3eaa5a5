"""Pumps of a network that stand still for a while, as control rules of the model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.units import s_to_hours

LinkOutage = tuple[str, float, float]  # pump, from and until (s since the start; infinite: to the end)

_ABOVE_ALL = 1_000_000  # no rule of the city's own may start the pump again
_RESTART_S = 120.0  # long enough to fall into some routing step


def outage_rules(outages: Sequence[LinkOutage]) -> list[str]:
    """Rows of a [CONTROLS] section: off while the outage lasts, on again after it unless a rule of the city says else.

    Where depths switch a pump, they go on doing so once it has power again.
    """
    lines = []
    for number, (pump, begin_s, end_s) in enumerate(outages, start=1):
        lines += [f"RULE rongan_out_{number}", f"IF SIMULATION TIME >= {s_to_hours(begin_s):.6f}"]
        if math.isfinite(end_s):
            lines.append(f"AND SIMULATION TIME < {s_to_hours(end_s):.6f}")
        lines += [f"THEN PUMP {pump} STATUS = OFF", f"PRIORITY {_ABOVE_ALL}"]
        if math.isfinite(end_s):
            lines += [
                f"RULE rongan_back_{number}",
                f"IF SIMULATION TIME >= {s_to_hours(end_s):.6f}",
                f"AND SIMULATION TIME < {s_to_hours(end_s + _RESTART_S):.6f}",
                f"THEN PUMP {pump} STATUS = ON",
                "PRIORITY 0",
            ]
    return lines
