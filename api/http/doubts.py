"""What gives reason to doubt that the service tells the news: asked by /freshness and shown on the status page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.http.context import Context
from api.service.heartbeat import last_beat, silent_s
from api.store.records import Cycle

OK, FAILED = "canary", "canary.failed"  # names of values in the store
WATCH, BACKGROUND = "watch", "background"  # names of signs of life
STOPPED = "stopped"  # stage of a watch that was told to end
MOST_SKEW_S = 60.0  # rule 4 of messages: sent at most a minute ahead
_CYCLES_LATE = 3  # no cycle done for so many of their steps


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


def standing(context: Context, now: datetime) -> Standing:
    """Looked up in the database; StoreError where it cannot be read."""
    settings = context.settings
    with context.store.reading() as rx:
        canary, failed, watch = rx.get(OK), rx.get(FAILED), last_beat(rx, WATCH)
        background, watch_silent = silent_s(rx, BACKGROUND, now), silent_s(rx, WATCH, now)
        cycle, done = rx.last_cycle(), rx.last_cycle("done")
        last = next(iter(rx.entries(max(0, rx.last_entry() - 1), 1)), None)
    age = None if canary is None else (now - datetime.fromisoformat(canary["at"])).total_seconds()
    skew = 0.0 if last is None else max(0.0, (last.time - now).total_seconds())
    doubts = []
    if context.board.silent_s() > settings.stale_after_s:
        doubts.append("database")
    if watch is not None and watch.get("stage") != STOPPED:
        step_s = float(watch.get("cycleSeconds", 0.0))
        late = timedelta(seconds=settings.stale_after_s + _CYCLES_LATE * step_s)
        if watch_silent is not None and watch_silent > settings.stale_after_s + step_s:
            doubts.append("watch")
        elif done is not None and now - done.time > late:
            doubts.append("cycle")
    if background is not None and background > settings.stale_after_s:
        doubts.append("background")
    if failed is not None:
        doubts.append("canary_lost")
    elif age is not None and age > settings.canary_s + settings.stale_after_s:
        doubts.append("canary_late")
    if skew > MOST_SKEW_S:
        doubts.append("clocks")
    return Standing(tuple(doubts), canary, age, failed, background, watch, watch_silent, cycle, done, skew)
