"""A small application behind the RSGI door, served by granian in the tests of that door."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from api.http.rsgi import Answer, RsgiDoor

FILE = Path(os.environ.get("DOOR_FILE", __file__))
LOG = Path(os.environ.get("DOOR_LOG", os.devnull))


def _tell(line: str) -> None:
    with LOG.open("a") as log:
        log.write(line + "\n")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{step}"
            _tell(step)
            await send({"type": f"lifespan.{step}.complete"})
        return
    path = scope["path"]
    kind = b"text/event-stream" if path in ("/events", "/idle") else b"text/plain; charset=utf-8"
    if path == "/silent":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    if path == "/events":
        for _ in range(400):
            await send({"type": "http.response.body", "body": b"x" * 9_999 + b"\n", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        _tell("events over")
        return
    if path == "/idle":
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"
        _tell("idle left")
        return
    if path == "/file":
        await send({"type": "http.response.pathsend", "path": str(FILE)})
        return
    told = f"{scope['method']} {path} {scope['raw_path'].decode()} {scope['query_string'].decode()} {len(body)}"
    await send({"type": "http.response.body", "body": told.encode()})


def front(method: str, path: str, query: str, header: Any, client: str) -> Answer | None:
    if path != "/front":
        return None
    if header("if-none-match") == '"a"':
        return Answer(304, [("etag", '"a"')])
    return Answer(200, [("etag", '"a"')], f"{method} {query} {bool(client)}".encode())


door = RsgiDoor(app, front)
