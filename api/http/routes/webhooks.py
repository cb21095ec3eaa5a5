"""Subscribers that are called: who they are, what has not arrived, and sending that again."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.context import Context, Ctx
from api.http.inputs import Identifier, Limit
from api.http.once import IdempotencyKey, Reply, once
from api.http.problems import Problem, declared
from api.http.security import MAY, Subscriber
from api.http.webhook_forms import (
    DeliveryList,
    DeliveryModel,
    State,
    WebhookBody,
    WebhookList,
    WebhookModel,
    delivery_form,
    webhook_form,
)
from api.service.principal import Principal
from api.service.webhook_target import checked_url
from api.service.webhooks import new_secret
from api.store import Reader, Writer
from api.store.records import Webhook
from data.schema import LEVELS

router = APIRouter(tags=["webhooks"])
DeliveryId = Annotated[int, Path(ge=1, le=2**53)]
_OWNER = "."  # between the id of the key that subscribed and the rest of the id of the subscription


@router.get("/v1/webhooks", summary="Subscriptions", response_model=WebhookList, responses=declared())
def webhooks(context: Ctx, request: Request, by: Subscriber) -> Response:
    """One's own; an admin sees all."""
    with context.store.reading() as rx:
        found = [webhook_form(hook) for hook in rx.webhooks() if _owns(by, hook.id)]
    return json_answer({"webhooks": found}, request=request)


@router.post("/v1/webhooks", summary="Subscribe", status_code=201, response_model=WebhookModel, responses=declared(409))
def subscribe(
    context: Ctx, request: Request, by: Subscriber, body: WebhookBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """From now on this address is called about every entry it asks for. The secret is shown this once."""
    checked_url(body.url, private=context.settings.webhook_private)
    if "approval" in body.kinds and "publish" not in MAY[by.role]:
        raise Problem(403, "requests for approval are told to officers and approvers")
    area = _area(context, by, body.area)
    level = 0 if body.leastLevel is None else LEVELS.index(body.leastLevel)

    def work(tx: Writer) -> Reply:
        most = context.settings.webhooks_per_key
        if sum(hook.active and _made_by(hook.id) == by.key for hook in tx.webhooks()) >= most:
            raise Problem(409, f"this key has {most} subscriptions, which is as many as it may", code="too-many")
        hook = Webhook(
            id=f"{by.key}{_OWNER}{secrets.token_hex(6)}",
            url=body.url,
            secret=new_secret(),
            kinds=tuple(dict.fromkeys(body.kinds)),
            area=area,
            least_level=level,
            created=tx.now,
        )
        tx.save_webhook(hook)
        return Reply({**webhook_form(hook), "secret": hook.secret}, 201, {"Location": f"/v1/webhooks/{hook.id}"})

    return once(context, request, by, idempotency_key, work, kept=_without_secret)


@router.get(
    "/v1/webhooks/{identifier}", summary="One subscription", response_model=WebhookModel, responses=declared(404)
)
def webhook(context: Ctx, request: Request, by: Subscriber, identifier: Identifier) -> Response:
    """Without its secret."""
    with context.store.reading() as rx:
        return json_answer(webhook_form(_found(rx, by, identifier)), request=request)


@router.delete("/v1/webhooks/{identifier}", summary="Unsubscribe", response_model=WebhookModel, responses=declared(404))
def unsubscribe(context: Ctx, request: Request, by: Subscriber, identifier: Identifier) -> Response:
    """It is not called any more; what had not arrived becomes dead letters."""

    def work(tx: Writer) -> Reply:
        hook = replace(_found(tx, by, identifier), active=False)
        tx.save_webhook(hook)
        return Reply(webhook_form(hook))

    return once(context, request, by, None, work)


@router.post(
    "/v1/webhooks/{identifier}/secret",
    summary="Change the secret",
    response_model=WebhookModel,
    responses=declared(404, 409),
)
def change_secret(
    context: Ctx, request: Request, by: Subscriber, identifier: Identifier, idempotency_key: IdempotencyKey = None
) -> Response:
    """Calls from now on are signed with the new secret, which is shown this once."""

    def work(tx: Writer) -> Reply:
        hook = replace(_found(tx, by, identifier), secret=new_secret())
        tx.save_webhook(hook)
        return Reply({**webhook_form(hook), "secret": hook.secret})

    return once(context, request, by, idempotency_key, work, kept=_without_secret)


@router.get(
    "/v1/webhooks/{identifier}/deliveries",
    summary="What was sent to a subscriber, what waits, and its dead letters",
    response_model=DeliveryList,
    responses=declared(404),
)
def deliveries(
    context: Ctx,
    request: Request,
    by: Subscriber,
    identifier: Identifier,
    state: Annotated[State | None, Query(description="dead: dead letters")] = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="Cursor: `next` of the page before")] = 0,
    limit: Limit = 100,
) -> Response:
    """In the order of their making."""
    with context.store.reading() as rx:
        _found(rx, by, identifier)
        found = rx.deliveries(state, identifier, after, limit)
    told = {"deliveries": [delivery_form(one) for one in found], "next": found[-1].id if len(found) == limit else None}
    return json_answer(told, request=request)


@router.post(
    "/v1/webhooks/{identifier}/deliveries/{delivery}/republish",
    summary="Send once more",
    response_model=DeliveryModel,
    responses=declared(404, 409),
)
def republish(
    context: Ctx, request: Request, by: Subscriber, identifier: Identifier, delivery: DeliveryId,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """A dead letter, or anything else of the outbox, from its first attempt on."""

    def work(tx: Writer) -> Reply:
        hook = _found(tx, by, identifier)
        one = tx.delivery(delivery)
        if one is None or one.webhook != hook.id:
            raise Problem(404, f"no delivery {delivery} of {identifier}")
        if not hook.active:
            raise Problem(409, "the subscription has ended", code="ended")
        tx.republish(delivery)
        return Reply(delivery_form(tx.delivery(delivery) or one))

    return once(context, request, by, idempotency_key, work)


def _made_by(hook: str) -> str:
    return hook.partition(_OWNER)[0]


def _owns(by: Principal, hook: str) -> bool:
    return "administer" in MAY[by.role] or _made_by(hook) == by.key


def _found(rx: Reader, by: Principal, identifier: str) -> Webhook:
    """The subscription; 404 also where it is somebody else's, who need not be known."""
    hook = rx.webhook(identifier) if _owns(by, identifier) else None
    if hook is None:
        raise Problem(404, f"no webhook {identifier}")
    return hook


def _area(context: Context, by: Principal, asked: str | None) -> str:
    """The area of a subscription: as asked, inside that of the key; 422 for a code that no area has."""
    area = asked or by.area
    if context.places is not None and area:
        if area not in context.places:
            raise Problem(422, f"no area has the code {area!r}", code="unknown-area")
        if by.area and not context.places.inside(area, by.area):
            raise Problem(403, f"this key is for {by.area} and the areas below it", code="other-area")
    return area


def _without_secret(body: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an answer for its repetition: whoever lost the secret asks for a new one."""
    return {**body, "secret": None}
