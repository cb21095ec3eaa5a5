"""The people of each block as units: who they are, how they travel, who will not leave, who leaves too early.

Counts are whole people and add up exactly. Units hold people of one group and mode: at one person per unit that is a
person, at more a platoon of people who walk alike and stay together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.behaviour.draws import uniform
from sim.movement.units import ADULT, ASSISTED, BUS, CAR, CHILD, ELDER, HOME, IMPAIRED, NOWHERE, WALK, Units, no_units

PLATOONS = (1, 2, 4, 5, 10, 20)
_ALONE_UP_TO = 1_000_000  # persons: a unit each
_UNITS_UP_TO = 1_500_000

COMPLY, SHADOW, REFUSE = range(3)  # leave when told; leave at the first warning, told or not; never leave


@dataclass(frozen=True)
class PeopleShares:
    """Who the people of each block are and how they travel; shares in 0..1, float64 (blocks,).

    Somebody who is old and disabled counts as impaired, and the groups together never make more than everybody.
    """

    elder: np.ndarray  # of all people, 65 and more
    child: np.ndarray  # of all people, 14 and less
    impaired: np.ndarray  # of all people: with a disability or in a hospital bed
    assisted: np.ndarray  # of the impaired: leave only with an ambulance
    car: np.ndarray  # of all others
    bus: np.ndarray  # of all others
    compliance: np.ndarray  # of all people: leave when they are told
    shadow: np.ndarray  # of those who comply: leave at the first warning
    informed: float = 1.0  # of the units: hear bulletins on roads while on the way

    def __post_init__(self) -> None:
        fields = {name: np.asarray(value, float) for name, value in vars(self).items()}
        for name, value in fields.items():
            if not ((value >= 0.0) & (value <= 1.0)).all():
                raise ValueError(f"{name} must lie in 0..1")
        if (fields["car"] + fields["bus"] > 1.0 + 1e-9).any():
            raise ValueError("car and bus together must not be more than everybody")


@dataclass(frozen=True)
class Population:
    """Units at home and what they will do: `intent` is COMPLY, SHADOW or REFUSE, uint8 (count,)."""

    units: Units
    count: int
    intent: np.ndarray


def platoon_for(persons: int) -> int:
    """People per unit where the scenario leaves it open.

    One where there are 1 M people or fewer; else the smallest of 2, 4, 5, 10 and 20 that makes no more than 1.5 M
    units, and 20 where none does.
    """
    if persons <= _ALONE_UP_TO:
        return 1
    return next((size for size in PLATOONS[1:] if persons <= size * _UNITS_UP_TO), PLATOONS[-1])


def make_units(
    block: np.ndarray,
    site: np.ndarray,
    persons: np.ndarray,
    shares: PeopleShares,
    *,
    seed: int,
    platoon: int | None = None,
    car_persons: int = 3,
    spare: float = 0.1,
) -> Population:
    """Units of rows of people: `persons` people of `block` bound for `site` (NO_SITE: none); int arrays (rows,).

    `platoon`: people per unit at most, None: by `platoon_for`. A car takes `car_persons`, a unit by car as many full
    cars as the platoon has room for, at least one. Units lie row by row, so that neighbours have neighbouring
    numbers. `spare`: room for splits, as a share of the count, and 1,000 entries besides.
    """
    block, site = np.asarray(block, np.int64), np.asarray(site, np.int64)
    persons = np.asarray(persons, np.int64)
    if block.shape != persons.shape or site.shape != persons.shape or (persons < 0).any():
        raise ValueError("block, site and persons must be of one length, persons >= 0")
    if platoon is None:
        platoon = platoon_for(int(persons.sum()))
    if not 1 <= platoon <= 1000 or not 1 <= car_persons <= 100:
        raise ValueError(f"platoon(={platoon}) must lie in 1..1000, car_persons(={car_persons}) in 1..100")
    kinds, cells = _cells(block, persons, shares)
    limit = np.array([max(platoon // car_persons, 1) * car_persons if mode == CAR else platoon for _, _, mode in kinds])
    people = cells.T.reshape(-1)  # row by row
    parts = -(-people // np.tile(limit, len(persons)))
    of = np.repeat(np.arange(people.size, dtype=np.int32), parts)
    count = of.size
    nth = np.arange(count, dtype=np.int32) - np.repeat((np.cumsum(parts) - parts).astype(np.int32), parts)
    row, kind = np.divmod(of, np.int32(len(kinds)))
    intent, group, mode = np.array(kinds, np.uint8).T[:, kind]
    units = no_units(count + int(spare * count) + 1000)
    units.block[:count], units.site[:count] = block[row], site[row]
    units.persons[:count] = people[of] // parts[of] + (nth < people[of] % parts[of])
    units.size[:count] = np.where(mode == CAR, -(-units.persons[:count] // car_persons), units.persons[:count])
    units.mode[:count], units.group[:count], units.state[:count] = mode, group, HOME
    units.informed[:count] = uniform(seed, "informed", np.arange(count)) < shares.informed
    units.node[:] = units.link[:] = NOWHERE
    return Population(units, count, intent.copy())


def set_apart(persons: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """Whole people of each row who belong to a share of them, int64 (rows,).

    The sum over all rows is the exact total to the nearest person, and each row its own exact figure rounded up or
    down. The people left over by rounding down are handed out evenly along the rows (one whenever the running sum of
    the remainders passes a half), so that no end of the list has more of them.
    """
    persons = np.asarray(persons, np.int64)
    exact = persons * np.broadcast_to(np.asarray(share, float), persons.shape)
    part = np.floor(exact + 1e-9).astype(np.int64)
    passed = np.floor(np.cumsum(np.maximum(exact - part, 0.0)) + 0.5).astype(np.int64)
    return np.minimum(part + np.diff(passed, prepend=0), persons)


def _cells(
    block: np.ndarray, persons: np.ndarray, shares: PeopleShares
) -> tuple[list[tuple[int, int, int]], np.ndarray]:
    """(intent, group, mode) of each kind of people, and how many there are, int64 (kinds, rows)."""
    by = {name: np.asarray(value, float)[block] for name, value in vars(shares).items() if name != "informed"}
    refuse = set_apart(persons, 1.0 - by["compliance"])
    shadow = set_apart(persons - refuse, by["shadow"])
    found: dict[tuple[int, int, int], np.ndarray] = {}
    for intent, people in ((COMPLY, persons - refuse - shadow), (SHADOW, shadow), (REFUSE, refuse)):
        for group, members in _groups(people, by).items():
            assisted = set_apart(members, by["assisted"]) if group == IMPAIRED else np.zeros_like(members)
            others = members - assisted
            car = set_apart(others, by["car"])
            bus = set_apart(others - car, _of_rest(by["bus"], by["car"]))
            for mode, who in ((WALK, others - car - bus), (CAR, car), (BUS, bus), (ASSISTED, assisted)):
                if who.any():
                    found[intent, group, mode] = who
    kinds = list(found) or [(COMPLY, ADULT, WALK)]
    return kinds, np.stack([found.get(kind, np.zeros_like(persons)) for kind in kinds])


def _groups(people: np.ndarray, by: dict[str, np.ndarray]) -> dict[int, np.ndarray]:
    """People of each group: the impaired first, then the old, then the young, of those whom the former leave."""
    parts, taken = {}, np.zeros(people.shape)
    rest = people
    for group, name in ((IMPAIRED, "impaired"), (ELDER, "elder"), (CHILD, "child")):
        parts[group] = set_apart(rest, _of_rest(by[name], taken))
        rest, taken = rest - parts[group], taken + by[name]
    return {ADULT: rest, CHILD: parts[CHILD], ELDER: parts[ELDER], IMPAIRED: parts[IMPAIRED]}


def _of_rest(share: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """A share of everybody as a share of those whom earlier parts left."""
    rest = 1.0 - taken
    return np.minimum(np.divide(share, rest, out=np.zeros(len(rest)), where=rest > 1e-12), 1.0)
