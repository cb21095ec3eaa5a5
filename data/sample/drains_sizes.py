"""How deep and how wide the sewers of the sample city are: the rational method from the top of each branch down."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10, pi

import numpy as np

from data.rules_file import Rules
from data.sample.drains_layout import Layout

PIPE_MANNING = 0.013  # concrete pipes and boxes, GB 50014
INLET_TIME_MIN = 10.0  # until the runoff reaches the first pipe
COVER_M = 1.2  # ground over the crown
MOST_SLOPE = 0.02
LEAST_FALL = 0.0004  # where the outfall leaves no more
OUTFALL_ABOVE_BED_M = 0.5  # invert of an outfall over the river bed
LEAST_SPEED_M_S = 0.6  # in the time of flow
SMALL_M3_S = (1.0, 6.0)  # flow of the sewers that may get a pumping station
# round pipes, then boxes (width, height)
DIAMETERS_M = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.35, 1.5, 1.65, 1.8, 2.0, 2.2, 2.4)
BOXES_M = ((2.4, 2.0), (3.0, 2.0), (3.6, 2.2), (4.2, 2.2), (5.0, 2.4), (6.0, 2.4), (7.0, 2.6), (8.0, 2.6))


@dataclass(frozen=True)
class Section:
    """A cross-section; a round one is as wide as high."""

    width_m: float
    height_m: float
    round: bool

    @property
    def area_m2(self) -> float:
        return pi / 4 * self.height_m**2 if self.round else self.width_m * self.height_m

    def full_flow(self, slope: float) -> float:
        """Flow of the full pipe by Manning: A R^(2/3) sqrt(S) / n (m3/s)."""
        radius = self.height_m / 4 if self.round else self.area_m2 / (2 * (self.width_m + self.height_m))
        return float(self.area_m2 * radius ** (2 / 3) * slope**0.5 / PIPE_MANNING)

    @property
    def least_slope(self) -> float:
        """Slope at which a pipe cleans itself: 3 per mille for 300 mm, 0.6 per mille from 2 m (GB 50014, rounded)."""
        return float(np.clip(0.003 * (0.3 / self.height_m) ** 0.85, 0.0006, 0.003))


SECTIONS = (*(Section(d, d, True) for d in DIAMETERS_M), *(Section(w, h, False) for w, h in BOXES_M))


@dataclass(frozen=True)
class Sewers:
    """The pipe that leaves each manhole, arrays (n,) beside those of the layout; levels in m above datum."""

    start_m: np.ndarray  # invert at the manhole
    end_m: np.ndarray  # invert at its other end
    section: np.ndarray  # row of SECTIONS
    design_flow_m3_s: np.ndarray
    lifted: np.ndarray  # bool: a pumping station stands at the end, the pipe may end below the river bed

    @property
    def height_m(self) -> np.ndarray:
        return np.array([section.height_m for section in SECTIONS])[self.section]

    @property
    def area_m2(self) -> np.ndarray:
        return np.array([section.area_m2 for section in SECTIONS])[self.section]


def rain_intensity_m_s(rules: Rules, return_period_a: float, minutes: float) -> float:
    """Mean intensity of the heaviest minutes by the rainstorm formula of the rules: a (1 + c lg P) / (t + b)^e."""
    a, c, b, n, m = (rules.number(f"rain.chengdu_{name}") for name in "acbnm")
    lg = log10(return_period_a)
    return a * (1.0 + c * lg) / (minutes + b) ** (n * lg**m) / 60_000.0


def size_sewers(
    layout: Layout,
    runoff_area_m2: np.ndarray,
    return_period_a: np.ndarray,
    bed_m: np.ndarray,
    rules: Rules,
    stations: int,
) -> Sewers:
    """Pipes that carry the design rain of their catchments full, laid as shallow as the ground allows.

    `runoff_area_m2` (n,): area times runoff coefficient of the ground that drains into each manhole.
    `return_period_a` (n,): of the design rain where the pipe lies. `bed_m` (n,): bed of the river at the outfall (NaN
    for others). No pipe ends below OUTFALL_ABOVE_BED_M, but at the `stations` small outfalls that gravity serves worst:
    there the sewer stays deep and pumps lift its water.
    """
    count = len(layout.x_m)
    after, order, length = layout.next_node, layout.downstream_order(), layout.length_m
    area, minutes = runoff_area_m2.astype(float), np.full(count, INLET_TIME_MIN)
    crown = np.full(count, np.inf)  # lowest crown that comes in: no pipe starts above it
    least = np.zeros(count, np.int64)  # largest section that comes in: none gets smaller downstream
    section, flow, start, end = np.zeros(count, np.int64), np.zeros(count), np.zeros(count), np.zeros(count)
    ground_below = np.where(after >= 0, layout.ground_m[after], layout.ground_m)
    for node in order:
        flow[node] = area[node] * rain_intensity_m_s(rules, return_period_a[node], minutes[node])
        fall = (layout.ground_m[node] - ground_below[node]) / length[node]
        section[node] = _smallest(flow[node], fall, int(least[node]))
        pipe = SECTIONS[section[node]]
        start[node] = min(layout.ground_m[node] - COVER_M, crown[node]) - pipe.height_m
        shallow = (start[node] + pipe.height_m + COVER_M - ground_below[node]) / length[node]
        end[node] = start[node] - min(max(pipe.least_slope, shallow), MOST_SLOPE) * length[node]
        if after[node] >= 0:
            speed = max(flow[node] / pipe.area_m2, LEAST_SPEED_M_S)
            area[after[node]] += area[node]
            minutes[after[node]] = max(minutes[after[node]], minutes[node] + length[node] / speed / 60.0)
            crown[after[node]] = min(crown[after[node]], end[node] + pipe.height_m)
            least[after[node]] = max(least[after[node]], section[node])
    free_start, free_end = start.copy(), end.copy()
    _raise_above_outfalls(layout, bed_m + OUTFALL_ABOVE_BED_M, start, end)
    outfall = layout.outfall_of
    cover = layout.ground_m - start - np.array([s.height_m for s in SECTIONS])[section]
    lifted = _worst(layout, outfall, cover, flow, stations)
    deep = lifted[outfall]
    return Sewers(np.where(deep, free_start, start), np.where(deep, free_end, end), section, flow, lifted)


def _smallest(flow_m3_s: float, fall: float, at_least: int) -> int:
    """Row of the smallest section that carries a flow full at the fall of the ground or its own least slope."""
    for number in range(at_least, len(SECTIONS)):
        pipe = SECTIONS[number]
        if pipe.full_flow(max(min(fall, MOST_SLOPE), pipe.least_slope)) >= flow_m3_s:
            return number
    return len(SECTIONS) - 1


def _raise_above_outfalls(layout: Layout, lowest_m: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    """Raise pipes in place, from the outfalls upwards, until none ends below `lowest_m` or below the next one."""
    length = layout.length_m
    for node in layout.downstream_order()[::-1]:
        after = layout.next_node[node]
        end[node] = np.fmax(end[node], start[after] if after >= 0 else lowest_m[node])
        start[node] = max(start[node], end[node] + LEAST_FALL * length[node])


def _worst(layout: Layout, outfall: np.ndarray, cover: np.ndarray, flow: np.ndarray, stations: int) -> np.ndarray:
    """The river outfalls of small sewers with the least cover upstream, bool (n,)."""
    least = np.full(len(cover), np.inf)
    np.minimum.at(least, outfall, cover)
    least[~layout.to_river | (flow < SMALL_M3_S[0]) | (flow > SMALL_M3_S[1])] = np.inf
    chosen = np.argsort(least, kind="stable")[:stations]
    lifted = np.zeros(len(cover), bool)
    lifted[chosen[least[chosen] < COVER_M / 2]] = True
    return lifted
