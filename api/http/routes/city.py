"""The city as it stands: areas with their vital signs, plans, shelters."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.chains import moment
from api.http.context import Ctx
from api.http.inputs import AreaText, BoxText, Identifier, Limit, Near, box_of
from api.http.models import AreaLevel, AreaList, AreaModel, PlanModel, ShelterList
from api.http.prebuilt import MESSAGE
from api.http.problems import Problem, declared
from api.http.security import Reader
from api.http.vitals import outlook_part, place_form, vitals
from api.store.records import StoredPlan

router = APIRouter(tags=["city"])


@router.get("/v1/areas", summary="Areas with their colours", response_model=AreaList, responses=declared())
def areas(
    context: Ctx,
    request: Request,
    _: Reader,
    level: Annotated[AreaLevel | None, Query(description="Of one level only")] = None,
    parent: Annotated[str | None, Query(max_length=64, description="Right below this area")] = None,
    least: Annotated[int, Query(ge=0, le=4, description="With this colour to warn of or a higher one")] = 0,
    limit: Limit = 1000,
    after: Annotated[str | None, Query(max_length=64, description="Cursor: the last code of the page before")] = None,
) -> Response:
    """From the city down to the grid, as the pack has them."""
    places = [] if context.places is None else list(iter(context.places))  # type: ignore[call-overload]
    codes = [place.code for place in places]
    if after is not None and after not in codes:
        raise Problem(422, f"no area has the code {after!r}", code="unknown-area")
    start = 0 if after is None else codes.index(after) + 1
    with context.store.reading() as rx:
        said = {body["area"]: body for body in rx.outlooks()}
        cycle = rx.outlook_cycle()
    found = []
    for place in places[start:]:
        if (level and place.level != level) or (parent is not None and place.parent != parent):
            continue
        body = said.get(place.code)
        if least and (body is None or body["colour"] < least):
            continue
        found.append({**place_form(place), **outlook_part(body)})
        if len(found) > limit:
            break
    more = len(found) > limit
    found = found[:limit]
    return json_answer(
        {"cycle": cycle or None, "areas": found, "after": found[-1]["area"] if more else None}, request=request
    )


@router.get(
    "/v1/areas/{identifier}", summary="Vital signs of an area", response_model=AreaModel, responses=declared(404)
)
def area(context: Ctx, request: Request, _: Reader, identifier: Identifier) -> Response:
    """Colour now and to warn of, probabilities, people in danger, water, roads, shelters, warnings in force."""
    if context.places is None or identifier not in context.places:
        raise Problem(404, f"no area has the code {identifier!r}")
    context.board.tick()
    with context.store.reading() as rx:
        cycle = rx.last_cycle("done")
        form = vitals(context, rx, context.places[identifier], cycle, rx.current_plan())
    return json_answer(form, request=request)


@router.get("/v1/plans/current", summary="The plan in force", response_model=PlanModel, responses=declared(404))
def current_plan(context: Ctx, request: Request, _: Reader) -> Response:
    """Who goes to which shelter, by when."""
    with context.store.reading() as rx:
        plan = rx.current_plan()
    if plan is None:
        raise Problem(404, "no cycle has made a plan yet")
    return json_answer(_plan(plan), request=request, headers={"Content-Location": f"/v1/plans/{plan.id}"})


@router.get("/v1/plans/{identifier}", summary="A plan", response_model=PlanModel, responses=declared(404))
def one_plan(context: Ctx, request: Request, _: Reader, identifier: Identifier) -> Response:
    """As it was in force; it never changes."""
    with context.store.reading() as rx:
        plan = rx.plan(identifier)
    if plan is None:
        raise Problem(404, f"no plan {identifier}")
    return json_answer(_plan(plan), request=request, cache=MESSAGE)


def _plan(plan: StoredPlan) -> dict[str, object]:
    return {
        "id": plan.id,
        "time": moment(plan.time),
        "cycle": plan.cycle,
        "sha256": plan.sha256,
        "assignments": plan.body.get("assignments") or [],
    }


@router.get("/v1/shelters", summary="Shelters and their free places", response_model=ShelterList, responses=declared())
def shelters(
    context: Ctx,
    request: Request,
    _: Reader,
    area: AreaText = None,
    bbox: BoxText = None,
    limit: Limit = 1000,
    after: Annotated[str | None, Query(max_length=128, description="Cursor: the last id of the page before")] = None,
) -> Response:
    """Places by the rules, people the plan in force sends there, water at the door."""
    refuges, box = context.refuges, box_of(bbox)
    Near(context.places, area)  # 422 for a code that no area has
    with context.store.reading() as rx:
        plan = rx.current_plan()
    found = refuges.forms(plan, context.clock.now().year, context.depths.at(refuges.lon, refuges.lat))
    if area is not None and context.places is not None:
        here = refuges.inside(context.places[area].polygon)
        found = [site for site, one in zip(found, here, strict=True) if one]
    if box is not None:
        found = [s for s in found if box[0] <= s["lon"] <= box[2] and box[1] <= s["lat"] <= box[3]]
    ids = [site["id"] for site in found]
    if after is not None and after not in ids:
        raise Problem(422, f"no shelter has the id {after!r}", code="bad-parameter")
    start = 0 if after is None else ids.index(after) + 1
    page = found[start : start + limit]
    more = start + limit < len(found)
    return json_answer(
        {"plan": plan.id if plan else None, "shelters": page, "after": page[-1]["id"] if more else None},
        request=request,
    )
