"""How long after an order people leave home, warning and preparation together, as one curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.behaviour.decisions import Behaviour, leave_delays

_POINTS = 1000


@dataclass(frozen=True)
class LeaveCurve:
    """The delay between an order and the departure of those who are ever reached and comply, every channel working.

    A `DelayCurve` (sim.departure), straight between its points.
    """

    delay_s: np.ndarray  # float64, rising: of the middle of each of so many equal parts of the people

    @classmethod
    def of(cls, behaviour: Behaviour) -> LeaveCurve:
        """The curve of a warning chain. Raises ValueError where no channel reaches anybody."""
        delay = leave_delays(behaviour, (np.arange(_POINTS) + 0.5) / _POINTS)
        if not np.isfinite(delay).all():
            raise ValueError("no channel reaches anybody")
        return cls(delay)

    def share(self, delay_s: np.ndarray) -> np.ndarray:
        """Share of people who have left `delay_s` seconds after the order."""
        return np.interp(delay_s, self.delay_s, self._middle, left=0.0, right=1.0)

    def delay(self, share: np.ndarray) -> np.ndarray:
        """Delay (s) by which `share` of the people have left."""
        return np.interp(share, self._middle, self.delay_s)

    @property
    def _middle(self) -> np.ndarray:
        return (np.arange(len(self.delay_s)) + 0.5) / len(self.delay_s)
