"""Jobs as they are told over HTTP, and how one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.http.chains import moment
from api.http.context import Context
from api.http.once import Reply, once
from api.http.problems import Problem
from api.jobs.limits import Limits
from api.jobs.queue import QueueFull, add_job, new_job
from api.jobs.registry import Registry
from api.service.principal import Principal

if TYPE_CHECKING:
    from api.store.records import Job
    from api.store.store import Writer

_RETRY_S = "2"  # how soon it is worth asking again
_ENDED = ("succeeded", "failed", "cancelled")
PAGES = {"drill": "report.html", "adequacy": "adequacy.html", "siting": "siting.html", "forecast": "forecast.html"}
SUMMARIES = {
    "drill": "summary.json", "adequacy": "adequacy.json", "siting": "siting.json", "forecast": "summary.json",
}  # fmt: skip


class JobLinks(BaseModel):
    """Where a job has its parts; null: not there (yet)."""

    self: str
    cancel: str | None = None
    files: str | None = None
    summary: str | None = None
    page: str | None = None


class JobModel(BaseModel):
    """Long work, how far it is and where its result is."""

    id: str
    kind: Literal["drill", "forecast", "adequacy", "siting"]
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float = Field(ge=0.0, le=1.0)
    stage: str = Field(description="What it does now, in English", examples=["Flooding the city"])
    attempt: int = Field(description="1 and more: workers that were lost are replaced, three times at most")
    seed: int
    params: dict[str, Any]
    params_sha256: str = Field(description="The same for the same request, whatever the order of its keys")
    created: str
    created_by: str = Field(description="Id of the key")
    started: str | None
    finished: str | None
    cancel_asked: bool
    error: dict[str, Any] | None = Field(description="Problem document where it failed")
    links: JobLinks


class JobList(BaseModel):
    """Jobs, the newest first."""

    count: int
    jobs: list[JobModel]
    next: str | None


class ResultModel(JobModel):
    """A job with the summary of its result; null until it has succeeded."""

    summary: dict[str, Any] | None


def job_form(job: Job) -> dict[str, Any]:
    """A job as `JobModel` has it."""
    at = f"/v1/jobs/{job.id}"
    done = job.state == "succeeded"
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "stage": job.stage,
        "attempt": job.attempt,
        "seed": job.seed,
        "params": job.params,
        "params_sha256": job.params_sha256,
        "created": moment(job.created),
        "created_by": job.created_by,
        "started": moment(job.started),
        "finished": moment(job.finished),
        "cancel_asked": job.cancel_asked,
        "error": job.error,
        "links": {
            "self": at,
            "cancel": None if job.state in _ENDED else f"{at}/cancel",
            "files": f"{at}/files" if done else None,
            "summary": f"{at}/files/{SUMMARIES[job.kind]}" if done else None,
            "page": f"{at}/files/{PAGES[job.kind]}" if done else None,
        },
    }


def submit(
    context: Context, request: Request, by: Principal, key: str | None, kind: str, params: dict[str, Any]
) -> Response:
    """202 with the job, once for its idempotency key; 422 where the params ask for what cannot be."""
    limits = Limits.of(context.settings)
    job = new_job(kind, params, Registry(context.settings.home), limits, by.key)

    def work(tx: Writer) -> Reply:
        try:
            add_job(tx, job, limits)
        except QueueFull as full:
            raise Problem(429, str(full), code="queue-full", headers={"Retry-After": "30"}) from None
        kept = tx.job(job.id)
        assert kept is not None
        return Reply(job_form(kept), 202, {"Location": f"/v1/jobs/{job.id}", "Retry-After": _RETRY_S})

    return once(context, request, by, key, work, needed=True)


def waiting_headers(job: Job) -> dict[str, str]:
    """When to ask again, for a job that has not ended."""
    return {} if job.state in _ENDED else {"Retry-After": _RETRY_S}
