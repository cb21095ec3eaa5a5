"""Is the process there, can it answer, and how fresh is what it says."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.http.answers import json_answer
from api.http.context import Ctx
from api.http.problems import Problem, declared

router = APIRouter(tags=["health"])
_CLOCK_NAME = "canary"


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Ready(BaseModel):
    """The process can do its work."""

    status: str = Field(examples=["ready"])
    database_silent_s: float = Field(description="Seconds since the database was last heard of")
    last_entry: int = Field(description="Number of the newest entry of the stream")


class Freshness(BaseModel):
    """How old everything is that the service relies on. Null: it has not happened yet."""

    status: str = Field(description="fresh or stale", examples=["fresh"])
    now: str
    last_entry: int
    database_silent_s: float
    last_message: str | None = Field(description="When the newest message in force was sent")
    last_cycle: dict[str, Any] | None = Field(description="The newest forecast cycle")
    canary: dict[str, Any] | None = Field(description="The newest Test message that went the whole way and came back")
    canary_age_s: float | None
    clock_skew_s: float | None = Field(description="Clock of the database minus that of this process")
    reasons: list[str] = Field(description="Why it is stale")


@router.get("/healthz", response_model=Alive, responses=declared(), summary="The process is alive")
async def healthz() -> Response:
    """Says only that this process answers; it looks at nothing else."""
    return json_answer({"status": "alive"}, cache="no-store")


@router.get("/readyz", response_model=Ready, responses=declared(), summary="The process can do its work")
async def readyz(context: Ctx) -> Response:
    """503 until the database was read, and where it has been silent for too long."""
    silent = context.board.silent_s()
    if silent > context.settings.stale_after_s:
        raise Problem(503, "the database has not been heard of", code="not-ready")
    told = {"status": "ready", "database_silent_s": round(silent, 3), "last_entry": context.board.stream.last}
    return json_answer(told, cache="no-store")
