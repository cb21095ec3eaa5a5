"""Settings of the surface flow: numerical ones with their sources, and the limits that tracking is asked to watch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class FlowParameters:
    """Numerical parameters of the local inertial scheme.

    Bates, Horritt and Fewtrell 2010 (J. Hydrol. 387, 33-45) give the scheme and `courant`; de Almeida et al. 2012
    (Water Resour. Res. 48, W05528) the same range. The weir coefficient is that of critical depth on a broad crest,
    (2/3)^1.5 sqrt(g) = 1.705 m^0.5/s (Chow 1959, 3-12).

    `lead_share` damps what the scheme alone does not: taking turns, flow and level neither grow nor decay short waves,
    and in deep ponds a checkerboard of a few millimetres grew to metres. Faces therefore see h + lead_share * dh, with
    dh the cell's change in the last step. For a wave with lambda = 4 C^2 sum sin^2(k dx / 2) (C the Courant number) the
    amplification z obeys z^2 - (2 - (1 + s) lambda) z + 1 - s lambda = 0, s = lead_share: |z|^2 = 1 - s lambda, so the
    shortest waves fade in some ten steps and long ones keep (lambda ~ (k dx)^2); stable while lambda (1 + 2 s) <= 4,
    that is C <= 1 / sqrt(2 (1 + 2 s)) on a plane. A steady flow has dh = 0 and is not touched. It is the divergence
    damping of atmospheric models (Skamarock and Klemp 1992, Mon. Wea. Rev. 120, 2109-2127), and does what the smoothed
    flow (theta 0.9) of de Almeida et al. 2012 does without reading the neighbours' flows.
    """

    courant: float = 0.6  # share of cell / sqrt(g h) taken as step; stable below 1 / sqrt(2 (1 + 2 lead_share))
    lead_share: float = 0.1  # of a cell's last change of depth that the next flow sees ahead
    advective_courant: float = 0.4  # share of cell / u taken as step: courant / (5/3), rounded down
    kinematic_ratio: float = 5.0 / 3.0  # celerity of kinematic waves per speed (Manning); eases inertia where Fr > 0.6
    limited_shortening: float = 0.8  # steps shrink by this after one in which a cell would have run dry
    limited_recovery: float = 1.002  # and grow by this after each other one
    limited_least_share: float = 0.4  # down to this share: outflow over four sides at once is stable then
    most_parts: int = 1  # short steps of deep and fast tiles in one of the others (local time stepping); 1: all alike
    longest_step_s: float = 5.0  # s
    shortest_step_s: float = 1e-4  # s; a run that needs less has gone wrong and stops
    flow_depth_m: float = 1e-5  # m; thinner films do not move
    gravity: float = 9.81  # m/s2
    weir_coefficient: float = 1.705  # m^0.5/s; most that passes a crest: coefficient * head^1.5
    open_edge_slope: float = 1e-3  # least slope of the normal flow over an open edge
    hydrology_step_s: float = 10.0  # s; rain and losses are added this often
    tracking_step_s: float = 5.0  # s; maxima of speed and ponding times are noted this often
    deepest_each_step: bool = True  # maxima of depth are noted in every step; False: with those of speed
    speed_depth_m: float = 1e-3  # m; speeds of thinner films are given as 0
    largest_froude: float = 3.0  # no speed is reported above this Froude number
    check_step_s: float = 60.0  # s; water balance and finiteness are checked this often
    continuity_limit: float = 1e-3  # relative; a run that loses or gains more stops itself

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, bool) and not value > 0.0:
                raise ValueError(f"{name}(={value}) must be > 0")
        for name in ("courant", "limited_shortening", "limited_least_share"):
            if getattr(self, name) > 1.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be <= 1")
        most = (2.0 * (1.0 + 2.0 * self.lead_share)) ** -0.5
        if self.courant > most:
            raise ValueError(f"courant(={self.courant}) must be <= {most:.4f} with lead_share(={self.lead_share})")
        if self.shortest_step_s > self.longest_step_s:
            raise ValueError(f"shortest_step_s(={self.shortest_step_s}) must be <= longest_step_s")


@dataclass(frozen=True)
class Tracking:
    """Limits that the flow watches while it runs; they come from the rules.

    A hazard class k (1 for the first entry) is the lowest whose three limits all hold; above the last it is one more.
    Empty tuples leave the class out.
    """

    ponding_depth_m: float = float("inf")
    hazard_depth_speed_m2_s: tuple[float, ...] = ()  # rising, one per class
    hazard_depth_m: tuple[float, ...] = ()
    hazard_speed_m_s: tuple[float, ...] = ()
    wet_depth_m: float = 1e-3  # thinner films have no hazard class

    def __post_init__(self) -> None:
        if not self.ponding_depth_m > 0.0:
            raise ValueError(f"ponding_depth_m(={self.ponding_depth_m}) must be > 0")
        limits = (self.hazard_depth_speed_m2_s, self.hazard_depth_m, self.hazard_speed_m_s)
        if len({len(limit) for limit in limits}) != 1:
            raise ValueError("the three lists of hazard limits must be equally long")
        for limit in limits:
            if any(b < a for a, b in pairwise(limit)):
                raise ValueError(f"hazard limits {limit} must not fall")
