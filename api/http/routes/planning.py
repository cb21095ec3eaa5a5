"""Planning: adequacy of shelters and the choice of sites, as jobs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.context import Ctx
from api.http.job_bodies import AdequacyBody, SitingBody, params_of
from api.http.job_forms import JobModel, ResultModel, submit
from api.http.once import IdempotencyKey
from api.http.problems import declared
from api.http.routes.drills import REFUSED, result_answer
from api.http.routes.jobs import JobId
from api.http.security import Planner

router = APIRouter(tags=["jobs"])


@router.post(
    "/v1/adequacy", summary="Ask for a study of adequacy", status_code=202, response_model=JobModel, responses=REFUSED
)
def adequacy(
    context: Ctx, request: Request, by: Planner, body: AdequacyBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """Shelter area per person on paper, on dry ground and in the storm, area by area."""
    return submit(context, request, by, idempotency_key, "adequacy", params_of(body))


@router.get("/v1/adequacy/{job}", summary="One study of adequacy", response_model=ResultModel, responses=declared(404))
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


@router.get("/v1/sitings/{job}", summary="One choice of sites", response_model=ResultModel, responses=declared(404))
def one_siting(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and, when it is done, what siting.json holds."""
    return result_answer(context, request, job, "siting")
