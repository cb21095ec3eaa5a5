"""Districts that help each other: which places people of one district may take in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from shelters.allocation import Allocation

AidMode = Literal["free", "own_first", "own_only"]


@dataclass(frozen=True)
class Districts:
    """The district of each block and site, as numbers; places and people in none (-1) count as one more district."""

    of_block: np.ndarray  # int64, shape (blocks,)
    of_site: np.ndarray  # int64, shape (sites,)


class AidRow(NamedTuple):
    """People of one district with places in another (or their own)."""

    home: int
    host: int
    persons: int
    mean_s: float  # real time


def aid_rows(plan: Allocation, districts: Districts) -> list[AidRow]:
    """Persons and mean trip from district to district, own ones included, by (home, host)."""
    home, host = districts.of_block[plan.block], districts.of_site[plan.site]
    pairs, number = np.unique(np.column_stack((home, host)), axis=0, return_inverse=True)
    number = number.reshape(-1)
    persons = np.zeros(len(pairs), np.int64)
    np.add.at(persons, number, plan.persons)
    walked = np.bincount(number, plan.persons * plan.time_s, minlength=len(pairs))
    return [AidRow(int(a), int(b), int(p), float(w / p)) for (a, b), p, w in zip(pairs, persons, walked, strict=True)]
