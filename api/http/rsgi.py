"""The door for granian: an RSGI application that answers from the front and passes the rest on to an ASGI application.

Why two doors: docs/decisions/0018-feed-answered-over-rsgi.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class Answer(NamedTuple):
    """A whole answer, ready to be sent. Header names are lower case; values are ASCII."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""  # empty for 304 and for HEAD


# (method, path, query string, header by lower-case name or None, client's address) -> answer, or None: not the front's
Front = Callable[[str, str, str, Callable[[str], "str | None"], str], "Answer | None"]

# granian queues what a stream sends without a bound and never says how far the client is. So an event stream ends after
# this many bytes: its client comes again with Last-Event-ID, and one that does not read costs no more memory than this.
EVENT_STREAM_BYTES = 1_000_000
_NO_BODY = (204, 304)


class RsgiDoor:
    """What granian serves with `interface="rsgi"`: `front` first, then `app` (ASGI, with its lifespan)."""

    def __init__(self, app: AsgiApp, front: Front | None = None) -> None:
        self.app = app
        self.front = front
        self._lifespan: _Lifespan | None = None

    async def start(self) -> None:
        """The start-up of the ASGI application; RuntimeError where it fails."""
        self._lifespan = _Lifespan(self.app)
        await self._lifespan.start()

    async def stop(self) -> None:
        """The shut-down of the ASGI application."""
        if self._lifespan is not None:
            await self._lifespan.stop()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start of a worker that granian starts, before its loop runs."""
        loop.run_until_complete(self.start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End of a worker that granian started."""
        loop.run_until_complete(self.stop())

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        if self.front is not None:
            answer = self.front(scope.method, scope.path, scope.query_string, scope.headers.get, scope.client)
            if answer is not None:
                if answer.body:
                    protocol.response_bytes(answer.status, answer.headers, answer.body)
                else:
                    protocol.response_empty(answer.status, answer.headers)
                return
        exchange = _Exchange(protocol, scope.method)
        await self.app(asgi_scope(scope), exchange.receive, exchange.send)
        exchange.finish()


def asgi_scope(scope: Any) -> dict[str, Any]:
    """The ASGI scope of an RSGI one.

    Version 2.3 of the specification is named on purpose: Starlette then listens for the client's leaving beside a
    stream; from 2.4 on it would wait for a failed send, which an idle event stream makes only with its next heartbeat.
    """
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in scope.headers.items()]
    if scope.authority and all(name != b"host" for name, _ in headers):
        headers.append((b"host", scope.authority.encode("latin-1", "replace")))  # HTTP/2 has no Host
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,  # granian has unquoted it already
        "raw_path": quote(scope.path).encode("ascii"),
        "query_string": scope.query_string.encode("latin-1", "replace"),
        "root_path": "",
        "headers": headers,
        "client": _address(scope.client),
        "server": _address(scope.server),
        "state": {},
        "extensions": {"http.response.pathsend": {}},  # files go out from disk, not through a queue in memory
    }


def _address(text: str) -> tuple[str, int] | None:
    """("host", port) of "host:port"; None where there is none, as on a Unix socket."""
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdigit() else None


class _Exchange:
    """`receive` and `send` of one request."""

    def __init__(self, protocol: Any, method: str) -> None:
        self._protocol = protocol
        self._bodiless = method == "HEAD"
        self._chunks: Any = None
        self._received = False
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._stream: Any = None
        self._sent_bytes = 0
        self._room = 0  # bytes that may still be sent on an event stream
        self._answered = False
        self._ended = asyncio.Event()  # by us, before the application was done

    async def receive(self) -> MutableMapping[str, Any]:
        if self._received:
            await self._client_left()
            return {"type": "http.disconnect"}
        if self._chunks is None:
            self._chunks = aiter(self._protocol)
        try:
            return {"type": "http.request", "body": await anext(self._chunks), "more_body": True}
        except StopAsyncIteration:
            self._received = True
            return {"type": "http.request", "body": b"", "more_body": False}

    async def _client_left(self) -> None:
        waits = [asyncio.ensure_future(self._protocol.client_disconnect()), asyncio.ensure_future(self._ended.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._status = message["status"]
            self._headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            streamed = dict(self._headers).get("content-type", "").startswith("text/event-stream")
            self._room = EVENT_STREAM_BYTES if streamed else 0
        elif not self._status:
            raise RuntimeError(f"{kind} before the start of the answer")
        elif kind == "http.response.pathsend":
            self._answered = True
            self._protocol.response_file(self._status, self._headers, str(message["path"]))
        elif kind == "http.response.body":
            await self._send_body(message.get("body", b""), more=message.get("more_body", False))

    async def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._ended.is_set() or (self._answered and self._stream is None):
            return
        if self._stream is None:
            if self._bodiless or self._status in _NO_BODY:
                self._answered = True
                self._protocol.response_empty(self._status, self._headers)
                return
            self._answered = True
            if not more:
                self._protocol.response_bytes(self._status, self._headers, bytes(body))
                return
            self._stream = self._protocol.response_stream(self._status, self._headers)
        if body:
            try:
                await self._stream.send_bytes(bytes(body))
            except RuntimeError as gone:  # granian's RSGIProtocolClosed
                raise OSError("the client has gone") from gone
        self._sent_bytes += len(body)
        if self._room and self._sent_bytes >= self._room:
            self._ended.set()

    def finish(self) -> None:
        """Answer where the application did not, so that no client waits for ever."""
        if not self._answered:
            self._protocol.response_empty(self._status or 500, self._headers)


class _Lifespan:
    """Start-up and shut-down of an ASGI application; one that knows no lifespan is served without."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._started: asyncio.Future[str] | None = None
        self._stopped: asyncio.Future[str] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._started, self._stopped = loop.create_future(), loop.create_future()
        self._task = loop.create_task(self._run())
        await self._inbox.put({"type": "lifespan.startup"})
        failed = await self._started
        if failed:
            raise RuntimeError(f"the application did not start: {failed}")

    async def stop(self) -> None:
        if self._task is None or self._task.done() or self._stopped is None:
            return
        await self._inbox.put({"type": "lifespan.shutdown"})
        await self._stopped
        await asyncio.wait([self._task], timeout=1.0)

    async def _run(self) -> None:
        assert self._started is not None
        assert self._stopped is not None
        error = ""
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._inbox.get, self._send)
        except Exception as failure:
            error = "" if isinstance(failure, ValueError | KeyError | AssertionError) else repr(failure)
        for future in (self._started, self._stopped):
            if not future.done():
                future.set_result(error)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        future = self._started if "startup" in message["type"] else self._stopped
        assert future is not None
        if not future.done():
            future.set_result(message.get("message") or "failed" if message["type"].endswith("failed") else "")
