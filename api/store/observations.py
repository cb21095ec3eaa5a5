"""Sensors and what they said. Nothing that differs is thrown away; what is the same is not kept twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import delete, insert, select, tuple_, update

from api.store.records import Counts
from api.store.session import Session, WriteSession
from api.store.tables import last_seen, observations, sensors
from data.schema.observations import SENSORS
from sim.observing.observation import Observation
from sim.observing.quality_memory import AT_THE_DOOR, USED

_CHUNK = 500
_KEY = (observations.c.quantity, observations.c.time, observations.c.sensor)
_Take = tuple[float | None, str]  # value and quality
_COLUMNS = ("sensor", "time", "value", "received", "quality", "remark")


class ReadObservations(Session):
    """Reading sensors and observations."""

    def observations(
        self,
        quantity: str,
        since: datetime,
        until: datetime,
        sensors: Sequence[str] | None = None,
        qualities: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """What was observed with since < time <= until: a time is the end of the interval it stands for.

        Columns sensor, time (UTC), value (unit of the quantity; NaN: none), received (UTC), quality, remark; in the
        order of time, sensor, arrival. `qualities`: only these, such as ("good", "late"); `limit`: the oldest so many.
        """
        table = observations.c
        found = select(*(table[name] for name in _COLUMNS)).where(
            table.quantity == quantity, table.time > since, table.time <= until
        )
        if sensors is not None:
            found = found.where(table.sensor.in_(sensors))
        if qualities is not None:
            found = found.where(table.quality.in_(qualities))
        rows = self._all(found.order_by(table.time, table.sensor, table.take).limit(limit))
        return _frame(rows, _COLUMNS)

    def last_seen(self) -> pd.DataFrame:
        """The newest observation of every sensor: sensor, quantity, time, value, received, quality."""
        found = select(last_seen).order_by(last_seen.c.sensor, last_seen.c.quantity)
        return _frame(self._all(found), tuple(last_seen.columns.keys()))

    def sensors(self) -> pd.DataFrame:
        """Sensors, columns as in data.schema.observations.SENSORS; in the order they were saved."""
        rows = [row.body for row in self._all(select(sensors.c.body).order_by(sensors.c.position))]
        further = sorted({name for row in rows for name in row} - set(SENSORS.names))
        return pd.DataFrame(rows, columns=[*SENSORS.names, *further])


class WriteObservations(WriteSession, ReadObservations):
    """Writing sensors and observations."""

    def save_sensors(self, frame: pd.DataFrame) -> None:
        """Replace the list of sensors by this one, columns as in data.schema.observations.SENSORS."""
        self._run(delete(sensors))
        rows = [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
        self._run(insert(sensors), [{"id": row["id"], "position": at, "body": row} for at, row in enumerate(rows)])

    def add_observations(self, batch: Sequence[Observation]) -> Counts:
        """Keep a batch as `keep_observations` does; returns how many were kept, the same again, and others beside."""
        return self.keep_observations(batch)[1]

    def keep_observations(self, batch: Sequence[Observation]) -> tuple[list[Observation], Counts]:
        """Keep a batch; returns it as it is kept, in its order.

        The same value of the same sensor and time is a duplicate and not kept twice; another value is kept beside the
        first, as a "conflict" where it would be usable. What was marked at the door (unit, future, range) is no value
        at all: a usable one of the same sensor and time is kept beside it as if it were the first.
        """
        kept: list[Observation] = []
        added = duplicates = conflicts = 0
        for start in range(0, len(batch), _CHUNK):
            part = batch[start : start + _CHUNK]
            known = self._known(part)
            rows: list[dict[str, Any]] = []
            for one in part:
                value = None if math.isnan(one.value) else float(one.value)
                takes = known.setdefault((one.quantity, one.time, one.sensor), [])
                standing = [took for took, quality in takes if quality not in AT_THE_DOOR]
                usable, a_value = one.quality in USED, one.quality not in (*AT_THE_DOOR, "duplicate")
                if value in (standing if a_value else [took for took, _ in takes]):
                    duplicates += 1
                    kept.append(replace(one, quality="duplicate", remark="") if usable else one)
                    continue
                if standing:
                    conflicts += 1
                    if usable:
                        one = replace(one, quality="conflict", remark=f"{standing[0]} came before")
                rows.append(vars(one) | {"value": value, "take": len(takes)})
                takes.append((value, one.quality))
                kept.append(one)
            self._run(insert(observations), rows)
            self._see(rows)
            added += len(rows)
        return kept, Counts(added, duplicates, conflicts)

    def forget_observations(self, before: datetime, limit: int = 20_000) -> int:
        """Remove observations older than this, `limit` at most, so that nobody waits long; returns how many."""
        key = (*_KEY, observations.c.take)
        old = select(*key).where(observations.c.time < before).limit(limit)
        return self._run(delete(observations).where(tuple_(*key).in_(old)))

    def _known(self, part: Sequence[Observation]) -> dict[tuple[str, datetime, str], list[_Take]]:
        """What is kept already of what the batch speaks of, in the order it came."""
        asked = {(one.quantity, one.time, one.sensor) for one in part}
        columns = (*_KEY, observations.c.value, observations.c.quality)
        found = select(*columns).where(tuple_(*_KEY).in_(asked)).order_by(observations.c.take)
        known: dict[tuple[str, datetime, str], list[_Take]] = {}
        for row in self._all(found):
            known.setdefault((row.quantity, row.time, row.sensor), []).append((row.value, row.quality))
        return known

    def _see(self, rows: Sequence[dict[str, Any]]) -> None:
        """Remember the newest observation of each sensor."""
        newest: dict[tuple[str, str], dict[str, Any]] = {}
        for row in rows:
            kept = newest.get((row["sensor"], row["quantity"]))
            if row["quality"] != "future" and (kept is None or row["time"] >= kept["time"]):
                newest[row["sensor"], row["quantity"]] = row
        for (sensor, quantity), row in newest.items():
            kept = {name: row[name] for name in ("time", "value", "received", "quality")}
            here = (last_seen.c.sensor == sensor, last_seen.c.quantity == quantity)
            time = self._value(select(last_seen.c.time).where(*here))
            if time is None:
                self._run(insert(last_seen).values(kept | {"sensor": sensor, "quantity": quantity}))
            elif time <= row["time"]:
                self._run(update(last_seen).where(*here).values(kept))


def _frame(rows: Sequence[Any], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame whose columns have the same types also where there are no rows."""
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns))
    for name in columns:
        if name in ("time", "received"):
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
        elif name == "value":
            frame[name] = frame[name].astype("float64")
        else:
            frame[name] = frame[name].astype("str")
    return frame


def _plain(value: Any) -> Any:
    """A cell of a frame as JSON has it."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
