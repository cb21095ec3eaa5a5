"""Warnings by hand: issue, update, cancel; acknowledge, act, close."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.approvals import approval_form
from api.http.bodies import IssueBody, NoteBody, UpdateBody
from api.http.chains import episode_form
from api.http.context import Context, Ctx
from api.http.inputs import Identifier
from api.http.items import address, public_form
from api.http.models import EpisodeModel, OutcomeModel, WarningModel
from api.http.once import IdempotencyKey, Reply, once
from api.http.problems import declared
from api.http.security import Officer, Responder
from api.service.principal import Principal
from data.schema import LEVELS

if TYPE_CHECKING:
    from api.service.episodes_desk import Outcome
    from api.service.publisher import Publisher
    from api.store import Writer
    from api.store.records import EpisodeRecord, Message

router = APIRouter(tags=["publishing"])
_REFUSED = declared(404, 409)
_ASKED: dict[int | str, dict[str, Any]] = {
    202: {"model": OutcomeModel, "description": "Outside of exercises orange and red wait for a second person"}
}


def publish(
    context: Context,
    request: Request,
    by: Principal,
    key: str | None,
    work: Callable[[Publisher, Writer], Reply],
    *,
    needed: bool = True,
) -> Response:
    """One step of publishing, once for its idempotency key; a message that broke a rule is told as a fault."""
    from api.service.press import Fault

    publisher = context.publisher
    try:
        return once(context, request, by, key, lambda tx: work(publisher, tx), needed=needed)
    except Fault as fault:  # our transaction is rolled back; now it can be told
        publisher.report(fault, by)
        context.board.refresh()
        raise


def outcome_reply(tx: Writer, outcome: Outcome) -> Reply:
    """201 with the message, 202 with the question to a second person; 200 where it was agreed to and is not needed."""
    record = outcome.episode
    body = {
        "message": None if outcome.message is None else public_form(outcome.message),
        "approval": None if outcome.approval is None else approval_form(outcome.approval),
        "episode": episode_form(record, tx.episode_steps(record.id)),
    }
    if outcome.message is not None:
        return Reply(body, 201, {"Location": address(outcome.message.identifier)})
    if outcome.approval is not None and outcome.approval.state == "waiting":
        return Reply(body, 202, {"Location": f"/v1/approvals/{outcome.approval.id}"})
    return Reply(body, 200)


def _message_reply(message: Message) -> Reply:
    return Reply(public_form(message), 201, {"Location": address(message.identifier)})


def _episode_reply(tx: Writer, record: EpisodeRecord) -> Reply:
    return Reply(episode_form(record, tx.episode_steps(record.id)))


@router.post(
    "/v1/warnings",
    summary="Warn an area by hand",
    status_code=201,
    response_model=OutcomeModel,
    responses={**_REFUSED, **_ASKED},
)
def issue(
    context: Ctx, request: Request, by: Officer, body: IssueBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """Publishes an Alert. Everything is an exercise unless service, mode, key and role all say Actual."""

    def work(publisher: Publisher, tx: Writer) -> Reply:
        level = LEVELS.index(body.level)
        outcome = publisher.issue(
            body.area, level, by, event=body.event, hours=body.hours, actual=body.actual, note=body.note, tx=tx
        )
        return outcome_reply(tx, outcome)

    return publish(context, request, by, idempotency_key, work)


@router.post(
    "/v1/warnings/{identifier}/update",
    summary="Succeed a message in force by another",
    status_code=201,
    response_model=OutcomeModel,
    responses={**_REFUSED, **_ASKED},
)
def update(
    context: Ctx, request: Request, by: Officer, identifier: Identifier, body: UpdateBody,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Publishes an Update; its references are filled in."""

    def work(publisher: Publisher, tx: Writer) -> Reply:
        level = None if body.level is None else LEVELS.index(body.level)
        outcome = publisher.update(
            identifier, by, level=level, event=body.event, hours=body.hours, note=body.note, tx=tx
        )
        return outcome_reply(tx, outcome)

    return publish(context, request, by, idempotency_key, work)


@router.post(
    "/v1/warnings/{identifier}/cancel",
    summary="Lift a warning",
    status_code=201,
    response_model=WarningModel,
    responses=_REFUSED,
)
def cancel(
    context: Ctx, request: Request, by: Officer, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Publishes a Cancel, which closes the chain and the episode."""
    note = body.note if body else ""
    return publish(
        context, request, by, idempotency_key,
        lambda publisher, tx: _message_reply(publisher.cancel(identifier, by, note=note, tx=tx)),
    )  # fmt: skip


@router.post(
    "/v1/warnings/{identifier}/ack",
    summary="Somebody responsible has it",
    response_model=EpisodeModel,
    responses=_REFUSED,
)
def acknowledge(
    context: Ctx, request: Request, by: Responder, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Without it the area above is told when the time for it has run out. Saying it twice does no harm."""
    note = body.note if body else ""
    return publish(
        context, request, by, idempotency_key,
        lambda publisher, tx: _episode_reply(tx, publisher.acknowledge(identifier, by, note, tx=tx)),
        needed=False,
    )  # fmt: skip


@router.post(
    "/v1/warnings/{identifier}/act",
    summary="What it asks for is being done",
    response_model=EpisodeModel,
    responses=_REFUSED,
)
def act(
    context: Ctx, request: Request, by: Responder, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Counts as acknowledged too."""
    note = body.note if body else ""
    return publish(
        context, request, by, idempotency_key,
        lambda publisher, tx: _episode_reply(tx, publisher.act(identifier, by, note, tx=tx)),
        needed=False,
    )  # fmt: skip


@router.post(
    "/v1/warnings/{identifier}/close",
    summary="The regular end of a danger",
    response_model=EpisodeModel,
    responses=_REFUSED,
)
def close(
    context: Ctx, request: Request, by: Officer, identifier: Identifier, body: NoteBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:  # fmt: skip
    """Lifts the warning of an episode that somebody has acknowledged, and ends the episode."""
    note = body.note if body else ""
    return publish(
        context, request, by, idempotency_key,
        lambda publisher, tx: _episode_reply(tx, publisher.close(identifier, by, note, tx=tx)),
    )  # fmt: skip
