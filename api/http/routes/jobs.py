"""Jobs: which there are, how far they are, cancel them, their files."""

from __future__ import annotations

import mimetypes
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from api.http.answers import bytes_answer, json_answer
from api.http.context import Context, Ctx
from api.http.inputs import Limit, page_link
from api.http.job_forms import JobList, JobModel, job_form, waiting_headers
from api.http.negotiate import JSON
from api.http.once import IdempotencyKey, Reply, once
from api.http.prebuilt import matches
from api.http.problems import Problem, declared
from api.http.security import Planner
from api.jobs.manifest import MANIFEST, TIMING, files_of, read_manifest
from api.jobs.place import result_folder
from api.service.principal import Principal

if TYPE_CHECKING:
    from api.store import Writer
    from api.store.records import Job

router = APIRouter(tags=["jobs"])
JobId = Annotated[
    str, Path(description="Id of a job", pattern=r"^[0-9a-f]{32}$", examples=["7c1f0a52f0d84a5c9d0f8a3f6f1b2c3d"])
]
_RANGE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")
_RANGES = re.compile(
    r"bytes=[ \t]*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})(?:,[ \t]*(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18}))*"
)
_MOST_PARTS = 8  # of a file that one request may ask for
_KEPT = "private, max-age=31536000, immutable"
# A page of a result carries its scripts and pictures in itself; in a sandbox it is of no origin and reaches nobody.
_PAGE = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "sandbox allow-scripts allow-popups; frame-ancestors 'none'"
)
_TYPES = {
    ".geojson": "application/geo+json", ".nc": "application/x-netcdf", ".gpkg": "application/geopackage+sqlite3",
    ".toml": "application/toml", ".jsonl": "application/jsonl", ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8", ".json": JSON, ".xml": "application/xml",
}  # fmt: skip


class FileModel(BaseModel):
    """One file of a result."""

    name: str
    size: int
    sha256: str


class ManifestModel(BaseModel):
    """Every file of a result. The same params, seed and version make the same `sha256`, on any machine."""

    format: str
    kind: str
    params_sha256: str
    seed: int
    made_by: dict[str, str]
    sha256: str
    files: list[FileModel]


def find_job(context: Context, id_: str, kind: str | None = None) -> Job:
    """The job; 404 where there is none (of this kind)."""
    with context.store.reading() as rx:
        job = rx.job(id_)
    if job is None or kind not in (None, job.kind):
        raise Problem(404, f"no {kind or 'job'} {id_}")
    return job


def result_of(context: Context, job: Job) -> dict[str, Any]:
    """The manifest of a job's result; 404 before it has one, and where the operator has removed it."""
    if job.state != "succeeded":
        raise Problem(404, f"the job is {job.state}: it has no result", code="no-result")
    folder = result_folder(context.settings.home, job.id)
    if not (folder / MANIFEST).is_file():
        raise Problem(410, "the files of this result are no longer kept")
    return read_manifest(folder)


