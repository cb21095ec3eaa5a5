"""The memory that the process of a model and the process of the engine share: one file, mapped by both."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np


class Shared(NamedTuple):
    """The arrays of one engine (SI): what the caller sets and what the engine tells."""

    clock: np.ndarray  # (3,) time s, native steps, 1 once the run has ended
    lateral: np.ndarray  # (nodes,) m3/s, set
    stage: np.ndarray  # (outfalls,) m, set
    rain_mm_h: np.ndarray  # (gages,) mm/h, set
    head: np.ndarray  # (nodes,) m
    volume: np.ndarray  # (nodes,) m3
    uptake: np.ndarray  # (nodes,) m3/s
    received: np.ndarray  # (nodes,) m3
    discharge: np.ndarray  # (outfalls,) m3


def map_shared(file: Path, nodes: int, outfalls: int, gages: int) -> Shared:
    """The arrays in `file`, which is made where it does not exist: zeros, but no stage and no rain (NaN)."""
    sizes = (3, nodes, outfalls, gages, nodes, nodes, nodes, nodes, outfalls)
    ends = np.cumsum(sizes)
    new = not file.exists()
    memory = np.memmap(file, dtype=np.float64, mode="w+" if new else "r+", shape=(int(ends[-1]),))
    shared = Shared(*(memory[end - size : end].view(np.ndarray) for end, size in zip(ends, sizes, strict=True)))
    if new:
        shared.stage[:] = np.nan
        shared.rain_mm_h[:] = np.nan
    return shared
