"""The orders that have been given: whom each was for, whom it reached, when it was done; and who has been warned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schema.drills import ORDERS_RESULT, WARNED
from sim.command.script import Order
from sim.command.setup import GivenOrder

if TYPE_CHECKING:
    from sim.command.incident import Incident

_TOLD_SHARES = (0.5, 0.9)  # the log says when this share of an area has heard
WORTH = ("worth_arrived", "worth_stranded", "worth_deaths")


class GivenOrders:
    """What the report tells of each order, in the order in which they were given."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self._rows: dict[str, dict[str, Any]] = {}
        self._told: dict[str, np.ndarray] = {}  # order to leave -> units it was the first to tell
        self._pending: dict[int, float] = {}  # area -> next of _TOLD_SHARES to tell
        self._curve: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # area -> rising times, persons reached by then
        codes, area = np.unique(np.asarray(incident.setup.blocks.area, str), return_inverse=True)
        self._codes, self._area_of_block = codes.tolist(), area.reshape(-1).astype(np.int64)

    def begin(self, given: GivenOrder) -> None:
        """An order is given now."""
        order = given.order
        self._rows[order.id] = {
            "id": order.id, "kind": order.kind, "source": given.source, "time_s": self._incident.env.now,
            "targets": " ".join(order.targets), "persons": 0, "reached": 0, "done_s": np.nan,
        }  # fmt: skip

    def told(self, order: Order, ids: np.ndarray) -> None:
        """An order to leave tells these units."""
        self._told[order.id] = ids
        people = self._incident.people
        for area in np.unique(self._area_of_block[people.block[ids]]).tolist():
            self._pending[area] = _TOLD_SHARES[0]
            self._curve.pop(area, None)

    def heard_anew(self) -> None:
        """Whom orders reach, and when, has changed: an order was taken back, or a channel has failed."""
        self._curve.clear()

    def meant_for(self, order: Order, persons: int) -> None:
        """How many people an order is for, where it takes time to reach them."""
        self._rows[order.id]["persons"] = persons

    def done(self, order: Order, persons: int | None = None, **values: Any) -> None:
        """An order is carried out now; `persons` are those it acted on. `refused`: it could not be."""
        row = self._rows[order.id]
        if persons is not None:
            row["persons"] = max(row["persons"], persons)
            row["reached"] = persons
            values["persons"] = persons
        if "refused" not in values:
            row["done_s"] = self._incident.env.now
        self._incident.tell("done", id=order.id, **values)

    def note_reached(self, now_s: float) -> None:
        """Tell of every area in which a half, then nine in ten, of those told to leave have heard of it."""
        for area in sorted(self._pending):
            if area not in self._curve:
                self._curve[area] = self._reach(area)
            times, total = self._curve[area]
            persons = int(total[-1])
            reached = int(total[np.searchsorted(times, now_s, side="right")])
            if persons == 0 or reached < self._pending[area] * persons:
                continue
            self._incident.tell("reached", area=self._codes[area], persons=persons, reached=reached)
            more = [share for share in _TOLD_SHARES if reached < share * persons]
            if more:
                self._pending[area] = more[0]
            else:
                del self._pending[area]

    def _reach(self, area: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the people of an area who have been told: the times at which they hear, and how many by then."""
        people = self._incident.people
        ids = people.units_of(np.flatnonzero(self._area_of_block == area))
        ids = ids[np.isfinite(people.first_told_s[ids])]
        order = np.argsort(people.first_reached_s[ids], kind="stable")
        return people.first_reached_s[ids][order], np.concatenate([[0], np.cumsum(people.persons[ids][order])])

    def open_orders(self) -> list[str]:
        """Orders that have been given and are not carried out."""
        return [name for name, row in self._rows.items() if np.isnan(row["done_s"])]

    def orders(self) -> pd.DataFrame:
        """ORDERS_RESULT without what the orders were worth."""
        people, until_s = self._incident.people, self._incident.env.now
        for name, ids in self._told.items():
            self._rows[name]["reached"] = int(people.persons[ids][people.first_reached_s[ids] <= until_s].sum())
        columns = [name for name in ORDERS_RESULT.names if name not in WORTH]
        return pd.DataFrame(list(self._rows.values()), columns=columns)

    def warned(self, time_s: np.ndarray) -> pd.DataFrame:
        """WARNED: at each time, from the first order to an area on, the people told, reached and gone."""
        incident, people = self._incident, self._incident.people
        told = np.flatnonzero(np.isfinite(people.first_told_s))
        if not told.size:
            return pd.DataFrame(columns=list(WARNED.names))
        area = self._area_of_block[people.block[told]]
        told, area = (values[np.argsort(area, kind="stable")] for values in (told, area))
        left_ms = incident.movement.units.left_ms[: len(people.block)].astype(np.int64)  # splits and rumours come later
        numbers, first = np.unique(area, return_index=True)
        parts = []
        for number, here in zip(numbers.tolist(), np.split(told, first[1:]), strict=True):
            persons = people.persons[here]
            ordered = count_by(people.first_told_s[here], persons, time_s)
            gone = np.where(left_ms[here] >= 0, left_ms[here] / 1000.0, np.inf)
            frame = pd.DataFrame(
                {
                    "time_s": time_s, "area": self._codes[number], "persons": ordered,
                    "reached": count_by(people.first_reached_s[here], persons, time_s),
                    "left": count_by(np.maximum(gone, people.first_told_s[here]), persons, time_s),
                }
            )  # fmt: skip
            parts.append(frame[ordered > 0])
        return pd.concat(parts, ignore_index=True).sort_values(["time_s", "area"], kind="stable", ignore_index=True)


def count_by(when_s: np.ndarray, persons: np.ndarray, time_s: np.ndarray) -> np.ndarray:
    """Persons whose time has come by each of `time_s`, int64."""
    order = np.argsort(when_s, kind="stable")
    total = np.concatenate([[0], np.cumsum(persons[order])])
    return total[np.searchsorted(when_s[order], time_s, side="right")]
