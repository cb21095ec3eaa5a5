"""Sites that might become shelters: parks, squares, school fields and halls, some of them on low ground that floods."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.readers.columns import fill_absent
from data.sample.names import stem
from data.sample.people import to_degrees
from data.sample.plan import CityPlan
from data.sample.relief import Pocket
from data.sample.shelter_sites import FACILITIES
from data.sample.site_details import CONVERSION_H
from data.schema import CANDIDATES

# kind: how many of 24 on sound ground, on former ponds; uses of the blocks that are asked on sound ground (on ponds
# any); largest share of the block that is taken; least and largest area (m2); usable share; under a roof; cost
# (1e4 CNY per m2 of effective area)
KINDS = {
    "park": (6, 1, ("garden", "farmland"), 0.9, (6_000.0, 45_000.0), 0.6, False, 0.03),
    "square": (4, 0, ("mixed", "office"), 0.7, (2_500.0, 15_000.0), 0.6, False, 0.04),
    "school": (4, 2, ("residential",), 0.5, (3_000.0, 18_000.0), 0.5, True, 0.08),
    "building": (5, 2, ("residential", "mixed"), 0.25, (1_000.0, 6_000.0), 0.7, True, 0.30),
}
OF = 24
NEAREST_M = 130.0  # to a shelter that exists
SPACING_M = 260.0  # between candidates
POND = 0.6  # within this share of its radius a former pond floods
CHEAP = 0.7  # what low ground costs, relative to other ground
TITLES = {
    "park": ("公园", "Park"),
    "square": ("广场", "Square"),
    "school": ("学校", "School"),
    "building": ("避难馆", "Hall"),
}


def find_candidates(
    plan: CityPlan, blocks: gpd.GeoDataFrame, pockets: list[Pocket], shelters: pd.DataFrame
) -> pd.DataFrame:
    """The CANDIDATES layer with x_m, y_m: numbered from north to south.

    They would be equipped in full and cost what their kind costs per m2, times a factor by chance. Those on former
    ponds are the cheapest: the trap that a plan without water falls into.
    """
    rng = plan.rng("candidates")
    x, y = blocks["x_m"].to_numpy(), blocks["y_m"].to_numpy()
    pond = np.min([np.hypot(x - p.x_m, y - p.y_m) / p.radius_m for p in pockets], axis=0)
    taken = shelters[["x_m", "y_m"]].to_numpy(float)
    chosen: list[tuple[str, int, bool]] = []
    for kind, (dry, wet, uses, share, (least, _), *_) in KINDS.items():
        large = blocks.geometry.area.to_numpy() * share >= least
        for low, count in ((True, wet), (False, dry)):
            ground = pond < POND if low else (pond > 1.2) & blocks["use"].isin(uses).to_numpy()
            asked = rng.permutation(np.flatnonzero(large & ground))
            chosen += [
                (kind, row, low) for row in _spread(asked, x, y, round(count * plan.candidates / OF), chosen, taken)
            ]
    chosen.sort(key=lambda one: -y[one[1]])
    frame = pd.DataFrame([_row(blocks, *one, rng) for one in chosen])
    n = len(frame)
    effective = frame["area_m2"] * frame["usable_share"]
    names = [stem(number) for number in rng.permutation(n)]
    kinds = frame["site_type"]
    frame["id"] = [f"C{number:02d}" for number in range(1, n + 1)]
    frame["name"] = [f"新建{zh}{TITLES[kind][0]}" for (zh, _), kind in zip(names, kinds, strict=True)]
    frame["name_en"] = [f"New {en} {TITLES[kind][1]}" for (_, en), kind in zip(names, kinds, strict=True)]
    frame["shelter_class"] = np.where(effective >= 2_000.0, "fixed", "emergency")
    frame["lon"], frame["lat"] = to_degrees(plan.grid.crs, frame["x_m"].to_numpy(), frame["y_m"].to_numpy())
    frame["fit_for_earthquake"] = ~frame["indoor"].to_numpy(bool)
    frame["conversion_time_h"] = kinds.map(CONVERSION_H).to_numpy(float)
    frame["source"] = "synthetic"
    full = dict.fromkeys((*FACILITIES, "refuge_area", "supporting"), True)
    return fill_absent(frame.assign(**full), CANDIDATES)


def _spread(
    asked: np.ndarray, x: np.ndarray, y: np.ndarray, count: int, chosen: list[tuple[str, int, bool]], taken: np.ndarray
) -> list[int]:
    """The first `count` blocks that keep their distance from shelters and from what is chosen."""
    found: list[int] = []
    for row in asked:
        if len(found) == count:
            break
        others = [one[1] for one in chosen] + found
        apart = not others or np.hypot(x[others] - x[row], y[others] - y[row]).min() >= SPACING_M
        if apart and np.hypot(taken[:, 0] - x[row], taken[:, 1] - y[row]).min() >= NEAREST_M:
            found.append(int(row))
    return found


def _row(blocks: gpd.GeoDataFrame, kind: str, row: int, low: bool, rng: np.random.Generator) -> dict[str, object]:
    _, _, _, share, (least, most), usable, indoor, price = KINDS[kind]
    block = blocks.iloc[row]
    area = float(np.round(np.clip(block.geometry.area * share * rng.uniform(0.4, 1.0), least, most), -1))
    cost = area * usable * price * float(rng.lognormal(0.0, 0.25)) * (CHEAP if low else 1.0)
    return {
        "site_type": kind,
        "area_m2": area,
        "usable_share": usable,
        "indoor": indoor,
        "cost": max(float(np.round(cost)), 1.0),
        "x_m": block["x_m"],
        "y_m": block["y_m"],
    }
