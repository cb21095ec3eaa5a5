"""Tiles of the raster, and which of them take steps of their own: local time stepping.

The shortest wave time of a city is that of a few deep or fast cells. Tiles that need short steps are fast: their cells,
and the faces that lie wholly among them, take `parts` steps while all other cells and faces take one as long as those
together (Sanders 2008, Adv. Water Resour. 31, 1456-1473; Dazzi et al. 2018, Adv. Water Resour. 118, 14-26). The flow
over a face between a fast and a slow tile stays as it is for the whole, and both sides book it: no water is lost.

A tile and the eight around a tile whose waves are too quick for the long step are fast, so that quick water stays among
fast cells until tiles are shared out again: it needs more than `SHARED_AFTER` short steps to cross one.
"""

from __future__ import annotations

import numpy as np

from hazards.surface.compiled import kernel
from hazards.surface.state import PARTS_WANTED

TILE_ROWS, TILE_COLS = 4, 32  # cells; a power of two each
SHARED_AFTER = 6  # short steps; a wave passes 0.6 of a cell (FlowParameters.courant) in each: not a tile in all
_ENTER, _LEAVE = 1.1, 1.25  # a tile is quick below the first multiple of the long step, until it is above the second
_QUICK, _FAST = 1, 2  # bits of a tile: its waves are too quick for the long step; it takes the short ones
_GAIN = 0.95  # another number of parts is taken up where it costs this share of what the present one does


def tile_counts(rows: int, cols: int) -> tuple[int, int]:
    """Rows and columns of tiles on a raster."""
    return -(-rows // TILE_ROWS), -(-cols // TILE_COLS)


@kernel
def is_fast_tile(tiles, t, u):  # type: ignore[no-untyped-def]
    """Whether tile (t, u) takes the short steps."""
    return tiles[t, u] & _FAST != 0


@kernel
def is_fast(tiles, i, j):  # type: ignore[no-untyped-def]
    """Whether cell (i, j) takes the short steps."""
    return is_fast_tile(tiles, i // TILE_ROWS, j // TILE_COLS)


@kernel
def any_fast(tiles, t):  # type: ignore[no-untyped-def]
    """Whether a tile of tile row t takes the short steps."""
    found = False
    for u in range(tiles.shape[1]):
        found = found or is_fast_tile(tiles, t, u)
    return found


@kernel
def fast_between(tiles, t, u, other_t, other_u):  # type: ignore[no-untyped-def]
    """Whether faces between these two tiles (or within one) take the short steps: both are fast."""
    return tiles[t, u] & tiles[other_t, other_u] & _FAST != 0


@kernel
def run_end(tiles, above, t, first):  # type: ignore[no-untyped-def]
    """End of the run of alike tile columns that begins at `first`: for tile row t, or faces between it and `above`."""
    end = first + 1
    fast = fast_between(tiles, above, first, t, first)
    while end < tiles.shape[1] and fast_between(tiles, above, end, t, end) == fast:
        end += 1
    return end


@kernel
def greatest_bits(tiles, tile_bits):  # type: ignore[no-untyped-def]
    """Greatest of what is noted of all tiles, and of the slow ones."""
    greatest = slow = np.int32(0)
    for t in range(tiles.shape[0]):
        for u in range(tiles.shape[1]):
            greatest = max(greatest, tile_bits[t, u])
            slow = max(slow, np.int32(0) if is_fast_tile(tiles, t, u) else tile_bits[t, u])
    return greatest, slow


@kernel
def forget_fast(tiles, tile_bits):  # type: ignore[no-untyped-def]
    """Take back what is noted of the fast tiles."""
    for t in range(tiles.shape[0]):
        for u in range(tiles.shape[1]):
            if is_fast_tile(tiles, t, u):
                tile_bits[:, t, u] = 0


@kernel
def _quick(tiles, t, u, dt, long_dt):  # type: ignore[no-untyped-def]
    """Whether the waves of tile (t, u), stable at dt, are too quick for the long step."""
    limit = _LEAVE if tiles[t, u] & _QUICK != 0 else _ENTER
    return dt < limit * long_dt


@kernel
def _mark_fast(tiles):  # type: ignore[no-untyped-def]
    """Make quick tiles and those around them fast, all others slow; return the share of fast ones."""
    rows, cols = tiles.shape
    for t in range(rows):
        for u in range(cols):
            tiles[t, u] &= _QUICK
    for t in range(rows):
        for u in range(cols):
            if tiles[t, u] & _QUICK != 0:
                for near_t in range(max(t - 1, 0), min(t + 2, rows)):
                    for near_u in range(max(u - 1, 0), min(u + 2, cols)):
                        tiles[near_t, near_u] |= _FAST
    count = 0
    for t in range(rows):
        for u in range(cols):
            count += 1 if is_fast_tile(tiles, t, u) else 0
    return count / tiles.size


@kernel
def _mark_quick(tiles, seen, tile_dt, long_dt):  # type: ignore[no-untyped-def]
    """Note in `tiles` which are quick, by hysteresis from what was `seen` before."""
    for t in range(tiles.shape[0]):
        for u in range(tiles.shape[1]):
            tiles[t, u] = _QUICK if _quick(seen, t, u, tile_dt[t, u], long_dt) else 0


@kernel
def share_out(tiles, trial, tile_dt, dt, flags, most_parts):  # type: ignore[no-untyped-def]
    """Choose how many short steps make a long one, and the tiles that take them.

    `tile_dt` is the stable step of each tile (s), `dt` that of the raster. Among 1..most_parts the number is taken with
    the least work per time, (parts * share of fast tiles + share of slow ones) / parts, the present one if not clearly
    worse. `trial` is scratch.
    """
    best, least = 1, 1.0 / _GAIN if flags[PARTS_WANTED] > 1 else 1.0
    for parts in range(2, most_parts + 1):
        _mark_quick(trial, tiles, tile_dt, parts * dt)
        share = _mark_fast(trial)
        work = share + (1.0 - share) / parts
        work /= 1.0 if parts == flags[PARTS_WANTED] else _GAIN
        if work < least:
            best, least = parts, work
    flags[PARTS_WANTED] = best
    _mark_quick(tiles, tiles, tile_dt, best * dt if best > 1 else 0.0)
    _mark_fast(tiles)
