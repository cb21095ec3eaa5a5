"""A made-up siting for the tests of what goes out: twenty candidates, six chosen, four that could not be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from data.schema import City
from data.schema.planning import SITING, SITING_AREAS, SITING_FRONT
from data.schema.shelters import CANDIDATES
from sim.adequacy_result import StormCase
from sim.scenario import Scenario
from sim.siting_result import Siting, SitingProof, SitingQuestion
from tests.api.result_factory import _TO_WGS84, GRID, STREETS, make_city

PEOPLE = 84_000
SERVED_BEFORE = 31_400
GAINS = (9_200, 7_650, 6_400, 5_300, 4_100, 2_350)  # of the chosen, each beside the others
SERVED = SERVED_BEFORE + sum(GAINS) + 900  # 900 would move to another new site if theirs were not built
BOUND = SERVED + 260
REASONS = {16: "flooded", 17: "floodplain", 18: "cut_off", 19: "open_air"}
TYPES = ("school", "stadium", "park", "building", "square", "greenway")


def candidate_rows() -> pd.DataFrame:
    """Twenty candidates as a pack holds them."""
    k = np.arange(20)
    x = GRID.bounds[0] + 180.0 + 400.0 * (k % 5) + 23.0 * (k % 3)
    y = GRID.bounds[1] + 220.0 + 430.0 * (k // 5) + 31.0 * (k % 4)
    lon, lat = _TO_WGS84.transform(x, y)
    frame = pd.DataFrame(
        {
            "id": [f"K{n:02d}" for n in k],
            "name": [f"第{n + 1}候选场所" for n in k],
            "name_en": [f"Candidate site {n + 1}" for n in k],
            "lon": lon,
            "lat": lat,
            "shelter_class": "fixed",
            "site_type": [TYPES[n % 6] for n in k],
            "area_m2": 26_000.0 + 2_500.0 * (k % 7),
            "usable_share": 0.8,
            "indoor": k % 5 != 4,
            "longest_stay": "short",
            "source": "synthetic",
            "cost": 300.0 + 130.0 * (k % 7),
            "x_m": x,
            "y_m": y,
        }
    )
    for field in CANDIDATES:
        if field.name not in frame:
            frame[field.name] = np.nan if field.default is None else field.default
    return frame[[*CANDIDATES.names, "x_m", "y_m"]]


def make_siting(count: int | None = 6, budget: float | None = None, costs: bool = True, **changes: Any) -> Siting:
    """The best six of twenty; `changes` replace fields of the result."""
    rows = candidate_rows()
    city = _city(rows)
    table = _candidates(rows, costs)
    proof = SitingProof(
        objective=4.62e8, bound=4.59e8, gap=3e6 / 4.62e8, served=SERVED, served_bound=BOUND, solver="HiGHS 1.11.0",
        stopped="gap", wall_s=12.4, greedy_objective=4.81e8, unserved_m=10_000.0,
    )  # fmt: skip
    siting = Siting(
        city=city,
        scenario=Scenario(),
        question=SitingQuestion(count, budget, (("510199001", 2),), 1000.0, 60.0),
        storm=StormCase("50a/120min", 50.0, 104.3),
        stay="short",
        space_m2=2.0,
        proof=proof,
        people=PEOPLE,
        served_before=SERVED_BEFORE,
        candidates=table,
        areas=_areas(table),
        shapes=city.areas[["code", "level", "geometry"]].to_crs("EPSG:4326").reset_index(drop=True),
        existing=_existing(),
        front=_front(table, costs),
    )
    return replace(siting, **changes)


def _city(rows: pd.DataFrame) -> City:
    city = make_city(drains=False)
    return replace(city, candidates=rows, synthetic=(*city.synthetic, "candidates"))


def _candidates(rows: pd.DataFrame, costs: bool) -> pd.DataFrame:
    order = [3, 7, 0, 11, 14, 5]
    rest = [n for n in range(20) if n not in order]
    table = rows.iloc[order + rest].reset_index(drop=True)
    number = np.array(order + rest)
    effective = table["area_m2"] * table["usable_share"]
    chosen = np.arange(20) < len(order)
    excluded = [REASONS.get(n, "") for n in number]
    free = ~chosen & (np.array(excluded) == "")
    gain = np.concatenate([GAINS, 1_500 - 70 * np.arange(14)]) * (chosen | free)
    quarter = (table["y_m"] > GRID.bounds[1] + 1000.0) * 2 + (table["x_m"] > GRID.bounds[0] + 1000.0)
    capacity = np.where(np.isin(excluded, ["open_air"]), 0, effective // 2.0)
    return pd.DataFrame(
        {
            "rank": np.arange(1, 21),
            "id": table["id"],
            "name": table["name"],
            "name_en": table["name_en"],
            "area": [STREETS[int(q)][0] for q in quarter],
            "lon": table["lon"],
            "lat": table["lat"],
            "site_type": table["site_type"],
            "effective_m2": effective,
            "capacity": capacity.astype(int),
            "cost": table["cost"] if costs else np.nan,
            "chosen": chosen,
            "excluded": excluded,
            "assigned": (chosen * np.minimum(capacity, gain + 150)).astype(int),
            "served_alone": ((gain * 1.25) * (chosen | free)).astype(int),
            "served_gain": gain.astype(int),
            "saved_person_min": np.where(chosen, 3_000.0 - 900.0 * np.arange(20), 0.0),
        }
    )[list(SITING.names)]


def _areas(table: pd.DataFrame) -> pd.DataFrame:
    people = np.array([PEOPLE, 30_000, 24_000, 18_000, 12_000])
    before = np.array([PEOPLE - SERVED_BEFORE, 21_000, 16_600, 9_000, 6_000])
    after = np.array([PEOPLE - SERVED, 6_900, 5_100, 3_500, 1_200])
    after[-1] += after[0] - after[1:].sum()
    chosen = [int(table["chosen"].sum())]
    added = [float(table.loc[table["chosen"], "effective_m2"].sum())]
    for street in STREETS:
        inside = table["chosen"] & (table["area"] == street[0])
        chosen.append(int(inside.sum()))
        added.append(float(table.loc[inside, "effective_m2"].sum()))
    m2 = np.array([1.15, 0.9, 1.1, 1.3, 1.65])
    rows = [("510199", "样例市", "Sample city", "city"), *((*street[:3], "street") for street in STREETS)]
    frame = pd.DataFrame(rows, columns=["code", "name", "name_en", "level"])
    return frame.assign(
        people=people,
        chosen=chosen,
        added_m2=added,
        m2_per_person_before=m2,
        m2_per_person_after=m2 + np.array(added) / people,
        without_place_before=before,
        without_place_after=after,
    )[list(SITING_AREAS.names)]


def _existing() -> pd.DataFrame:
    x = GRID.bounds[0] + np.array([300.0, 950.0, 1500.0, 1700.0])
    y = GRID.bounds[1] + np.array([1500.0, 700.0, 1350.0, 300.0])
    lon, lat = _TO_WGS84.transform(x, y)
    return pd.DataFrame(
        {
            "id": ["S1", "S2", "S3", "S4"],
            "name": ["锦河中学", "人民公园", "东桥体育馆", "南门小学"],
            "name_en": ["Jinhe School", "People's Park", "Dongqiao Hall", "Nanmen School"],
            "lon": lon,
            "lat": lat,
            "capacity": [12_000, 4_000, 15_000, 9_000],
            "excluded": ["", "open_air", "", "flooded"],
        }
    )


def _front(table: pd.DataFrame, costs: bool) -> pd.DataFrame:
    free = table[table["excluded"] == ""]
    rows = []
    for n in range(10):
        part = free.head(n)
        served = SERVED_BEFORE + int(part["served_gain"].sum()) + min(150 * n, 900)
        bound = float(PEOPLE - served - 60 * n) if n else float(PEOPLE - served)
        rows.append((n, part["cost"].sum() if costs else np.nan, PEOPLE - served, bound, " ".join(part["id"])))
    return pd.DataFrame(rows, columns=list(SITING_FRONT.names))
