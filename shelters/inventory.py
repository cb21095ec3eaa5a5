"""What a site offers: the plan's seven functions, the stays it serves, and how long its supplies last when full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import FUNCTIONS, SHELTER_CLASSES, STAYS

_FIXED_STAYS = ("short", "medium", "long")  # each asks for a least area; without the first a site serves three days


@dataclass(frozen=True)
class StayRules:
    """Least effective area (m2) of a fixed or central site for its stay; values from the rules file `shelters.toml`."""

    short_m2: float
    medium_m2: float
    long_m2: float

    def __post_init__(self) -> None:
        if not 0.0 < self.short_m2 <= self.medium_m2 <= self.long_m2:
            raise ValueError(
                f"short_m2(={self.short_m2}), medium_m2(={self.medium_m2}), long_m2(={self.long_m2}) "
                "must be > 0 and not fall"
            )


@dataclass(frozen=True)
class SupplyRules:
    """What a person needs; values from the rules file `shelters.toml`."""

    water_l_per_person_day: float
    persons_per_toilet: float
    persons_per_kit: float

    def __post_init__(self) -> None:
        for name in ("water_l_per_person_day", "persons_per_toilet", "persons_per_kit"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")


@dataclass(frozen=True)
class Supplies:
    """What a site's stores mean when it is full, float64, shape (sites,); NaN where the store is not known."""

    water_days: np.ndarray  # d that the drinking water lasts; infinite at a site that holds nobody
    toilets_short: np.ndarray
    kits_short: np.ndarray


def functions_of(sites: pd.DataFrame) -> np.ndarray:
    """Which of `FUNCTIONS` (supplies, toilets, refuge area, power, water, fire-fighting, supporting) each site has.

    `sites` has a truth column for each; bool, shape (sites, 7).
    """
    return sites[list(FUNCTIONS)].to_numpy(bool)


def missing_functions(has: np.ndarray) -> list[str]:
    """The functions that each site lacks, separated by spaces, in the order of `FUNCTIONS`."""
    has = np.asarray(has, bool)
    if has.ndim != 2 or has.shape[1] != len(FUNCTIONS):
        raise ValueError(f"has has shape {has.shape}, expected (sites, {len(FUNCTIONS)})")
    names = np.array(FUNCTIONS)
    return [" ".join(names[~row]) for row in has]


def longest_stay(
    shelter_class: np.ndarray, effective_m2: np.ndarray, stated: np.ndarray, rules: StayRules
) -> np.ndarray:
    """Longest stay that each site serves, one of `STAYS` (text), shape (sites,).

    What is `stated` holds; "" leaves it to the class: an emergency site serves `temporary` at most, a fixed or a
    central one the longest stay whose least effective area it has, and without the least of them `temporary` too
    (GB 51143-2015: an emergency shelter is for up to three days, fixed ones are for short, medium and long stays).
    """
    kind, area, stated = np.asarray(shelter_class), np.asarray(effective_m2, np.float64), np.asarray(stated)
    unknown = sorted({*map(str, kind)} - {*SHELTER_CLASSES})
    if unknown:
        raise ValueError(f"shelter_class holds {unknown[0]!r}, none of {', '.join(SHELTER_CLASSES)}")
    odd = sorted({*map(str, stated)} - {*STAYS, ""})
    if odd:
        raise ValueError(f"stated holds {odd[0]!r}, none of {', '.join(STAYS)}")
    if np.isnan(area).any():
        raise ValueError("effective_m2 must be numbers, not NaN")
    stay = np.full(len(area), "temporary", object)
    for name in _FIXED_STAYS:
        stay[(kind != "emergency") & (area >= getattr(rules, f"{name}_m2"))] = name
    return np.where(stated == "", stay, stated).astype(object)


def supplies_when_full(
    persons: np.ndarray, water_l: np.ndarray, toilets: np.ndarray, kits: np.ndarray, rules: SupplyRules
) -> Supplies:
    """How long the water lasts, and how many toilets and kits are short, with `persons` inside (shape (sites,)).

    A store that is not known (NaN) stays not known.
    """
    full = np.asarray(persons, np.float64)
    if np.isnan(full).any() or (full < 0.0).any():
        raise ValueError("persons must be numbers >= 0")
    water, toilets, kits = (
        _stock(name, of) for name, of in (("water_l", water_l), ("toilets", toilets), ("kits", kits))
    )
    days = np.full(len(full), np.inf)
    np.divide(water, full * rules.water_l_per_person_day, out=days, where=full > 0.0)
    return Supplies(
        np.where(np.isnan(water), np.nan, days),
        _short(full, rules.persons_per_toilet, toilets),
        _short(full, rules.persons_per_kit, kits),
    )


def _stock(name: str, values: np.ndarray) -> np.ndarray:
    stock = pd.Series(np.asarray(values)).astype(np.float64).to_numpy()  # None, too, means not known
    if (stock < 0.0).any():
        raise ValueError(f"{name} must be >= 0, or NaN where not known")
    return stock


def _short(persons: np.ndarray, each: float, have: np.ndarray) -> np.ndarray:
    """Whole pieces short of one to `each` persons; a piece that is short by rounding alone is not."""
    return np.maximum(np.ceil(persons / each * (1.0 - 2.0**-50)) - np.floor(have), 0.0)
