"""The way from an area to a shelter in the words of a message: the streets walked, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import City
from sim.plan import ShelterPlan

SHELTERS_NAMED = 5  # a message names the shelters that take most of an area's people
_STREETS = 4  # as many as people keep in mind; the longest ones, in the order walked


@dataclass(frozen=True)
class StreetNames:
    """Names of the streets of one way."""

    names: tuple[str, ...] = ()
    names_en: tuple[str, ...] = ()


def named_ways(
    city: City, plan: ShelterPlan, *block_area: np.ndarray, shelters: int = SHELTERS_NAMED
) -> dict[tuple[str, str], StreetNames]:
    """(area code, shelter id) -> the streets of the way that most people of the area take there.

    `block_area` (blocks,) is the area of each block, once per level of areas that is asked for; of each area the
    `shelters` that take most of its people are looked at. Empty where roads have no names, or nobody walks on roads.
    """
    if plan.travel is None or city.shelters is None or city.roads is None or "name" not in city.roads.edges:
        return {}
    given = plan.allocation
    levels = [_rows_of_most(area[given.block], given.site, given.persons, given.block, shelters) for area in block_area]
    chosen = pd.concat(levels, ignore_index=True) if levels else pd.DataFrame()
    if chosen.empty:
        return {}
    rows, which = np.unique(chosen["row"].to_numpy(), return_inverse=True)  # a way is looked for once
    keys = zip(chosen["area"].astype(str), city.shelters["id"].to_numpy()[chosen["site"]], strict=True)
    ways = plan.travel.ways(given.block[rows], given.site[rows])
    edges = city.roads.edges
    length = edges["length_m"].to_numpy()
    local = edges["name"].fillna("").astype(str).to_numpy()
    english = edges["name_en"].fillna("").astype(str).to_numpy() if "name_en" in edges else np.full(len(edges), "")
    found = {}
    for key, first, last in zip(keys, ways.first[which], ways.last[which], strict=True):
        if last > first:
            on = ways.edge[first:last]
            found[key] = streets_of(local[on], english[on], length[on])
    return found


def _rows_of_most(
    area: np.ndarray, site: np.ndarray, persons: np.ndarray, block: np.ndarray, shelters: int
) -> pd.DataFrame:
    """Of each area its sites that take most people, and of each the row with most people: columns area, site, row."""
    table = pd.DataFrame({"area": area, "site": site, "persons": persons, "block": block, "row": np.arange(len(site))})
    pairs = table.groupby(["area", "site"])["persons"].sum().reset_index()
    pairs = pairs.sort_values(["area", "persons", "site"], ascending=[True, False, True])
    pairs = pairs.groupby("area").head(shelters)[["area", "site"]]
    rows = table.sort_values(["persons", "block"], ascending=[False, True]).drop_duplicates(["area", "site"])
    return pairs.merge(rows, on=["area", "site"])[["area", "site", "row"]]


def streets_of(names: Sequence[str], names_en: Sequence[str], length_m: Sequence[float]) -> StreetNames:
    """The streets of a way from its edges in order: unnamed ones left out, the longest kept, no name twice in a row.

    English names are given only where every street that is kept has one.
    """
    streets: list[tuple[str, str, float]] = []
    for name, name_en, metres in zip(names, names_en, length_m, strict=True):
        if not name:
            continue
        if streets and streets[-1][0] == name:
            streets[-1] = (name, streets[-1][1] or name_en, streets[-1][2] + metres)
        else:
            streets.append((name, name_en, metres))
    longest = sorted(range(len(streets)), key=lambda i: (-streets[i][2], i))[:_STREETS]
    kept = [streets[i] for i in sorted(longest)]
    local = tuple(name for i, (name, _, _) in enumerate(kept) if not i or kept[i - 1][0] != name)
    english = tuple(name for i, (_, name, _) in enumerate(kept) if not i or kept[i - 1][1] != name)
    return StreetNames(local, english if all(english) else ())
