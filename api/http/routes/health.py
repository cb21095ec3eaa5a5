"""Is the process there, can it answer, and how fresh is what it says."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.http.answers import json_answer
from api.http.chains import moment
from api.http.context import Ctx
from api.http.doubts import UNKNOWN, standing
from api.http.problems import Problem, declared
from api.http.security import Reader
from api.store.errors import StoreError
from api.wording import EN

router = APIRouter(tags=["health"])


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
    last_message: str | None = Field(description="When the newest warning, or end of one, was sent, in force or not")
    last_cycle: dict[str, Any] | None = Field(description="The newest forecast cycle")
    canary: dict[str, Any] | None = Field(description="The newest Test message that went the whole way and came back")
    canary_age_s: float | None
    canary_failed: dict[str, Any] | None = Field(description="The newest one that did not come back, null once one did")
    background_silent_s: float | None = Field(description="Since the last sign of life of dispatch, canary and expiry")
    watch: dict[str, Any] | None = Field(description="The last sign of life of the watch loop, null where none ran")
    watch_silent_s: float | None = Field(description="Since that sign of life")
    watched: bool = Field(description="Whether a watch loop runs; where none does, warnings are issued by hand only")
    sensors: int = Field(description="Sensors of the city")
    sensors_silent: int = Field(description="Those that should have reported by now and have not")
    clock_skew_s: float = Field(description="How far the newest entry lies ahead of the clock of this process")
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


@router.get("/freshness", response_model=Freshness, responses=declared(), summary="How fresh is what the service says")
def freshness(context: Ctx, _: Reader) -> Response:
    """Always 200: read `status`. Stale where one of `reasons` gives doubt, of the database to the clocks."""
    board, now = context.board, context.clock.now()
    try:
        found = standing(context, now)
    except StoreError:
        found = UNKNOWN
    cycle = found.cycle
    told = {
        "status": "stale" if found.doubts else "fresh",
        "now": moment(now),
        "last_entry": board.stream.last,
        "database_silent_s": round(board.silent_s(), 3),
        "last_message": moment(found.last_message),
        "last_cycle": None if cycle is None else {"id": cycle.id, "time": moment(cycle.time), "state": cycle.state},
        "canary": found.canary,
        "canary_failed": found.canary_failed,
        "canary_age_s": found.canary_age_s,
        "background_silent_s": found.background_silent_s,
        "watch": found.watch,
        "watch_silent_s": found.watch_silent_s,
        "watched": found.watched,
        "sensors": found.sensors,
        "sensors_silent": found.sensors_silent,
        "clock_skew_s": found.clock_skew_s,
        "reasons": [found.reason(doubt, EN) for doubt in found.doubts],
    }
    return json_answer(told, cache="no-store")
