"""How deep and how wide the sewers of the sample city are: the rational method from the top of each branch down."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np

from data.rules_file import Rules
from data.sample.drains_layout import Layout

PIPE_MANNING = 0.013  # concrete, GB 50014
INLET_TIME_MIN = 10.0  # until the runoff reaches the first pipe
COVER_M = 1.2  # ground over the crown
LEAST_COVER_M = 0.4  # where the outfall leaves no room for more
MAX_SLOPE = 0.02
OUTFALL_ABOVE_BED_M = 0.5  # invert of an outfall over the river bed
DIAMETERS_M = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.35, 1.5, 1.65, 1.8, 2.0, 2.2, 2.4)
# width, height
BOXES_M = ((2.4, 2.0), (3.0, 2.0), (3.6, 2.2), (4.2, 2.2), (5.0, 2.4), (6.0, 2.4), (7.0, 2.6), (8.0, 2.6))


@dataclass(frozen=True)
class Sewers:
    """The pipe that leaves each manhole, all of shape (n,) in metres: levels at both ends, width, height, roundness."""

    start_m: np.ndarray
    end_m: np.ndarray
    width_m: np.ndarray
    height_m: np.ndarray
    round: np.ndarray
    invert_m: np.ndarray  # of the manhole
    design_flow_m3_s: np.ndarray


def downstream_order(next_node: np.ndarray) -> np.ndarray:
    """Manholes in an order in which each comes before the one it leads to."""
    count = len(next_node)
    waiting = np.bincount(next_node[next_node >= 0], minlength=count)
    order = list(np.flatnonzero(waiting == 0))
    for node in order:
        following = next_node[node]
        if following >= 0:
            waiting[following] -= 1
            if waiting[following] == 0:
                order.append(following)
    return np.array(order)


def rain_intensity_m_s(rules: Rules, return_period_a: float, minutes: float) -> float:
    """Mean intensity of the heaviest minutes by the rainstorm formula of the rules: a (1 + c lg P) / (t + b)^e."""
    a, c, b, n, m = (rules.number(f"rain.chengdu_{name}") for name in "acbnm")
    lg = log10(return_period_a)
    return a * (1.0 + c * lg) / (minutes + b) ** (n * lg**m) / 60_000.0


def size_sewers(
    layout: Layout, runoff_area_m2: np.ndarray, return_period_a: np.ndarray, bed_m: np.ndarray, rules: Rules
) -> Sewers:
    """Pipes that carry the design rain of their catchments full, laid as shallow as the ground allows.

    `runoff_area_m2` (n,): area times runoff coefficient that drains into each manhole. `return_period_a` (n,): of the
    design rain where the pipe lies. `bed_m` (n,): level of the ground in the outfall's cell (NaN for others).
    """
    count = len(layout.x_m)
    length = np.array([line.length for line in layout.line])
    following = layout.next_node
    order = downstream_order(following)
    area, minutes = runoff_area_m2.astype(float).copy(), np.full(count, INLET_TIME_MIN)
    lowest = np.full(count, np.inf)  # a pipe may start no higher than the pipes that come in
    width, height, flow = np.zeros(count), np.zeros(count), np.zeros(count)
    is_round = np.zeros(count, bool)
    start, end = np.zeros(count), np.zeros(count)
    biggest = np.zeros(count, int)
    down_ground = np.where(following >= 0, layout.ground_m[following], layout.ground_m - 0.2)
    for node in order:
        flow[node] = area[node] * rain_intensity_m_s(rules, return_period_a[node], minutes[node])
        fall = max((layout.ground_m[node] - down_ground[node]) / length[node], 0.0)
        choice, slope = _pipe(flow[node], fall, biggest[node])
        width[node], height[node], is_round[node] = _section(choice)
        start[node] = min(layout.ground_m[node] - COVER_M - height[node], lowest[node] - height[node])
        reach = (start[node] - (down_ground[node] - COVER_M - height[node])) / length[node]
        slope = min(max(slope, reach), MAX_SLOPE)
        end[node] = start[node] - slope * length[node]
        if following[node] >= 0:
            after = following[node]
            area[after] += area[node]
            speed = max(flow[node] / (width[node] * height[node] * (np.pi / 4 if is_round[node] else 1.0)), 0.6)
            minutes[after] = max(minutes[after], minutes[node] + length[node] / speed / 60.0)
            lowest[after] = min(lowest[after], end[node] + height[node])
            biggest[after] = max(biggest[after], choice)
    _lift(layout, order, length, height, bed_m, start, end)
    invert = start.copy()
    np.minimum.at(invert, following[following >= 0], end[following >= 0])
    return Sewers(start, end, width, height, is_round, invert, flow)


def _section(choice: int) -> tuple[float, float, bool]:
    if choice < len(DIAMETERS_M):
        return DIAMETERS_M[choice], DIAMETERS_M[choice], True
    return *BOXES_M[choice - len(DIAMETERS_M)], False


def _pipe(flow: float, fall: float, at_least: int) -> tuple[int, float]:
    """The smallest section that carries a flow (m3/s) full at the fall of the ground or its least slope."""
    for choice in range(at_least, len(DIAMETERS_M) + len(BOXES_M)):
        width, height, is_round = _section(choice)
        slope = max(min(fall, MAX_SLOPE), least_slope(height))
        if full_flow(width, height, is_round, slope) >= flow:
            break
    return choice, slope


def least_slope(height_m: float) -> float:
    """Slope at which a pipe cleans itself: 3 per mille for 300 mm, 0.6 per mille from 2 m (GB 50014, rounded)."""
    return float(np.clip(0.003 * (0.3 / height_m) ** 0.85, 0.0006, 0.003))


def full_flow(width_m: float, height_m: float, is_round: bool, slope: float) -> float:
    """Flow of a full pipe by Manning: A R^(2/3) sqrt(S) / n (m3/s)."""
    area = np.pi / 4 * height_m**2 if is_round else width_m * height_m
    radius = height_m / 4 if is_round else area / (2 * (width_m + height_m))
    return float(area * radius ** (2 / 3) * slope**0.5 / PIPE_MANNING)


def _lift(
    layout: Layout,
    order: np.ndarray,
    length: np.ndarray,
    height: np.ndarray,
    bed_m: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> None:
    """Raise what lies below its outfall, in place, from the outfalls upwards: no pipe may end under the river bed."""
    for node in order[::-1]:
        after = layout.next_node[node]
        floor = start[after] if after >= 0 else bed_m[node] + OUTFALL_ABOVE_BED_M
        end[node] = max(end[node], floor)
        start[node] = max(start[node], end[node] + 0.0004 * length[node])
