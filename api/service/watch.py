"""The watch loop: observations in, one forecast cycle every few minutes, warnings out, day and night.

A cycle that was missed, failed or is overdue is kept as such and told to whoever listens: silence is a fault too.
"""

from __future__ import annotations

import logging
import math
import time as machine
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.service.clock import ServiceClock
from api.service.heartbeat import beat
from api.service.intake import Intake
from api.service.outlook_form import cycle_form, save_outlook
from api.service.publisher import Publisher
from api.service.sources import Source
from api.service.verified import seen
from api.service.watch_rain import rain_now
from api.store.errors import StoreError
from api.store.records import Message
from api.store.store import Store
from data.errors import RonganError
from data.rules_file import Rules
from sim.forecast.city_rain import CityRain
from sim.forecast.cycle import ForecastCycle
from sim.forecast.outlook import Outlook
from sim.forecast.terms import cycle_name

ACTOR = "watch"
_LOG = logging.getLogger("rongan.watch")
_MOST_TOLD = 20  # bad rows told of one look


@dataclass
class WatchLoop:
    """Everything that one city is watched with. `once` runs one cycle, `run` all of them."""

    store: Store
    clock: ServiceClock
    publisher: Publisher
    cycle: ForecastCycle
    intake: Intake
    sources: Sequence[Source]
    rules: Rules
    cycle_s: float
    forecast: Path | None = None  # supplied rain ahead (NetCDF file or folder), read anew for every cycle
    members: int = 1
    seed: int = 1
    tell: Callable[[str], None] = field(default=lambda line: None)
    on_cycle: Callable[[Outlook, list[Message]], None] = field(default=lambda outlook, sent: None)

    def __post_init__(self) -> None:
        if not self.cycle_s > 0.0:
            raise ValueError(f"cycle_s(={self.cycle_s}) must be > 0")
        self.rain = CityRain(self.cycle.city, self.rules, self.forecast)
        self._told_s = -math.inf
        with self.store.writing(ACTOR) as tx:
            sensors = self.cycle.city.sensors
            if sensors is not None:
                tx.save_sensors(sensors.drop(columns=["x_m", "y_m"], errors="ignore"))

    def take_in(self, now: datetime) -> None:
        """Bring what the sources have into the store. What cannot be read is told, and the rest kept."""
        for source in self.sources:
            look = source.look(self.store, now)
            taken = self.intake.take(self.store, look.observations, now, ACTOR)
            source.looked(self.store)
            bad = [*look.findings, *taken.findings]
            for finding in bad[:_MOST_TOLD]:
                _LOG.warning("%s: %s", source.name, finding.as_error())
            if len(bad) > _MOST_TOLD:
                _LOG.warning("%s: %d more rows that cannot be read", source.name, len(bad) - _MOST_TOLD)

    def once(self, moment: datetime) -> tuple[Outlook, list[Message]]:
        """One cycle: take in, look ahead, publish, keep. Raises what keeps it from an outlook."""
        began = machine.perf_counter()
        name = cycle_name(moment)
        self._alive("observations", moment)
        self.take_in(moment)
        horizon_s = self.cycle.terms.horizon(self.rules)
        found = rain_now(self.store, self.rain, moment, horizon_s)
        silent = tuple(one.sensor for one in self.intake.health(self.store, moment) if one.silent)
        self._alive("forecast", moment)
        outlook = self.cycle.run(
            moment, found.observed, found.epoch, found.ahead, members=self.members, wetness=found.wetness,
            seed=self.seed, sensors_used=found.sensors_used, sensors_silent=silent, notes=found.notes,
            tell=lambda stage, fraction: self._alive(stage, moment),
        )  # fmt: skip
        self._alive("publishing", moment)
        sent = self.publisher.take_outlook(outlook)  # first of all: the rest can wait
        with self.store.writing(ACTOR) as tx:
            wall_s = machine.perf_counter() - began
            save_outlook(tx, outlook)
            more = {"messages": [one.identifier for one in sent], "blindSeconds": found.blind_s}
            tx.save_cycle(name, moment, "done", round(wall_s, 3), cycle_form(outlook) | seen(outlook) | more)
        self._alive("waiting", moment, done=name)
        self.on_cycle(outlook, sent)
        return outlook, sent

    def try_once(self, moment: datetime) -> tuple[Outlook, list[Message]] | None:
        """`once`; what fails is kept and told, warnings in force are renewed without a forecast, and None returned."""
        try:
            return self.once(moment)
        except (RonganError, StoreError, ValueError, ArithmeticError, OSError, RuntimeError, MemoryError) as error:
            _LOG.exception("cycle %s failed", cycle_name(moment))
            self.tell(f"Cycle {cycle_name(moment)} failed: {error}")
            self._failed(moment, "failed", f"{type(error).__name__}: {error}")
            return None

    def run(self, stop: Callable[[], bool], until: datetime | None = None) -> int:
        """Cycles on the round minutes of the clock until `stop` or `until`; returns how many were done.

        The first runs at once. Where one takes longer than the time between two, those in between are missed.
        """
        done = 0
        last = self._last()
        due = self.due(self.clock.now())
        while not stop() and (until is None or due <= until):
            while not stop() and (wait := self.clock.wait_s(due)) > 0.0:
                machine.sleep(min(wait, 0.2))
                self._alive("waiting", due)
            if stop():
                break
            self._tell_missed(last, due)
            done += self.try_once(due) is not None
            self.publisher.expire(self.clock.now())
            self.publisher.escalate(self.clock.now())
            last, now = due, self.due(self.clock.now())
            due = max(now, due + timedelta(seconds=self.cycle_s))
        return done

    def due(self, now: datetime) -> datetime:
        """The last round moment that has passed."""
        return datetime.fromtimestamp(math.floor(now.timestamp() / self.cycle_s) * self.cycle_s, UTC)

    def _last(self) -> datetime | None:
        with self.store.reading() as rx:
            cycle = rx.last_cycle()
        return None if cycle is None else cycle.time

    def _tell_missed(self, last: datetime | None, due: datetime) -> None:
        """Keep the cycles that should have been between two moments."""
        if last is None:
            return
        missing = round((due - last).total_seconds() / self.cycle_s) - 1
        for number in range(max(missing - _MOST_TOLD, 0) + 1, missing + 1):
            self._failed(last + timedelta(seconds=number * self.cycle_s), "missed", "the cycle before took too long")

    def _failed(self, moment: datetime, state: str, reason: str) -> None:
        name = cycle_name(moment)
        try:
            with self.store.writing(ACTOR) as tx:
                if tx.cycle(name) is None or state == "failed":
                    tx.save_cycle(name, moment, state, 0.0, {"reason": reason[:500]})
                    tx.entry("cycle", name, {"cycle": name, "state": state, "reason": reason[:200]})
        except StoreError:
            _LOG.exception("cycle %s: %s, and the store could not be told", name, state)

    def _alive(self, stage: str, moment: datetime, **more: Any) -> None:
        """Say that the loop is alive, once a second at most: who hears nothing for long knows that it is not."""
        mono = machine.monotonic()
        if mono - self._told_s < 1.0 and not more:
            return
        self._told_s = mono
        try:
            beat(
                self.store, self.clock, ACTOR, stage=stage, cycle=cycle_name(moment), cycleSeconds=self.cycle_s, **more
            )  # fmt: skip
        except StoreError:
            _LOG.warning("the store could not be told that the watch is alive")