@router.get("/v1/jobs", summary="Jobs, the newest first", response_model=JobList, responses=declared())
def jobs(
    context: Ctx,
    request: Request,
    _: Planner,
    state: Annotated[Literal["queued", "running", "succeeded", "failed", "cancelled"] | None, Query()] = None,
    kind: Annotated[Literal["drill", "forecast", "adequacy", "siting"] | None, Query()] = None,
    after: Annotated[
        str | None, Query(pattern=r"^[0-9a-f]{32}$", description="Those older than this job: the cursor of `next`")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """Of every key."""
    with context.store.reading() as rx:
        found = rx.jobs(None if state is None else (state,), kind, limit=limit, after=after)
    last = found[-1].id if len(found) == limit else None
    asked = {"state": state, "kind": kind, "limit": limit, "after": last}
    following = None if last is None else page_link("/v1/jobs", asked)
    told = {"count": len(found), "jobs": [job_form(one) for one in found], "next": following}
    return json_answer(told, request=request)


@router.get("/v1/jobs/{job}", summary="One job", response_model=JobModel, responses=declared(404))
def one_job(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """State, progress and links; ask again after `Retry-After` while it runs."""
    found = find_job(context, job)
    return json_answer(job_form(found), request=request, headers=waiting_headers(found))


@router.post("/v1/jobs/{job}/cancel", summary="Cancel a job", response_model=JobModel, responses=declared(404, 409))
def cancel(context: Ctx, request: Request, by: Planner, job: JobId, idempotency_key: IdempotencyKey = None) -> Response:
    """At once where it waits; a running one stops within seconds. A job that has ended stays as it is.

    By the key that asked for it, or an admin.
    """

    def work(tx: Writer) -> Reply:
        _check_owner(tx, by, job)
        return Reply(job_form(tx.cancel_job(job)))

    return once(context, request, by, idempotency_key, work)


@router.delete("/v1/jobs/{job}", summary="Cancel a job", response_model=JobModel, responses=declared(404))
def delete(context: Ctx, request: Request, by: Planner, job: JobId) -> Response:
    """The same as POST to `cancel`; what has happened is not removed from the table."""

    def work(tx: Writer) -> Reply:
        _check_owner(tx, by, job)
        return Reply(job_form(tx.cancel_job(job)))

    return once(context, request, by, None, work)


@router.get(
    "/v1/jobs/{job}/files", summary="Files of a result", response_model=ManifestModel, responses=declared(404, 410)
)
def files(context: Ctx, request: Request, _: Planner, job: JobId) -> Response:
    """The manifest: names, sizes and SHA-256."""
    return json_answer(result_of(context, find_job(context, job)), request=request, cache=_KEPT)


@router.get(
    "/v1/jobs/{job}/files/{name:path}",
    summary="One file of a result",
    response_class=FileResponse,
    responses={
        **declared(404, 410, 416),
        206: {"description": "The part of the file that `Range` asks for"},
        200: {"description": "The file", "content": {"application/octet-stream": {}}},
        304: {"description": "It is as you have it"},
    },
)
def file(
    context: Ctx, request: Request, _: Planner, job: JobId,
    name: Annotated[str, Path(description="Name in the manifest", examples=["summary.json"])],
) -> Response:  # fmt: skip
    """Its ETag is its SHA-256; it never changes. Only names of the manifest are served, and timing.json."""
    found = find_job(context, job)
    known = files_of(result_of(context, found))
    folder = result_folder(context.settings.home, found.id)
    if name == TIMING and (folder / TIMING).is_file():
        return bytes_answer((folder / TIMING).read_bytes(), JSON, request=request, cache="private, no-cache")
    if name not in known:
        raise Problem(404, "the result has no such file")
    ending = "." + name.rpartition(".")[2]
    media_type = _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"ETag": f'"{known[name].sha256}"', "Cache-Control": _KEPT}
    if ending == ".html":
        headers["Content-Security-Policy"] = _PAGE
    asked = request.headers.get("if-none-match")
    if asked is not None and matches(asked, (headers["ETag"],)):
        return Response(status_code=304, headers=headers)
    _check_range(request, known[name].size, headers["ETag"])
    return FileResponse(folder / name, headers=headers, media_type=media_type)


def _check_range(request: Request, size: int, etag: str) -> None:
    """416 where no part asked for is there. A `Range` in another form, or of too many parts, counts as none.

    RFC 9110, section 14.2: a server ignores a unit that it does not know, and may ignore what it takes for an attack.
    """
    asked = request.headers.get("range")
    if asked is None:
        return
    parts = _RANGE.findall(asked) if _RANGES.fullmatch(asked) else []
    sane = all(not (first and last) or int(first) <= int(last) for first, last in parts)
    if not (1 <= len(parts) <= _MOST_PARTS and sane) or request.headers.get("if-range", etag) != etag:
        headers = request.scope["headers"]
        request.scope["headers"] = [(name, value) for name, value in headers if name != b"range"]
    elif not any(int(first) < size if first else int(last) > 0 < size for first, last in parts):
        raise Problem(416, f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"})


def _check_owner(tx: Writer, by: Principal, id_: str) -> None:
    job = tx.job(id_)
    if job is None:
        raise Problem(404, f"no job {id_}")
    if by.role != "admin" and job.created_by != by.key:
        raise Problem(403, "a job is cancelled by the key that asked for it, or by an admin")
