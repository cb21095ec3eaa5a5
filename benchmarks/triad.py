"""Memory bandwidth of this machine as numba reaches it: the STREAM triad a = b + s c over arrays far beyond caches."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from data.compiling import njit

BYTES_PER_ELEMENT = 24  # two float64 read, one written, write-allocate not counted


@njit(nogil=True, cache=True, fastmath=True)
def _triad(a, b, c, scalar):  # type: ignore[no-untyped-def]
    for i in range(a.size):
        a[i] = b[i] + scalar * c[i]


def triad_gb_s(threads: int, elements: int = 40_000_000, repeats: int = 5) -> float:
    """Best of `repeats` of the triad over three arrays of `elements` float64, shared by `threads`; GB/s."""
    a, b, c = (np.full(elements, value) for value in (0.0, 1.0, 2.0))
    cuts = np.linspace(0, elements, threads + 1).astype(int)
    parts = [(a[i:j], b[i:j], c[i:j], 3.0) for i, j in pairwise(cuts)]
    _triad(*(part[:8] for part in parts[0][:3]), 3.0)
    best = np.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(repeats):
            start = time.perf_counter()
            list(pool.map(lambda part: _triad(*part), parts))
            best = min(best, time.perf_counter() - start)
    return BYTES_PER_ELEMENT * elements / best / 1e9
