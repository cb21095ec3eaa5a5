"""The description of the API (OpenAPI 3.1): what FastAPI makes of the routes, and what it cannot know.

Answers are written by hand, so nothing tells FastAPI of the schemas that they share, nor that every GET with an ETag
may be answered 304, nor which requests need an Idempotency-Key. All that is added here once, for all routes.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from api.http.bodies import ObservationsBody
from api.http.models import Feature, FeatureCollection
from api.http.problems import ProblemBody

# Models that are named by reference only.
SHARED = (ProblemBody, Feature, FeatureCollection, ObservationsBody)
# GET without an ETag: what they say is of this moment, or has no end.
OF_THE_MOMENT = ("/healthz", "/readyz", "/freshness", "/v1/events")
# POST that answers 400 without an Idempotency-Key: in code it has a default, so that the answer can say why.
NEEDS_KEY = (
    "/v1/warnings", "/v1/warnings/{identifier}/update", "/v1/warnings/{identifier}/cancel",
    "/v1/warnings/{identifier}/close", "/v1/approvals/{identifier}/approve", "/v1/approvals/{identifier}/reject",
    "/v1/drills", "/v1/forecasts", "/v1/adequacy", "/v1/sitings", "/v1/shelters/adequacy",
)  # fmt: skip
_TEMPLATE = "#/components/schemas/{model}"


def describe(app: FastAPI) -> None:
    """Complete the description that `app` serves."""
    made = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(made())
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]


def completed(told: dict[str, Any]) -> dict[str, Any]:
    """The description with the shared schemas, 304 wherever an answer has an ETag, and keys that are needed."""
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    _, shared = models_json_schema([(model, "serialization") for model in SHARED], ref_template=_TEMPLATE)
    for name, schema in shared["$defs"].items():
        schemas.setdefault(name, schema)
    for path, operations in told["paths"].items():
        get = operations.get("get")
        if get is not None and path not in OF_THE_MOMENT:
            get["responses"].setdefault("304", {"description": "What you have is still right"})
        for parameter in operations.get("post", {}).get("parameters", ()) if path in NEEDS_KEY else ():
            parameter["required"] = parameter["required"] or parameter["name"] == "Idempotency-Key"
    return told
