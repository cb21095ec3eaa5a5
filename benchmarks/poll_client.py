"""A small polling client, independent of the service's code: feed and event stream, each warning exactly once.

    python -m benchmarks.poll_client --minutes 10      the service is killed and started again at random meanwhile

The client knows the protocol and nothing else: it polls the feed with its ETag, reads the stream with Last-Event-ID,
and writes down what it sees on either way. It runs in processes of its own; the master kills the whole service with
SIGKILL, starts it again, and publishes. At the end every message that was published must have been seen once on the
stream, and every message in force, and no other, must stand in the feed.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import random
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from data.city_writer import write_city
from tests.service.serve_case import Served
from tests.tiny_city import tiny_city

AREAS = ("510100", "510101", "510102")
AWAY = (OSError, http.client.HTTPException)  # urllib's errors are among the first


def follow_stream(url: str, log: str) -> None:
    """Read the stream for ever, from the last number seen; one line per event: moment, number, kind, subject."""
    last = "0"
    with Path(log).open("a", buffering=1) as out:
        while True:
            request = urllib.request.Request(f"{url}/v1/events?kinds=warning", headers={"Last-Event-ID": last})
            try:
                with urllib.request.urlopen(request, timeout=20.0) as stream:
                    event: dict[str, str] = {}
                    for raw in stream:
                        line = raw.decode().rstrip("\n")
                        if line:
                            name, _, value = line.partition(": ")
                            event[name] = value
                            continue
                        if "id" in event:
                            last = event["id"]
                        if event.get("event") == "reset":
                            out.write(f"{time.time()} {last} reset -\n")
                        elif "data" in event:
                            subject = json.loads(event["data"])["subject"]
                            out.write(f"{time.time()} {last} {event['event']} {subject}\n")
                        event = {}
            except AWAY:
                time.sleep(0.05)


def poll_feed(url: str, log: str, every_s: float) -> None:
    """Poll the feed for ever with its ETag; one line per new feed: moment and the identifiers in it."""
    etag = ""
    with Path(log).open("a", buffering=1) as out:
        while True:
            request = urllib.request.Request(f"{url}/v1/warnings", headers={"If-None-Match": etag} if etag else {})
            try:
                with urllib.request.urlopen(request, timeout=5.0) as answer:
                    etag = answer.headers["ETag"]
                    names = [warning["identifier"] for warning in json.load(answer)["warnings"]]
                    out.write(" ".join([str(time.time()), *names]) + "\n")
            except urllib.error.HTTPError as error:
                if error.code != 304:
                    out.write(f"{time.time()} HTTP-{error.code}\n")
            except AWAY:
                time.sleep(0.05)
            time.sleep(every_s)


class Publisher:
    """Publishes by HTTP as an officer's desk does: the same idempotency key until there is an answer."""

    def __init__(self, url: str, key: str, chance: random.Random) -> None:
        self._url = url
        self._key = key
        self._chance = chance
        self.sent: list[str] = []
        self.in_force: dict[str, str] = {}  # area -> identifier

    def step(self, until: float) -> bool:
        """One message more; False where no answer came before `until`."""
        area = self._chance.choice(AREAS)
        last = self.in_force.get(area)
        what = "alert" if last is None else self._chance.choice(("update", "update", "cancel"))
        level = self._chance.choice(("blue", "yellow", "orange", "red"))
        if what == "alert":
            path, body = "/v1/warnings", {"area": area, "level": level, "hours": 3}
        else:
            path = f"/v1/warnings/{last}/{what}"
            body = {"level": level, "hours": 3} if what == "update" else {}
        name = f"{self._chance.getrandbits(64):x}"
        while time.monotonic() < until:
            answer = self._post(path, body, name)
            if answer is None:
                time.sleep(0.05)
                continue
            message = answer.get("message") or answer
            if "identifier" in message:
                self.sent.append(message["identifier"])
                if what == "cancel":
                    self.in_force.pop(area, None)
                else:
                    self.in_force[area] = message["identifier"]
            return True
        return False

    def _post(self, path: str, body: dict[str, Any], name: str) -> dict[str, Any] | None:
        headers = {"X-API-Key": self._key, "Idempotency-Key": name, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10.0) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (429, 500, 503):
                return None
            raise RuntimeError(f"{path}: {error.code} {error.read().decode()[:500]}") from None
        except AWAY:
            return None


