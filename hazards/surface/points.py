"""Water exchanged with the surface cell by cell: taken at once, or put on at a rate, under a named account."""

from __future__ import annotations

import numpy as np

from hazards.surface.compiled import kernel
from hazards.surface.state import FROM_SEWERS, PUMPED_IN, PUMPED_OUT, TO_SEWERS, Points

TAKEN_PLACE = {"sewers": TO_SEWERS, "pumps": PUMPED_OUT}
PUT_PLACE = {"sewers": FROM_SEWERS, "pumps": PUMPED_IN}


@kernel(cache=True)
def take_water(h, lead, rest, inside, cell, volume, area, taken):  # type: ignore[no-untyped-def]
    """Take `volume` (m3) from flat cells, in order, never more than lies there; return the sum of `taken` (m3).

    Depth and residue are one float64 sum, so what is left is exact to 2^-48. The depth that the faces see (`lead`)
    falls as much as the depth. Returns -1 - k, and takes nothing, where entry k is no cell or no volume.
    """
    cols = h.shape[1]
    for k in range(cell.size):
        if not (0 <= cell[k] < h.size and inside[cell[k] // cols, cell[k] % cols] and 0.0 <= volume[k] < np.inf):
            return -1.0 - k
    total = 0.0
    for k in range(cell.size):
        taken[k] = 0.0
        i, j = cell[k] // cols, cell[k] % cols
        there = np.float64(h[i, j]) + np.float64(rest[i, j])
        if volume[k] > 0.0 and there > 0.0:
            whole = volume[k] >= there * area
            taken[k] = there * area if whole else volume[k]
            left = 0.0 if whole else max(there - volume[k] / area, 0.0)
            before = h[i, j]
            h[i, j] = np.float32(left)
            rest[i, j] = np.float32(left - np.float64(h[i, j]))
            lead[i, j] = max(lead[i, j] + (h[i, j] - before), np.float32(0.0))
            total += taken[k]
    return total


@kernel(cache=True)
def _fastest_rise(cell, order, rate, area):  # type: ignore[no-untyped-def]
    """Greatest sum of rates (m3/s) on one cell over its area, m/s; `order` sorts `cell`. -1 where a rate is bad."""
    fastest = so_far = 0.0
    for n in range(order.size):
        k = order[n]
        if not 0.0 <= rate[k] < np.inf:
            return -1.0
        same = n > 0 and cell[k] == cell[order[n - 1]]
        so_far = so_far + rate[k] if same else rate[k]
        fastest = max(fastest, so_far)
    return fastest / area


class PointSources:
    """What is put on single cells at a rate, one set per account, until it is set again.

    Cells are sorted once; setting new rates on the same cells costs one pass over them.
    """

    def __init__(self, inside: np.ndarray, area_m2: float) -> None:
        self._inside = inside
        self._area = area_m2
        none = np.zeros(0, np.int64)
        self._cell = dict.fromkeys(PUT_PLACE, none)
        self._order = dict.fromkeys(PUT_PLACE, none)
        self._rate = {account: np.zeros(0) for account in PUT_PLACE}
        self._rise = dict.fromkeys(PUT_PLACE, 0.0)
        self.packed = self._laid_out()

    def set(self, account: str, cell: np.ndarray, rate_m3_s: np.ndarray) -> None:
        """Put `rate_m3_s` on `cell` from now on; ValueError where a cell is outside or a rate is not >= 0."""
        place_of(PUT_PLACE, account)
        cells, rates = flat_pair(cell, rate_m3_s, "rate_m3_s")
        new = not np.array_equal(cells, self._cell[account])
        if new and not self._within(cells):
            raise ValueError("cell must lie on the raster where the bed is known")
        order = np.argsort(cells, kind="stable") if new else self._order[account]
        rise = _fastest_rise(cells, order, rates, self._area)
        if rise < 0.0:
            raise ValueError("rate_m3_s must be finite and >= 0")
        self._rate[account], self._rise[account] = rates.copy(), rise
        if new:
            self._cell[account], self._order[account] = cells.copy(), order
            self.packed = self._laid_out()
        self.packed = self.packed._replace(
            rate=np.concatenate(list(self._rate.values())), rise=np.array([sum(self._rise.values())])
        )

    def save(self) -> dict[str, np.ndarray]:
        """Cells and rates of every account."""
        cells = {f"{account}.cell": cell.copy() for account, cell in self._cell.items()}
        return cells | {f"{account}.rate": rate.copy() for account, rate in self._rate.items()}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Put on again what was put on when `saved` was made."""
        for account in PUT_PLACE:
            self.set(account, saved[f"{account}.cell"], saved[f"{account}.rate"])

    def _within(self, cell: np.ndarray) -> bool:
        if cell.size and (cell.min() < 0 or cell.max() >= self._inside.size):
            return False
        return bool(self._inside.reshape(-1)[cell].all())

    def _laid_out(self) -> Points:
        """All cells in flat arrays, at rate zero."""
        cell = np.concatenate(list(self._cell.values()))
        place = np.repeat(list(PUT_PLACE.values()), [len(cells) for cells in self._cell.values()])
        row, col = np.divmod(cell, self._inside.shape[1])
        return Points(row, col, np.zeros(cell.size), place.astype(np.int64), np.zeros(1))


def place_of(places: dict[str, int], account: str) -> int:
    """Place of an account in the water book; ValueError for an unknown one."""
    if account not in places:
        raise ValueError(f"account(={account!r}) must be one of {sorted(places)}")
    return places[account]


def flat_pair(cell: np.ndarray, value: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Cells (int64) and one value (float64) for each, flat and contiguous."""
    cells = np.ascontiguousarray(np.atleast_1d(cell), np.int64)
    values = np.ascontiguousarray(np.atleast_1d(value), np.float64)
    if cells.ndim != 1 or cells.shape != values.shape:
        raise ValueError(f"cell and {name} must be flat and equally long, got {cells.shape} and {values.shape}")
    return cells, values
