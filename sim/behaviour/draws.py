"""Random numbers by counter: a number for each unit and purpose that no other draw shifts.

A generator hands out numbers in the order in which it is asked, so one order more would give everybody after it other
numbers. Here a number depends on seed, purpose and unit alone: whatever else happens in a run, unit 17 has the same
willingness to drive through water.

The mixing function is that of splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators"): the number of unit i is output i of the generator that starts at the key of seed and purpose.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden section, made odd
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BY_30, _BY_27, _BY_31, _BY_11 = (np.uint64(bits) for bits in (30, 27, 31, 11))
_FNV_START, _FNV_PRIME, _64_BITS = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
_UNIT = 2.0**-53


def key(seed: int, purpose: str) -> np.uint64:
    """The start of the numbers for one purpose ("reached", "prepared", ...) under one seed >= 0."""
    if seed < 0 or not purpose:
        raise ValueError(f"seed(={seed}) must be >= 0 and purpose(={purpose!r}) not empty")
    text = _FNV_START
    for byte in purpose.encode():  # FNV-1a; the seed enters as text too, so that any whole number will do
        text = ((text ^ byte) * _FNV_PRIME) & _64_BITS
    for byte in b"/%d" % seed:
        text = ((text ^ byte) * _FNV_PRIME) & _64_BITS
    with np.errstate(over="ignore"):
        return np.uint64(_mixed(np.array([text], np.uint64))[0])


def uniform(seed: int, purpose: str, unit: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1), evenly spread, one for each entry of `unit` (whole numbers >= 0); float64, same shape."""
    numbers = np.asarray(unit).astype(np.uint64)
    return (_mixed(key(seed, purpose) + (numbers + np.uint64(1)) * _GOLDEN) >> _BY_11) * _UNIT


@njit(cache=True, inline="always")
def draw(start: np.uint64, unit: int) -> float:
    """The number of one unit inside a kernel; `start` is `key(seed, purpose)`, and it is what `uniform` gives."""
    z = start + (np.uint64(unit) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> _BY_30)) * _FIRST
    z = (z ^ (z >> _BY_27)) * _SECOND
    return ((z ^ (z >> _BY_31)) >> _BY_11) * _UNIT


def _mixed(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> _BY_30)) * _FIRST
    z = (z ^ (z >> _BY_27)) * _SECOND
    return z ^ (z >> _BY_31)
