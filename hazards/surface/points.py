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
        if volume[k] == 0.0:  # most inlets, most of the time: their cells need not be read
            continue
        i, j = cell[k] // cols, cell[k] % cols
        there = np.float64(h[i, j]) + np.float64(rest[i, j])
        if there > 0.0:
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
def _rises(cell, order, rate, area, rise):  # type: ignore[no-untyped-def]
    """Sums of rates (m3/s) on each cell over its area, m/s, at the last of its entries; `order` sorts `cell`."""
    so_far = 0.0
    for n in range(order.size):
        k = order[n]
        same = n > 0 and cell[k] == cell[order[n - 1]]
        so_far = so_far + rate[k] if same else rate[k]
        rise[k] = so_far / area


class PointSources:
    """What is put on single cells at a rate until it is set again: one set per account and owner.

    Cells are looked at when they change; setting new rates on the same cells costs one pass over them.
    """

    def __init__(self, inside: np.ndarray, area_m2: float) -> None:
        self._inside = inside
        self._area = area_m2
        self._sets: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
        self._cell = self._order = np.zeros(0, np.int64)
        self._packed: Points | None = None

    def set(self, account: str, owner: str, cell: np.ndarray, rate_m3_s: np.ndarray) -> None:
        """Put `rate_m3_s` on `cell` from now on; ValueError where a cell is outside or a rate is not >= 0."""
        place_of(PUT_PLACE, account)
        cells, rates = flat_pair(cell, rate_m3_s, "rate_m3_s")
        if not (np.isfinite(rates).all() and (rates >= 0.0).all()):
            raise ValueError("rate_m3_s must be finite and >= 0")
        before = self._sets.get((account, owner))
        if before is None or not np.array_equal(cells, before[0]):
            if not self._within(cells):
                raise ValueError("cell must lie on the raster where the bed is known")
            cells = cells.copy()
        else:
            cells = before[0]
        self._sets[account, owner] = cells, rates.copy()
        self._packed = None

    def packed(self) -> Points:
        """All sets in flat arrays for the step loop, without rates of nothing."""
        if self._packed is None:
            cell, rate = self._joined()
            place = [PUT_PLACE[account] for account, _ in self._sets]
            places = np.repeat(np.array(place, np.int64), [len(cells) for cells, _ in self._sets.values()])
            if not np.array_equal(cell, self._cell):
                self._cell, self._order = cell, np.argsort(cell, kind="stable")
            rise = np.zeros(cell.size)
            _rises(cell, self._order, rate, self._area, rise)
            on = np.flatnonzero(rate > 0.0)
            self._packed = Points(*np.divmod(cell[on], self._inside.shape[1]), rate[on], places[on], rise[on])
        return self._packed

    def save(self) -> dict[str, np.ndarray]:
        """Names, cells and rates of every set."""
        names = np.array([[account, owner] for account, owner in self._sets], str).reshape(-1, 2)
        count = np.array([len(cells) for cells, _ in self._sets.values()], np.int64)
        cell, rate = self._joined()
        return {"names": names, "count": count, "cell": cell, "rate": rate}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Put on again what was put on when `saved` was made."""
        self._sets, self._packed = {}, None
        end = np.cumsum(saved["count"])
        for (account, owner), first, last in zip(saved["names"].tolist(), end - saved["count"], end, strict=True):
            self.set(account, owner, saved["cell"][first:last], saved["rate"][first:last])

    def _joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Cells and rates of all sets, one after another."""
        cell = np.concatenate([np.zeros(0, np.int64), *(cells for cells, _ in self._sets.values())])
        rate = np.concatenate([np.zeros(0), *(rates for _, rates in self._sets.values())])
        return cell, rate

    def _within(self, cell: np.ndarray) -> bool:
        if cell.size and (cell.min() < 0 or cell.max() >= self._inside.size):
            return False
        return bool(self._inside.reshape(-1)[cell].all())


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
