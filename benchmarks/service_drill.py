"""The drill that proves the service objective: two services behind nginx, clients that poll, and things that go wrong.

    python -m benchmarks.service_drill [--minutes 5]

One service is killed and started, then the other, then one is stopped as for an upgrade, then both are killed at once
and started again; warnings are published all the time that one of them is there. Every poll counts; exit code 1 where
fewer than 99.9 % were answered 200 or 304, where a warning is missing from the feed at the end, or where an old feed
was given out unmarked while a newer one had been there for more than two seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from benchmarks.service_case import AREAS, WIDE
from data.city_writer import write_city
from tests.service.nginx_case import nginx
from tests.service.serve_case import Served
from tests.tiny_city import tiny_city

OBJECTIVE = 0.999
_POLLERS = 4
_FRESH_S = 2.5  # cache of up to two seconds, and the look-out of the service


@dataclass
class Polls:
    """What clients saw."""

    answered: int = 0
    failed: int = 0
    stale: int = 0  # answered out of an old cache, and marked so
    unmarked: int = 0  # an old feed without a mark
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Published:
    """What was answered 201: moment and what was in force from then on."""

    states: list[tuple[float, frozenset[str]]] = field(default_factory=list)
    failed: int = 0


def drill(seconds: float, folder: Path) -> dict[str, Any]:
    """Run it; the figures."""
    home, city = folder / "home", write_city(tiny_city(), folder / "pack")
    services = [Served(home, city), Served(home, city)]
    wide = {"RONGAN_READS_PER_MINUTE": WIDE, "RONGAN_WRITES_PER_MINUTE": WIDE, "RONGAN_CANARY_S": "5"}
    for one in services:
        one.environment = wide
        one.start()
    place = folder / "nginx"
    place.mkdir()
    over = threading.Event()
    polls, published = Polls(), Published()
    admin = services[0].admin
    try:
        with nginx(place, (services[0].port, services[1].port)) as url:
            threads = [threading.Thread(target=_poll, args=(url, polls, published, over)) for _ in range(_POLLERS)]
            threads.append(threading.Thread(target=_publish, args=(url, admin, published, over)))
            for thread in threads:
                thread.start()
            step = seconds / 6.0
            for what in (_kill_first, _kill_second, _upgrade_first, _kill_both):
                time.sleep(step)
                what(services)
            time.sleep(step)
            over.set()
            for thread in threads:
                thread.join()
            time.sleep(_FRESH_S)
            feed = httpx.get(f"{url}/v1/warnings", headers={"Accept": "application/json"}, timeout=10.0).json()
    finally:
        over.set()
        for one in services:
            one.kill()
    names = {warning["identifier"] for warning in feed["warnings"]}
    asked = polls.answered + polls.failed
    return {
        "polls": asked,
        "answered": round(polls.answered / max(1, asked), 5),
        "objective": OBJECTIVE,
        "marked stale": polls.stale,
        "old and unmarked": polls.unmarked,
        "published": len(published.states),
        "publishing refused while both were away": published.failed,
        "feed right at the end": bool(published.states) and names == set(published.states[-1][1]),
    }


def _poll(url: str, polls: Polls, published: Published, over: threading.Event) -> None:
    etag, names = "", frozenset[str]()
    with httpx.Client(timeout=10.0) as client:
        while not over.wait(0.02):
            began = time.time()
            try:
                answer = client.get(f"{url}/v1/warnings", headers={"If-None-Match": etag} if etag else {})
            except httpx.TransportError:
                with polls.lock:
                    polls.failed += 1
                continue
            if answer.status_code == 200:
                etag = answer.headers["etag"]
                names = frozenset(warning["identifier"] for warning in answer.json()["warnings"])
            marked = answer.headers.get("rongan-cache") in ("STALE", "UPDATING") or "rongan-stale" in answer.headers
            with polls.lock:
                if answer.status_code in (200, 304):
                    polls.answered += 1
                else:
                    polls.failed += 1
                polls.stale += marked
                polls.unmarked += not marked and _is_old(names, began, published)


def _is_old(names: frozenset[str], began: float, published: Published) -> bool:
    """Whether the feed was replaced by a newer one more than `_FRESH_S` before the question."""
    states = list(published.states)
    for (_, state), (after, _) in pairwise(states):
        if state == names and after < began - _FRESH_S:
            return not any(later == names for moment, later in states if moment >= after)
    return False


def _publish(url: str, admin: str, published: Published, over: threading.Event) -> None:
    in_force: dict[str, str] = {}
    count = 0
    with httpx.Client(timeout=10.0, headers={"X-API-Key": admin}) as client:
        while not over.wait(0.5):
            area, level = AREAS[count % len(AREAS)], ("blue", "yellow", "orange", "red")[count % 4]
            path = f"/v1/warnings/{in_force[area]}/update" if area in in_force else "/v1/warnings"
            body = {"level": level, "hours": 6} | ({} if area in in_force else {"area": area})
            count += 1
            while not over.is_set():
                try:
                    answer = client.post(url + path, json=body, headers={"Idempotency-Key": f"drill-{count}"})
                except httpx.TransportError:
                    answer = None
                if answer is not None and answer.status_code == 201:
                    in_force[area] = answer.json()["message"]["identifier"]
                    published.states.append((time.time(), frozenset(in_force.values())))
                    break
                published.failed += 1
                time.sleep(0.2)


def _kill_first(services: list[Served]) -> None:
    services[0].kill()
    services[0].start()


def _kill_second(services: list[Served]) -> None:
    services[1].kill()
    services[1].start()


def _upgrade_first(services: list[Served]) -> None:
    services[0].stop()
    services[0].start()


def _kill_both(services: list[Served]) -> None:
    for one in services:
        one.kill()
    for one in services:
        one.start()


def right(told: dict[str, Any]) -> bool:
    """Whether the objective was met."""
    return told["answered"] >= OBJECTIVE and not told["old and unmarked"] and told["feed right at the end"]


def main() -> None:
    """Print the figures; exit code 1 where the objective was missed."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=5.0)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = drill(60.0 * given.minutes, Path(folder))
    print(json.dumps(told, indent=1))
    sys.exit(0 if right(told) else 1)


if __name__ == "__main__":
    main()
