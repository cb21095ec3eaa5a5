"""Runs a past event through the watch loop and writes what came of it: messages, cycles, verification."""

from __future__ import annotations

import json
import tempfile
import time as machine
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from api.service.clock import ServiceClock
from api.service.places import Places
from api.service.replay import Replayed, SteppedClock, moments_of, replay_stepped
from api.service.settings import Settings
from api.service.sources import PastEvent
from api.service.verified import Verified, verified
from api.service.watch import WatchLoop
from api.service.watch_open import WatchTerms, watching
from api.store.check import check
from api.store.heads import verifier
from api.store.messages import MessageFilter
from api.store.records import Message
from api.store.store import Store
from api.warning.geojson import feature_of
from api.warning.keys import PinnedKeys
from api.warning.notice import BEIJING
from data.rules_file import Rules, load_rules
from data.run_folder import SUMMARY, RunFolder
from data.schema import RELIABILITY, VERIFICATION, City
from sim.forecast.outlook import Outlook


@dataclass(frozen=True)
class Pace:
    """How far a replay is."""

    cycle: int  # number of the cycle just done, from 1
    of: int
    left_s: float  # time on the machine's clock until the last, at the pace so far


OnCycle = Callable[[Outlook, list[Message], Pace], None]
KEYS = "keys"  # folder of the home in which the service keeps its keys
_PAGE = 500


