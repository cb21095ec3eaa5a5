"""Changes to the shelter sites of a city that a planner tries: sites added, removed, resized."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.errors import InputError
from data.schema import SHELTERS
from data.suggest import closest
from sim.adequacy_result import SiteChange


@dataclass(frozen=True)
class Changes:
    """What is changed, in this order: sites are removed, then resized, then added."""

    add: pd.DataFrame | None = None  # columns of SHELTERS (or CANDIDATES) with x_m, y_m
    remove: tuple[str, ...] = ()  # ids
    resize: tuple[tuple[str, float], ...] = ()  # id, new gross area (m2)

    def __bool__(self) -> bool:
        return bool(self.remove or self.resize) or (self.add is not None and len(self.add) > 0)


def check_changes(sites: pd.DataFrame, changes: Changes) -> None:
    """Raise InputError where a change names a site that is not there, or names one twice, or an area that is none."""
    known = [str(one) for one in sites["id"]]
    for option, named in (("--remove", list(changes.remove)), ("--resize", [site for site, _ in changes.resize])):
        for site in named:
            if site not in known:
                raise InputError("no such shelter", place=option, value=site, expected=closest(site, known))
        double = sorted({site for site in named if named.count(site) > 1})
        if double:
            raise InputError("named twice", place=option, value=double[0], expected="each site once")
    for site, area_m2 in changes.resize:
        limit = SHELTERS["area_m2"].maximum
        if not (np.isfinite(area_m2) and area_m2 > 0.0 and (limit is None or area_m2 <= limit)):
            raise InputError(
                "not an area", place="--resize", value=f"{site}={area_m2:g}", expected="m2 above 0, at most 1e8"
            )
        if site in changes.remove:
            raise InputError("removed and resized", place="--resize", value=site, expected="one of the two")
    if changes.add is not None:
        left = set(known) - set(changes.remove)
        ids = [str(one) for one in changes.add["id"]]
        for site in ids:
            if site in left or ids.count(site) > 1:
                raise InputError("id is taken", place="--add", value=site, expected="an id that no other site has")


def changed_sites(sites: pd.DataFrame, changes: Changes) -> tuple[pd.DataFrame, tuple[SiteChange, ...]]:
    """The sites after the changes, and each change in words. Raises InputError as `check_changes`."""
    check_changes(sites, changes)
    told = []
    kept = sites[~sites["id"].isin(changes.remove)].reset_index(drop=True)
    for _, row in sites[sites["id"].isin(changes.remove)].iterrows():
        told.append(_change("remove", row, float(row["area_m2"]), 0.0))
    new_area = dict(changes.resize)
    for _, row in kept[kept["id"].isin(new_area)].iterrows():
        told.append(_change("resize", row, float(row["area_m2"]), new_area[row["id"]]))
    area = kept["id"].map(new_area).astype(float)
    kept = kept.assign(area_m2=area.where(area.notna(), kept["area_m2"]))
    if changes.add is not None and len(changes.add):
        columns = [name for name in kept.columns if name in changes.add.columns]
        added = changes.add[columns]
        told += [_change("add", row, 0.0, float(row["area_m2"])) for _, row in added.iterrows()]
        kept = pd.concat([kept, added], ignore_index=True)
    return kept, tuple(told)


def _change(kind: str, row: pd.Series, before_m2: float, after_m2: float) -> SiteChange:
    return SiteChange(kind, str(row["id"]), str(row["name"]), str(row["name_en"]), before_m2, after_m2)
