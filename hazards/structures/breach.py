"""A wall or levee that gives way at a place and time."""

from __future__ import annotations

from typing import Any

import numpy as np

from hazards.structures.faces import Faces, move_crest
from hazards.surface.flow import SurfaceFlow


class Breach:
    """At `at_s` the crest of `faces` drops to `to_m` (m, absolute), at once and for good; what is lower stays."""

    node: int | None = None
    delivered_m3_s = 0.0

    def __init__(self, name: str, faces: Faces, *, at_s: float, to_m: float) -> None:
        if not at_s >= 0.0:
            raise ValueError(f"at_s(={at_s}) must be >= 0")
        if not faces.count:
            raise ValueError("a breach needs faces")
        self.name = name
        self.faces = faces
        self.at_s = at_s
        self.to_m = to_m
        self._open = False

    @property
    def change_times_s(self) -> tuple[float, ...]:
        return (self.at_s,)

    @property
    def state(self) -> dict[str, Any]:
        return {"kind": "breach", "name": self.name, "at_s": self.at_s, "to_m": self.to_m, "open": self._open}

    def act(self, flow: SurfaceFlow, now_s: float, window_s: float) -> None:
        """Drop the crest when its time has come."""
        if not self._open and now_s >= self.at_s:
            move_crest(flow, self.faces, self.to_m, only_down=True)
            self._open = True

    def save(self) -> dict[str, np.ndarray]:
        return {"open": np.array(self._open)}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember whether it has happened; the crest itself is the flow's."""
        self._open = bool(saved["open"])
