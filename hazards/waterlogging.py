"""Waterlogging per area: how much street stands under water, and how long after the rain until it has drained.

Areas come as a map of area numbers over the grid, -1 where a cell does not count; the caller leaves out rivers,
buildings and, if wanted, underpasses there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class DrainDown:
    """Drain-down of each area, arrays of shape (areas,).

    `drain_down_s` is inf where an area had not drained when the run ended. It then counts as failed if the run went
    on past the limit; if the run ended sooner, nobody can tell: `known` is false there, and `ok` with it.
    """

    drain_down_s: np.ndarray  # s after the end of rain; 0 where the streets were clear by then
    limit_s: np.ndarray  # s allowed by the drainage class
    ok: np.ndarray  # bool: drained within the limit
    known: np.ndarray  # bool: the run was long enough to say
    street_cells: np.ndarray  # int64: cells that count
    ponded_cells: np.ndarray  # int64: of them ever deeper than the ponding depth


def drain_down(
    last_ponded_s: np.ndarray,
    ponded_at_end: np.ndarray,
    area: np.ndarray,
    limit_s: np.ndarray,
    *,
    rain_end_s: float,
    end_s: float,
    allowed_share: float = 0.0,
) -> DrainDown:
    """Time after the end of rain until no more than `allowed_share` of an area's street is ponded, and stays so.

    A cell is ponded while deeper than the ponding depth. `last_ponded_s` (s, NaN where never) is when a cell last
    was, `ponded_at_end` (bool) whether it still is at `end_s`; `area` numbers the street cells 0..n-1, -1 elsewhere
    (all three of one shape); `limit_s` has shape (n,). With n_a street cells in the area, floor(allowed_share n_a)
    cells may stay under water: with 0 the last cell decides. With a share of a few per cent a single pit in the
    terrain does not. Meaning: GB 55027-2022 clause 3.4.3 asks for the time from the end of rain to drained streets.
    """
    if not 0.0 <= allowed_share < 1.0:
        raise ValueError(f"allowed_share(={allowed_share}) must be >= 0 and < 1")
    if not end_s >= rain_end_s:
        raise ValueError(f"end_s(={end_s}) must be >= rain_end_s(={rain_end_s})")
    if not last_ponded_s.shape == ponded_at_end.shape == area.shape:
        raise ValueError(f"maps of shape {last_ponded_s.shape}, {ponded_at_end.shape}, {area.shape} must agree")
    limit = np.asarray(limit_s, dtype=np.float64)
    areas = limit.size
    street = area >= 0
    number = area[street].astype(np.int64)
    clear_s = np.where(ponded_at_end[street], np.inf, last_ponded_s[street].astype(np.float64))
    ever = ~np.isnan(clear_s)
    street_cells = np.bincount(number, minlength=areas)
    ponded_cells = np.bincount(number[ever], minlength=areas)
    may_stay = np.floor(allowed_share * street_cells + 1e-9).astype(np.int64)  # 0.1 x 30 cells is 3, not 2.999...

    order = np.lexsort((-clear_s[ever], number[ever]))  # area by area, last to clear first
    sorted_clear = clear_s[ever][order]
    first = np.concatenate([[0], np.cumsum(ponded_cells)])[:-1]
    decided = ponded_cells > may_stay
    wait_s = np.zeros(areas)
    wait_s[decided] = np.maximum(sorted_clear[(first + may_stay)[decided]] - rain_end_s, 0.0)
    known = np.isfinite(wait_s) | (end_s - rain_end_s >= limit)
    return DrainDown(wait_s, limit, wait_s <= limit, known, street_cells, ponded_cells)


def ponded_area(
    depth_m: np.ndarray, area: np.ndarray, areas: int, ponding_depth_m: float, cell_m2: float
) -> np.ndarray:
    """Street area deeper than the ponding depth at each time (m2), shape (times, areas).

    `depth_m` has shape (times, rows, cols); NaN (outside the domain) is not ponded.
    """
    frames = depth_m.reshape(depth_m.shape[0], -1)
    number = area.reshape(-1).astype(np.int64)
    street = number >= 0
    out = np.empty((frames.shape[0], areas))
    for k, frame in enumerate(frames):
        out[k] = np.bincount(number[street & (frame > ponding_depth_m)], minlength=areas)
    return out * cell_m2


def deepest_water(depth_m: np.ndarray, area: np.ndarray, areas: int) -> np.ndarray:
    """Largest depth on the streets of each area (m), shape (areas,); 0 where an area has no street or no water."""
    deepest = np.zeros(areas)
    wet = (area >= 0) & (depth_m > 0.0)
    np.maximum.at(deepest, area[wet].astype(np.int64), depth_m[wet].astype(np.float64))
    return deepest
