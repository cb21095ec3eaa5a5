"""Which roads are closed by order or blocked by mishap, on top of the water."""

from __future__ import annotations

import numpy as np


class Barriers:
    """What bars each edge to everybody, or to cars alone; arrays of shape (edges,).

    A mishap holds whatever is ordered, and an order whatever mishaps end. Of two orders for one edge the later one
    counts, even where its crew is there first.
    """

    def __init__(self, edges: int) -> None:
        self._wanted = np.zeros(edges, bool)  # by the last order given
        self._ordered = np.zeros(edges, bool)  # by orders carried out
        self._cars_only = np.zeros(edges, bool)  # of those ordered
        self._blocked = np.zeros(edges, np.int32)  # mishaps that block it now

    @property
    def links(self) -> np.ndarray:
        """Barred links, bool (2 * edges,): on foot, then by car."""
        blocked = self._blocked > 0
        return np.concatenate([blocked | (self._ordered & ~self._cars_only), blocked | self._ordered])

    def order(self, edges: np.ndarray, barred: bool) -> None:
        """An order has been given; nothing is barred yet."""
        self._wanted[edges] = barred

    def carry_out(self, edges: np.ndarray, barred: bool, by_car_only: bool = False) -> np.ndarray:
        """A crew has put up or taken away its barriers: the edges whose last order asks for just that."""
        meant = edges[self._wanted[edges] == barred]
        self._ordered[meant], self._cars_only[meant] = barred, barred and by_car_only
        return meant

    def block(self, edges: np.ndarray, begins: bool) -> None:
        """A mishap begins or ends."""
        self._blocked[edges] += 1 if begins else -1
