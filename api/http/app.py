"""The application: gate, guard and front before FastAPI, and every answer with the headers that all have."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI

from api.http import problems, routes
from api.http.context import Context
from api.http.description import describe
from api.http.front import Front
from api.http.gate import Gate, problem_answer
from api.http.guard import WITH_BODY, check_body, check_path, headers_of, read_body
from api.http.once import BODY
from api.http.prebuilt import SAFE, Headers
from api.http.problems import ENDLESS, MEDIA_TYPE, Problem
from api.http.rsgi import Answer, AsgiApp, Receive, RsgiDoor, Scope, Send
from api.http.security import SCOPE
from api.http.strict import strict_query

_LOG = logging.getLogger("rongan.http")
_AUDIT_EVERY_S = 1.0


class App(RsgiDoor):
    """What a server runs, over ASGI or RSGI. `api` is the FastAPI application inside."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.gate = Gate(context)
        self.api = fastapi_app(context, self.gate)
        self._front = Front(context, self.gate)
        super().__init__(self._asgi, self._front)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._asgi(scope, receive, send)

    async def _asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        headers: dict[str, str] = {}
        method, path = scope["method"], scope["path"]
        client = "{}:{}".format(*scope["client"]) if scope.get("client") else ""
        more: Headers = []
        try:
            headers = headers_of(scope["headers"])
            check_path(path, scope["query_string"])
            preflight = self.gate.preflight(method, headers.get, path)
            if preflight is not None:
                await _send(send, preflight)
                return
            ready = self._front(method, path, scope["query_string"].decode("latin-1"), headers.get, client)
            if ready is not None:
                await _send(send, ready)
                return
            admitted = self.gate.admit(method, path, headers.get, client)
            more = admitted.headers
            scope[SCOPE] = admitted.principal
            if method in WITH_BODY:
                settings = self.context.settings
                body = await read_body(receive, headers, settings.largest_body_bytes, settings.slowest_body_s)
                check_body(path, body, headers)
                scope[BODY] = body
                receive = _once(body, receive)
        except Problem as refused:
            await _send(send, problem_answer(refused, path, more or self.gate.origin(headers.get)))
            return
        if method == "HEAD" and path != ENDLESS:
            scope["method"] = "GET"  # routes know GET only
        await self.api(scope, receive, all_problems(_with(send, more, method, self._front), path))


def create_app(context: Context) -> App:
    """The application of one web process."""
    return App(context)


def fastapi_app(context: Context, gate: Gate) -> FastAPI:
    """FastAPI with all routes. Its start-up begins the board's look-out, its shut-down ends it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(context.board.start, loop)
        audits = loop.create_task(_audit_failures(gate))
        warming = loop.create_task(asyncio.to_thread(context.warm))
        try:
            yield
        finally:
            await warming
            audits.cancel()
            with suppress(asyncio.CancelledError):
                await audits
            await asyncio.to_thread(context.board.stop)
            await asyncio.to_thread(gate.write_failures)

    app = FastAPI(
        title="Rong'an",
        summary="Urban flood early warning: warnings, plans, shelters, observations, drills",
        version=version("rongan"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if context.settings.docs else None,
        dependencies=[Depends(strict_query)],
        responses=problems.declared(),
        redirect_slashes=False,
    )
    app.state.context = context
    problems.install(app)
    routes.include(app)
    describe(app)
    return app


async def _audit_failures(gate: Gate) -> None:
    while True:
        await asyncio.sleep(_AUDIT_EVERY_S)
        try:
            await asyncio.to_thread(gate.write_failures)
        except Exception:
            _LOG.exception("failed sign-ins could not be written to the audit")


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _once(body: bytes, receive: Receive) -> Receive:
    """The body that was read, then whatever else comes: the client's leaving."""
    given = False

    async def again() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def all_problems(send: Send, path: str) -> Send:
    """Errors that the framework words for itself (ranges of files, say) become problem documents too."""
    replaced = False

    async def sending(message: Any) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start" and message["status"] >= 400:
            headers = [(name.lower(), value) for name, value in message["headers"]]
            if not dict(headers).get(b"content-type", b"").startswith(MEDIA_TYPE.encode()):
                replaced = True
                body = Problem(message["status"]).body(path)
                told = [one for one in headers if one[0] not in (b"content-type", b"content-length")]
                told += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
                await send({**message, "headers": told})
                await send({"type": "http.response.body", "body": body})
                return
        if not replaced:
            await send(message)

    return sending


def _with(send: Send, more: Headers, method: str, front: Front) -> Send:
    """Headers that every answer has, where the route has not set its own."""

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            present = {name.lower() for name, _ in headers}
            for name, value in [*SAFE, *more, *front.freshness()]:
                own = name.encode("latin-1")
                if own not in present or own == b"vary":
                    headers.append((own, value.encode("latin-1")))
            if b"cache-control" not in present:
                headers.append((b"cache-control", b"no-cache" if method in ("GET", "HEAD") else b"no-store"))
            message = {**message, "headers": headers}
        elif method == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


__all__ = ["App", "AsgiApp", "create_app"]
