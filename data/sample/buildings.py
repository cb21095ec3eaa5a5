"""Building footprints: rows of houses along the blocks, kept off the streets by a set-back."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.ndimage import distance_transform_edt

from data.sample.plan import CityPlan

SETBACK_M = 10.0  # from the centre of any street, river, railway or park cell: streets stay open on a 10 m grid
PHASES = 4  # positions tried for the lattice of houses in each direction
RAISE_M = 3.0  # the bed below a building is raised by this: more than any street water

# use and zone: length, depth, gap along, gap across (m), storeys from, to, share of footprints really built
PATTERNS = {
    ("residential", "old"): (40.0, 16.0, 12.0, 14.0, 5, 8, 0.96),
    ("residential", "new"): (52.0, 18.0, 16.0, 24.0, 11, 26, 0.95),
    ("residential", "edge"): (46.0, 18.0, 24.0, 34.0, 5, 11, 0.78),
    ("mixed", "old"): (36.0, 24.0, 12.0, 14.0, 4, 9, 0.96),
    ("mixed", "new"): (44.0, 28.0, 16.0, 18.0, 5, 18, 0.93),
    ("office", "old"): (40.0, 30.0, 18.0, 20.0, 6, 16, 0.90),
    ("office", "new"): (44.0, 36.0, 26.0, 28.0, 12, 34, 0.88),
    ("industry", "new"): (60.0, 40.0, 16.0, 18.0, 1, 3, 0.90),
    ("school", "old"): (50.0, 16.0, 60.0, 40.0, 4, 5, 0.80),
    ("school", "new"): (56.0, 18.0, 60.0, 46.0, 4, 6, 0.80),
    ("hospital", "new"): (58.0, 30.0, 26.0, 30.0, 6, 16, 0.85),
    ("station", "new"): (60.0, 40.0, 10.0, 60.0, 2, 3, 0.60),
    ("stadium", "new"): (60.0, 60.0, 70.0, 70.0, 2, 3, 1.00),
    ("farmland", "edge"): (18.0, 12.0, 120.0, 150.0, 1, 3, 0.35),
}


def raise_buildings(plan: CityPlan, blocks: gpd.GeoDataFrame, blocked: np.ndarray) -> gpd.GeoDataFrame:
    """All buildings, with columns height_m, storeys, use, zone, floor_m2, x_m, y_m.

    Rows of houses are laid over each block along the side of it that lies nearer to east-west, as houses in China
    look south, in several positions; the position that fits most houses clear of `blocked` cells (rows, cols) wins.
    """
    rng = plan.rng("buildings")
    grid = plan.grid
    clear = distance_transform_edt(~blocked, sampling=grid.cell_m) >= SETBACK_M
    rectangles = shapely.minimum_rotated_rectangle(blocks.geometry.to_numpy())
    parts = []
    for number, (rectangle, use, zone) in enumerate(zip(rectangles, blocks["use"], blocks["zone"], strict=True)):
        pattern = PATTERNS.get((use, zone)) or PATTERNS.get((use, "new"))
        if pattern is not None:
            parts.append(_candidates(rectangle, pattern, number))
    centre_x, centre_y, length, depth, angle, along, across, row_number, block = np.concatenate(parts).T
    block, along, across = block.astype(int), along.astype(int), across.astype(int)
    u, v = (a.ravel() for a in np.meshgrid(np.linspace(-0.5, 0.5, 7), np.linspace(-0.5, 0.5, 4)))
    x, y = _turned(centre_x, centre_y, u * length[:, None], v * depth[:, None], angle)
    row, col = grid.cell_of(x, y)
    free = ((row >= 0) & clear[row, col]).all(axis=1)
    free &= shapely.contains_xy(blocks.geometry.to_numpy()[block], centre_x, centre_y)
    best = _best_position(free, block, along, across, row_number.astype(int))
    keep = np.flatnonzero(free & best)
    traits = [
        PATTERNS.get(key) or PATTERNS[key[0], "new"]
        for key in zip(_of(blocks, "use", block[keep]), _of(blocks, "zone", block[keep]), strict=True)
    ]
    low, high, built = np.array([t[4:] for t in traits]).T
    storeys = rng.integers(low.astype(int), high.astype(int) + 1)
    drawn = rng.random(len(keep)) < built
    keep, storeys = keep[drawn], storeys[drawn]
    length = length[keep] * rng.uniform(0.86, 1.0, len(keep))
    u, v = np.array([-0.5, 0.5, 0.5, -0.5, -0.5]), np.array([-0.5, -0.5, 0.5, 0.5, -0.5])
    x, y = _turned(centre_x[keep], centre_y[keep], u * length[:, None], v * depth[keep, None], angle[keep])
    return gpd.GeoDataFrame(
        {
            "height_m": RAISE_M,
            "storeys": storeys,
            "use": _of(blocks, "use", block[keep]),
            "zone": _of(blocks, "zone", block[keep]),
            "floor_m2": np.round(length * depth[keep] * storeys, 1),
            "x_m": centre_x[keep],
            "y_m": centre_y[keep],
        },
        geometry=shapely.polygons(np.round(np.stack([x, y], axis=-1), 2)),
        crs=grid.crs,
    )


def _best_position(
    free: np.ndarray, block: np.ndarray, along: np.ndarray, across: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Whether each candidate stands in the position of its row, and of its block's rows, that fits most houses."""
    rows = int(row.max()) + 1
    slot = (block * PHASES + across) * rows + row
    fits = np.bincount(slot[free] * PHASES + along[free], minlength=(int(slot.max()) + 1) * PHASES).reshape(-1, PHASES)
    full = np.zeros((int(block.max()) + 1) * PHASES * rows)
    full[: len(fits)] = fits.max(axis=1)
    best_across = np.argmax(full.reshape(-1, PHASES, rows).sum(axis=2), axis=1)
    return (across == best_across[block]) & (along == np.argmax(fits, axis=1)[slot])


