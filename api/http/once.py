"""Idempotency keys: the same request twice does its work once and gets the same answer twice.

The answer is kept in the transaction of the work, so a service that is killed in between has done both or neither.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from api.http.answers import written
from api.http.context import Context
from api.http.negotiate import JSON
from api.http.problems import Problem
from api.service.principal import Principal

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
) -> Response:
    """Do `work` in one transaction in the name of `by`, once for each idempotency key.

    `needed`: 400 without a key. A request that failed is not remembered: nothing of it was kept, it may come again.
    """
    if key is None and needed:
        detail = "give an Idempotency-Key: this request publishes or starts work, and must not do so twice"
        raise Problem(400, detail, code="idempotency-key-needed")
    if key is not None and not _FORM.fullmatch(key):
        raise Problem(400, "Idempotency-Key must be 1 to 128 visible ASCII characters", code="bad-header")
    route = f"{request.method} {request.url.path}"
    sha256 = hashlib.sha256(request.scope.get(BODY, b"")).hexdigest()
    with context.store.writing(by.actor) as tx:
        if key is not None:
            kept = tx.idempotent(by.actor, key, route, sha256)
            if kept is not None:
                return _response(kept.status, {**kept.headers, "Idempotency-Replayed": "true"}, kept.body)
        reply = work(tx)
        body = written(reply.body)
        if key is not None:
            tx.remember_answer(by.actor, key, route, sha256, reply.status, dict(reply.headers), body)
    context.board.refresh()  # whoever is told of success finds it in the feeds of this process
    return _response(reply.status, reply.headers, body)


def _response(status: int, headers: Mapping[str, str], body: bytes) -> Response:
    return Response(body, status, headers={"Cache-Control": "no-store", **headers}, media_type=JSON)