def trial(
    seconds: float, folder: Path, seed: int = 1, restart_s: tuple[float, float] = (4.0, 9.0), restarts_least: int = 1
) -> dict[str, Any]:
    """Publish for so many seconds (longer until `restarts_least`) under restarts; the figures of the comparison."""
    chance = random.Random(seed)
    served = Served(folder / "service", write_city(tiny_city(), folder / "pack"), workers=2)
    served.environment = {"RONGAN_WRITES_PER_MINUTE": "100000", "RONGAN_READS_PER_MINUTE": "100000"}
    served.start()
    stream_log, feed_log = folder / "stream.log", folder / "feed.log"
    context = multiprocessing.get_context("spawn")
    readers = [
        context.Process(target=follow_stream, args=(served.url, str(stream_log)), daemon=True),
        context.Process(target=poll_feed, args=(served.url, str(feed_log), 0.05), daemon=True),
    ]
    for reader in readers:
        reader.start()
    publisher = Publisher(served.url, served.admin, chance)
    restarts = 0
    try:
        end = time.monotonic() + seconds
        kill_at = time.monotonic() + chance.uniform(*restart_s)
        while time.monotonic() < end or restarts < restarts_least:
            if time.monotonic() >= kill_at:
                served.kill()
                served.start()
                restarts += 1
                kill_at = time.monotonic() + chance.uniform(*restart_s)
            publisher.step(kill_at)
            time.sleep(chance.uniform(0.0, 0.1))
        return {"restarts": restarts, **compare(publisher, served, stream_log, feed_log)}
    finally:
        for reader in readers:
            reader.kill()
            reader.join()
        served.kill()


def compare(publisher: Publisher, served: Served, stream_log: Path, feed_log: Path) -> dict[str, Any]:
    """What was published against what was seen; waits until the readers have caught up."""
    truth = _truth(served)
    wanted = set(publisher.in_force.values())
    until = time.monotonic() + 15.0
    while time.monotonic() < until:
        events = [line.split() for line in stream_log.read_text().splitlines()]
        seen = [subject for _, _, kind, subject in events if kind == "warning"]
        feeds = [set(line.split()[1:]) for line in feed_log.read_text().splitlines()]
        if len(seen) >= len(truth) and feeds and feeds[-1] == wanted:
            break
        time.sleep(0.05)
    numbers = [int(number) for _, number, kind, _ in events if kind == "warning"]
    return {
        "published": len(publisher.sent),
        "seen": len(seen),
        "lost": sorted({*publisher.sent, *truth} - set(seen)),
        "doubled": sorted({one for one in seen if seen.count(one) > 1}),
        "unknown": sorted(set(seen) - set(truth)),
        "in_order": numbers == sorted(numbers),
        "resets": sum(kind == "reset" for _, _, kind, _ in events),
        "feed_right": bool(feeds) and feeds[-1] == wanted,
        "feed_errors": sum(line.count("HTTP-") for line in feed_log.read_text().splitlines()),
    }


def _truth(served: Served) -> list[str]:
    """Identifiers of all that was published, out of the database, past all processes of the service."""
    from api.store import Store

    with Store.open(f"sqlite:///{served.home / 'rongan.db'}") as store, store.reading() as rx:
        return [entry.subject for entry in rx.entries(0, 1_000_000) if entry.kind == "warning"]


def right(told: dict[str, Any]) -> bool:
    """Whether every warning was seen exactly once and the feed was right at the end."""
    faults = told["lost"] or told["doubled"] or told["unknown"] or told["resets"] or told["feed_errors"]
    return not faults and told["in_order"] and told["feed_right"] and told["published"] > 0


def main() -> None:
    """Run for the minutes asked for; exit code 1 where anything was lost, doubled or wrong."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        told = trial(60.0 * given.minutes, folder, given.seed)
    print(json.dumps(told, indent=1))
    sys.exit(0 if right(told) else 1)


if __name__ == "__main__":
    main()
