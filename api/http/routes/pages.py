"""Pages for people: what is in force, and the documentation of the API; nothing in them comes from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.answers import bytes_answer, json_answer
from api.http.context import Ctx
from api.http.models import Anything
from api.http.negotiate import HTML, JSON, chosen
from api.http.problems import Problem, declared
from api.http.routes.features import landing
from api.http.security import Reader
from api.http.status_page import STYLE, status_font, status_page

router = APIRouter()
_PAGE_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Swagger UI sets styles on its own elements.
_DOCS_POLICY = _PAGE_POLICY + "; style-src 'self' 'unsafe-inline'"
_START = """window.onload = function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"
  });
};
"""
_DOCS = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rong'an API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body></html>
"""
_FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@router.get(
    "/",
    summary="What the service offers; for browsers, what is in force",
    tags=["features"],
    response_model=Anything,
    responses={**declared(406), 200: {"content": {HTML: {"schema": {"type": "string"}}}}},
)
def front_page(context: Ctx, request: Request, _: Reader) -> Response:
    """The landing page of OGC API - Features as JSON, or a page in Chinese and English."""
    wanted = chosen(request.headers.get("accept"), (JSON, HTML))
    if wanted is None:
        raise Problem(406, f"served as {JSON} or {HTML}")
    if wanted == JSON:
        return json_answer(landing(context), request=request, headers={"Vary": "Accept"})
    headers = {"Vary": "Accept", "Content-Security-Policy": _PAGE_POLICY}
    page = status_page(context).encode()
    return bytes_answer(page, f"{HTML}; charset=utf-8", request=request, headers=headers)


@router.get("/status.css", include_in_schema=False)
def style(request: Request) -> Response:
    """Style of the page."""
    return bytes_answer(STYLE.encode(), "text/css; charset=utf-8", request=request)


@router.get("/status.woff2", include_in_schema=False)
def font(context: Ctx, request: Request) -> Response:
    """Asked for by browsers that have no Chinese font of their own."""
    places = () if context.places is None else iter(context.places)
    body = status_font("".join(sorted({char for place in places for char in place.name})))
    return bytes_answer(body, "font/woff2", request=request)  # asked again: an upgrade may bring characters


@router.get("/docs", include_in_schema=False)
def docs(context: Ctx, request: Request) -> Response:
    """Swagger UI over our own description, from our own origin."""
    _offered(context)
    headers = {"Content-Security-Policy": _DOCS_POLICY}
    return bytes_answer(_DOCS.encode(), f"{HTML}; charset=utf-8", request=request, headers=headers)


@router.get("/docs/{name}", include_in_schema=False)
def docs_file(context: Ctx, request: Request, name: str) -> Response:
    """What the page of the documentation is made of."""
    _offered(context)
    if name == "start.js":
        return bytes_answer(_START.encode(), "text/javascript", request=request)
    if name not in _FILES:
        raise Problem(404)
    body = files("fastapi_swagger").joinpath("resources", name).read_bytes()
    return bytes_answer(body, _FILES[name], request=request)


def _offered(context: Ctx) -> None:
    if not context.settings.docs:
        raise Problem(404)
