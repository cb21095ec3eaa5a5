"""The stream of what happens: warnings, plans, cycles, one after the other and none left out."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from api.http.context import Ctx
from api.http.events import EventStream, reset
from api.http.inputs import Status
from api.http.problems import Problem, declared
from api.http.security import MAY, Reader, unauthorised
from api.http.stream import KINDS, Wanted, default_kinds

router = APIRouter(tags=["warnings"])
_MOST_READERS = 10_000  # per process


@router.get(
    "/v1/events",
    summary="Events as they happen (SSE)",
    responses={
        **declared(),
        200: {
            "description": "Events: `id` is the number of the entry, `event` its kind, `data` JSON. An event `reset` "
            "says that the number given cannot be gone on from: read the feed, then continue from its id.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
    response_class=Response,
)
async def events(
    context: Ctx,
    by: Reader,
    since: Annotated[int | None, Query(ge=0, le=2**62, description="Number of the last entry you have seen")] = None,
    kinds: Annotated[
        str | None, Query(max_length=200, description=f"Some of {', '.join(KINDS)}; comma between")
    ] = None,
    status: Annotated[Status | None, Query(description="Default: that of the mode of the service")] = None,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """Everything after the number given (`Last-Event-ID` counts before `since`), then what comes; without a number only
    what comes. Numbers are those of the database: the same from every process and after every restart.
    """
    stream = context.board.stream
    if stream.readers >= _MOST_READERS:
        raise Problem(503, "too many readers of events in this process", headers={"Retry-After": "5"})
    told = _kinds(kinds)
    if "job" in told and "plan" not in MAY[by.role]:
        raise Problem(403, "jobs are told to planners and whoever may plan") if by.key else unauthorised()
    if "approval" in told and "publish" not in MAY[by.role]:
        raise Problem(403, "requests for approval are told to officers and approvers") if by.key else unauthorised()
    wanted = Wanted(told, status or ("Actual" if context.settings.mode == "actual" else "Exercise"))
    asked = last_event_id if last_event_id is not None else (None if since is None else str(since))
    if asked is None:
        return EventStream(context, wanted, stream.last)
    if not (asked.isascii() and asked.isdigit() and len(asked) < 20):
        return EventStream(context, wanted, stream.last, [reset(stream.last, "not a number of an entry")])
    number = int(asked)
    if number > stream.last:  # another worker may have been quicker; or the database is another one
        await asyncio.to_thread(context.board.refresh)
        if number > stream.last:
            return EventStream(context, wanted, stream.last, [reset(stream.last, "the number lies ahead")])
    first = await asyncio.to_thread(_oldest, context)
    if number + 1 < first:
        return EventStream(context, wanted, stream.last, [reset(stream.last, "entries so old are not kept")])
    return EventStream(context, wanted, number)


def _oldest(context: Ctx) -> int:
    with context.store.reading() as rx:
        return rx.first_entry()


def _kinds(text: str | None) -> frozenset[str]:
    if text is None:
        return default_kinds()
    given = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(given - set(KINDS))
    if unknown or not given:
        raise Problem(422, f"kinds must be some of {', '.join(KINDS)}", code="bad-parameter")
    return given
