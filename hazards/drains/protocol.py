"""What the coupling asks of a sewer engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hazards.drains.journal import Journal
from hazards.drains.result import EngineResult


class SewerEngine(Protocol):
    """A sewer network with its own clock; arrays in SI, live: read after `advance`, written before it.

    Nodes and outfalls are the coupled ones in the order in which they were named; gages likewise.
    """

    head: np.ndarray  # (nodes,) m
    uptake_m3_s: np.ndarray  # (nodes,) mean net flow from the node into its pipes over the last advance
    received_m3: np.ndarray  # (nodes,) what the node's volume had of its lateral inflow over the last advance
    lateral: np.ndarray  # (nodes,) m3/s, to set: what comes in (negative: is let out) until set again
    stage: np.ndarray  # (outfalls,) m, to set: level outside; NaN keeps the outfall's own boundary
    discharge_m3: np.ndarray  # (outfalls,) what left through each over the last advance; negative: came in
    rain_mm_h: np.ndarray  # (gages,) to set; NaN keeps the gage's own rain
    wall_s: float  # s on the clock spent in the engine itself
    journal: Journal | None  # records every window where it is set

    def begin_advance(self, at_least_s: float, until_s: float = ...) -> None:
        """Set it going until its clock has moved by `at_least_s`; the arrays rest until `end_advance`."""

    def end_advance(self) -> float:
        """Wait for it; the new time (s)."""

    def replay(self, journal: Journal, until_window: int | None = None) -> float:
        """Bring a fresh engine to the state behind the windows of a journal, which then goes on recording."""

    def finish(self) -> EngineResult:
        """End the run here and give its tables and books."""