def write_replay(
    out: Path,
    city: City,
    event: PastEvent,
    first: datetime,
    last: datetime,
    speed: float | None,
    terms: WatchTerms,
    on_cycle: OnCycle,
    tell: Callable[[str], None],
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Replay an event into a run folder and return its summary. Nothing of it is ever Actual.

    `speed`: times real time; None: from cycle to cycle without waiting. `stop` is asked between two cycles: what was
    done until then is written and verified, and "stopped" in the summary says after which cycle.
    """
    rules = load_rules()
    with RunFolder(out) as folder, tempfile.TemporaryDirectory(prefix="rongan-replay-") as home:
        settings = Settings(
            home=Path(home), database_url="", mode="exercise", allow_actual=False, drill=f"replay-{first:%Y%m%d%H%M}"
        )
        clock: ServiceClock
        clock = SteppedClock(first) if speed is None else ServiceClock(first, machine.time(), speed)
        with (
            Store.open(settings.url, now=clock.now) as store,
            watching(city, store, settings, clock, [event], terms, rules, tell) as loop,
        ):
            paced = _paced(moments_of(first, last, loop.cycle_s))
            loop.on_cycle = lambda outlook, sent: on_cycle(outlook, sent, paced(outlook.time))
            done = _run(loop, first, last, speed, stop)
            found = verified(store, Places.of_city(city), rules, first, done.last if done.stopped else last)
            messages = _write_messages(store, folder, city, settings, rules)
            folder.write_table(VERIFICATION, found.table)
            folder.write_table(RELIABILITY, found.reliability)
            _cycles(store).to_csv(folder.path / "cycles.csv", index=False)
            _matches(found).to_csv(folder.path / "matches.csv", index=False)
            keys = PinnedKeys.read(settings.home / KEYS)
            keys.write(folder.path)  # the store goes with its temporary home: whoever reads the messages needs these
            faults = check(store, verifier(keys))
        of = len(moments_of(first, last, loop.cycle_s))
        summary = _summary(city, event, done, of, found, rules) | {"messages": messages, "store_faults": faults}
        folder.write_json(SUMMARY, summary)
    return summary


def _paced(moments: list[datetime]) -> Callable[[datetime], Pace]:
    began = machine.perf_counter()

    def pace(moment: datetime) -> Pace:
        done = sum(one <= moment for one in moments) or 1
        return Pace(done, len(moments), (machine.perf_counter() - began) / done * (len(moments) - done))

    return pace


def _run(loop: WatchLoop, first: datetime, last: datetime, speed: float | None, stop: Callable[[], bool]) -> Replayed:
    if speed is None:
        return replay_stepped(loop, first, last, stop)
    began = machine.perf_counter()
    cycles = loop.run(stop, until=last)
    with loop.store.reading() as rx:
        every = rx.cycles(100_000)  # the newest first
    end = every[0].time if every else first
    stopped = stop() and end < loop.due(last)
    took_s = machine.perf_counter() - began
    return Replayed(first, end if stopped else last, cycles, len(every) - cycles, took_s, stopped)


def _all_messages(store: Store) -> list[Message]:
    found: list[Message] = []
    with store.reading() as rx:
        while True:
            page = rx.messages(MessageFilter(), limit=_PAGE, after=found[-1].identifier if found else None)
            found += page
            if len(page) < _PAGE:
                return found[::-1]


def _write_messages(store: Store, folder: RunFolder, city: City, settings: Settings, rules: Rules) -> int:
    """The signed CAP files as they were issued, and all of them as features; returns how many."""
    place = folder.path / "warnings"
    place.mkdir()
    messages = _all_messages(store)
    for message in messages:
        (place / f"{message.identifier}.xml").write_bytes(message.cap)
    collection = {
        "type": "FeatureCollection",
        "name": "warnings",
        "exercise": settings.drill,
        "rulesVersion": rules.hash,
        "syntheticLayers": list(city.synthetic),
        "features": [feature_of(message.notice) for message in messages],
    }
    text = json.dumps(collection, ensure_ascii=False, indent=1, allow_nan=False)
    folder.write_text("warnings.geojson", text + "\n")
    return len(messages)


def _cycles(store: Store) -> pd.DataFrame:
    """One row per cycle."""
    with store.reading() as rx:
        cycles = rx.cycles(1_000_000)[::-1]
    return pd.DataFrame(
        [
            {
                "cycle": cycle.id,
                "time": _local(cycle.time),
                "state": cycle.state,
                "wall_s": cycle.wall_s,
                "rain": cycle.body.get("rain", ""),
                "members": cycle.body.get("members", 0),
                "sensors_used": cycle.body.get("sensorsUsed", 0),
                "sensors_silent": len(cycle.body.get("sensorsSilent", ())),
                "messages": len(cycle.body.get("messages", ())),
                "notes": " ".join(cycle.body.get("notes", ())),
                "reason": cycle.body.get("reason", ""),
            }
            for cycle in cycles
        ]
    )


def _matches(found: Verified) -> pd.DataFrame:
    """One row per event and colour, and per false alarm."""
    rows = [
        {
            "area": one.area, "level": one.area_level, "colour": one.colour, "outcome": one.outcome,
            "warned": _local(one.warned.start) if one.warned else "",
            "observed": _local(one.observed.start) if one.observed else "",
            "lead_min": None if one.lead_s is None else round(one.lead_s / 60.0, 1),
        }
        for one in found.matches
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["area", "level", "colour", "outcome", "warned", "observed", "lead_min"])


def _local(moment: datetime) -> str:
    """Beijing time with its offset, as in messages."""
    return moment.astimezone(BEIJING).isoformat()


def _summary(city: City, event: PastEvent, done: Replayed, of: int, found: Verified, rules: Rules) -> dict[str, Any]:
    rows = found.table.to_dict("records")
    plain = [{str(k): None if v != v else v for k, v in row.items()} for row in rows]
    return {
        "city": city.name,
        "exercise": True,
        "synthetic": list(city.synthetic),
        "source": event.name,
        "observations": len(event.rows),
        "from": _local(done.first),
        "to": _local(done.last),
        "stopped": {"after": _local(done.last), "cycles_left": of - done.cycles - done.failed}
        if done.stopped
        else None,
        "cycles": done.cycles,
        "cycles_failed": done.failed,
        "verification": plain,
        "rules_hash": rules.hash,
        "unverified_rules": len(rules.unverified()),
        "wall_s": round(done.wall_s, 2),
        "times_real_time": round(done.faster, 1),
    }
