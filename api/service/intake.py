"""Observations into the store, each judged first; whoever brings them, over HTTP or from a file, comes through here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from api.store.records import Counts
from api.store.store import Reader, Store
from data.errors import Finding, InputError
from data.readers.observations import RawObservation
from data.records import records
from data.rules_file import Rules
from sim.observing.intake import observed, sensor_book
from sim.observing.observation import Observation
from sim.observing.quality import judge, quality_terms
from sim.observing.quality_memory import QualityMemory, SensorMemory
from sim.observing.silence import SensorHealth, sensor_health

MEMORY = "observing.memory"  # what each sensor held last, and how many batches there were


@dataclass(frozen=True)
class Taken:
    """What became of a batch, row by row in its order: an observation with its quality, or why it was refused."""

    rows: tuple[Observation | Finding, ...]
    counts: Counts

    @property
    def findings(self) -> list[Finding]:
        """Rows that were refused."""
        return [row for row in self.rows if isinstance(row, Finding)]


class Intake:
    """One per process, one thread at a time. What other processes took in meanwhile is read back from the store."""

    def __init__(self, sensors: pd.DataFrame | None, rules: Rules) -> None:
        """`sensors`: schema SENSORS with x_m, y_m (City.sensors); None: every row is refused."""
        self.sensors = sensor_book(sensors)
        self.terms = quality_terms(rules)
        self._memory = QualityMemory()
        self._batch = 0

    def take(self, store: Store, raws: Sequence[RawObservation], received: datetime, actor: str) -> Taken:
        """Judge a batch and keep it: rows that can be read are kept, whatever their quality.

        It is judged before the store is taken, as no warning may wait for a large batch; where another process took
        in observations meanwhile it is judged again.
        """
        rows: list[Observation | Finding] = []
        for raw in raws:
            try:
                rows.append(observed(raw, self.sensors, received))
            except InputError as error:
                rows.append(
                    Finding("error", "", error.place, str(error.value or "")[:80], error.message, error.expected)
                )
        readable = [at for at, row in enumerate(rows) if isinstance(row, Observation)]
        batch = [row for row in rows if isinstance(row, Observation)]
        if not batch:
            return Taken(tuple(rows), Counts(0, 0, 0))
        first = min(one.time for one in batch)
        with store.reading() as rx:
            known = self._known(rx, first)
        judged, memory = judge(batch, self.sensors, known, self.terms)
        with store.writing(actor) as tx:
            if (meanwhile := self._known(tx, first)) is not known:
                judged, memory = judge(batch, self.sensors, meanwhile, self.terms)
            counts = tx.add_observations(judged)
            number = self._batch + 1
            tx.put(MEMORY, {"batch": number, "sensors": [one | {"rows": []} for one in memory.to_json()]})
        self._memory, self._batch = memory, number
        for at, one in zip(readable, judged, strict=True):
            rows[at] = one
        return Taken(tuple(rows), counts)

    def health(self, store: Store, now: datetime) -> list[SensorHealth]:
        """How each sensor does at a moment."""
        with store.reading() as rx:
            memory = self._known(rx, now)
        return sensor_health(self.sensors, memory, now, self.terms)

    def _known(self, rx: Reader, first: datetime) -> QualityMemory:
        """The memory as the last batch left it, whichever process took that."""
        kept = rx.get(MEMORY)
        batch = 0 if kept is None else int(kept["batch"])
        if batch != self._batch or kept is None:
            self._memory, self._batch = _read_back(rx, kept, first, self.terms.memory_s), batch
        return self._memory


def _read_back(rx: Reader, kept: dict[str, Any] | None, first: datetime, memory_s: float) -> QualityMemory:
    """What each sensor held, from the note of the last batch, with its last rows from the store."""
    memory = QualityMemory() if kept is None else QualityMemory.from_json(kept["sensors"])
    last_s = max((one.last_s for one in memory.sensors.values()), default=-math.inf)
    if last_s == -math.inf:
        return memory
    since = min(first, datetime.fromtimestamp(last_s, UTC)) - timedelta(seconds=memory_s)
    until = datetime.fromtimestamp(last_s, UTC)
    for quantity in {quantity for _, quantity in memory.sensors}:
        for row in records(rx.observations(quantity, since, until)):
            mine = memory.sensors.get((str(row["sensor"]), quantity))
            if mine is not None and row["quality"] not in ("unit", "future", "duplicate", "conflict"):
                _remember(mine, row)
    return memory


def _remember(mine: SensorMemory, row: dict[str, Any]) -> None:
    value = float(row["value"]) if row["value"] is not None else math.nan
    mine.rows.append((row["time"].timestamp(), value, str(row["quality"])))
