"""A pumping station: lifts water off the surface into another cell, a node of the sewer, or out of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hazards.structures.protocol import Interval, checked_intervals, during, finite_ends
from hazards.surface.flow import SurfaceFlow

_LEAST_M3 = 1e-9  # what rounding leaves is not put anywhere


class PumpStation:
    """Pumps that start where the deepest of `cells` (flat indices) reaches `on_depth_m`, and stop at `off_depth_m`.

    While they run they take `rate_m3_s`, shared over the cells by what lies above `off_depth_m`, and no more than that:
    the water never falls below the level at which they stop. It goes to the flat cell `to_cell`, to the sewer's `node`
    or, with neither, out of the model. During `outages` they stand still.
    """

    def __init__(
        self,
        name: str,
        cells: np.ndarray,
        rate_m3_s: float,
        *,
        on_depth_m: float,
        off_depth_m: float,
        to_cell: int | None = None,
        node: int | None = None,
        outages: Sequence[Interval] = (),
    ) -> None:
        self.cells = np.atleast_1d(np.asarray(cells, np.int64))
        if not len(self.cells):
            raise ValueError("a pumping station needs a cell to take from")
        if not 0.0 <= rate_m3_s < np.inf:
            raise ValueError(f"rate_m3_s(={rate_m3_s}) must be finite and >= 0")
        if not 0.0 <= off_depth_m < on_depth_m:
            raise ValueError(f"off_depth_m(={off_depth_m}) must be >= 0 and below on_depth_m(={on_depth_m})")
        if to_cell is not None and node is not None:
            raise ValueError("a pumping station lifts to a cell or to a node, not to both")
        self.name = name
        self.rate_m3_s = rate_m3_s
        self.on_depth_m = on_depth_m
        self.off_depth_m = off_depth_m
        self.to_cell = to_cell
        self.node = node
        self.outages = checked_intervals(outages, "an outage")
        self._needed = False
        self._running = False
        self._starts = 0
        self._running_s = self._lacking_s = self._volume_m3 = 0.0
        self._taken_m3_s = 0.0
        self._held_m3 = self._put_m3_s = self._put_since_s = 0.0

    @property
    def delivered_m3_s(self) -> float:
        """What it lifts into its node in the window under way; 0 without a node."""
        return 0.0 if self.node is None else self._taken_m3_s

    @property
    def change_times_s(self) -> tuple[float, ...]:
        return finite_ends(self.outages)

    @property
    def running(self) -> bool:
        return self._running

    @property
    def state(self) -> dict[str, Any]:
        return {
            "kind": "pump",
            "name": self.name,
            "running": self._running,
            "starts": self._starts,
            "running_s": self._running_s,
            "lacking_s": self._lacking_s,  # needed, but without power
            "volume_m3": self._volume_m3,
        }

    def held_m3(self, now_s: float) -> float:
        """What has left the intake and not yet come out at `to_cell`: up to a window's worth, nothing in the end."""
        return self._held_m3 - self._put_m3_s * (now_s - self._put_since_s)

    def act(self, flow: SurfaceFlow, now_s: float, window_s: float) -> None:
        """Switch by the depth and the power, take a window's water, and pass it on."""
        depth = flow.depth.reshape(-1)[self.cells].astype(np.float64)
        deepest = float(depth.max())
        self._needed = deepest > self.off_depth_m if self._needed else deepest >= self.on_depth_m
        runs = self._needed and self.rate_m3_s > 0.0 and not during(self.outages, now_s)
        self._starts += runs and not self._running
        self._running = runs
        taken = 0.0
        if runs:
            above = np.maximum(depth - self.off_depth_m, 0.0) * flow.cell_m**2
            share = min(1.0, self.rate_m3_s * window_s / above.sum())
            taken = float(flow.take(self.cells, above * share, "pumps").sum())
            self._needed = share < 1.0  # else it is down to the level at which it stops
            self._running_s += window_s
        elif self._needed:
            self._lacking_s += window_s
        self._volume_m3 += taken
        self._taken_m3_s = taken / window_s
        if self.to_cell is not None:
            self._pass_on(flow, taken, now_s, window_s)

    def save(self) -> dict[str, np.ndarray]:
        counts = [self._needed, self._running, self._starts]
        return {"counts": np.array(counts, np.int64), "amounts": np.array(self._amounts())}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        needed, running, starts = saved["counts"].tolist()
        self._needed, self._running, self._starts = bool(needed), bool(running), starts
        amounts = saved["amounts"].tolist()
        self._running_s, self._lacking_s, self._volume_m3, self._taken_m3_s = amounts[:4]
        self._held_m3, self._put_m3_s, self._put_since_s = amounts[4:]

    def _amounts(self) -> list[float]:
        done = [self._running_s, self._lacking_s, self._volume_m3, self._taken_m3_s]
        return [*done, self._held_m3, self._put_m3_s, self._put_since_s]

    def _pass_on(self, flow: SurfaceFlow, taken_m3: float, now_s: float, window_s: float) -> None:
        """Put what is held onto the receiving cell at an even rate; a window that turns out longer is made up for."""
        self._held_m3 = self.held_m3(now_s) + taken_m3
        before, self._put_since_s = self._put_m3_s, now_s
        self._put_m3_s = self._held_m3 / window_s if self._held_m3 > _LEAST_M3 else 0.0
        if self._put_m3_s != before:
            flow.put_rate(np.array([self.to_cell]), np.array([self._put_m3_s]), "pumps", self.name)
