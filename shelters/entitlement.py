"""Which places people can count on: each site shared among those who live near it, and what a storm leaves of that.

In dry weather the K_j places of site j are shared among all residents within the walking distance of their stay, in
proportion to their number: with P_i residents of block i,

    e_ij = P_i K_j / sum_k P_k        (k over the blocks within the distance of j)

the share of the two-step floating catchment (Luo and Wang 2003, Environment and Planning B 30, eq. 1-2). In a storm
e_ij is kept where the site takes people in and the block can still walk there in time. Who is in danger and beyond the
kept places is the block's coping gap

    U_i = max(0, D_i - sum_j e_ij)

with D_i people in danger. Sites do not compete in it: another site, or a larger one, never raises the gap of any block,
and more water, which keeps fewer of the e_ij and endangers more people, never lowers it.
"""

from __future__ import annotations

import numpy as np

from shelters.reach import Reach


def entitled_places(reach: Reach, residents: np.ndarray, places: np.ndarray) -> np.ndarray:
    """e_ij of every pair in reach on dry roads, float64, shape (pairs,).

    `residents` (blocks,) and `places` (sites,) are numbers >= 0; a site near which nobody lives is shared by nobody.
    """
    people, room = _counts("residents", residents, reach.blocks), _counts("places", places, reach.sites)
    near = np.bincount(reach.site, people[reach.block], minlength=reach.sites)[reach.site]
    share = np.zeros(len(reach))
    np.divide(people[reach.block] * room[reach.site], near, out=share, where=near > 0.0)
    return share


def coping_gap(reach: Reach, entitled: np.ndarray, kept: np.ndarray, in_danger: np.ndarray) -> np.ndarray:
    """U_i of every block, persons, float64, shape (blocks,).

    `entitled` is e_ij of the pairs of `reach`, `kept` (bool, pairs) whether the storm leaves it, `in_danger` (blocks,)
    the people in danger.
    """
    kept = np.asarray(kept, bool)
    if kept.shape != (len(reach),) or np.shape(entitled) != kept.shape:
        raise ValueError(f"entitled {np.shape(entitled)} and kept {kept.shape}: one value per pair, {len(reach)}")
    left = np.bincount(reach.block, np.where(kept, entitled, 0.0), minlength=reach.blocks)
    return np.maximum(_counts("in_danger", in_danger, reach.blocks) - left, 0.0)


def _counts(name: str, values: np.ndarray, count: int) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.shape != (count,):
        raise ValueError(f"{name} has shape {values.shape}, expected ({count},)")
    if not (np.isfinite(values).all() and (values >= 0.0).all()):
        raise ValueError(f"{name} must be finite and >= 0")
    return values
