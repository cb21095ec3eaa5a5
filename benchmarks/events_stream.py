"""Events to many readers: 1,000 streams, a warning that changes, time from its commit until each has heard of it.

All on one machine: the readers take their share of the same cores. Goal: p99 at most 250 ms, every event delivered.
"""

from __future__ import annotations

import asyncio
import json
import time

from benchmarks.service_case import quantile, service, update, warn

GOAL_MS = 250.0


def run(readers: int = 1000, events: int = 40) -> list[dict[str, object]]:
    """One row."""
    with service(workers=2, RONGAN_HEARTBEAT_S="60") as served:
        name = warn(served)
        heard: dict[int, list[float]] = {}
        asked: dict[str, tuple[float, float]] = {}

        async def measure() -> None:
            ready = asyncio.Semaphore(0)
            tasks = [asyncio.create_task(_read(served.port, heard, ready)) for _ in range(readers)]
            for _ in range(readers):
                await asyncio.wait_for(ready.acquire(), 120.0)
            last = name
            for k in range(events):
                began = time.time()
                last = await asyncio.to_thread(update, served, last, ("yellow", "blue")[k % 2])
                asked[last] = began, time.time()
                await asyncio.sleep(0.3)
            for _ in range(100):
                if sum(map(len, heard.values())) >= readers * events:
                    break
                await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()

        asyncio.run(measure())
        # From the moment at which the publisher sent its request: an upper bound, the commit lies somewhat later.
        began = sorted(start for start, _ in asked.values())
        numbers = sorted(heard)[-events:]
        delays = [1e3 * (t - began[k]) for k, number in enumerate(numbers) for t in heard[number]]
        return [
            {
                "readers": readers,
                "events": events,
                "delivered": f"{len(delays):,} of {readers * events:,}",
                "p50 ms": f"{quantile(delays, 0.5):.0f}",
                "p99 ms": f"{quantile(delays, 0.99):.0f}",
                "goal": f"p99 <= {GOAL_MS:g} ms, all delivered",
            }
        ]


async def _read(port: int, heard: dict[int, list[float]], ready: asyncio.Semaphore) -> None:
    """Read events of warnings for ever; note the moment of each by its number."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /v1/events?kinds=warning HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
    assert b"200" in await reader.readline()
    while (await reader.readline()) not in (b"\r\n", b""):
        pass
    ready.release()
    while line := await reader.readline():
        if line.startswith(b"data: "):
            heard.setdefault(json.loads(line[6:])["number"], []).append(time.time())


if __name__ == "__main__":
    print(run())
