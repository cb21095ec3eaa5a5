"""From emergency to fixed to central sites: each stage moves on a share of the people of the stage before.

GB 51143 knows emergency, fixed and central sites with more space per person at each step. The people who still need a
place are counted site by site in whole persons, and move with the least walking from site to site; where a site serves
the next stage too, staying takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shelters.allocation import Allocation, Choice, allocate
from shelters.candidates import CandidateTable, Travel
from shelters.whole_numbers import whole_numbers, whole_parts


@dataclass(frozen=True)
class Stage:
    """One later stage: what its sites hold, and how many people need it."""

    name: str
    capacity: np.ndarray  # int64, shape (sites,): persons at this stage's space; 0 where a site does not serve it
    share: float  # of the people in the sites of the stage before who still need a place, 0-1

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share(={self.share}) of stage {self.name} must lie between 0 and 1")


@dataclass(frozen=True)
class StageResult:
    """A stage: of the people before it, went home + kept + moved + without = all, exactly."""

    name: str
    plan: Allocation  # from site (as block) to site
    home: np.ndarray  # int64, shape (sites,): at each earlier site, people who need no place any more
    kept: int  # people who stay in the site they are in
    moved: int  # people who move to another site
    without: int  # people who need a place and find none

    @property
    def people(self) -> int:
        """People in the sites of the stage before."""
        return int(self.home.sum()) + self.kept + self.moved + self.without


def allocate_stages(
    occupancy: np.ndarray, travel: Travel, stages: Sequence[Stage], choice: Choice = "plain"
) -> list[StageResult]:
    """The later stages one after another, from the people in each site (int64, (sites,)) of the first.

    `travel` leads from sites (as blocks) to sites. Of each stage the share of all people, rounded to whole persons
    (half up), is taken from the sites by largest remainder. Who lacks a place in a stage is not in any later one.
    """
    if travel.blocks != travel.sites:
        raise ValueError(f"travel must lead from each site to each: {travel.blocks} blocks, {travel.sites} sites")
    people = whole_numbers("occupancy", occupancy, (travel.sites,))
    ways = _with_staying(travel.all_pairs())
    results = []
    for stage in stages:
        going = _share_of(people, stage.share)
        plan = allocate(going, ways, stage.capacity, choice=choice)
        stays = plan.block == plan.site
        results.append(
            StageResult(
                name=stage.name,
                plan=plan,
                home=people - going,
                kept=int(plan.persons[stays].sum()),
                moved=int(plan.persons[~stays].sum()),
                without=int(plan.unserved.sum()),
            )
        )
        people = plan.occupancy
    return results


def _share_of(people: np.ndarray, share: float) -> np.ndarray:
    """Whole people of each site that add up to the share of all: largest remainder, never more than are there."""
    total = int(people.sum())
    wanted = int(np.floor(share * total + 0.5 + 1e-9))
    if not total:
        return people.copy()
    return whole_parts(np.array([wanted]), (people / total)[:, None])[:, 0]


def _with_staying(table: CandidateTable) -> CandidateTable:
    """The table with every site at no time from itself; a move counts 1 ms more, so that of equal ways fewer move."""
    other = table.take(table.block != table.site, table.complete)
    itself = np.arange(table.sites)
    block = np.concatenate((itself, other.block))
    order = np.argsort(block, kind="stable")
    site = np.concatenate((itself, other.site))[order]
    time = np.concatenate((np.zeros(table.sites, np.int64), other.time_ms))[order]
    block = block[order]
    return CandidateTable(table.blocks, table.sites, block, site, time, table.complete, time + (block != site))
