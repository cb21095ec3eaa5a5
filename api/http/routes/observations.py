"""Observations in, one by one judged; sensors and how they do."""

from __future__ import annotations

import csv
import io
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.answers import json_answer
from api.http.bodies import ObservationsBody
from api.http.chains import moment
from api.http.context import Context, Ctx
from api.http.inputs import Limit, Moment
from api.http.models import ObservationList, ReceiptModel, SensorList
from api.http.once import BODY, IdempotencyKey, Reply, again, remember
from api.http.problems import Problem, declared, of_validation
from api.http.security import Observer, Reader
from api.service.intake import Taken
from data.errors import Finding, InputError
from data.readers.observations import RawObservation, parse_row
from data.records import records
from data.schema import OBSERVATIONS, QUANTITIES
from sim.observing.frame import USABLE

router = APIRouter(tags=["observations"])
_MOST_ROWS = 10_000
_READERS = 3  # of observations at a time
_TURN_S = 0.1  # for which one more waits
_REST_S = 0.02  # between two parts of a batch
_CSV = "text/csv"
_TAKES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/ObservationsBody"}},
            _CSV: {"schema": {"type": "string"}, "example": "sensor,time,value\nG01,2026-07-01T08:05:00+08:00,3.2\n"},
        },
    }
}


@router.post(
    "/v1/observations",
    summary="Send observations",
    response_model=ReceiptModel,
    responses=declared(409, 411),
    openapi_extra=_TAKES,
)
def send(context: Ctx, request: Request, by: Observer, idempotency_key: IdempotencyKey = None) -> Response:
    """JSON, or CSV with the same columns. The answer says of every row, in its order, what became of it.

    Rows that can be read are kept whatever their quality: marked, never thrown away. The same row again is counted as a
    duplicate, so a batch may safely be sent twice, with or without an idempotency key.
    """
    if context.intake is None:
        raise Problem(503, "this service runs without a city: it knows no sensors", code="no-city")
    kept = again(context, request, by, idempotency_key)
    if kept is not None:
        return kept
    raws = list(_rows(request))
    readable = [raw for raw in raws if isinstance(raw, RawObservation)]
    with context.intake_turn:
        taken = context.intake.take(
            context.store, readable, context.clock.now(), by.actor, lambda: _let_others(context.intake_turn)
        )
    reply = Reply(_receipt(raws, taken))
    return remember(context, request, by, idempotency_key, reply)


def _let_others(turn: threading.Lock) -> None:
    """Between two parts of a large batch: who has waited for the turn meanwhile gets it."""
    turn.release()
    try:
        time.sleep(_REST_S)
    finally:
        turn.acquire()


