"""The siting problem in arrays: who can walk where within the cover distance, how many places, what may be opened.

People are counted in whole persons, walking in whole metres, money in whole CNY: costs of plans are exact integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_LARGEST = 2**53  # sums of person-metres stay whole numbers in float64 too


@dataclass(frozen=True)
class SitingProblem:
    """Open some candidates beside the sites that are there, so that the walking and the unserved cost least.

    Blocks with the same people's choice (equal distances to equal sites) are one group. Blocks that no site can ever
    serve are in no group; their people are `out_of_reach`. Sites keep their numbers; those of no use have no pair.
    Only sites that may be used are fixed or candidate: an excluded one is neither.
    """

    people: np.ndarray  # int64 (groups,), > 0
    first: np.ndarray  # int64 (groups + 1,): where the pairs of each group start
    site: np.ndarray  # int64 (pairs,)
    distance_m: np.ndarray  # int64 (pairs,), <= cover_m, rising within a group
    capacity: np.ndarray  # int64 (sites,): places, at most the people in reach
    fixed: np.ndarray  # bool (sites,): open already
    candidate: np.ndarray  # bool (sites,): may be opened
    cost: np.ndarray  # int64 (sites,), CNY of opening it
    count: int  # open at most so many
    budget: int | None  # CNY, None: no limit
    limits: tuple[tuple[np.ndarray, int], ...]  # (bool (sites,), open at most so many of them)
    cover_m: int
    unserved_m: int  # an unserved person counts as so many metres
    group: np.ndarray  # int64 (blocks,), -1: out of reach or nobody lives there
    demand: np.ndarray  # int64 (blocks,)

    @property
    def groups(self) -> int:
        return len(self.people)

    @property
    def sites(self) -> int:
        return len(self.capacity)

    @property
    def total_people(self) -> int:
        return int(self.demand.sum())

    @property
    def out_of_reach(self) -> int:
        return self.total_people - int(self.people.sum())

    @cached_property
    def pair_group(self) -> np.ndarray:
        """Group of each pair, int64 (pairs,)."""
        return np.repeat(np.arange(self.groups), np.diff(self.first))

    @cached_property
    def by_site(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs by site: where each site starts (sites + 1,), and the pair numbers (pairs,)."""
        order = np.argsort(self.site, kind="stable").astype(np.int64)
        return np.searchsorted(self.site[order], np.arange(self.sites + 1)).astype(np.int64), order

    def allows(self, chosen: np.ndarray) -> bool:
        """Whether a set of sites (numbers) may be opened together."""
        chosen = np.asarray(chosen, np.int64)
        if len(np.unique(chosen)) != len(chosen) or not self.candidate[chosen].all() or len(chosen) > self.count:
            return False
        if self.budget is not None and int(self.cost[chosen].sum()) > self.budget:
            return False
        return all(int(inside[chosen].sum()) <= most for inside, most in self.limits)


