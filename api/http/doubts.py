"""What gives reason to doubt that the service tells the news: asked by /freshness and shown on the status page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.http.context import Context
from api.http.feeds import STATUSES
from api.messages import text
from api.service.heartbeat import last_beat, silent_s
from api.store.messages import MessageFilter
from api.store.records import Cycle
from api.warning.notice import stamp

OK, FAILED = "canary", "canary.failed"  # names of values in the store
WATCH, BACKGROUND = "watch", "background"  # names of signs of life
WAITING = "waiting"  # stage of a watch between two cycles
STOPPED = "stopped"  # stage of a watch that was told to end
MOST_SKEW_S = 60.0  # rule 4 of messages: sent at most a minute ahead
_CYCLES_LATE = 2  # no cycle done for so many of their steps
_SENSORS_AFRESH_S = 5.0  # how long the count of silent sensors is used


@dataclass(frozen=True)
class Standing:
    """How old everything is that the service relies on, and what of it gives reason to doubt."""

    doubts: tuple[str, ...]  # keys of the catalogue under `service.doubt`, the gravest first
    canary: dict[str, Any] | None
    canary_age_s: float | None
    canary_failed: dict[str, Any] | None
    background_silent_s: float | None
    watch: dict[str, Any] | None
    watch_silent_s: float | None
    cycle: Cycle | None  # the newest, whatever became of it
    done: Cycle | None  # the newest that was done
    clock_skew_s: float
    sensors: int = 0  # of the city
    sensors_silent: int = 0
    watched: bool = False  # a watch runs or died; False: none ever ran, or it was told to end
    last_message: datetime | None = None  # when the newest warning or end of one was sent, in force or not

    def reason(self, doubt: str, lang: str) -> str:
        """A doubt in words."""
        return text(f"service.doubt.{doubt}", lang, silent=self.sensors_silent, sensors=self.sensors)


UNKNOWN = Standing(("database",), None, None, None, None, None, None, None, None, 0.0)  # the database cannot be read


def standing(context: Context, now: datetime) -> Standing:
    """Looked up in the database; StoreError where it cannot be read."""
    settings = context.settings
    with context.store.reading() as rx:
        canary, failed, watch = rx.get(OK), rx.get(FAILED), last_beat(rx, WATCH)
        background, watch_silent = silent_s(rx, BACKGROUND, now), silent_s(rx, WATCH, now)
        cycle, done = rx.last_cycle(), rx.last_cycle("done")
        last = next(iter(rx.entries(max(0, rx.last_entry() - 1), 1)), None)
        newest = [one.sent for status in STATUSES for one in rx.messages(MessageFilter(status=status), 1)]
    age = None if canary is None else (now - datetime.fromisoformat(canary["at"])).total_seconds()
    skew = 0.0 if last is None else max(0.0, (last.time - now).total_seconds())
    sensors, silent = _sensors(context, now)
    pace = context.clock.speed  # a past event that runs faster than time grows old faster too
    old_s = settings.stale_after_s * pace
    young = time.monotonic() - context.began_s <= settings.stale_after_s + settings.canary_s
    watched = watch is not None and watch.get("stage") != STOPPED
    doubts = []
    if context.board.silent_s() > settings.stale_after_s:
        doubts.append("database")
    if watch is not None and watched:
        step_s = float(watch.get("cycleSeconds", 0.0))
        patience_s = old_s + (0.0 if watch.get("stage") == WAITING else step_s)  # one stage of a cycle may take long
        if watch_silent is not None and watch_silent > patience_s:
            doubts.append("watch")
        elif _late(cycle, done, now, timedelta(seconds=_CYCLES_LATE * step_s)):
            doubts.append("cycle")
        elif done is None:
            doubts.append("no_cycle")
    # Sensors that feed no watch have the time to report that every part of a new service has.
    if 2 * silent > sensors and (watched or not young):
        doubts.append("sensors")
    if (background is None and not young) or (background is not None and background > old_s):
        doubts.append("background")
    if failed is not None:
        doubts.append("canary_lost")
    elif (age is None and not young and context.city is not None) or (
        age is not None and age > settings.canary_s * pace + old_s
    ):
        doubts.append("canary_late")
    if skew > MOST_SKEW_S:
        doubts.append("clocks")
    return Standing(
        tuple(doubts),
        _outside(canary),
        age,
        _outside(failed),
        background,
        _outside(watch),
        watch_silent,
        cycle,
        done,
        skew,
        sensors,
        silent,
        watched,
        max(newest, default=None),
    )


def _late(cycle: Cycle | None, done: Cycle | None, now: datetime, most: timedelta) -> bool:
    """Whether no cycle was done for too long; where none ever was, whether one has been and gone."""
    if done is not None:
        return now - done.time > most
    return cycle is not None and cycle.state != "running"


def _outside(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """A sign of life in Beijing time, without the machine and process that nobody outside needs to know."""
    if kept is None:
        return None
    told = {name: value for name, value in kept.items() if name not in ("host", "pid")}
    return told | {"at": stamp(datetime.fromisoformat(kept["at"]))}


def _sensors(context: Context, now: datetime) -> tuple[int, int]:
    """How many sensors the city has, and how many of them are silent; counted anew every few seconds."""
    if context.intake is None or context.city is None or context.city.sensors is None:
        return 0, 0
    known = context.extras.get("sensors")
    if known is None or time.monotonic() - known[0] > _SENSORS_AFRESH_S:
        with context.intake_turn:
            health = context.intake.health(context.store, now)
        known = (time.monotonic(), len(health), sum(one.silent for one in health))
        context.extras["sensors"] = known
    return known[1], known[2]
