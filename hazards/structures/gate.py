"""A gate in a wall: its crest moves between open and closed by the water level beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hazards.structures.faces import Faces, move_crest
from hazards.structures.protocol import Interval, checked_intervals, during, finite_ends
from hazards.surface.flow import SurfaceFlow


class Gate:
    """Faces whose crest is `closed_m` or `sill_m` (m, absolute), whatever wall stands there otherwise.

    With `close_above_m` the gate closes when the water of any of the `watch` cells (flat indices) stands above it, and
    opens again when all have fallen `reopen_fall_m` below; without, it stays as it is. While `stuck` it does not move.
    """

    node: int | None = None
    delivered_m3_s = 0.0

    def __init__(
        self,
        name: str,
        faces: Faces,
        *,
        closed_m: float,
        sill_m: float,
        open_at_start: bool = True,
        close_above_m: float | None = None,
        reopen_fall_m: float = 0.0,
        watch: np.ndarray | None = None,
        stuck: Sequence[Interval] = (),
    ) -> None:
        if not closed_m > sill_m:
            raise ValueError(f"closed_m(={closed_m}) must be above sill_m(={sill_m})")
        if not reopen_fall_m >= 0.0:
            raise ValueError(f"reopen_fall_m(={reopen_fall_m}) must be >= 0")
        if close_above_m is not None and (watch is None or not len(watch)):
            raise ValueError("a gate that closes by the water needs cells to watch")
        self.name = name
        self.faces = faces
        self.closed_m = closed_m
        self.sill_m = sill_m
        self.close_above_m = close_above_m
        self.reopen_fall_m = reopen_fall_m
        self.stuck = checked_intervals(stuck, "stuck")
        self._watch = np.zeros(0, np.int64) if watch is None else np.asarray(watch, np.int64)
        self._closed = not open_at_start
        self._set = False  # whether the crest of the flow is the gate's
        self._moved_s: list[float] = []

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def moved_s(self) -> tuple[float, ...]:
        """When it closed and opened, in turns."""
        return tuple(self._moved_s)

    @property
    def change_times_s(self) -> tuple[float, ...]:
        return finite_ends(self.stuck)

    @property
    def state(self) -> dict[str, Any]:
        return {"kind": "gate", "name": self.name, "closed": self._closed, "moved_s": list(self._moved_s)}

    def act(self, flow: SurfaceFlow, now_s: float, window_s: float) -> None:
        """Close or open by the water; at the first call also take its place in the wall."""
        moves = self._is_due(flow) and not during(self.stuck, now_s)
        if moves:
            self._closed = not self._closed
            self._moved_s.append(now_s)
        if moves or not self._set:
            move_crest(flow, self.faces, self.closed_m if self._closed else self.sill_m)
            self._set = True

    def save(self) -> dict[str, np.ndarray]:
        return {"closed": np.array(self._closed), "set": np.array(self._set), "moved_s": np.array(self._moved_s)}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember how it stood; the crest itself is the flow's."""
        self._closed, self._set = bool(saved["closed"]), bool(saved["set"])
        self._moved_s = saved["moved_s"].tolist()

    def _is_due(self, flow: SurfaceFlow) -> bool:
        if self.close_above_m is None:
            return False
        depth = flow.depth.reshape(-1)[self._watch]
        wet = depth > flow.parameters.flow_depth_m
        highest = float(np.max((flow.bed.reshape(-1)[self._watch] + depth)[wet], initial=-np.inf))
        if self._closed:
            return highest < self.close_above_m - self.reopen_fall_m
        return highest > self.close_above_m
