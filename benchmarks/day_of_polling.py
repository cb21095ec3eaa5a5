"""A day of polling by 10,000 clients, compressed in time: no answer may carry a wrong byte.

Every client keeps its own ETag and sometimes forgets it. Warnings are issued and updated meanwhile, and the service is
killed and started again. What is compressed is the waiting: clients and messages are as many as in a busy day, the
polls are a sample of it (10,000 clients every 10 s would be 86 million). Each answer is checked: a 200 must be a whole
feed whose ETag is the SHA-256 of its bytes; a 304 only for the ETag the client holds; and the feed must be one that the
database had between the question and the answer, give or take the look-out of the service.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.service_case import AREAS, service, update, warn

CLIENTS = 10_000
_CONNECTIONS = 64
_LATE_S = 0.5  # how old a feed may be: look-out of the service and a busy machine
_LEVELS = ("blue", "yellow", "orange", "red")


@dataclass
class _Client:
    """What one client keeps: the ETag of its last feed and what stood in it."""

    etag: str = ""
    names: frozenset[str] = frozenset()


@dataclass
class _Day:
    polls: int = 0
    not_modified: int = 0
    away: int = 0  # no answer, while the service was being started again
    wrong: list[str] = field(default_factory=list)
    states: list[tuple[float, frozenset[str]]] = field(default_factory=list)  # moment from which it was so
    over: bool = False


def run(seconds: float = 120.0, restarts: int = 4, seed: int = 1) -> list[dict[str, object]]:
    """One row; `seconds` of the machine stand for the day."""
    day = _Day()
    chance = random.Random(seed)
    with service(workers=2) as served:
        day.states.append((time.time(), frozenset()))

        def events() -> None:
            in_force: dict[str, str] = {}
            end = time.monotonic() + seconds
            restart_at = [time.monotonic() + seconds * (k + 1) / (restarts + 1) for k in range(restarts)]
            while time.monotonic() < end:
                if restart_at and time.monotonic() >= restart_at[0]:
                    restart_at.pop(0)
                    served.kill()
                    served.start()
                area = chance.choice(AREAS)
                level = chance.choice(_LEVELS)
                began = time.time()
                if area in in_force:
                    in_force[area] = update(served, in_force[area], level)
                else:
                    in_force[area] = warn(served, area, level)
                # Both states may be seen from the moment of asking on; the old one until a little after the answer.
                day.states.append((began, frozenset(in_force.values())))
                time.sleep(chance.uniform(0.3, 1.0))
            day.over = True

        async def poll_all() -> None:
            clients = [_Client() for _ in range(CLIENTS)]
            pollers = [_poll(served.port, clients[k::_CONNECTIONS], day, random.Random(k)) for k in range(_CONNECTIONS)]
            await asyncio.gather(asyncio.to_thread(events), *pollers)

        began = time.monotonic()
        asyncio.run(poll_all())
        took = time.monotonic() - began
    return [
        {
            "clients": f"{CLIENTS:,}",
            "polls": f"{day.polls:,}",
            "304": f"{day.not_modified / max(1, day.polls):.0%}",
            "states of the feed": len(day.states),
            "restarts": restarts,
            "unanswered while away": day.away,
            "wall s": f"{took:.0f}",
            "wrong answers": len(day.wrong),
            "note": day.wrong[0] if day.wrong else "",
        }
    ]


async def _poll(port: int, clients: list[_Client], day: _Day, chance: random.Random) -> None:
    """Poll as one client after the other over one kept connection."""
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while not day.over:
        client = chance.choice(clients)
        if chance.random() < 0.02:
            client.etag = ""  # a client that was started again
        asked = time.time()
        try:
            if link is None:
                link = await asyncio.open_connection("127.0.0.1", port)
            status, etag, body = await asyncio.wait_for(_ask(*link, client.etag), 10.0)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError, IndexError):
            day.away += 1
            if link is not None:
                link[1].close()
                with suppress(OSError):
                    await link[1].wait_closed()
            link = None
            await asyncio.sleep(0.1)
            continue
        day.polls += 1
        fault = _check(client, status, etag, body, asked, day)
        if fault:
            day.wrong.append(fault)
        await asyncio.sleep(chance.uniform(0.0, 0.02))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, etag: str) -> tuple[int, str, bytes]:
    held = f"If-None-Match: {etag}\r\n" if etag else ""
    writer.write(f"GET /v1/warnings HTTP/1.1\r\nHost: x\r\n{held}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    told = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
    status = int(head[0].split()[1])
    body = await reader.readexactly(int(told.get("content-length", 0))) if status != 304 else b""
    return status, told.get("etag", ""), body


def _check(client: _Client, status: int, etag: str, body: bytes, asked: float, day: _Day) -> str:
    """What is wrong with an answer, "" where nothing is; the client takes it over."""
    if status == 304:
        day.not_modified += 1
        if not client.etag or etag != client.etag:
            return f"304 for {etag}, held {client.etag or 'nothing'}"
    elif status == 200:
        if etag != f'"{hashlib.sha256(body).hexdigest()}"':
            return "the ETag is not that of the bytes"
        client.etag = etag
        client.names = frozenset(warning["identifier"] for warning in json.loads(body)["warnings"])
    else:
        return f"status {status}"
    return "" if _possible(client.names, asked, day) else f"an old or unknown feed at {asked:.3f}"


def _possible(names: frozenset[str], asked: float, day: _Day) -> bool:
    """Whether the feed was so at some moment from `_LATE_S` before the question on.

    The newest state may be under way: a feed that differs from it by one message, not yet answered for, is right.
    """
    states = day.states
    for k in range(len(states) - 1, -1, -1):
        if states[k][1] == names:
            return True
        if states[k][0] < asked - _LATE_S:
            break
    return len(names - states[-1][1]) <= 1 and len(states[-1][1] - names) <= 1


if __name__ == "__main__":
    print(run())
