"""Central Chengdu: 7.0 million people at night, 1,054 schools, parks and gymnasia, straight lines x 1.3.

The reference figures were measured with another programme (30 nearest sites, greedy rounding to metres): nobody
unserved, mean 1,203 m, 95 % within 3,590 m, longest 6,991 m.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from shelters import CandidateTable, allocate, capacity_persons, nearest_with_room
from tests.shared_data import shared

DETOUR = 1.3
ALL_SITES, HALLS = ("公园", "学校", "体育馆"), ("学校", "体育馆")


def chengdu(
    types: tuple[str, ...], usable_share: float, m2_per_person: float
) -> tuple[np.ndarray, CandidateTable, np.ndarray]:
    """(demand, ways, capacity). Metres stand for seconds: plans are the same at any constant walking speed."""
    folder = shared("roads", "chengdu_shelter")
    cells = pd.read_csv(folder / "demand_grids_nighttime_CLEAN.csv", encoding="utf-8-sig")
    sites = pd.read_csv(folder / "supply_facilities_CLEAN.csv", encoding="utf-8-sig")
    sites = sites[sites["facility_type"].isin(types)]
    project = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True).transform
    x_block, y_block = project(cells["lon"].to_numpy(), cells["lat"].to_numpy())
    x_site, y_site = project(sites["lon"].to_numpy(), sites["lat"].to_numpy())
    metres = DETOUR * np.hypot(np.subtract.outer(x_block, x_site), np.subtract.outer(y_block, y_site))
    share = np.full(len(sites), usable_share)
    capacity = capacity_persons(sites["total_area_m2"].to_numpy(), share, m2_per_person)
    return cells["population"].to_numpy(), CandidateTable.from_times(metres), capacity


@pytest.mark.parametrize(
    ("types", "share", "space", "unserved", "mean_m", "p95_m", "worst_m"),
    [
        (ALL_SITES, 0.6, 2.0, 0, 1203.0, 3590.0, 6991.0),
        (HALLS, 0.6, 2.0, 1_316_973, None, None, None),
        (HALLS, 0.25, 3.5, 5_646_368, 415.0, None, None),
    ],
    ids=["all sites", "schools and gymnasia", "indoor space only"],
)
def test_central_chengdu(
    types: tuple[str, ...],
    share: float,
    space: float,
    unserved: int,
    mean_m: float | None,
    p95_m: float | None,
    worst_m: float | None,
) -> None:
    """Within 1 %: the two programmes lay degrees on the plane in different ways (up to 0.3 % in length here)."""
    plan = allocate(*chengdu(types, share, space))
    assert plan.certified
    assert plan.unserved.sum() == unserved
    assert plan.assigned + plan.unserved.sum() == 6_998_920
    for found, reference in ((plan.mean_s, mean_m), (plan.quantile_s(0.95), p95_m), (plan.worst_s, worst_m)):
        if reference is not None:
            assert found == pytest.approx(reference, rel=0.01)


@pytest.mark.parametrize(
    ("types", "space", "fair_m", "plain_m", "practice_m", "fair_worst_m", "plain_worst_m", "practice_worst_m"),
    [(ALL_SITES, 2.0, 1207, 1205, 1443, 4789, 7004, 12067), (HALLS, 2.0, 1715, 1575, 3525, 3444, 9025, 35065)],
    ids=["all sites", "schools and gymnasia"],
)
def test_fair_beside_plain_and_practice(
    types: tuple[str, ...],
    space: float,
    fair_m: float,
    plain_m: float,
    practice_m: float,
    fair_worst_m: float,
    plain_worst_m: float,
    practice_worst_m: float,
) -> None:
    """All three serve as many, for every site is in reach of everybody; they differ in who walks how far.

    The figures are our own (2026-11), kept within 1 % so that a change of the plans is seen; the order is what counts:
    fair has the smallest worst trip, plain the least walking, practice is worse than both in both.
    """
    demand, ways, capacity = chengdu(types, 0.6, space)
    plain, fair = allocate(demand, ways, capacity), allocate(demand, ways, capacity, choice="fair")
    practice = nearest_with_room(demand, ways, capacity)
    assert plain.certified
    assert fair.certified
    assert fair.worst_certified
    assert plain.unserved.sum() == fair.unserved.sum() == practice.unserved.sum()
    assert fair.worst_s < plain.worst_s < practice.worst_s
    assert plain.mean_s < fair.mean_s < practice.mean_s
    found = (fair.mean_s, plain.mean_s, practice.mean_s, fair.worst_s, plain.worst_s, practice.worst_s)
    assert found == pytest.approx(
        (fair_m, plain_m, practice_m, fair_worst_m, plain_worst_m, practice_worst_m), rel=0.01
    )
