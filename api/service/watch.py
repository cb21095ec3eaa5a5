"""The watch loop: observations in, one forecast cycle every few minutes, warnings out, day and night.

A cycle that was missed, failed or is overdue is kept as such and told to whoever listens: silence is a fault too.
"""

from __future__ import annotations

import logging
import math
import time as machine
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from api.service.clock import ServiceClock
from api.service.heartbeat import beat
from api.service.intake import Intake
from api.service.outlook_form import cycle_form, save_outlook
from api.service.patience import patiently
from api.service.publisher import Publisher
from api.service.sources import Source, tell_source
from api.service.verified import seen
from api.service.watch_key import watch_principal
from api.service.watch_rain import rain_now
from api.store.errors import StoreBusy, StoreError, StoreUnavailable
from api.store.records import Message
from api.store.store import Store
from data.rules_file import Rules
from sim.forecast.city_rain import CityRain, RainNow
from sim.forecast.cycle import ForecastCycle
from sim.forecast.outlook import Outlook
from sim.forecast.terms import cycle_name

ACTOR = "watch"
_LOG = logging.getLogger("rongan.watch")
_MOST_TOLD = 20  # bad rows told of one look; missed cycles told of one gap
_MOST_UNTOLD = 500  # failed and missed cycles held while the store is away
WATER_STOPPED = "forecast.note.water_stopped"
MISSED = "no cycle ran then: the one before took too long, or nobody watched"
_Done = TypeVar("_Done")


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
        self.patience_s = self.cycle_s / self.clock.speed  # for which a store that is away is waited for
        self._told_s = -math.inf
        self._stop: Callable[[], bool] = lambda: False
        self._dry: ForecastCycle | None = None  # rain signals alone, made when the water first fails
        self._untold: list[tuple[datetime, str, str]] = []  # failed and missed cycles the store does not know of yet
        with self.store.writing(ACTOR) as tx:
            sensors = self.cycle.city.sensors
            if sensors is not None:
                tx.save_sensors(sensors.drop(columns=["x_m", "y_m"], errors="ignore"))

    def take_in(self, now: datetime) -> None:
        """Bring what the sources have into the store. What cannot be read is told, and the rest kept."""
        for source in self.sources:
            why = ""
            try:
                look = source.look(self.store, now)
                taken = self.intake.take(
                    self.store, look.observations, now, ACTOR, lambda: self._alive("observations", now)
                )
                source.looked(self.store)
            except (StoreBusy, StoreUnavailable):
                raise
            except Exception as error:  # one source out of order takes neither the others nor the forecast with it
                _LOG.exception("%s: what it has cannot be taken in", source.name)
                why = type(error).__name__  # the rest is in the log: everybody may read faults
            tell_source(self.store, source.name, why)
            if why:
                continue
            bad = [*look.findings, *taken.findings]
            for finding in bad[:_MOST_TOLD]:
                _LOG.warning("%s: %s", source.name, finding.as_error())
            if len(bad) > _MOST_TOLD:
                _LOG.warning("%s: %d more rows that cannot be read", source.name, len(bad) - _MOST_TOLD)
            if look.waiting:
                _LOG.warning("%s: %.1f MB wait for the next look", source.name, look.waiting / 1e6)

    def once(self, moment: datetime) -> tuple[Outlook, list[Message]]:
        """One cycle: take in, look ahead, publish, keep. Raises what keeps it from an outlook.

        A store that is away is waited for, up to the time between two cycles: what was computed is not thrown away.
        """
        began = machine.perf_counter()
        name = cycle_name(moment)
        self._alive("observations", moment)
        self._patiently(lambda: self.take_in(moment))
        horizon_s = self.cycle.terms.horizon(self.rules)
        found = self._patiently(lambda: rain_now(self.store, self.rain, moment, horizon_s))
        health = self._patiently(lambda: self.intake.health(self.store, moment))
        silent = tuple(one.sensor for one in health if one.silent)
        self._alive("forecast", moment)
        outlook = self._look_ahead(moment, found, silent)
        self._alive("publishing", moment)
        sent: list[Message] = []  # first of all: the rest can wait
        self._patiently(lambda: self._publish(outlook, sent))
        more = {"messages": [one.identifier for one in sent], "blindSeconds": found.blind_s}

        def keep() -> None:
            with self.store.writing(ACTOR) as tx:
                wall_s = machine.perf_counter() - began
                save_outlook(tx, outlook)
                tx.save_cycle(name, moment, "done", round(wall_s, 3), cycle_form(outlook) | seen(outlook) | more)

        self._patiently(keep)
        self._alive("waiting", moment, done=name)
        self.on_cycle(outlook, sent)
        return outlook, sent

    def try_once(self, moment: datetime) -> tuple[Outlook, list[Message]] | None:
        """`once`; whatever fails is kept and told, warnings in force are renewed without a forecast, None returned."""
        try:
            return self.once(moment)
        except Exception as error:  # of any kind: the next cycle may well succeed, and nobody else runs it
            _LOG.exception("cycle %s failed", cycle_name(moment))
            self.tell(f"Cycle {cycle_name(moment)} failed: {error}")
            self._failed(moment, "failed", f"{type(error).__name__}: {error}")
            return None

    def run(self, stop: Callable[[], bool], until: datetime | None = None) -> int:
        """Cycles on the round minutes of the clock until `stop` or `until`; returns how many were done.

        The first runs at once. Where one takes longer than the time between two, those in between are missed. A clock
        that is set back is followed: the next cycle is due within the time between two, whatever was due before.
        """
        self._stop = stop
        done = 0
        last = self._patiently(self._last)
        due = self.due(self.clock.now())
        while not stop() and (until is None or due <= until):
            reached = self._reached(due)
            if reached is None:
                break
            if reached < due:
                self.tell("The clock was set back: a cycle now")
                last = None
            elif until is not None:
                reached = max(due, min(reached, self.due(until)))
            due = reached
            self._tell_missed(last, due)
            done += self.try_once(due) is not None
            self.look_after(self.clock.now())
            self._tell_untold()
            last, now = due, self.due(self.clock.now())
            due = max(now, due + timedelta(seconds=self.cycle_s))
        self._alive("stopped", due, stopped=True)
        return done

    def look_after(self, now: datetime) -> None:
        """Renew or end what no forecast has renewed; tell the area above of what nobody acknowledged."""
        for step in (self.publisher.expire, self.publisher.escalate):
            try:
                step(now)
            except Exception:  # the background process does the same, and the next cycle does it again
                _LOG.exception("warnings in force could not be looked after")

    def due(self, now: datetime) -> datetime:
        """The last round moment that has passed."""
        return datetime.fromtimestamp(math.floor(now.timestamp() / self.cycle_s) * self.cycle_s, UTC)

    def _reached(self, due: datetime) -> datetime | None:
        """Wait for a moment; the round moment to run then. None where the loop is to stop.

        The clock may leap meanwhile: ahead (a machine that slept), then it is the newest; back, then an earlier one.
        """
        step = timedelta(seconds=self.cycle_s)
        while not self._stop():
            now = self.clock.now()
            if now >= due:
                return self.due(now)
            if due - now > step:
                return self.due(now)
            machine.sleep(min(self.clock.wait_s(due), 0.2))
            self._alive("waiting", due)
        return None

    def _look_ahead(self, moment: datetime, found: RainNow, silent: tuple[str, ...]) -> Outlook:
        """The outlook; by rain signals alone, which say so, where the water fails in a way that nobody foresaw."""

        def by(cycle: ForecastCycle, notes: Sequence[str]) -> Outlook:
            return cycle.run(
                moment, found.observed, found.epoch, found.ahead, members=self.members, wetness=found.wetness,
                seed=self.seed, sensors_used=found.sensors_used, sensors_silent=silent, notes=notes,
                gauges=found.gauges,
                tell=lambda stage, fraction: self._alive(stage, moment),
            )  # fmt: skip

        try:
            return by(self.cycle, found.notes)
        except Exception as error:
            if not self.cycle.terms.flood:
                raise
            _LOG.exception("cycle %s: the water failed; rain signals alone", cycle_name(moment))
            self.tell(f"Cycle {cycle_name(moment)}: rain signals alone, the water failed: {error}")
        if self._dry is None:
            terms = replace(self.cycle.terms, flood=False)
            self._dry = ForecastCycle(self.cycle.city, self.rules, terms, folder=self.cycle.folder)
        return by(self._dry, [*found.notes, WATER_STOPPED])

    def _publish(self, outlook: Outlook, sent: list[Message]) -> None:
        """Publish in the name of the watch; called again, the rest. `sent` is added to as messages go out."""
        self.publisher.take_outlook(outlook, watch_principal(self.store, self.publisher.settings), sent)

    def _patiently(self, step: Callable[[], _Done]) -> _Done:
        return patiently(step, self.patience_s, self._stop, "the watch")

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
            self._failed(last + timedelta(seconds=number * self.cycle_s), "missed", MISSED)

    def _failed(self, moment: datetime, state: str, reason: str) -> None:
        self._untold = [*self._untold, (moment, state, reason)][-_MOST_UNTOLD:]
        self._tell_untold()

    def _tell_untold(self) -> None:
        """Keep what failed or was missed; what the store cannot take now, it is given after the next cycle."""
        while self._untold:
            moment, state, reason = self._untold[0]
            name = cycle_name(moment)
            try:
                with self.store.writing(ACTOR) as tx:
                    kept = tx.cycle(name)
                    if kept is None or (state == "failed" and kept.state != "done"):
                        tx.save_cycle(name, moment, state, 0.0, {"reason": reason[:500]})
                    if kept is None or state == "failed":
                        tx.entry("cycle", name, {"cycle": name, "state": state, "reason": reason[:200]})
            except StoreError as away:
                _LOG.error("cycle %s: %s, and the store cannot be told yet: %s", name, state, away)
                return
            self._untold = self._untold[1:]

    def _alive(self, stage: str, moment: datetime, **more: Any) -> None:
        """Say that the loop is alive, once a second at most: who hears nothing for long knows that it is not."""
        mono = machine.monotonic()
        if mono - self._told_s < 1.0 and not more:
            return
        try:
            beat(
                self.store, self.clock, ACTOR, stage=stage, cycle=cycle_name(moment), cycleSeconds=self.cycle_s, **more
            )  # fmt: skip
        except StoreError:
            _LOG.warning("the store could not be told that the watch is alive")
        self._told_s = machine.monotonic()  # after it: a store that makes us wait is not asked at once again
