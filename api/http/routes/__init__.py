"""The routes of the API, one file per subject. A file has `router`; it is served once it stands in NAMES."""

from __future__ import annotations

from importlib import import_module

from fastapi import FastAPI

# Files of this folder, in the order of the documentation.
NAMES = (
    "warnings",
    "publishing",
    "approvals",
    "events",
    "city",
    "observations",
    "records",
    "keys",
    "features",
    "pages",
    "webhooks",
    "drills",
    "planning",
    "jobs",
    "health",
)


def include(app: FastAPI) -> None:
    """All of them."""
    for name in NAMES:
        app.include_router(import_module(f"api.http.routes.{name}").router)
