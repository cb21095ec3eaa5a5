"""Main roads of the big city: a 3 km net over the country, a 600 m net in the built-up parts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from data.sample.streets import make_network
from data.schema import Grid, RoadNetwork

STEP_M = 600.0
MAIN_EVERY = 5  # every fifth line runs through the country


def lay_main_roads(
    grid: Grid, built: np.ndarray, steep: np.ndarray, rivers: gpd.GeoDataFrame, rng: np.random.Generator
) -> RoadNetwork:
    """The road network; `built` and `steep` are bool on the grid. No road leads over steep ground."""
    count = int(grid.cols * grid.cell_m / STEP_M)
    start = 0.5 * (grid.cols * grid.cell_m - (count - 1) * STEP_M)
    i, j = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
    x = np.round(grid.west_m + start + j * STEP_M + rng.uniform(-110.0, 110.0, i.shape))
    y = np.round(grid.north_m - start - i * STEP_M + rng.uniform(-110.0, 110.0, i.shape))
    row, col = grid.cell_of(x, y)
    town, hill = built[row, col], steep[row, col]
    lines, classes = [], []
    for di, dj in ((0, 1), (1, 0)):
        a = (slice(0, count - di), slice(0, count - dj))
        b = (slice(di, count), slice(dj, count))
        track = (i if dj else j)[a]
        main = track % MAIN_EVERY == 0
        kept = (main | (town[a] & town[b])) & ~hill[a] & ~hill[b]
        ends = np.stack([np.stack([x[a][kept], y[a][kept]], -1), np.stack([x[b][kept], y[b][kept]], -1)], axis=1)
        lines.append(shapely.linestrings(ends))
        rank = np.where(main, "primary", np.where(track % 2 == 0, "secondary", "tertiary"))
        classes.append(rank[kept])
    line = np.concatenate(lines)
    water = shapely.union_all(rivers.geometry.to_numpy())
    shapely.prepare(water)
    streets = gpd.GeoDataFrame(
        {
            "road_class": np.concatenate(classes).astype(object),
            "bridge": shapely.intersects(water, line),
            "underpass": False,
            "name": "",
            "name_en": "",
        },
        geometry=line,
        crs=grid.crs,
    )
    return make_network(streets)
