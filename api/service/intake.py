"""Observations into the store, each judged first; whoever brings them, over HTTP or from a file, comes through here."""

from __future__ import annotations

import logging
import math
import time as machine
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from api.store.errors import StoreBusy, StoreUnavailable
from api.store.records import Counts
from api.store.store import Reader, Store
from data.errors import Finding, InputError
from data.readers.observations import RawObservation
from data.records import records
from data.rules_file import Rules
from sim.observing.intake import observed, sensor_book
from sim.observing.observation import Observation
from sim.observing.quality import judge, quality_terms
from sim.observing.quality_memory import AT_THE_DOOR, QualityMemory, SensorMemory
from sim.observing.silence import SensorHealth, sensor_health

_LOG = logging.getLogger("rongan.intake")
_PART_ROWS = 1_000  # of one transaction, twice as many at most: a fraction of a second of the store
_PAUSE_S = 0.15  # between two: longer than a writer that waits for SQLite sleeps between its tries (0.1 s)
_Numbered = tuple[int, Observation]  # where a row stood in its batch
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

    def take(
        self,
        store: Store,
        raws: Sequence[RawObservation],
        received: datetime,
        actor: str,
        between: Callable[[], None] = lambda: None,
    ) -> Taken:
        """Judge a batch and keep it: rows that can be read are kept, whatever their quality.

        A large one is kept in parts, in the order of time, with a pause after each in which others write: no warning
        waits for a backlog. `between` is called there. A row that the store cannot keep is refused by itself; where
        that is so of every row, or the store is away, what it raised is raised, and the parts before stay kept.
        """
        rows: list[Observation | Finding] = []
        for raw in raws:
            try:
                rows.append(observed(raw, self.sensors, received))
            except InputError as error:
                rows.append(_refused(error))
        readable = [(at, row) for at, row in enumerate(rows) if isinstance(row, Observation)]
        counts = Counts(0, 0, 0)
        waiting = _parts(sorted(readable, key=lambda one: (one[1].time, one[0])))
        kept_any, failed = False, None
        while waiting:
            part = waiting.pop()
            try:
                kept, more = self._keep(store, [one for _, one in part], actor)
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception as error:  # of one row perhaps, and it must not hold back the others
                failed = failed or error
                if len(part) > 1:
                    waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
                else:
                    rows[part[0][0]] = _unkept(raws[part[0][0]], error)
                continue
            kept_any = True
            counts = Counts(*(a + b for a, b in zip(astuple(counts), astuple(more), strict=True)))
            for (at, _), one in zip(part, kept, strict=True):
                rows[at] = one
            if waiting:
                between()
                machine.sleep(_PAUSE_S)
        if failed is not None and not kept_any:
            raise failed
        return Taken(tuple(rows), counts)

    def _keep(self, store: Store, batch: list[Observation], actor: str) -> tuple[list[Observation], Counts]:
        """Judge and keep a part, in a transaction of its own; returns it as it is kept.

        It is judged before the store is taken; where another process took in observations meanwhile it is judged again.
        """
        first = batch[0].time
        with store.reading() as rx:
            known = self._known(rx, first)
        judged, memory = judge(batch, self.sensors, known, self.terms)
        with store.writing(actor) as tx:
            if (meanwhile := self._known(tx, first)) is not known:
                judged, memory = judge(batch, self.sensors, meanwhile, self.terms)
            kept, counts = tx.keep_observations(judged)
            number = self._batch + 1
            tx.put(MEMORY, {"batch": number, "sensors": [one | {"rows": []} for one in memory.to_json()]})
        self._memory, self._batch = memory, number
        return kept, counts

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


def _parts(rows: list[_Numbered]) -> list[list[_Numbered]]:
    """Rows in the order of time, cut where the time changes, as neighbours are judged together; the last part first."""
    parts: list[list[_Numbered]] = []
    begin = 0
    while begin < len(rows):
        end = min(begin + _PART_ROWS, len(rows))
        most = min(begin + 2 * _PART_ROWS, len(rows))
        while end < most and rows[end][1].time == rows[end - 1][1].time:
            end += 1
        parts.append(rows[begin:end])
        begin = end
    return parts[::-1]


def _refused(error: InputError) -> Finding:
    return Finding("error", "", error.place, str(error.value or "")[:80], error.message, error.expected)


def _unkept(raw: RawObservation, error: Exception) -> Finding:
    _LOG.error("%s cannot be kept", raw, exc_info=error)
    return Finding("error", "", raw.place, str(raw.value)[:80], "cannot be kept", "a value that the store can hold")


def _read_back(rx: Reader, kept: dict[str, Any] | None, first: datetime, memory_s: float) -> QualityMemory:
    """What each sensor held, from the note of the last batch, with its last rows from the store."""
    memory = QualityMemory() if kept is None else QualityMemory.from_json(kept["sensors"])
    last_s = max((one.last_s for one in memory.sensors.values()), default=-math.inf)
    if last_s == -math.inf:
        return memory
    # Of a backlog the store has far more than is remembered of each sensor: reading all of it would take minutes.
    since = datetime.fromtimestamp(max(min(first.timestamp(), last_s), last_s - memory_s) - memory_s, UTC)
    until = datetime.fromtimestamp(last_s, UTC)
    for quantity in {quantity for _, quantity in memory.sensors}:
        for row in records(rx.observations(quantity, since, until)):
            mine = memory.sensors.get((str(row["sensor"]), quantity))
            if mine is not None and row["quality"] not in ("unit", "future", "duplicate", "conflict"):
                _remember(mine, row)
    return memory


def _remember(mine: SensorMemory, row: dict[str, Any]) -> None:
    value = float(row["value"]) if row["value"] is not None else math.nan
    if mine.rows and mine.rows[-1][0] == row["time"].timestamp() and mine.rows[-1][2] in AT_THE_DOOR:
        mine.rows.pop()  # as SensorMemory.take does
    mine.rows.append((row["time"].timestamp(), value, str(row["quality"])))
