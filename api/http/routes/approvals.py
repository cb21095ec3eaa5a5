"""The second person: what waits for one, and their yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.approvals import approval_form
from api.http.bodies import NoteBody
from api.http.context import Ctx
from api.http.inputs import Identifier, Limit
from api.http.models import ApprovalList, ApprovalModel, OutcomeModel
from api.http.once import IdempotencyKey, Reply
from api.http.problems import Problem, declared
from api.http.routes.publishing import outcome_reply, publish
from api.http.security import Approver, Officer

if TYPE_CHECKING:
    from api.service.publisher import Publisher
    from api.store import Writer

router = APIRouter(tags=["publishing"])
_REFUSED = declared(404, 409)


@router.get(
    "/v1/approvals", summary="Messages that wait for a second person", response_model=ApprovalList, responses=declared()
)
def approvals(
    context: Ctx,
    request: Request,
    _: Officer,
    state: Annotated[Literal["waiting", "approved", "rejected", "lapsed", "void"] | None, Query()] = None,
    limit: Limit = 100,
) -> Response:
    """The newest first."""
    with context.store.reading() as rx:
        found = [approval_form(one) for one in rx.approvals(state, limit)]
    return json_answer({"approvals": found}, request=request)


@router.get("/v1/approvals/{identifier}", summary="One of them", response_model=ApprovalModel, responses=declared(404))
def approval(context: Ctx, request: Request, _: Officer, identifier: Identifier) -> Response:
    """With the message as it would be sent."""
    with context.store.reading() as rx:
        found = rx.approval(identifier)
    if found is None:
        raise Problem(404, f"no request {identifier}")
    return json_answer(approval_form(found), request=request)


@router.post(
    "/v1/approvals/{identifier}/approve",
    summary="Agree: the message goes out",
    status_code=201,
    response_model=OutcomeModel,
    responses={**_REFUSED, 200: {"model": OutcomeModel, "description": "Agreed to, but no longer needed"}},
)
def approve(
    context: Ctx, request: Request, by: Approver, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Whoever asked cannot agree, nor can a key made since or with the key that asked. A void question is `over`."""
    note = body.note if body else ""

    def work(publisher: Publisher, tx: Writer) -> Reply:
        return outcome_reply(tx, publisher.approve(identifier, by, note, tx=tx))

    return publish(context, request, by, idempotency_key, work)


@router.post(
    "/v1/approvals/{identifier}/reject", summary="Do not agree", response_model=ApprovalModel, responses=_REFUSED
)
def reject(
    context: Ctx, request: Request, by: Approver, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Nothing is sent; the same level is not asked for again for a while."""
    note = body.note if body else ""

    def work(publisher: Publisher, tx: Writer) -> Reply:
        return Reply(approval_form(publisher.reject(identifier, by, note, tx=tx)))

    return publish(context, request, by, idempotency_key, work)
