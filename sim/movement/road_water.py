"""The roads at each flood epoch as the movement kernels take them; only edges with water on them are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shelters.driving import DriveRules, closed_to_cars, safe_speed
from shelters.passability import WalkRules, walking_speed
from sim.movement.links import CLOSED, OPEN, SLOW, RoadWater

Rows = Sequence[np.ndarray] | np.ndarray


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
        depth_m: Rows,
        speed_m_s: Rows,
        depth_speed_m2_s: Rows,
        car_free_m_s: np.ndarray,
        walk: tuple[WalkRules, ...],
        drive: DriveRules,
        shut: Rows | None = None,
    ) -> RoadEpochs:
        """From rows of all edges, one per epoch; `shut` bool. NaN is refused."""
        time_s = np.asarray(time_s, np.float64)
        edges = len(car_free_m_s)
        if len(time_s) == 0 or not (np.diff(time_s) > 0.0).all():
            raise ValueError(f"time_s(={time_s}) must hold one time at least and rise")
        shut = [np.zeros(edges, bool)] * len(time_s) if shut is None else shut
        for name, rows in (("depth_m", depth_m), ("speed_m_s", speed_m_s), ("depth_speed_m2_s", depth_speed_m2_s)):
            if len(rows) != len(time_s) or any(np.shape(row) != (edges,) for row in rows):
                raise ValueError(f"{name} must hold {len(time_s)} rows of {edges} edges")
            if any(np.isnan(row).any() for row in rows):
                raise ValueError(f"{name} must be numbers, not NaN")
        edge = [
            np.flatnonzero((np.asarray(depth) > 0.0) | closed).astype(np.int32)
            for depth, closed in zip(depth_m, shut, strict=True)
        ]
        first = np.zeros(len(edge) + 1, np.int64)
        np.cumsum([len(there) for there in edge], out=first[1:])

        def kept(rows: Rows, kind: type) -> np.ndarray:
            return np.concatenate([np.asarray(row)[there] for row, there in zip(rows, edge, strict=True)]).astype(kind)

        return cls(
            time_s=time_s,
            first=first,
            edge=np.concatenate(edge),
            depth_m=kept(depth_m, np.float32),
            speed_m_s=kept(speed_m_s, np.float32),
            depth_speed_m2_s=kept(depth_speed_m2_s, np.float32),
            shut=kept(shut, np.bool_),
            car_free_m_s=np.asarray(car_free_m_s, np.float64),
            walk=walk,
            drive=drive,
        )

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
        edges = len(self.car_free_m_s)
        part = slice(self.first[epoch], self.first[epoch + 1])
        edge, depth, speed, product = (
            self.edge[part],
            self.depth_m[part],
            self.speed_m_s[part],
            self.depth_speed_m2_s[part],
        )
        free = self.car_free_m_s[edge]
        walk_slow = np.ones((len(self.walk), edges), np.float32)
        for group, rules in enumerate(self.walk):
            walk_slow[group, edge] = walking_speed(depth, speed, rules, product) / rules.dry_speed_m_s
        car_slow = np.where(self.car_free_m_s > 0.0, np.float32(1.0), np.float32(0.0))
        safe = np.minimum(safe_speed(depth, self.drive), free)
        car_slow[edge] = np.divide(safe, free, out=np.zeros(len(edge)), where=free > 0.0)
        state = np.zeros(2 * edges, np.uint8)
        slowest = walk_slow[:, edge].min(axis=0)
        state[edge] = _state(closed=slowest <= 0.0, slow=slowest < 1.0)
        closed = closed_to_cars(depth, product, self.drive) | self.shut[part]
        state[edges + edge] = _state(closed=closed, slow=car_slow[edge] < 1.0)
        state[edges:][self.car_free_m_s <= 0.0] = CLOSED
        worst = np.zeros((2, edges), np.float32)
        worst[0, edge], worst[1, edge] = depth, product
        water = RoadWater(state, walk_slow, car_slow, worst[0], worst[1])
        return water if barred is None else with_barred(water, barred)


def _state(closed: Any, slow: Any) -> np.ndarray:
    return np.where(closed, CLOSED, np.where(slow, SLOW, OPEN)).astype(np.uint8)


def with_barred(water: RoadWater, barred: np.ndarray) -> RoadWater:
    """`water` with the links where `barred` (bool (links,)) CLOSED by order; the rest is shared, not copied."""
    return water._replace(open=np.where(barred, np.uint8(CLOSED), water.open))
