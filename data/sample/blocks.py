"""Street blocks and what stands on them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.ndimage import gaussian_filter
from shapely.geometry import LineString, Polygon, box

from data.sample.plan import CENTRE_X_M, CENTRE_Y_M, CityPlan
from data.sample.raster import sampler
from data.sample.relief import Pocket
from data.schema import RoadNetwork

USES = (
    "residential",
    "mixed",
    "office",
    "industry",
    "school",
    "square",
    "stadium",
    "hospital",
    "garden",
    "farmland",
    "station",
)
SHARES = {  # of blocks by zone: residential, mixed, office, industry, garden
    "old": (0.74, 0.15, 0.07, 0.00, 0.04),
    "new": (0.64, 0.09, 0.11, 0.07, 0.09),
    "edge": (0.42, 0.03, 0.03, 0.27, 0.25),
}


def draw_blocks(
    plan: CityPlan, roads: RoadNetwork, railway: list[LineString], parks: list[Polygon], pockets: list[Pocket]
) -> gpd.GeoDataFrame:
    """The faces between streets, with columns zone and use.

    Schools, squares, stadiums and hospitals are picked first, spread over the city; the rest falls by chance in
    the shares of its zone. Quarters on former ponds are homes of the dense old kind, villages that the city grew
    round: that is where people are in danger.
    """
    rng = plan.rng("blocks")
    domain = box(*plan.grid.bounds)
    one_way = roads.edges.iloc[: len(roads.edges) // 2]
    lines = [*one_way.geometry, *railway, domain.boundary]
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=1.0))))
    faces = faces[shapely.within(shapely.point_on_surface(faces), domain)]
    inside = shapely.point_on_surface(faces)
    x, y = shapely.get_x(inside), shapely.get_y(inside)
    faces, x, y = (a[np.lexsort((x, y))] for a in (faces, x, y))
    distance = np.hypot(x - CENTRE_X_M, y - CENTRE_Y_M)
    field = gaussian_filter(rng.standard_normal(plan.grid.shape), 45.0)
    fringe = sampler(plan.grid, field / field.std())(x, y)
    zone = np.where(distance < plan.old_town_radius_m, "old", "new").astype(object)
    outer = distance > 1.16 * plan.ring_radii_m[-1]
    zone[outer & (fringe > -0.2)] = "edge"
    use = np.full(len(faces), "residential", dtype=object)
    for name, shares in SHARES.items():
        rows = np.flatnonzero(zone == name)
        use[rows] = rng.choice(np.array(USES, dtype=object)[[0, 1, 2, 3, 8]], len(rows), p=shares)
    use[(zone == "edge") & (fringe > 0.5)] = "farmland"
    area = shapely.area(faces)
    pond = np.full(len(faces), np.inf)  # distance to the nearest former pond over its radius
    for pocket in pockets:
        pond = np.minimum(pond, np.hypot(x - pocket.x_m, y - pocket.y_m) / pocket.radius_m)
    wet = pond < 0.9
    use[wet], zone[wet] = "residential", "old"
    central = shapely.intersects(faces, shapely.union_all(parks)) if parks else np.zeros(len(faces), bool)
    free = ~central & (use != "farmland")
    _pick(use, "station", free & (y > CENTRE_Y_M + plan.old_town_radius_m) & (area > 9_000), x, y, 1, 0.0, rng, railway)
    count = plan.people / 100_000
    _pick(
        use,
        "stadium",
        free & (area > 26_000) & (distance > plan.old_town_radius_m),
        x,
        y,
        round(0.67 * count),
        1_500.0,
        rng,
    )
    _pick(use, "hospital", free & ~wet & (area > 10_000), x, y, round(1.3 * count), 900.0, rng)
    _pick(use, "square", free & ~wet & (area > 4_000) & (area < 16_000), x, y, round(4 * count), 420.0, rng)
    # some schools stand on former ponds, where ground was cheap: shelters that the storm closes
    _pick(use, "school", free & (pond < 0.5) & (area > 7_000), x, y, round(1.7 * count), 500.0, rng)
    _pick(use, "school", free & ~wet & (area > 9_000) & (area < 42_000), x, y, round(12 * count), 330.0, rng)
    frame = gpd.GeoDataFrame({"zone": zone, "use": use, "x_m": x, "y_m": y}, geometry=faces, crs=plan.grid.crs)
    return frame


def _pick(
    use: np.ndarray,
    name: str,
    candidates: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    count: int,
    spacing_m: float,
    rng: np.random.Generator,
    near: list[LineString] | None = None,
) -> None:
    """Give a use to `count` candidates in random order (or nearest first), no two closer than `spacing_m`."""
    rows = np.flatnonzero(candidates & ~np.isin(use, ("station", "stadium", "hospital", "square", "school")))
    if near is None:
        rows = rng.permutation(rows)
    else:
        rows = rows[np.argsort(shapely.distance(shapely.points(x[rows], y[rows]), near[0]), kind="stable")]
    taken: list[int] = list(np.flatnonzero(use == name))
    made = 0
    for row in rows:
        if made == count:
            return
        if not taken or np.hypot(x[taken] - x[row], y[taken] - y[row]).min() >= spacing_m:
            use[row] = name
            taken.append(int(row))
            made += 1
