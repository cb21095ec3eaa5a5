"""Emergency shelters on parks, squares, schools, stadiums and halls: 1.5 m2 per person in all, not yet 2.0."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon

from data.sample.names import stem
from data.sample.people import to_degrees
from data.sample.plan import CityPlan
from data.sample.rivers import Reach
from data.sample.site_details import detail_sites

FACILITIES = ["water", "power", "toilets", "supplies", "fire", "medical", "accessible"]
# of the block's ground: share that the site takes, share of that which is usable
GROUND = {"school": (0.28, 0.45), "square": (0.75, 0.60), "stadium": (0.55, 0.55), "hall": (1.0, 0.70)}
DOORS_M = 10.0  # a hall in the building of a school or stadium has its door twice as far aside
TITLES = {
    "park": ("公园", "Park"),
    "school": ("学校", "School"),
    "square": ("广场", "Square"),
    "stadium": ("体育馆", "Stadium"),
    "building": ("社区服务中心", "Community Centre"),
    "greenway": ("滨河绿道", "Riverside Greenway"),
}


def open_shelters(
    plan: CityPlan, blocks: gpd.GeoDataFrame, parks: list[Polygon], halls: pd.DataFrame, reaches: list[Reach]
) -> pd.DataFrame:
    """The SHELTERS layer with x_m, y_m.

    Effective area = area_m2 x usable_share. The share of the parks is set so that all sites together give the
    plan's area per resident. Riverside greenways count as shelter area but lie in the floodplain.
    """
    rng = plan.rng("shelters")
    rows = [_site("park", p.centroid.x, p.centroid.y, p.area * 0.9, np.nan, False) for p in parks]
    for kind in ("school", "square", "stadium"):
        taken, usable = GROUND[kind]
        for block in blocks[blocks["use"] == kind].itertuples():
            area = min(block.geometry.area * taken, 30_000.0)
            rows.append(_site(kind, block.x_m, block.y_m, area, usable, kind in ("school", "stadium")))
    halls_m2 = rng.integers(6, 16, len(halls)) * 100.0
    others = np.array([(row["x_m"], row["y_m"]) for row in rows])
    for x, y, area in zip(halls["x_m"], halls["y_m"], halls_m2, strict=True):
        own_door = np.hypot(others[:, 0] - x, others[:, 1] - y).min() > DOORS_M  # else one site entered twice
        rows.append(_site("building", x if own_door else x + 2 * DOORS_M, y, area, GROUND["hall"][1], True))
    for reach in reaches:
        for share in (0.35, 0.7):
            point = shapely.line_interpolate_point(reach.line, share, normalized=True)
            if plan.grid.cell_of(point.x, point.y)[0] >= 0:
                rows.append(_site("greenway", point.x + reach.width_m / 2 + 22.0, point.y, 6_000.0, 0.5, False))
    sites = pd.DataFrame(rows)
    sites["area_m2"] = np.round(sites["area_m2"].astype(float), -1)
    _reach_target(sites, plan.shelter_m2_per_person * plan.people)
    n = len(sites)
    sites["id"] = [f"S{number:03d}" for number in range(1, n + 1)]
    names = [stem(number) for number in rng.permutation(n)]
    sites["name"] = [zh + TITLES[kind][0] for (zh, _), kind in zip(names, sites["site_type"], strict=True)]
    sites["name_en"] = [en + " " + TITLES[kind][1] for (_, en), kind in zip(names, sites["site_type"], strict=True)]
    effective = sites["area_m2"] * sites["usable_share"]
    sites["shelter_class"] = np.where(effective >= 2_000.0, "fixed", "emergency")
    sites.loc[sites["site_type"] == "stadium", "shelter_class"] = "central"
    sites["lon"], sites["lat"] = to_degrees(plan.grid.crs, sites["x_m"].to_numpy(), sites["y_m"].to_numpy())
    equip_sites(sites, rng)
    sites["source"] = "synthetic"
    return detail_sites(sites, plan.rng("site_details"))


def equip_sites(sites: pd.DataFrame, rng: np.random.Generator) -> None:
    """Add the facility columns in place: larger classes and roofed sites have more of them."""
    base = sites["shelter_class"].map({"emergency": 0.35, "fixed": 0.65, "central": 0.97}).to_numpy()
    roofed = sites["indoor"].to_numpy()
    for name in FACILITIES:
        chance = base + 0.25 * roofed * (name in ("water", "power", "toilets", "accessible"))
        sites[name] = rng.random(len(sites)) < chance


def _site(kind: str, x: float, y: float, area: float, usable: float, indoor: bool) -> dict[str, object]:
    return {"site_type": kind, "x_m": x, "y_m": y, "area_m2": area, "usable_share": usable, "indoor": indoor}


def _reach_target(sites: pd.DataFrame, target_m2: float) -> None:
    """Set the usable share of the parks so that the effective area meets the target; scale all if parks cannot."""
    park = sites["usable_share"].isna()
    others = float((sites["area_m2"] * sites["usable_share"]).sum())
    share = (target_m2 - others) / float(sites.loc[park, "area_m2"].sum())
    share = float(np.clip(share, 0.30, 0.75))
    sites.loc[park, "usable_share"] = round(share, 4)
    effective = float((sites["area_m2"] * sites["usable_share"]).sum())
    sites["area_m2"] = np.round(sites["area_m2"] * target_m2 / effective, -1)
