"""Which areas the adequacy page compares, and which sites lie behind each of their figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from data.schema import AREA_LEVELS
from sim.adequacy_result import Adequacy

# What takes a site off the dry ground, and what shuts a dry one in a storm.
WATER_REASONS = ("no_road", "flooded", "cut_off")
STORM_REASONS = ("floodplain", "not_fit", "no_capacity", "open_air")


@dataclass(frozen=True)
class Step:
    """One step from the plan's figure down to the storm's: the sites that a reason takes away."""

    reason: str
    sites: int
    m2: float
    rows: pd.DataFrame


def compared(found: Adequacy) -> pd.DataFrame:
    """The areas that are held against the target: districts, else the coarsest level below the city, else the city."""
    return found.areas[found.areas["level"] == compared_level(found)]


def compared_level(found: Adequacy) -> str:
    """Level of `compared`."""
    present = set(found.areas["level"])
    below = [level for level in AREA_LEVELS[1:] if level in present]
    return below[0] if below else "city"


def finer_level(found: Adequacy) -> str:
    """The next level below the compared one; empty where there is none."""
    present = set(found.areas["level"])
    rest = AREA_LEVELS[AREA_LEVELS.index(compared_level(found)) + 1 :]
    return next((level for level in rest if level in present and level != "grid"), "")


def whole(found: Adequacy) -> pd.Series:
    """The row of the whole city: its own, else the sum of the compared areas."""
    rows = found.areas[found.areas["level"] == "city"]
    if len(rows):
        return rows.iloc[0]
    parts = compared(found)
    total = parts.iloc[0].copy()
    for name in parts.columns:
        if pd.api.types.is_numeric_dtype(parts[name]) and parts[name].dtype != bool and name != "target_m2":
            total[name] = parts[name].sum()
    people, target = float(total["people"]), found.target_m2
    for name in ("m2_per_person", "dry_m2_per_person", "storm_m2_per_person"):
        area_m2 = total[name.replace("m2_per_person", "m2") if "_m2_" in name else "effective_m2"]
        total[name] = float(area_m2) / people if people else np.nan
    for name in ("in_reach_dry", "in_reach_storm", "two_routes", "fixed_share"):
        total[name] = float((parts[name] * parts["people"]).sum()) / max(people, 1.0)
    total["deficit_m2"] = max(target * people - float(total["dry_m2"]), 0.0)
    total["deficit_persons"] = max(int(people) - int(float(total["dry_m2"]) / target * (1.0 + 1e-12)), 0)
    total["latest_departure_min"] = parts["latest_departure_min"].min()
    total["risk_index"] = total["deficit_sites"] = np.nan  # neither adds up
    total["fixed_share_ok"] = bool(parts["fixed_share_ok"].all())
    total["target_ok"] = bool(float(total["effective_m2"]) >= target * people * (1.0 - 1e-9))
    total["code"], total["name"], total["name_en"], total["level"] = "", found.city.name, found.city.name_en, "city"
    return total


def holders(found: Adequacy, codes: pd.Series, lon: pd.Series, lat: pd.Series, level: str) -> np.ndarray:
    """Code of the area of a level that holds each place; "" where none. By parents, else by outline."""
    known = dict(zip(found.areas["code"], found.areas["level"], strict=True))
    parents: dict[str, str] = {}
    if found.city.areas is not None:
        parents = dict(zip(found.city.areas["code"], found.city.areas["parent"], strict=True))

    def climb(code: str) -> str:
        for _ in AREA_LEVELS:
            if known.get(code) == level:
                return code
            code = parents.get(code) or ""
        return ""

    held = np.array([climb(code) for code in codes.fillna("")], dtype=object)
    open_ = np.flatnonzero(held == "")
    shapes = found.shapes[found.shapes["level"] == level]
    if len(open_) and len(shapes):
        tree = shapely.STRtree(shapes.geometry.to_numpy())
        at = shapely.points(lon.to_numpy(float)[open_], lat.to_numpy(float)[open_])
        place, area = tree.query(at, predicate="intersects")
        held[open_[place]] = shapes["code"].to_numpy()[area]
    return held


def counted_sites(found: Adequacy) -> pd.DataFrame:
    """The sites that the figures count: those that lie in an area."""
    return found.sites[found.sites["area"] != ""]


def counts_as_dry(sites: pd.DataFrame) -> pd.Series:
    """Open sites that no water reaches and that stay connected, whatever else they lack."""
    return (sites["excluded"] != "not_open") & sites["wet_at_min"].isna() & sites["cut_off_at_min"].isna()


def steps_down(sites: pd.DataFrame) -> tuple[list[Step], list[Step]]:
    """From every open site to the dry ones, and from those to the ones in use, reason by reason.

    A site that is wet or cut off counts there, even where another reason shuts it first.
    """
    dry = counts_as_dry(sites)
    lost = (sites["excluded"] != "not_open") & ~dry
    cause = np.where(
        sites["wet_at_min"].notna(), "flooded", np.where(sites["cut_off_at_min"] > 0.0, "cut_off", "no_road")
    )
    cause = np.where(sites["excluded"].isin(WATER_REASONS), sites["excluded"], cause)
    to_dry = [_step(reason, sites[lost & (cause == reason)]) for reason in WATER_REASONS]
    to_storm = [_step(reason, sites[dry & (sites["excluded"] == reason)]) for reason in STORM_REASONS]
    return [step for step in to_dry if step.sites], [step for step in to_storm if step.sites]


def _step(reason: str, rows: pd.DataFrame) -> Step:
    return Step(reason, len(rows), float(rows["effective_m2"].sum()), rows)
