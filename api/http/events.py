"""One reader of the event stream (text/event-stream, WHATWG HTML section 9.2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import orjson
from fastapi.responses import Response

from api.http.context import Context
from api.http.rsgi import Receive, Scope, Send
from api.http.stream import Told, Wanted, cursor, told_of

_PATIENCE_S = 20.0  # a client that takes nothing for so long is dropped
_LONGEST_S = 3600.0  # then the client connects again, and its key is looked at again
_BATCH = 500
_RETRY_MS = 2000


class EventStream(Response):
    """Entries after a number, then each new one as it comes; comments in between keep the line open.

    Nothing is kept for a reader but its number: one that is slow reads later from memory or the database, one that
    does not read at all is cut off.
    """

    media_type = "text/event-stream"

    def __init__(self, context: Context, wanted: Wanted, after: int, first: Sequence[bytes] = ()) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._context = context
        self._stream = context.board.stream
        self._wanted = wanted
        self._number = after
        self._first = b"".join([b"retry: %d\n\n" % _RETRY_MS, *first])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._stream.readers += 1
        leaving = asyncio.ensure_future(_left(receive))
        telling = asyncio.ensure_future(self._tell(send))
        try:
            await asyncio.wait((leaving, telling), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.readers -= 1
            for task in (leaving, telling):
                task.cancel()
            results = await asyncio.gather(leaving, telling, return_exceptions=True)
        failed = results[1]
        if isinstance(failed, Exception) and not isinstance(failed, OSError | TimeoutError):
            raise failed

    async def _tell(self, send: Send) -> None:
        ends = time.monotonic() + _LONGEST_S
        await _put(send, self._first)
        while time.monotonic() < ends:
            chunk = await self._next()
            if chunk:
                await _put(send, chunk)
            elif not await self._stream.wait(self._number, self._context.settings.heartbeat_s):
                await _put(send, b": %d\n\n" % self._stream.last)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes:
        """What comes after our number, as far as one batch goes; empty where there is nothing."""
        told = self._stream.after(self._number)
        if told is None:
            told = await asyncio.to_thread(self._read)
        told = told[:_BATCH]
        if not told:
            return b""
        self._number = told[-1].number
        events = [one.event for one in told if self._wanted.has(one)]
        if not self._wanted.has(told[-1]):
            events.append(cursor(self._number))
        return b"".join(events)

    def _read(self) -> list[Told]:
        with self._context.store.reading() as rx:
            return [told_of(entry) for entry in rx.entries(self._number, _BATCH)]


def reset(last: int, reason: str) -> bytes:
    """Tells a reader that its number is of no use: read the feed afresh, then go on from `last`."""
    return b"id: %d\nevent: reset\ndata: %b\n\n" % (last, orjson.dumps({"last": last, "reason": reason}))


async def _put(send: Send, chunk: bytes) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
