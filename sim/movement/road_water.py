"""The roads at each flood epoch as the movement kernels take them; only edges with water on them are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.driving import DriveRules
from shelters.passability import WalkRules
from sim.movement.links import CLOSED, RoadWater


@dataclass(frozen=True)
class RoadEpochs:
    """Water on `edges` road edges from each of `time_s` on, as compressed rows of wet edges.

    Epoch k holds the entries first[k]:first[k + 1]. Depth, speed and their product are each the worst along the
    edge; an edge closes by the worst product, not by the product of the worst. `shut`: closed to cars as declared
    (an underpass).
    """

    time_s: np.ndarray  # float64 (epochs,), rising
    first: np.ndarray  # int64 (epochs + 1,)
    edge: np.ndarray  # int32 (entries,)
    depth_m: np.ndarray  # float32 (entries,)
    speed_m_s: np.ndarray  # float32 (entries,)
    depth_speed_m2_s: np.ndarray  # float32 (entries,)
    shut: np.ndarray  # bool (entries,)
    car_free_m_s: np.ndarray  # float64 (edges,), speed of cars on the dry road; 0 where none may go
    walk: tuple[WalkRules, ...]  # by group
    drive: DriveRules

    @classmethod
    def build(
        cls,
        time_s: np.ndarray,
        depth_m: np.ndarray,
        speed_m_s: np.ndarray,
        depth_speed_m2_s: np.ndarray,
        car_free_m_s: np.ndarray,
        walk: tuple[WalkRules, ...],
        drive: DriveRules,
        shut: np.ndarray | None = None,
    ) -> RoadEpochs:
        """From arrays of shape (epochs, edges); `shut` bool of the same shape."""
        raise NotImplementedError

    @classmethod
    def dry(cls, car_free_m_s: np.ndarray, walk: tuple[WalkRules, ...], drive: DriveRules) -> RoadEpochs:
        """No water at any time: one epoch, from time 0."""
        empty = np.zeros((1, len(car_free_m_s)), np.float32)
        return cls.build(np.zeros(1), empty, empty, empty, car_free_m_s, walk, drive)

    @property
    def epochs(self) -> int:
        """How many there are."""
        return len(self.time_s)

    def index_at(self, time_s: float) -> int:
        """The epoch that holds at a time; the first one before it begins."""
        return max(0, int(np.searchsorted(self.time_s, time_s, side="right")) - 1)

    def at(self, epoch: int, barred: np.ndarray | None = None) -> RoadWater:
        """The roads of one epoch; `barred` (bool (links,)) are closed by order on top of it.

        On foot: CLOSED by the walkers' limits, SLOW where wading slows any group. By car: CLOSED by the limits of
        depth or depth x speed or as declared, SLOW where water slows cars. `car_slow` of an edge that is closed by
        its water is that of the deepest passable water, for drivers who dare; 0 only where no car may ever go.
        """
        raise NotImplementedError


def with_barred(water: RoadWater, barred: np.ndarray) -> RoadWater:
    """`water` with the links where `barred` (bool (links,)) CLOSED by order; the rest is shared, not copied."""
    return water._replace(open=np.where(barred, np.uint8(CLOSED), water.open))
