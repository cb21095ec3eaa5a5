"""Planning: adequacy of shelters and the choice of sites, as jobs; what-ifs at once where a study is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.http.answers import json_answer
from api.http.context import Ctx
from api.http.job_bodies import AdequacyBody, SitingBody, params_of
from api.http.job_forms import JobModel, ResultModel, submit
from api.http.once import IdempotencyKey
from api.http.problems import Problem, declared
from api.http.routes.drills import REFUSED, result_answer
from api.http.routes.jobs import JobId
from api.http.security import Planner
from api.jobs.asked import AdequacyAsked, pointed, read_asked
from api.jobs.asker import Asker, Busy
from api.jobs.limits import Limits
from api.jobs.registry import Registry
from api.jobs.studies import study_file

router = APIRouter(tags=["jobs"])
_WHAT_IF_S = 25.0  # a longer one becomes a job


class WhatIfModel(BaseModel):
    """Areas before and after changes, under the wettest storm asked for; columns as in adequacy.csv."""

    exercise: bool
    storm: str = Field(examples=["50a/120min"])
    rain_mm: float
    stay: str
    areas: list[dict[str, Any]] = Field(description="After the changes, a row for each area of each level")
    before: list[dict[str, Any]] = Field(description="The same rows without them")
    left_out: list[dict[str, Any]] = Field(description="Rows that cannot be trusted and take no part")
    synthetic: list[str] = Field(description="Layers of the city that are made up")
    rules_hash: str


@router.post(
    "/v1/adequacy", summary="Ask for a study of adequacy", status_code=202, response_model=JobModel, responses=REFUSED
)
def adequacy(
    context: Ctx, request: Request, by: Planner, body: AdequacyBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """Shelter area per person on paper, on dry ground and in the storm, area by area."""
    return submit(context, request, by, idempotency_key, "adequacy", params_of(body))


@router.get(
    "/v1/adequacy/{job}", summary="One study of adequacy", response_model=ResultModel, responses=declared(404, 410)
)
def one_adequacy(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and, when it is done, what adequacy.json holds."""
    return result_answer(context, request, job, "adequacy")


@router.post(
    "/v1/sitings", summary="Ask which sites to build", status_code=202, response_model=JobModel, responses=REFUSED
)
def siting(
    context: Ctx, request: Request, by: Planner, body: SitingBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """The candidates that give most people a dry place within walking distance, with a proof."""
    return submit(context, request, by, idempotency_key, "siting", params_of(body))


@router.get(
    "/v1/sitings/{job}", summary="One choice of sites", response_model=ResultModel, responses=declared(404, 410)
)
def one_siting(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and, when it is done, what siting.json holds."""
    return result_answer(context, request, job, "siting")


@router.post(
    "/v1/shelters/adequacy",
    summary="What if shelter sites were added, removed or resized",
    response_model=WhatIfModel,
    responses={
        **REFUSED,
        202: {"model": JobModel, "description": "No study of this city and storm is kept yet: a job makes it"},
    },
)
def what_if(
    context: Ctx, request: Request, by: Planner, body: AdequacyBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """At once (200) where a study of the same scenario and storms is kept; else a study with the changes is made as a
    job (202), after which the next what-if is answered at once.
    """
    if idempotency_key is None:
        detail = "give an Idempotency-Key: this request may start work, and must not do so twice"
        raise Problem(400, detail, code="idempotency-key-needed")
    params = params_of(body)
    home = Path(context.settings.home)
    asked = read_asked("adequacy", params, Registry(home), Limits.of(context.settings))
    assert isinstance(asked, AdequacyAsked)
    study = study_file(home, params)
    if study.is_file():
        question = {"stay": asked.stay, "add": asked.add, "remove": asked.remove, "resize": asked.resize}
        asker: Asker = context.extras.setdefault("asker", Asker(home))
        try:
            answer = asker.ask(study, question, _WHAT_IF_S)
        except Busy:
            detail = "another what-if is being answered"
            raise Problem(503, detail, code="busy", headers={"Retry-After": "2"}) from None
        if answer is not None and "fault" in answer:
            raise problem_of(answer["fault"])
        if answer is not None:
            return json_answer({"exercise": True, **answer}, cache="no-store")
    return submit(context, request, by, idempotency_key, "adequacy", params)


def problem_of(fault: dict[str, Any]) -> Problem:
    """The problem that a process found."""
    place = "/" + pointed(fault.get("place", "")).lstrip("-").replace(".", "/")
    told = [{"pointer": place, "detail": fault["detail"], "expected": fault.get("expected", "")}]
    return Problem(fault["status"], fault["detail"], errors=told)
