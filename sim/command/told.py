"""Who has been told what, who has heard it, and when each unit leaves: the people's side of orders and warnings."""

from __future__ import annotations

import numpy as np

from sim.behaviour.channels import EVERYWHERE, ChannelDown
from sim.behaviour.decisions import answer_order
from sim.behaviour.people import REFUSE, SHADOW, Population
from sim.command.setup import DrillSetup
from sim.movement.engine import Movement
from sim.movement.units import HOME


class ToldPeople:
    """The units of the plan, one entry each in every array, as they were before any split.

    An order counts for a unit from the moment it is given (`told_s`); the unit hears of it at `reached_s` and leaves
    at `leaves_s`. The first warning works like an order on those who leave early (`SHADOW`).
    """

    def __init__(self, setup: DrillSetup, population: Population, movement: Movement) -> None:
        count = population.count
        self._setup, self._movement = setup, movement
        self.intent = population.intent
        self.block = population.units.block[:count].copy()
        self.persons = population.units.persons[:count].astype(np.int64)
        self.told_s = np.full(count, np.inf)  # the order that holds now
        self.first_told_s = np.full(count, np.inf)  # the first order ever
        self.first_reached_s = np.full(count, np.inf)  # by an order
        self.warned_s = np.full(count, np.inf)  # first warning, of those who act on it
        self.early_s = np.full(count, np.inf)  # leaves of its own accord
        self.leaves_s = np.full(count, np.inf)  # on its order
        self._reached_s = np.full(count, np.inf)  # by the order that holds now
        self._undecided = np.flatnonzero(self.intent == REFUSE)  # will refuse, but have not heard of an order yet
        self._by_block = np.argsort(self.block, kind="stable")
        self._first = np.zeros(len(setup.blocks.ids) + 1, np.int64)
        np.cumsum(np.bincount(self.block, minlength=len(setup.blocks.ids)), out=self._first[1:])
        self._downs: list[tuple[str, np.ndarray | None, float, float]] = []
        self._zone = np.zeros(len(setup.blocks.ids), np.int64)
        self._failures: list[ChannelDown] = []

    def units_of(self, blocks: np.ndarray) -> np.ndarray:
        """Units of these blocks, in rising number."""
        parts = [self._by_block[self._first[block] : self._first[block + 1]] for block in blocks]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def leave(self, blocks: np.ndarray, now_s: float) -> np.ndarray:
        """Tell the people of the blocks to leave; returns the units at home that were not under an order yet."""
        ids = self._at_home(blocks)
        ids = ids[np.isinf(self.told_s[ids])]
        self.told_s[ids] = now_s
        self.first_told_s[ids] = np.minimum(self.first_told_s[ids], now_s)
        self._answer(ids, now_s)
        return ids

    def stay(self, blocks: np.ndarray, now_s: float) -> np.ndarray:
        """Whoever is still at home stays; returns the units. Nobody who has left turns back."""
        home = self._at_home(blocks)
        home = home[np.isfinite(self.told_s[home]) | np.isfinite(self.warned_s[home])]
        self._movement.stay(home)
        for when in (self.first_reached_s, self.early_s):
            when[home] = np.where(when[home] > now_s, np.inf, when[home])
        for when in (self.told_s, self.warned_s, self.leaves_s, self._reached_s):
            when[home] = np.inf
        return home

    def warn(self, blocks: np.ndarray, now_s: float) -> None:
        """The first warning of the blocks: some leave at it who are not told to."""
        ids = self.units_of(blocks)
        ids = ids[(self.intent[ids] == SHADOW) & np.isinf(self.told_s[ids])]
        self.warned_s[ids] = now_s
        self._early(ids, now_s)

    def channel_down(self, channel: str, blocks: np.ndarray | None, now_s: float, until_s: float) -> None:
        """From now on a channel reaches nobody in the blocks (None: nowhere); who has heard has heard."""
        self._downs.append((channel, blocks, now_s, until_s))
        self._map_failures()
        later = np.isfinite(self.told_s) & (self._reached_s > now_s)
        for told_s in np.unique(self.told_s[later]).tolist():
            self._answer(np.flatnonzero(later & (self.told_s == told_s)), told_s, now_s)
        waits = np.isfinite(self.warned_s) & (self.early_s > now_s)
        for warned_s in np.unique(self.warned_s[waits]).tolist():
            self._early(np.flatnonzero(waits & (self.warned_s == warned_s)), warned_s, now_s)

    def refuse_due(self, now_s: float) -> None:
        """Units that have heard of their order and will not go are REFUSED from now on."""
        due = self._reached_s[self._undecided] <= now_s
        if due.any():
            self._movement.refuse(self._undecided[due])
            self._undecided = self._undecided[~due]

    def left_at_home(self, until_s: float) -> tuple[int, int]:
        """Persons at home who were told to leave: whom no order has reached by `until_s`, and who are to stay now."""
        home = self._movement.units.state[: len(self.block)] == HOME
        told = home & np.isfinite(self.told_s)
        back = home & np.isinf(self.told_s) & np.isfinite(self.first_told_s)
        return int(self.persons[told & ~(self._reached_s <= until_s)].sum()), int(self.persons[back].sum())

    def _at_home(self, blocks: np.ndarray) -> np.ndarray:
        ids = self.units_of(blocks)
        return ids[self._movement.units.state[ids] == HOME]

    def _answer(self, ids: np.ndarray, told_s: float, again_s: float | None = None) -> None:
        """What the units make of an order of `told_s`; asked again at `again_s` because channels have failed since."""
        if not ids.size:
            return
        setup = self._setup
        answer = answer_order(
            setup.behaviour, told_s, ids, self._zone[self.block[ids]], self.intent[ids], self._failures, seed=setup.seed
        )
        if again_s is not None:  # an order taken back may have reached some before this one
            self.first_reached_s[ids] = np.where(self.first_reached_s[ids] > again_s, np.inf, self.first_reached_s[ids])
        self.first_reached_s[ids] = np.minimum(self.first_reached_s[ids], answer.reached_s)
        self._reached_s[ids] = answer.reached_s
        self._set_out(ids, self.leaves_s, answer.leaves_s, again_s)

    def _early(self, ids: np.ndarray, warned_s: float, again_s: float | None = None) -> None:
        if not ids.size:
            return
        setup = self._setup
        answer = answer_order(
            setup.behaviour, warned_s, ids, self._zone[self.block[ids]], self.intent[ids], self._failures,
            seed=setup.seed,
        )  # fmt: skip
        self._set_out(ids, self.early_s, answer.leaves_s, again_s)

    def _set_out(self, ids: np.ndarray, when: np.ndarray, leaves_s: np.ndarray, again_s: float | None) -> None:
        """Write when the units leave and tell movement, which keeps the earliest time that it was given."""
        before = np.minimum(self.leaves_s[ids], self.early_s[ids])
        when[ids] = np.rint(leaves_s * 1000.0) / 1000.0  # movement counts in whole milliseconds
        after = np.minimum(self.leaves_s[ids], self.early_s[ids])
        if again_s is not None:
            self._movement.stay(ids[(after > before) & (before > again_s)])
        goes = (after != before) & (after <= self._setup.until_s)
        self._movement.leave(ids[goes], after[goes])

    def _map_failures(self) -> None:
        """Zones: blocks that the same failures strike, numbered; and the failures zone by zone."""
        blocks = len(self._setup.blocks.ids)
        struck = np.ones((len(self._downs), blocks), bool)
        for row, (_, where, _, _) in enumerate(self._downs):
            if where is not None:
                struck[row] = False
                struck[row, where] = True
        kinds, self._zone = np.unique(struck, axis=1, return_inverse=True)
        self._zone = self._zone.reshape(-1).astype(np.int64)
        self._failures = []
        for row, (channel, where, from_s, until_s) in enumerate(self._downs):
            zones = [EVERYWHERE] if where is None else np.flatnonzero(kinds[row]).tolist()
            self._failures += [ChannelDown(channel, zone, from_s, until_s) for zone in zones]
