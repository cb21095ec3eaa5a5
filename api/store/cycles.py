"""Forecast cycles, the outlook of every area, and plans."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from api.store.columns import canonical
from api.store.errors import Conflict
from api.store.records import Cycle, StoredPlan
from api.store.session import Session, WriteSession
from api.store.tables import cycles, outlooks, plans


class ReadCycles(Session):
    """Reading cycles, outlooks and plans."""

    def cycle(self, id_: str) -> Cycle | None:
        """One cycle."""
        row = self._first(select(cycles).where(cycles.c.id == id_))
        return None if row is None else Cycle(**row._mapping)

    def cycles(self, limit: int = 100, before: datetime | None = None, state: str | None = None) -> list[Cycle]:
        """Cycles, the newest first."""
        found = select(cycles).order_by(cycles.c.time.desc(), cycles.c.id.desc()).limit(limit)
        if before is not None:
            found = found.where(cycles.c.time < before)
        if state is not None:
            found = found.where(cycles.c.state == state)
        return [Cycle(**row._mapping) for row in self._all(found)]

    def last_cycle(self, state: str | None = None) -> Cycle | None:
        """The newest cycle."""
        return next(iter(self.cycles(1, state=state)), None)

    def outlook(self, area: str) -> dict[str, Any] | None:
        """What the newest cycle says of an area, as it was saved."""
        row = self._first(select(outlooks.c.body).where(outlooks.c.area == area))
        return None if row is None else row.body

    def outlooks(self) -> list[dict[str, Any]]:
        """What the newest cycle says of every area, in its order."""
        return [row.body for row in self._all(select(outlooks.c.body).order_by(outlooks.c.position))]

    def outlook_cycle(self) -> str:
        """The id of the cycle that the outlooks are of; "": none yet."""
        return self._value(select(outlooks.c.cycle).limit(1)) or ""

    def plan(self, id_: str) -> StoredPlan | None:
        """One plan."""
        return _plan(self._first(select(plans).where(plans.c.id == id_)))

    def current_plan(self) -> StoredPlan | None:
        """The newest plan."""
        return _plan(self._first(select(plans).order_by(plans.c.number.desc()).limit(1)))


class WriteCycles(WriteSession, ReadCycles):
    """Writing cycles, outlooks and plans."""

    def save_cycle(self, id_: str, time: datetime, state: str, wall_s: float, body: dict[str, Any]) -> None:
        """Keep a cycle, new or changed."""
        kept = vars(Cycle(id_, time, state, wall_s, body))
        if not self._run(update(cycles).where(cycles.c.id == id_).values(kept)):
            self._run(insert(cycles).values(kept))

    def save_outlook(self, cycle: str, areas: Mapping[str, dict[str, Any]]) -> None:
        """Replace the outlook by that of this cycle: JSON by code of the area, in the order given."""
        self._run(delete(outlooks))
        rows = [
            {"area": area, "cycle": cycle, "position": at, "body": body}
            for at, (area, body) in enumerate(areas.items())
        ]
        self._run(insert(outlooks), rows)

    def save_plan(self, id_: str, body: dict[str, Any], time: datetime | None = None, cycle: str = "") -> StoredPlan:
        """Keep a plan, which becomes the current one; a plan is never changed.

        The same plan saved again is the same; Conflict "duplicate" where another has this id.
        """
        told = canonical(body).encode("utf-8")
        sha256 = hashlib.sha256(told).hexdigest()
        if (kept := self.plan(id_)) is not None:
            if kept.sha256 != sha256:
                raise Conflict("duplicate", f"plan {id_} is there already and says something else")
            return kept
        number = (self._value(select(func.max(plans.c.number))) or 0) + 1
        plan = StoredPlan(id_, time or self.now, cycle, body, sha256)
        self._run(insert(plans).values(vars(plan) | {"number": number, "body": zlib.compress(told)}))
        return plan

    def forget_plans(self, before: datetime) -> int:
        """Remove plans older than this, but for the current one; returns how many."""
        newest = self._value(select(func.max(plans.c.number)))
        return self._run(delete(plans).where(plans.c.time < before, plans.c.number < (newest or 0)))


def _plan(row: Any) -> StoredPlan | None:
    if row is None:
        return None
    return StoredPlan(row.id, row.time, row.cycle, json.loads(zlib.decompress(row.body)), row.sha256)