def siting_problem(
    demand: np.ndarray,
    block: np.ndarray,
    site: np.ndarray,
    distance_m: np.ndarray,
    capacity: np.ndarray,
    fixed: np.ndarray,
    candidate: np.ndarray,
    cover_m: int,
    count: int | None = None,
    cost: np.ndarray | None = None,
    budget: int | None = None,
    limits: tuple[tuple[np.ndarray, int], ...] = (),
    unserved_covers: int | None = None,
) -> SitingProblem:
    """Check the arrays and leave out what cannot matter.

    demand (blocks,) persons and capacity (sites,) places: whole numbers >= 0; block, site, distance_m (pairs,): each
    pair once, whole metres; fixed, candidate bool (sites,); cost (sites,) whole CNY; limits: (bool (sites,), most).
    Pairs farther than `cover_m` are left out. ValueError names what does not fit.

    An unserved person counts `unserved_covers` cover distances. None: one more than the most sites that can be open.
    To serve one person more, a chain of people moves over, at most one into each open site and each by less than a
    cover distance; at that price no set leaves anybody unserved whom it could serve, however far others then walk.
    At 2, only nobody is left out who is in reach of a free place; long chains are not made.

    Left out besides, each without any effect on the best sets and their cost: pairs of sites without places or that
    are neither fixed nor candidate; places beyond the people in reach; and for a block with a fixed site that has
    room for everybody in its reach, all pairs at least as far as the way there.
    """
    demand, capacity = _whole("demand", demand), _whole("capacity", capacity)
    block, site, distance_m = (_whole(n, v) for n, v in (("block", block), ("site", site), ("distance_m", distance_m)))
    cost = np.zeros(len(capacity), np.int64) if cost is None else _whole("cost", cost)
    fixed, candidate = np.asarray(fixed, bool), np.asarray(candidate, bool)
    sites, blocks = len(capacity), len(demand)
    for name, values in (("fixed", fixed), ("candidate", candidate), ("cost", cost)):
        if values.shape != (sites,):
            raise ValueError(f"{name} has shape {values.shape}, expected ({sites},)")
    if (fixed & candidate).any():
        raise ValueError("a site is open already and a candidate")
    if not (block.shape == site.shape == distance_m.shape) or block.ndim != 1:
        raise ValueError("block, site and distance_m: one value per pair")
    if len(block) and (block.max() >= blocks or site.max() >= sites):
        raise ValueError("a pair names a block or site that there is not")
    if len(np.unique(block * sites + site)) != len(block):
        raise ValueError("a pair of block and site is listed twice")
    if not cover_m > 0 or (count is not None and count < 1) or (budget is not None and budget < 0):
        raise ValueError("cover_m and count must be > 0, budget >= 0")
    for inside, number in limits:
        if np.shape(inside) != (sites,) or number < 0:
            raise ValueError("a limit is a flag per site and a number >= 0")
    most = int(candidate.sum()) if count is None else min(int(count), int(candidate.sum()))
    covers = min(int(fixed.sum()) + most, int((demand > 0).sum())) + 1 if unserved_covers is None else unserved_covers
    if covers < 1:
        raise ValueError("unserved_covers must be >= 1")
    unserved_m = covers * int(cover_m)
    if int(demand.sum()) * unserved_m > _LARGEST:
        raise ValueError("people x distance too large to count exactly")
    used = (fixed | candidate) & (capacity > 0)
    keep = used[site] & (distance_m <= cover_m) & (demand[block] > 0)
    block, site, distance_m = block[keep], site[keep], distance_m[keep]
    keep = _not_dominated(demand, block, site, distance_m, capacity, fixed)
    block, site, distance_m = block[keep], site[keep], distance_m[keep]
    group, people, first, site, distance_m = _grouped(demand, block, site, distance_m)
    reach = np.bincount(site, np.repeat(people, np.diff(first)), minlength=sites).astype(np.int64)
    return SitingProblem(
        people=people, first=first, site=site, distance_m=distance_m, capacity=np.minimum(capacity, reach),
        fixed=fixed, candidate=candidate, cost=cost, count=most, budget=budget,
        limits=tuple((np.asarray(inside, bool), int(number)) for inside, number in limits),
        cover_m=int(cover_m), unserved_m=unserved_m, group=group, demand=demand,
    )  # fmt: skip


def _not_dominated(
    demand: np.ndarray,
    block: np.ndarray,
    site: np.ndarray,
    distance: np.ndarray,
    capacity: np.ndarray,
    fixed: np.ndarray,
) -> np.ndarray:
    """False for pairs at least as far as the block's nearest fixed site that can never fill up.

    That site has a place for each person of the block in any plan, so no plan is worse for using it instead.
    """
    reach = np.bincount(site, demand[block], minlength=len(capacity))
    ample = (fixed & (capacity >= reach))[site]
    nearest = np.full(len(demand), np.iinfo(np.int64).max)
    np.minimum.at(nearest, block[ample], distance[ample])
    own = np.full(len(demand), len(capacity))
    at = ample & (distance == nearest[block])
    np.minimum.at(own, block[at], site[at])
    return (distance < nearest[block]) | (site == own[block])


def _grouped(
    demand: np.ndarray, block: np.ndarray, site: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Blocks with equal pairs as one: (group of block, people, first, site, distance_m)."""
    order = np.lexsort((site, distance, block))
    block, site, distance = block[order], site[order], distance[order]
    first = np.searchsorted(block, np.arange(len(demand) + 1))
    pairs = np.column_stack((site, distance)).astype(np.int64)
    group = np.full(len(demand), -1, np.int64)
    known: dict[bytes, int] = {}
    lead: list[int] = []
    for i in np.flatnonzero(np.diff(first)):
        key = pairs[first[i] : first[i + 1]].tobytes()
        group[i] = known.setdefault(key, len(known))
        if group[i] == len(lead):
            lead.append(int(i))
    here = group >= 0
    people = np.bincount(group[here], demand[here], minlength=len(lead)).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(np.diff(first)[lead]))).astype(np.int64)
    rows = np.concatenate([np.arange(first[i], first[i + 1]) for i in lead]) if lead else np.empty(0, np.int64)
    return group, people, starts, site[rows], distance[rows]


def _whole(name: str, values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    whole = values.astype(np.int64)
    if (whole != values).any() or (whole < 0).any():
        raise ValueError(f"{name} must be whole numbers >= 0")
    return whole
