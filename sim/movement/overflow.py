"""Another shelter for people who lost theirs: the open site with room where time plus the plan's price is least.

The prices are the duals of the plan (`shelters.Allocation.price_ms`): what one more place at a site would save others.
People take the place that costs everybody least, not simply the nearest (evacuation.md 6).

For every node and mode a field holds the best site and its cost. It is made once and then mended where a site fills up,
gets room again or a road changes: whoever is sent away costs microseconds, not a search of the city.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.movement.links import Doors, Links, RoadWater
from sim.movement.units import Units

SENT, FULL, CUT_OFF = range(3)  # verdicts: has a place; every open site in reach is full; no open site in reach

_FAR = np.int64(2**62)


class Sent(NamedTuple):
    """What became of those who asked: unit numbers (with the new ones that splits made) and their verdicts."""

    units: np.ndarray  # int32
    verdict: np.ndarray  # uint8, SENT, FULL or CUT_OFF


class Overflow:
    """The fields of a run. The same calls in the same order give the same answers."""

    def __init__(self, links: Links, doors: Doors) -> None:
        raise NotImplementedError

    def set_water(self, water: RoadWater) -> None:
        """The roads as they are from now on: with every flood epoch, and whenever a road is barred or opened."""
        raise NotImplementedError

    def relocate(self, lost: np.ndarray, now_ms: int, count: int, units: Units, doors: Doors) -> tuple[int, Sent]:
        """Give the `lost` units (any order; each once) another site, in order of ready_ms and number.

        Each stands at units.node. A place is kept from now on; one that it still had elsewhere is given up. A unit that
        fits in part splits (room for one more unit per site is enough); a part that found no place stays as it was.
        Sites that have not opened yet count as open if they will. SENT units are informed and bound for their site:
        set out from `node` at `ready_ms`. FULL: turned away, to be asked again when a site opens. CUT_OFF: stranded
        without a way, to be asked again when the roads change. Returns the new count of units, and who went where.
        """
        raise NotImplementedError
