"""People who tell their neighbours: the part of a warning's spread that no channel does.

Rogers and Sorensen (OSTI 6654896): dn/dt = k a1 (N - n) + (1 - k) a2 n (N - n), n of N people warned: broadcast to
all who are left, and contagion between those who know and those who do not. With F = n/N and any channels in place
of the constant broadcast,

    dF/dt = h(t) (1 - F) + q F (1 - F),    h = (dB/dt) / (1 - B),    q = (1 - k) a2 N,

where B(t) is what the channels alone reach. So 1 - F = (1 - B) exp(-H) with H(t) the integral of q F: a person is told
by a neighbour with hazard q F, independently of the channels, and each draws both and takes the earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.behaviour.channels import Channel, Windows, heard_share

STEP_S = 60.0  # the error of the trapezoid rule is of the order (q STEP_S)^2 / 12: below 1e-3 down to q = 1/600 s
HORIZON_S = 24 * 3600.0  # whom neighbours have not told by then, they do not tell


@dataclass(frozen=True)
class Bass:
    """P(t) = (1 - exp(-(p + q) t)) / (1 + (q/p) exp(-(p + q) t)): dP/dt = (p + q P)(1 - P), P(0) = 0.

    The closed form of the equation above for a broadcast at a constant rate, p = k a1 and q = (1 - k) a2 N, both in
    1/s: a logistic curve. Source: Bass 1969; used for flood warnings by O'Shea et al. 2020.
    """

    broadcast_per_s: float
    contagion_per_s: float

    def __post_init__(self) -> None:
        if not self.broadcast_per_s > 0.0 or not self.contagion_per_s >= 0.0:
            raise ValueError(f"broadcast_per_s(={self.broadcast_per_s}) > 0, contagion_per_s >= 0 asked for")

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        p, q = self.broadcast_per_s, self.contagion_per_s
        gone = np.exp(-(p + q) * np.maximum(delay_s, 0.0))
        return (1.0 - gone) / (1.0 + q / p * gone)

    def delay(self, share: np.ndarray) -> np.ndarray:
        p, q = self.broadcast_per_s, self.contagion_per_s
        share = np.asarray(share, float)
        return (np.log1p(q / p * share) - np.log1p(-share)) / (p + q)


@dataclass(frozen=True)
class Spread:
    """How a warning spreads in an area, at steps of STEP_S from the message on; float64 (steps,)."""

    time_s: np.ndarray  # on the clock of the run
    channels: np.ndarray  # share of people reached by channels alone
    hazard: np.ndarray  # H, whom neighbours tell: survival exp(-H)

    @property
    def reached(self) -> np.ndarray:
        """Share of people reached, by channels or by neighbours."""
        return 1.0 - (1.0 - self.channels) * np.exp(-self.hazard)

    def told_s(self, share: np.ndarray) -> np.ndarray:
        """When neighbours tell the person who draws `share` in [0, 1); inf: never."""
        if not self.hazard[-1] > 0.0:
            return np.full(np.shape(share), np.inf)
        return np.interp(-np.log1p(-share), *_rising(self.hazard, self.time_s), left=np.inf, right=np.inf)


@lru_cache(maxsize=512)
def spread(
    channels: tuple[Channel, ...], windows: tuple[Windows, ...], contagion_per_s: float, start_s: float
) -> Spread:
    """The spread of a message handed to channels at `start_s`, each down during its windows.

    Integrates H' = q F with the trapezoid rule; F depends on H itself, so each step is repeated until it stands.
    """
    last = max([end for spans in windows for _, end in spans if np.isfinite(end)], default=start_s)
    steps = int(np.ceil((max(last, start_s) - start_s + HORIZON_S) / STEP_S))
    time_s = start_s + STEP_S * np.arange(steps + 1)
    missed = np.ones(len(time_s))
    for channel, spans in zip(channels, windows, strict=True):
        missed *= 1.0 - heard_share(channel, start_s, time_s, spans)
    hazard = np.zeros(len(time_s))
    left = missed.tolist()
    before, total = 1.0 - left[0], 0.0
    for k in range(1, len(time_s)):
        after, guess = before, total
        for _ in range(4):
            guess = total + 0.5 * STEP_S * contagion_per_s * (before + after)
            after = 1.0 - left[k] * np.exp(-guess)
        before, total = after, guess
        hazard[k] = total
    return Spread(time_s, 1.0 - missed, hazard)


def _rising(hazard: np.ndarray, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steps at which the hazard has grown, from the last at which it was 0 on: `np.interp` asks for rising x."""
    first = max(int(np.searchsorted(hazard, 0.0, side="right")) - 1, 0)
    hazard, time_s = hazard[first:], time_s[first:]
    grown = np.concatenate([[True], np.diff(hazard) > 0.0])
    return hazard[grown], time_s[grown]
