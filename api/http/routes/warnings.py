"""Warnings as clients read them: in force or all, by place, colour and time; one by one in every form."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.answers import bytes_answer, json_answer
from api.http.chains import chain_form
from api.http.context import Context, Ctx
from api.http.inputs import AreaText, BoxText, EventName, Identifier, Limit, Near, Since, Status, box_of, page_link
from api.http.items import Item, feature_of
from api.http.models import ChainModel, Colour, FeatureCollection, WarningList, WarningModel
from api.http.negotiate import ATOM, CAP, GEOJSON, JSON, chosen
from api.http.prebuilt import MESSAGE, Prebuilt
from api.http.problems import Problem, declared
from api.http.search import Search, all_messages, in_force
from api.http.security import MAY, Reader
from api.warning.broadcast import BroadcastTerms, broadcast
from api.warning.gbt35965 import GbtLabels, gbt_xml
from api.warning.notice import Notice, stamp
from data.schema import LEVELS

router = APIRouter(tags=["warnings"])
XML, TEXT = "application/xml", "text/plain"
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "What you have is still right"}}
_FEEDS = {
    **declared(406),
    **_NOT_MODIFIED,
    200: {"model": WarningList, "content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/FeatureCollection"}}}},
}


def own_status(context: Context, status: str | None) -> str:
    """The status asked for, or that of the mode of the service."""
    return status or ("Actual" if context.settings.mode == "actual" else "Exercise")


@router.get("/v1/warnings", summary="Warnings in force, or all", responses=_FEEDS, response_model=WarningList)
async def warnings(
    request: Request,
    context: Ctx,
    _: Reader,
    area: AreaText = None,
    level: Annotated[Colour | None, Query(description="This colour or worse")] = None,
    event: Annotated[EventName | None, Query(description="Of this event only")] = None,
    status: Annotated[Status | None, Query(description="Default: that of the mode of the service")] = None,
    since: Since = None,
    bbox: BoxText = None,
    show: Annotated[
        Literal["active", "all"], Query(description="In force now, or every message ever issued")
    ] = "active",
    limit: Limit = 1000,
    after: Annotated[str | None, Query(max_length=128, description="Cursor: the last one of the page before")] = None,
    f: Annotated[Literal["json", "geojson"] | None, Query(description="Format, instead of Accept")] = None,
) -> Response:
    """What is in force stands worst first, all messages newest first. A list holds one status only."""
    wanted = {"json": JSON, "geojson": GEOJSON}[f] if f else chosen(request.headers.get("accept"), (JSON, GEOJSON))
    if wanted is None:
        raise Problem(406, f"served as {JSON} or {GEOJSON}")
    least = 0 if level is None else LEVELS.index(level)
    search = Search(own_status(context, status), Near(context.places, area), least, event, since, box_of(bbox))
    if show == "active":
        found = in_force(context, search, limit, after)
    else:
        found = await asyncio.to_thread(_all, context, search, limit, after)
    following = None
    if found.after is not None:
        given = {"area": area, "level": level, "event": event, "status": status, "bbox": bbox, "show": show, "f": f}
        said = {**given, "since": stamp(since) if since else None, "limit": limit, "after": found.after}
        following = page_link("/v1/warnings", said)
    head = {
        "status": search.status,
        "exercise": search.status != "Actual",
        "count": len(found.messages),
        "updated": max((one["sent"] for one in found.messages), default=None),
        "next": following,
    }
    headers = {"Vary": "Accept"} | ({"Link": f'<{following}>; rel="next"'} if following else {})
    if wanted == GEOJSON:
        features = [feature_of(one, one["identifier"]) for one in found.messages]
        body = {"type": "FeatureCollection", **head, "features": features}
    else:
        body = {**head, "warnings": found.messages}
    return json_answer(body, request=request, media_type=wanted, headers=headers)


def _all(context: Context, search: Search, limit: int, after: str | None) -> Any:
    with context.store.reading() as rx:
        return all_messages(rx, search, limit, after)


@router.get(
    "/v1/feed.atom",
    summary="Warnings in force as an Atom feed",
    responses={**declared(), **_NOT_MODIFIED, 200: {"content": {ATOM: {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def atom(request: Request, context: Ctx, _: Reader, status: Status | None = None) -> Response:
    """RFC 4287 with GeoRSS outlines and links to the CAP documents."""
    context.board.tick()
    found = context.board.feeds.get((own_status(context, status), ATOM))
    if found is None:
        raise Problem(503, "the database has not been read yet", code="not-ready")
    return _prebuilt(found, request)


def _prebuilt(found: Prebuilt, request: Request) -> Response:
    answer = found.answer(request.method, request.headers.get, [])
    return Response(answer.body, answer.status, headers=dict(answer.headers))


async def _item(context: Context, identifier: str) -> Item:
    item = context.board.item(identifier) or await asyncio.to_thread(context.board.fetch, identifier)
    if item is None:
        raise Problem(404, f"no message {identifier}")
    return item


@router.get(
    "/v1/warnings/{identifier}.xml",
    summary="A message as CAP 1.2",
    responses={**declared(404), **_NOT_MODIFIED, 200: {"content": {CAP: {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def warning_cap(request: Request, context: Ctx, _: Reader, identifier: Identifier) -> Response:
    """The signed document, byte by byte as it was issued. It never changes."""
    return _prebuilt((await _item(context, identifier)).xml, request)


@router.get(
    "/v1/warnings/{identifier}.gbt",
    summary="A message in the form of GB/T 35965.1",
    responses={**declared(404), 200: {"content": {XML: {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def warning_gbt(request: Request, context: Ctx, _: Reader, identifier: Identifier) -> Response:
    """The same content; it carries no signature: whoever wants proof reads the CAP document."""
    item = _stored(context, identifier)
    settings = context.settings
    district = context.places.district if context.places is not None and context.places.district else "000000"
    body = gbt_xml(item.xml.body, GbtLabels(district, settings.sector, settings.unit))
    return bytes_answer(body, XML, request=request, cache=MESSAGE)


@router.get(
    "/v1/warnings/{identifier}.txt",
    summary="What is read aloud and sent as short messages",
    responses={**declared(404), 200: {"content": {TEXT: {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def warning_broadcast(request: Request, context: Ctx, _: Reader, identifier: Identifier) -> Response:
    """In both languages, with the seconds it takes to read it once."""
    item = _stored(context, identifier)
    with context.store.reading() as rx:
        message = rx.message(item.identifier)
    if message is None or context.rules is None:
        raise Problem(503, "this service runs without rules", code="no-city")
    spoken = broadcast(Notice.from_json(message.notice), BroadcastTerms.of(context.rules))
    return bytes_answer(spoken.as_text().encode(), f"{TEXT}; charset=utf-8", request=request, cache=MESSAGE)


def _stored(context: Context, identifier: str) -> Item:
    item = context.board.fetch(identifier)
    if item is None:
        raise Problem(404, f"no message {identifier}")
    return item


@router.get(
    "/v1/warnings/{identifier}/chain",
    summary="The chain of a message",
    response_model=ChainModel,
    responses=declared(404),
)
def warning_chain(request: Request, context: Ctx, by: Reader, identifier: Identifier) -> Response:
    """All messages of the chain in order, and the life of the danger behind it with every step.

    Officers, approvers and admins are told the key behind each step and its note; everybody else roles alone.
    """
    with context.store.reading() as rx:
        form = chain_form(rx, identifier, context.clock.now(), whole="publish" in MAY[by.role])
    if form is None:
        raise Problem(404, f"no message {identifier}")
    return json_answer(form, request=request, headers={"Vary": "X-API-Key, Authorization"})


@router.get(
    "/v1/warnings/{identifier}",
    summary="A message",
    response_model=WarningModel,
    responses={**declared(404, 406), **_NOT_MODIFIED},
)
async def warning(request: Request, context: Ctx, _: Reader, identifier: Identifier) -> Response:
    """All of it as JSON, or the CAP document for whoever accepts that only. It never changes."""
    wanted = chosen(request.headers.get("accept"), (JSON, CAP))
    if wanted is None:
        raise Problem(406, f"served as {JSON} or {CAP}")
    item = await _item(context, identifier)
    return _prebuilt(item.document if wanted == JSON else item.xml, request)


__all__ = ["FeatureCollection", "own_status", "router"]
