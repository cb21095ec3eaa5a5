"""Keys of callers, for whoever administers the service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.bodies import KeyBody
from api.http.chains import moment
from api.http.context import Context, Ctx
from api.http.inputs import Identifier
from api.http.models import KeyList, KeyModel
from api.http.once import IdempotencyKey, Reply, once
from api.http.problems import Problem, declared
from api.http.security import Admin
from api.service.access import new_access
from api.service.principal import Principal
from api.store.errors import Missing
from api.store.records import ApiKey

if TYPE_CHECKING:
    from api.store import Writer

router = APIRouter(tags=["keys"])


def key_form(key: ApiKey, secret: str | None = None) -> dict[str, Any]:
    """A key without its hash."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "area": key.area,
        "actual": key.actual,
        "created": moment(key.created),
        "expires": moment(key.expires),
        "revoked": moment(key.revoked),
        "secret": secret,
    }


def _inside(context: Context, by: Principal, area: str) -> bool:
    """Whether a key for `area` is no wider than that of the caller."""
    if not by.area:
        return True
    return bool(area) and (area == by.area or (context.places is not None and context.places.inside(area, by.area)))


@router.get("/v1/keys", summary="All keys", response_model=KeyList, responses=declared())
def keys(context: Ctx, request: Request, _: Admin) -> Response:
    """Without their secrets, which nobody has but their owners."""
    with context.store.reading() as rx:
        found = [key_form(key) for key in rx.keys()]  # noqa: SIM118 - no dictionary
    return json_answer({"keys": found}, request=request, cache="no-store")


@router.post("/v1/keys", summary="A new key", status_code=201, response_model=KeyModel, responses=declared(409))
def new(context: Ctx, request: Request, by: Admin, body: KeyBody, idempotency_key: IdempotencyKey = None) -> Response:
    """The secret stands in this answer and nowhere else; the same request again gets the key without it."""
    if body.area and context.places is not None and body.area not in context.places:
        raise Problem(422, f"no area has the code {body.area!r}", code="unknown-area")
    if not _inside(context, by, body.area) or (body.actual and not by.actual):
        raise Problem(403, "a key cannot be given more than your own has", code="scope")

    def work(tx: Writer) -> Reply:
        made, secret = new_access(
            body.name, body.role, context.clock.now(),
            area=body.area, actual=body.actual, expires=body.expires, made_by=by.key,
        )  # fmt: skip
        tx.save_key(made)
        return Reply(key_form(made, secret), 201, {"Location": f"/v1/keys/{made.id}"})

    return once(context, request, by, idempotency_key, work, kept=lambda told: {**told, "secret": None})


@router.get("/v1/keys/{identifier}", summary="A key", response_model=KeyModel, responses=declared(404))
def one(context: Ctx, request: Request, _: Admin, identifier: Identifier) -> Response:
    """Without its secret."""
    with context.store.reading() as rx:
        found = rx.key(identifier)
    if found is None:
        raise Problem(404, f"no key {identifier}")
    return json_answer(key_form(found), request=request, cache="no-store")


@router.post(
    "/v1/keys/{identifier}/revoke", summary="Revoke a key", response_model=KeyModel, responses=declared(404, 409)
)
def revoke(
    context: Ctx, request: Request, by: Admin, identifier: Identifier, idempotency_key: IdempotencyKey = None
) -> Response:
    """It ends in every process with its next look at the database. Twice does no harm."""

    def work(tx: Writer) -> Reply:
        found = tx.key(identifier)
        if found is None:
            raise Missing(f"no key {identifier}")
        if not _inside(context, by, found.area):
            raise Problem(403, "this key reaches further than your own", code="scope")
        if found.actual and not by.actual:
            raise Problem(403, "this key may issue Actual, which yours may not", code="scope")
        if found.revoked is None:
            found = replace(found, revoked=context.clock.now())
            tx.save_key(found)
        return Reply(key_form(found))

    return once(context, request, by, idempotency_key, work)
