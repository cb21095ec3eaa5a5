"""What was done and how well: forecast cycles, verification, the audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer, plain_rows
from api.http.chains import moment
from api.http.context import Ctx
from api.http.inputs import Identifier, Limit, Moment, Status
from api.http.models import AuditModel, CycleList, CycleModel, VerificationModel
from api.http.problems import Problem, declared
from api.http.routes.warnings import own_status
from api.http.security import Admin, Reader
from api.service.verified import verified
from api.store.records import Cycle

router = APIRouter(tags=["records"])


def cycle_form(cycle: Cycle) -> dict[str, object]:
    """A cycle as it is told."""
    return {
        "id": cycle.id,
        "time": moment(cycle.time),
        "state": cycle.state,
        "wall_s": cycle.wall_s,
        "body": cycle.body,
    }


@router.get("/v1/cycles", summary="Forecast cycles", response_model=CycleList, responses=declared())
def cycles(
    context: Ctx,
    request: Request,
    _: Reader,
    state: Annotated[Literal["running", "done", "failed", "missed"] | None, Query()] = None,
    before: Annotated[Moment | None, Query(description="Those that stand for an earlier time")] = None,
    limit: Limit = 100,
) -> Response:
    """Done, missed or failed, with what was missing."""
    with context.store.reading() as rx:
        found = [cycle_form(cycle) for cycle in rx.cycles(limit, before, state)]
    return json_answer({"cycles": found}, request=request)


@router.get("/v1/cycles/{identifier}", summary="A cycle", response_model=CycleModel, responses=declared(404))
def cycle(context: Ctx, request: Request, _: Reader, identifier: Identifier) -> Response:
    """What it was made from."""
    with context.store.reading() as rx:
        found = rx.cycle(identifier)
    if found is None:
        raise Problem(404, f"no cycle {identifier}")
    return json_answer(cycle_form(found), request=request)


@router.get(
    "/v1/verification", summary="Warned against observed", response_model=VerificationModel, responses=declared()
)
def verification(
    context: Ctx,
    request: Request,
    _: Reader,
    since: Annotated[Moment | None, Query(description="Default: a day before `until`")] = None,
    until: Annotated[Moment | None, Query(description="Default: now")] = None,
    status: Annotated[Status | None, Query(description="Default: that of the mode of the service")] = None,
) -> Response:
    """Hits, misses, false alarms, lead times, reliability of the probabilities; over at most 31 days.

    A warning is called a false alarm only once it is over, and only where a cycle looked after its onset.
    """
    if context.places is None or context.rules is None:
        raise Problem(503, "this service runs without a city", code="no-city")
    end = until or context.clock.now()
    begin = since or end - timedelta(days=1)
    if not timedelta(0) <= end - begin <= timedelta(days=31):
        raise Problem(422, "until must lie 0 to 31 days after since", code="bad-parameter")
    seen = min(end, max(begin, context.clock.now()))  # nothing is known of what is still to come
    found = verified(context.store, context.places, context.rules, begin, seen, own_status(context, status))
    told = {
        "since": moment(found.since),
        "until": moment(found.until),
        "cycles": found.cycles,
        "cyclesNotDone": found.not_done,
        "messages": found.messages,
        "verification": plain_rows(found.table),
        "reliability": plain_rows(found.reliability),
    }
    return json_answer(told, request=request)


@router.get("/v1/audit", summary="The audit", response_model=AuditModel, responses=declared())
def audit(
    context: Ctx,
    request: Request,
    _: Admin,
    after: Annotated[int, Query(ge=0, le=2**62, description="Rows with a number above this")] = 0,
    limit: Limit = 100,
    check: Annotated[bool, Query(description="Check the whole chain of hashes too")] = False,
) -> Response:
    """Who did what, in order; nothing in it can be changed unseen."""
    with context.store.reading() as rx:
        rows = [{**vars(row), "time": moment(row.time)} for row in rx.audit_rows(after, limit)]
        broken = rx.check_audit() if check else None
    holds = broken is None if check else None
    told = {"rows": rows, "holds": holds, "broken_at": broken.number if broken else None}
    return json_answer(told, request=request)
