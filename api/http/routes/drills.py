"""Drills and forecasts: asked for, they run as jobs; here is how far they are and what came of them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.context import Context, Ctx
from api.http.job_bodies import DrillBody, ForecastBody, params_of
from api.http.job_forms import SUMMARIES, JobModel, ResultModel, job_form, submit, waiting_headers
from api.http.once import IdempotencyKey
from api.http.problems import declared
from api.http.routes.jobs import JobId, find_job, result_of
from api.http.security import Planner
from api.jobs.place import result_folder

router = APIRouter(tags=["jobs"])
REFUSED = declared(409, 429)


@router.post("/v1/drills", summary="Ask for a drill", status_code=202, response_model=JobModel, responses=REFUSED)
def drill(
    context: Ctx, request: Request, by: Planner, body: DrillBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """Storm, flood, danger, plan and evacuation of a scenario, with report and after-action review: an exercise."""
    return submit(context, request, by, idempotency_key, "drill", params_of(body))


@router.get("/v1/drills/{job}", summary="One drill", response_model=ResultModel, responses=declared(404, 410))
def one_drill(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and, when it is done, the summary of its run folder."""
    return result_answer(context, request, job, "drill")


@router.post(
    "/v1/forecasts", summary="Ask for a forecast cycle", status_code=202, response_model=JobModel, responses=REFUSED
)
def forecast(
    context: Ctx, request: Request, by: Planner, body: ForecastBody, idempotency_key: IdempotencyKey = None
) -> Response:
    """One early-warning cycle for a scenario's rain, outside the operational loop. It publishes nothing."""
    return submit(context, request, by, idempotency_key, "forecast", params_of(body))


@router.get(
    "/v1/forecasts/{job}", summary="One forecast cycle", response_model=ResultModel, responses=declared(404, 410)
)
def one_forecast(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and, when it is done, the summary of its run folder."""
    return result_answer(context, request, job, "forecast")


def result_answer(context: Context, request: Request, id_: str, kind: str) -> Response:
    """A job of one kind with the summary of its result."""
    job = find_job(context, id_, kind)
    summary: dict[str, Any] | None = None
    if job.state == "succeeded":
        result_of(context, job)  # 410 where its files are gone
        file = result_folder(context.settings.home, job.id) / SUMMARIES[kind]
        summary = json.loads(file.read_text(encoding="utf-8"))
    return json_answer({**job_form(job), "summary": summary}, request=request, headers=waiting_headers(job))
