"""People who set out although nobody told them to: a rumour among those who stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.behaviour.draws import uniform
from sim.behaviour.people import PeopleShares, Population, make_units, set_apart
from sim.departure import DelayCurve
from sim.movement.units import NO_SITE, Units


def rumour_units(
    name: str,
    at_s: float,
    block: np.ndarray,
    persons: np.ndarray,
    share: float,
    shares: PeopleShares,
    spread: DelayCurve,
    preparation: DelayCurve,
    *,
    seed: int,
    until_s: float = np.inf,
    site: int = NO_SITE,
    platoon: int | None = None,
    car_persons: int = 3,
) -> tuple[Population, np.ndarray]:
    """Units that a rumour moves, and when each leaves home (s, float64).

    `share` of the `persons` of each `block` (int arrays, rows: people there who are not told to leave) believe it,
    whole people as in `set_apart`. They take it up along `spread`, get ready and leave for `site`, or for the nearest,
    by car or on foot: nobody sends a bus or an ambulance for a rumour.
    Whom it has not reached by `until_s`, when it is put right, stay at home and make no unit. Unit numbers are the
    rumour's own, and so are its draws: `name` tells it from others.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share(={share}) must lie in 0..1")
    block = np.asarray(block, np.int64)
    believe = set_apart(persons, share)
    nobody = np.zeros(len(shares.compliance))
    everybody = replace(shares, compliance=nobody + 1.0, shadow=nobody, bus=nobody, assisted=nobody)
    made = make_units(
        block, np.full(len(block), site), believe, everybody,
        seed=seed, platoon=platoon, car_persons=car_persons, spare=0.0,
    )  # fmt: skip
    number = np.arange(made.count)
    heard = at_s + spread.delay(uniform(seed, f"rumour {name} heard", number))
    leaves = heard + preparation.delay(uniform(seed, f"rumour {name} prepared", number))
    moved = np.flatnonzero(heard < until_s)
    units = Units(*(values[: made.count][moved] for values in made.units))
    return Population(units, len(moved), made.intent[moved]), leaves[moved]
