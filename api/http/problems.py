"""Errors over HTTP: every one is a problem document (RFC 9457), `application/problem+json`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from api.service.refused import Refused
from api.store.errors import Conflict, KeyReused, Missing, StoreBusy, StoreError
from data.errors import InputError

MEDIA_TYPE = "application/problem+json"
ENDLESS = "/v1/events"  # a stream has no length that a HEAD could tell
_LOG = logging.getLogger("rongan.http")

# Status -> (code of the type, title) where nothing more special is said.
GENERAL: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unauthorised", "A valid key is needed"),
    403: ("forbidden", "This key may not do that"),
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "This address does not know that method"),
    406: ("not-acceptable", "None of the formats asked for is served here"),
    408: ("too-slow", "The body took too long to arrive"),
    409: ("conflict", "The request conflicts with what is there"),
    410: ("gone", "This is no longer kept"),
    411: ("length-required", "The length of the body must be told"),
    412: ("precondition-failed", "A condition of the request does not hold"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "The body has a format that is not read here"),
    416: ("no-such-range", "The file has no such bytes"),
    422: ("invalid", "The content does not hold"),
    428: ("precondition-required", "A condition is needed"),
    429: ("too-many-requests", "Too many requests"),
    500: ("fault", "The service failed"),
    501: ("not-offered", "This service does not offer that"),
    503: ("unavailable", "The service cannot answer now"),
}


class ProblemBody(BaseModel):
    """A problem document (RFC 9457). Further members say more of some problems."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:rongan:problem:unknown-parameter",
                "title": "The request cannot be read",
                "status": 400,
                "detail": "unknown query parameter 'colour'; known: area, level, limit",
                "instance": "/v1/warnings",
            }
        },
    )

    type: str = Field(description="URN that names the kind of problem")
    title: str = Field(description="The kind of problem in words")
    status: int = Field(description="The HTTP status again")
    detail: str = Field("", description="What is wrong with this request")
    instance: str = Field("", description="Path of the request")


class Problem(Exception):
    """Ends a request with a problem document.

    `code` names the kind (`urn:rongan:problem:<code>`; default: that of the status); `more` are further members.
    """

    def __init__(
        self, status: int, detail: str = "", *, code: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        general, title = GENERAL.get(status, ("error", "The request failed"))
        self.status = status
        self.code = code or general
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more
        super().__init__(f"{status} {self.code}: {detail}")

    def body(self, instance: str = "") -> bytes:
        """The document as JSON."""
        return orjson.dumps(
            {
                "type": f"urn:rongan:problem:{self.code}",
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "instance": instance,
                **self.more,
            },
            default=str,
        )

    def response(self, instance: str = "") -> Response:
        """The document as an answer; never kept by a cache."""
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(self.body(instance), self.status, headers=headers, media_type=MEDIA_TYPE)


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI: these statuses and those that any request may meet."""
    every = {400, 401, 403, 408, 413, 415, 422, 429, 500, 503} | set(statuses)
    return {
        status: {
            "description": GENERAL[status][1],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status in sorted(every)
    }


def install(app: FastAPI) -> None:
    """Handlers that turn every error of the application into a problem document."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return error.response(request.url.path)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        detail = error.detail if isinstance(error.detail, str) else ""
        said = "" if detail in ("Not Found", "Method Not Allowed") else detail
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_allowed(request)))
        return Problem(error.status_code, said, headers=headers).response(request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return of_validation(error.errors()).response(request.url.path)

    @app.exception_handler(InputError)
    async def _input(request: Request, error: InputError) -> Response:
        return of_input(error).response(request.url.path)

    @app.exception_handler(StoreError)
    async def _store(request: Request, error: StoreError) -> Response:
        return of_store(error).response(request.url.path)

    @app.exception_handler(Refused)
    async def _refused(request: Request, error: Refused) -> Response:
        return of_refused(error).response(request.url.path)

    @app.exception_handler(Exception)
    async def _fault(request: Request, error: Exception) -> Response:
        _LOG.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        return Problem(500, "the fault is in the log of the service").response(request.url.path)


def _allowed(request: Request) -> set[str]:
    """Methods of every route of a path; the framework names those of the first only."""
    found: set[str] = set()
    for route in _routes(request.app):
        if isinstance(route, Route | APIRoute) and route.path_regex.match(request.url.path):
            found |= set(route.methods or ())
    return found | ({"HEAD"} if "GET" in found and request.url.path != ENDLESS else set())


def _routes(holder: Any) -> Iterator[BaseRoute]:
    """All routes, those of included routers too."""
    for route in holder.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from _routes(inner)


def of_store(error: StoreError) -> Problem:
    """What the database says: a contradiction, nothing of that name, or that it cannot just now."""
    if isinstance(error, Conflict):
        return Problem(409, str(error), code=error.reason.replace("_", "-"))
    if isinstance(error, KeyReused):
        return Problem(409, str(error), code="idempotency-key-reused")
    if isinstance(error, Missing):
        return Problem(404, str(error))
    busy = isinstance(error, StoreBusy)
    _LOG.error("the database cannot do its work: %s", error)
    # What the database said may name hosts, users and folders: that is for the log.
    said = "the database is busy" if busy else "the database cannot do its work now"
    return Problem(503, said, code="busy" if busy else "database", headers={"Retry-After": "1" if busy else "10"})


def of_refused(error: Refused) -> Problem:
    """What the service will not do: this caller may not (403), the time is over (409), the message is wrong (422)."""
    status = {"state": 409, "over": 409, "fault": 422}.get(error.reason, 403)
    more: dict[str, Any] = {"breaches": list(error.breaches)} if hasattr(error, "breaches") else {}
    return Problem(status, str(error), code=error.reason.replace("_", "-"), **more)


def of_input(error: InputError) -> Problem:
    """Bad input found by the code below HTTP: what, where, and what was expected."""
    place = f"/{error.place.replace('.', '/')}" if error.place else ""
    return Problem(422, str(error), errors=[{"pointer": place, "detail": error.message, "expected": error.expected}])


# What the library says of a wrong kind of JSON is about Python.
_WORDS = {
    "model_attributes_type": "must be a JSON object, { ... }",
    "model_type": "must be a JSON object, { ... }",
    "dict_type": "must be a JSON object, { ... }",
    "list_type": "must be a JSON array, [ ... ]",
    "tuple_type": "must be a JSON array, [ ... ]",
    "extra_forbidden": "there is no such field",
    "missing": "is missing",
}


def of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """What FastAPI found: JSON that cannot be read and bad parameters are 400, content that does not hold is 422."""
    told = [
        {"pointer": _pointer(e.get("loc", ())), "detail": _WORDS.get(str(e.get("type")), str(e.get("msg", "")))}
        for e in errors[:20]
    ]
    unread = any(e.get("type") == "json_invalid" for e in errors)
    if unread:
        return Problem(400, "the body is not JSON", code="malformed-json", errors=told)
    first = told[0] if told else {"pointer": "", "detail": ""}
    detail = f"{first['pointer']}: {first['detail']}"
    if errors and errors[0].get("loc", ("",))[0] in ("query", "path", "header"):
        return Problem(422, detail, code="bad-parameter", errors=told)
    return Problem(422, detail, errors=told)


def _pointer(place: Sequence[Any]) -> str:
    return "/" + "/".join(str(part) for part in place)
