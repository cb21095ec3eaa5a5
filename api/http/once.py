"""Idempotency keys: the same request twice does its work once and gets the same answer twice.

The answer is kept in the transaction of the work, so a service that is killed in between has done both or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from api.http.answers import written
from api.http.context import Context
from api.http.negotiate import JSON
from api.http.problems import Problem
from api.http.security import unauthorised
from api.service.principal import Principal
from api.store.errors import KeyReused
from api.store.records import Answer

if TYPE_CHECKING:
    from api.store import Writer

BODY = "rongan.body"  # where the front leaves the bytes of the body in the ASGI scope
_FORM = re.compile(r"[\x21-\x7e]{1,128}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A name of the caller's own for this request, 1 to 128 visible ASCII characters. The same name "
        "with the same request gets the same answer and does nothing again; with another request it is refused "
        "(409). Needed by every request that publishes or starts work.",
        pattern=r"^[\x21-\x7e]{1,128}$",
        examples=["3f0c2a6e-5a0e-4f5b-9a53-1c7ff1f0b9a4"],
    ),
]


@dataclass(frozen=True)
class Reply:
    """What work leaves to be answered."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def once(
    context: Context,
    request: Request,
    by: Principal,
    key: str | None,
    work: Callable[[Writer], Reply],
    *,
    needed: bool = False,
    kept: Callable[[Any], Any] | None = None,
) -> Response:
    """Do `work` in one transaction in the name of `by`, once for each idempotency key.

    `needed`: 400 without a key. `kept`: what is kept of the answer for the next time, where it is not all of it (a
    secret). A request that failed is not remembered: nothing of it was kept, it may come again.
    """
    if key is None and needed:
        detail = "give an Idempotency-Key: this request publishes or starts work, and must not do so twice"
        raise Problem(400, detail, code="idempotency-key-needed")
    route, sha256 = _named(request, key)
    with context.store.writing(by.actor) as tx:
        _still_valid(tx, by, context.clock.now())
        known = None if key is None else tx.idempotent(by.actor, key, route, sha256)
        if known is not None:
            return _replayed(known)
        reply = work(tx)
        if key is not None:
            remembered = written(reply.body if kept is None else kept(reply.body))
            tx.remember_answer(by.actor, key, route, sha256, reply.status, dict(reply.headers), remembered)
    context.board.refresh()  # whoever is told of success finds it in the feeds of this process
    return _response(reply.status, reply.headers, written(reply.body))


def again(context: Context, request: Request, by: Principal, key: str | None) -> Response | None:
    """The answer that was given to this key before; for work that does no harm when it is done twice."""
    if key is None:
        return None
    route, sha256 = _named(request, key)
    with context.store.reading() as rx:
        known = rx.idempotent(by.actor, key, route, sha256)
    return None if known is None else _replayed(known)


def remember(context: Context, request: Request, by: Principal, key: str | None, reply: Reply) -> Response:
    """Keep the answer of such work, and give it."""
    body = written(reply.body)
    if key is not None:
        route, sha256 = _named(request, key)
        with context.store.writing(by.actor) as tx, suppress(KeyReused):  # the work is done: a refusal would be untrue
            known = tx.idempotent(by.actor, key, route, sha256)
            if known is not None:  # the same request at the same moment was quicker
                return _replayed(known)
            tx.remember_answer(by.actor, key, route, sha256, reply.status, dict(reply.headers), body)
    return _response(reply.status, reply.headers, body)


def _still_valid(tx: Writer, by: Principal, now: datetime) -> None:
    """A key that another process revoked a moment ago does nothing any more: the transaction looks for itself."""
    key = tx.key(by.key) if by.key else None
    if key is None or key.revoked is not None or (key.expires is not None and key.expires <= now):
        raise unauthorised("this key is unknown, expired or revoked")


def _named(request: Request, key: str | None) -> tuple[str, str]:
    """What the request is: its route and the SHA-256 of its body."""
    if key is not None and not _FORM.fullmatch(key):
        raise Problem(400, "Idempotency-Key must be 1 to 128 visible ASCII characters", code="bad-header")
    sha256 = hashlib.sha256(request.scope.get(BODY, b"")).hexdigest()
    return f"{request.method} {request.url.path}", sha256


def _replayed(known: Answer) -> Response:
    return _response(known.status, {**known.headers, "Idempotency-Replayed": "true"}, known.body)


def _response(status: int, headers: Mapping[str, str], body: bytes) -> Response:
    return Response(body, status, headers={"Cache-Control": "no-store", **headers}, media_type=JSON)
