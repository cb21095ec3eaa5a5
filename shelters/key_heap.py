"""A heap of whole numbers in an array, least first, for kernels: what is due when goes into the high bits of a key."""

from __future__ import annotations

import numpy as np

from data.compiling import njit


@njit(nogil=True, cache=True)
def push(heap: np.ndarray, size: int, key: int | np.int64) -> int:
    """Put a key into heap[:size] (int64, with room for it); returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key
    return size + 1


@njit(nogil=True, cache=True)
def pop(heap: np.ndarray, size: int) -> int:
    """Take the least key, heap[0], out of heap[:size] (read it before); returns the new size."""
    size -= 1
    key = heap[size]
    i = 0
    child = 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i = child
        child = 2 * i + 1
    heap[i] = key
    return size
