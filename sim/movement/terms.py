"""Parameters of the movement engine: flow on footways and lanes, junctions, and what happens on a road that closes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.movement.units import GROUPS


@dataclass(frozen=True)
class Crowd:
    """Walking speed over density (Weidmann 1993): v(rho)/v(0) = 1 - exp(-factor (1/rho - 1/jam)).

    Density never counts as more than `fullest_p_m2`, at which people still move: no walker ever has speed 0.
    """

    jam_p_m2: float = 5.4
    factor_p_m2: float = 1.913
    fullest_p_m2: float = 4.0

    def __post_init__(self) -> None:
        if not 0.0 < self.fullest_p_m2 < self.jam_p_m2:
            raise ValueError(f"fullest_p_m2(={self.fullest_p_m2}) must be > 0 and < jam_p_m2(={self.jam_p_m2})")
        if not self.factor_p_m2 > 0.0:
            raise ValueError(f"factor_p_m2(={self.factor_p_m2}) must be > 0")

    def share(self, density_p_m2: np.ndarray) -> np.ndarray:
        """Speed over free speed at each density, in (0, 1]."""
        rho = np.clip(np.asarray(density_p_m2, np.float64), 1e-9, self.fullest_p_m2)
        return 1.0 - np.exp(-self.factor_p_m2 * (1.0 / rho - 1.0 / self.jam_p_m2))

    def table(self, steps_per_p_m2: int) -> np.ndarray:
        """`share` at 0, 1/steps, 2/steps ... up to `fullest_p_m2`, float32."""
        return self.share(np.arange(int(self.fullest_p_m2 * steps_per_p_m2) + 1) / steps_per_p_m2).astype(np.float32)


@dataclass(frozen=True)
class MovementTerms:
    """How people and cars flow. The defaults are those of the rules files; `sim.movement_rules` reads them."""

    walk_speed_m_s: float = 1.11  # of adults on dry, empty ground: reference of Links.free_ms on foot
    group_speed: tuple[float, ...] = (1.0, 0.74, 0.71, 0.41)  # dry speed of each of GROUPS over that of adults
    walk_width_m: float = 3.0  # footway of a road edge
    walk_flow_p_m_s: float = 1.2  # most people per metre of width and second
    walk_room_p_m2: float = 1.75  # persons on a full footway: those with whom most get through (see Crowd)
    crowd: Crowd = field(default_factory=Crowd)
    car_flow_per_h: tuple[float, float, float] = (1800.0, 900.0, 600.0)  # per lane: motorways, main roads, others
    car_spacing_m: float = 7.5  # lane length that a standing car takes
    clearance_s: float = 2.0  # between the last car of one phase of a junction and the first of the other
    max_green_s: float = 15.0  # the present phase goes on at most this long once somebody of the other asks
    finish_s: float = 30.0  # a road that closes is finished if no more than this remains
    willing_m: tuple[float, ...] = ()  # depth that drivers dare, at equal quantiles; empty: all that is not closed
    route_change_share: float = 0.25  # a road whose time changes by no more of itself counts as unchanged for routes
    step_s: float = 1.0  # bucket of the calendar; times inside are exact to the millisecond

    def __post_init__(self) -> None:
        positive = ("walk_speed_m_s", "walk_width_m", "walk_flow_p_m_s", "walk_room_p_m2", "car_spacing_m", "step_s")
        for name in positive:
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        for name in ("clearance_s", "max_green_s", "finish_s", "route_change_share"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be >= 0")
        if len(self.group_speed) != len(GROUPS) or not all(speed > 0.0 for speed in self.group_speed):
            raise ValueError(f"group_speed(={self.group_speed}) must hold {len(GROUPS)} numbers > 0, one per group")
        if not all(flow > 0.0 for flow in self.car_flow_per_h):
            raise ValueError(f"car_flow_per_h(={self.car_flow_per_h}) must be > 0")
