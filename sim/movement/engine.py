"""The movement engine: units move on links by discrete events while water, orders and vehicles act from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.movement.links import Doors, Links, RoadWater
from sim.movement.outcome import MovementOutcome
from sim.movement.terms import MovementTerms
from sim.movement.units import Units


@dataclass(frozen=True)
class Exchange:
    """What happened since the last exchange, for those who act from outside."""

    arrived: np.ndarray  # int64 (sites,), persons let in
    stranded: np.ndarray  # int32, ids of units newly stranded, in rising number
    turned: np.ndarray  # int32, ids of units newly without any place, in rising number
    waiting: np.ndarray  # int32, ids of units that newly wait for a vehicle (bus or ambulance), in rising number


class Movement:
    """Units on roads. Times in s on the clock of the run; what is done at `now_s` happens before anybody moves on.

    The units given are copied: read them from `.units` afterwards. Everybody is HOME at first and sets out when told
    by `leave`. The run holds exact whole persons at all times; `outcome` says by how much any sum ever failed to.
    """

    def __init__(
        self,
        links: Links,
        doors: Doors,
        routes: Any,
        units: Units,
        count: int,
        terms: MovementTerms,
        until_s: float,
        *,
        block_node: np.ndarray,
        block_access_ms: np.ndarray,
        record_s: float = 60.0,
        first_order_s: float = np.nan,
        harm: Any = None,
        seed: int = 1,
    ) -> None:
        """`block_node` (blocks,), `block_access_ms` (blocks,): where the people of a block reach the road, and after
        how long. `harm` None: nobody is caught or stalls. Raises ValueError where arrays do not fit each other.
        """
        raise NotImplementedError

    @property
    def now_s(self) -> float:
        raise NotImplementedError

    @property
    def units(self) -> Units:
        """The units as they are now: arrays of room for splits; only the first `count` count. Not to be written."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        raise NotImplementedError

    @property
    def over(self) -> bool:
        """Nothing is due any more: the clock may still run, but without new orders, water or vehicles nobody moves."""
        raise NotImplementedError

    def advance(self, to_s: float) -> Exchange:
        """Move everybody up to and including `to_s` (>= now)."""
        raise NotImplementedError

    def set_water(self, water: RoadWater) -> None:
        """The water on the roads from now on; closes roads under people, and those who are stranded try again."""
        raise NotImplementedError

    def bulletin(self) -> None:
        """The present state of the roads is told: informed units follow it from now on."""
        raise NotImplementedError

    def inform(self, ids: np.ndarray) -> None:
        """These units follow the last bulletin from now on."""
        raise NotImplementedError

    def leave(self, ids: np.ndarray, at_s: np.ndarray | float) -> None:
        """Units at home set out at `at_s` (>= now). WALK and CAR go to the road, BUS and ASSISTED wait near home.

        A unit that has a time to leave keeps the earlier one; units not at home are left alone.
        """
        raise NotImplementedError

    def stay(self, ids: np.ndarray) -> np.ndarray:
        """Take back the leave of those who are still at home; returns their ids."""
        raise NotImplementedError

    def refuse(self, ids: np.ndarray) -> None:
        """Units at home that were told to leave and will not."""
        raise NotImplementedError

    def bar(self, edges: np.ndarray, barred: bool, by_car_only: bool = False) -> None:
        """Close edges whatever the water is, or open them again (a barrier, a bridge, a fallen tree)."""
        raise NotImplementedError

    def redirect(self, site_from: int, site_to: int) -> int:
        """Whoever is bound for one site and not yet at its door goes to the other; returns the persons."""
        raise NotImplementedError

    def open_site(self, site: int, at_s: float) -> None:
        """The door opens at `at_s` (>= now), or earlier if it would have anyway."""
        raise NotImplementedError

    def close_site(self, site: int, at_s: float) -> None:
        """The door closes for good at `at_s` (>= now); those inside stay inside."""
        raise NotImplementedError

    def add(self, units: Units, count: int) -> np.ndarray:
        """More units, at home (rumours); returns their ids."""
        raise NotImplementedError

    def waiting(self, block: int | None = None) -> np.ndarray:
        """Ids of units that wait for a bus or an ambulance (of one block), first come first."""
        raise NotImplementedError

    def board(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """Of these WAITING units in this order, who fits into `seats` rides (the last may split): ids and persons."""
        raise NotImplementedError

    def pick_up(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """The same of STRANDED units, who leave their car behind."""
        raise NotImplementedError

    def alight(self, ids: np.ndarray, site: int) -> None:
        """RIDING units are at the door of `site` now; whoever does not get in goes on from there on foot."""
        raise NotImplementedError

    def set_down(self, ids: np.ndarray, node: int) -> None:
        """RIDING units get off at a crossing and wait there for another vehicle (theirs cannot go on)."""
        raise NotImplementedError

    def car_delay_s(self, edge: int) -> float:
        """How long a car that enters the edge now waits at its end beyond its free time: the queue before it."""
        raise NotImplementedError

    def count_by_state(self) -> np.ndarray:
        """Persons in each of STATES now, int64 (9,)."""
        raise NotImplementedError

    def queue_at(self) -> np.ndarray:
        """Persons queueing at each site's door now, int64 (sites,)."""
        raise NotImplementedError

    def outcome(self, ordered: np.ndarray, unordered: np.ndarray) -> MovementOutcome:
        """The books closed. `ordered`, `unordered`: persons told to leave, or leaving of their own accord, so far at
        each record, int64 (records,); records are at 0, record_s, 2 record_s ... and `until_s`.
        """
        raise NotImplementedError