def _rows(request: Request) -> Iterator[RawObservation | Finding]:
    """Rows of the body, readable or not; 422 where there is none, or too many."""
    body: bytes = request.scope.get(BODY, b"")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _CSV:
        yield from _csv_rows(body)
        return
    from pydantic import ValidationError

    try:
        given = ObservationsBody.model_validate_json(body or b"null")
    except ValidationError as error:
        raise of_validation([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None
    for number, row in enumerate(given.observations, 1):
        yield _parsed(row.model_dump(), f"observations/{number - 1}")


def _csv_rows(body: bytes) -> Iterator[RawObservation | Finding]:
    try:
        text = body.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(400, f"not CSV in UTF-8: {error}", code="malformed-csv") from None
    lines = [line for line in lines if line]
    if not 2 <= len(lines) <= _MOST_ROWS + 1:
        raise Problem(422, f"a header and 1 to {_MOST_ROWS} rows")
    header = [name.strip() for name in lines[0]]
    unknown = [name for name in header if name not in OBSERVATIONS]
    missing = [name for name in OBSERVATIONS.required if name not in header]
    if unknown or missing or len(set(header)) != len(header):
        raise Problem(422, f"columns must be {', '.join(OBSERVATIONS.names)}", unknown=unknown, missing=missing)
    for number, cells in enumerate(lines[1:], 2):
        place = f"row {number}"
        if len(cells) != len(header):
            yield Finding("error", "", place, str(len(cells)), "wrong number of fields", f"{len(header)} fields")
        else:
            yield _parsed(dict(zip(header, cells, strict=True)), place)


def _parsed(row: dict[str, Any], place: str) -> RawObservation | Finding:
    try:
        return parse_row(row, place)
    except InputError as error:
        return Finding("error", "", error.place, str(error.value or "")[:80], error.message, error.expected)


def _receipt(raws: list[RawObservation | Finding], taken: Taken) -> dict[str, Any]:
    """What became of each row, in the order they came."""
    judged = iter(taken.rows)
    rows: list[dict[str, Any]] = []
    for raw in raws:
        became = next(judged) if isinstance(raw, RawObservation) else raw
        if isinstance(became, Finding):
            told = f"{became.message}; expected {became.remedy}" if became.remedy else became.message
            rows.append({"accepted": False, "quality": None, "remark": f"{became.place}: {told}"})
        else:
            rows.append({"accepted": True, "quality": became.quality, "remark": became.remark})
    counts = taken.counts
    return {
        "received": len(rows),
        "refused": sum(not row["accepted"] for row in rows),
        "added": counts.added,
        "duplicates": counts.duplicates,
        "conflicts": counts.conflicts,
        "usable": sum(row["quality"] in USABLE for row in rows),
        "rows": rows,
    }


@router.get("/v1/observations", summary="Observations", response_model=ObservationList, responses=declared())
def observations(
    context: Ctx,
    request: Request,
    _: Reader,
    quantity: Annotated[str, Query(max_length=64, description=", ".join(q.name for q in QUANTITIES))],
    since: Annotated[Moment, Query(description="After this moment")],
    until: Annotated[Moment, Query(description="Up to this moment, at most 31 days after `since`")],
    sensor: Annotated[list[str] | None, Query(max_length=100, description="Of these sensors only")] = None,
    limit: Limit = 1000,
) -> Response:
    """By the end of the interval they stand for, with their quality; the oldest first."""
    if quantity not in {q.name for q in QUANTITIES}:
        raise Problem(422, f"no quantity {quantity!r}", code="bad-parameter")
    if not 0.0 <= (until - since).total_seconds() <= 31 * 86400.0:
        raise Problem(422, "until must lie 0 to 31 days after since", code="bad-parameter")
    with _turn_of(context), context.store.reading() as rx:
        frame = rx.observations(quantity, since, until, sensor, limit=limit + 1)
    rows = [observation_form(row, quantity) for row in records(frame.head(limit))]
    return json_answer({"quantity": quantity, "observations": rows, "more": len(frame) > limit}, request=request)


@contextmanager
def _turn_of(context: Context) -> Iterator[None]:
    """One of a few readers of observations in this process: however many ask, connections are left to publish by."""
    turns: threading.BoundedSemaphore = context.extras.setdefault("observations", threading.BoundedSemaphore(_READERS))
    if not turns.acquire(timeout=_TURN_S):
        detail = "too many readers of observations in this process"
        raise Problem(503, detail, code="busy", headers={"Retry-After": "2"})
    try:
        yield
    finally:
        turns.release()


def observation_form(row: dict[str, Any], quantity: str) -> dict[str, Any]:
    """One observation as it is told."""
    value = row["value"]
    return {
        "sensor": str(row["sensor"]),
        "quantity": quantity,
        "time": moment(row["time"]),
        "value": None if value is None or math.isnan(value) else float(value),
        "received": moment(row["received"]),
        "quality": str(row["quality"]),
        "remark": str(row.get("remark") or ""),
    }


@router.get("/v1/sensors", summary="Sensors and how they do", response_model=SensorList, responses=declared())
def sensors(
    context: Ctx,
    request: Request,
    _: Reader,
    silent: Annotated[bool | None, Query(description="Only those that are silent, or are not")] = None,
) -> Response:
    """Last value, its quality, and whether the sensor should have reported since."""
    found = sensor_forms(context)
    return json_answer({"sensors": [s for s in found if silent is None or s["silent"] == silent]}, request=request)


def sensor_forms(context: Context) -> list[dict[str, Any]]:
    """All sensors of the city."""
    if context.city is None or context.city.sensors is None or context.intake is None:
        return []
    now = context.clock.now()
    with context.intake_turn:
        health = {one.sensor: one for one in context.intake.health(context.store, now)}
    with context.store.reading() as rx:
        last = {(str(row["sensor"]), str(row["quantity"])): row for row in records(rx.last_seen())}
    found = []
    for row in records(context.city.sensors):
        own, quantity = str(row["id"]), str(row["quantity"])
        seen, health_of = last.get((own, quantity)), health.get(own)
        found.append(
            {
                "id": own,
                "name": str(row["name"]),
                "name_en": str(row["name_en"]),
                "quantity": quantity,
                "lon": round(float(row["lon"]), 6),
                "lat": round(float(row["lat"]), 6),
                "interval_s": float(row["interval_s"]),
                "asset": str(row["asset"]),
                "silent": True if health_of is None else health_of.silent,
                "last": None if seen is None else observation_form({**seen, "remark": ""}, quantity),
            }
        )
    return found