def _of(blocks: gpd.GeoDataFrame, column: str, rows: np.ndarray) -> np.ndarray:
    return blocks[column].to_numpy()[rows]


def _turned(
    x: np.ndarray, y: np.ndarray, du: np.ndarray, dv: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points at (du, dv) from centres (x, y), in axes turned by an angle."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return x[:, None] + du * cos - dv * sin, y[:, None] + du * sin + dv * cos


def _candidates(rectangle: shapely.Polygon, pattern: tuple[float, ...], number: int) -> np.ndarray:
    """Lattices of houses over a block: x, y, length, depth, angle, place along, place across, row, block."""
    length, depth, gap_along, gap_across = pattern[:4]
    corners = shapely.get_coordinates(rectangle)[:4]
    sides = np.array([corners[1] - corners[0], corners[2] - corners[1]])
    size = np.hypot(sides[:, 0], sides[:, 1])
    unit = sides / size[:, None]
    along = int(np.argmax(np.abs(unit[:, 0])))  # the side nearer to east-west
    across = 1 - along
    step = np.array([length + gap_along, depth + gap_across])
    half = [int(0.5 * size[axis] / step[k]) + 1 for k, axis in enumerate((along, across))]
    lattice = np.stack(
        np.meshgrid(
            np.arange(-half[0], half[0] + 1), np.arange(-half[1], half[1] + 1), np.arange(PHASES), np.arange(PHASES)
        ),
        axis=-1,
    ).reshape(-1, 4)
    shift = (lattice[:, :2] + lattice[:, 2:] / PHASES) * step
    xy = corners.mean(axis=0) + shift[:, :1] * unit[along] + shift[:, 1:] * unit[across]
    rows = np.empty((len(xy), 9))
    rows[:, :2] = xy
    rows[:, 2:] = length, depth, np.arctan2(unit[along][1], unit[along][0]), 0, 0, 0, number
    rows[:, 5:7] = lattice[:, 2:]
    rows[:, 7] = lattice[:, 1] + half[1]
    inside = (np.abs(shift) < 0.5 * size[[along, across]]).all(axis=1)
    return rows[inside]
