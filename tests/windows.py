"""Runs a surface flow with structures, window by window, as the water system does."""

from __future__ import annotations

from collections.abc import Sequence

from hazards import SurfaceFlow
from hazards.structures import Structure


def run_windows(flow: SurfaceFlow, structures: Sequence[Structure], until_s: float, window_s: float = 5.0) -> None:
    """Let every structure act, then the water flow, until `until_s`."""
    while flow.time_s < until_s:
        now = flow.time_s
        window = min(window_s, until_s - now)
        for structure in structures:
            structure.act(flow, now, window)
        flow.advance(now + window)
