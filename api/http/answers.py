"""Answers that are written once per request: JSON with an ETag of its content and the conditional GET on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from api.http.negotiate import JSON
from api.http.prebuilt import matches
from data.records import records

if TYPE_CHECKING:
    import pandas as pd


def written(value: Any) -> bytes:
    """JSON bytes; moments as ISO 8601, numpy numbers as numbers, NaN as null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as JSON has them; NaN is null."""
    return [{name: None if value != value else value for name, value in row.items()} for row in records(frame)]


def json_answer(
    value: Any,
    status: int = 200,
    *,
    request: Request | None = None,
    media_type: str = JSON,
    cache: str = "no-cache",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A value as JSON. With the `request`, a GET gets an ETag and may be answered 304."""
    return bytes_answer(written(value), media_type, status, request=request, cache=cache, headers=headers)


def bytes_answer(
    body: bytes,
    media_type: str,
    status: int = 200,
    *,
    request: Request | None = None,
    cache: str = "no-cache",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Bytes of any type, in the same way."""
    told = {"Cache-Control": cache, **(headers or {})}
    if request is not None and request.method in ("GET", "HEAD") and status == 200:
        told["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
        asked = request.headers.get("if-none-match")
        if asked is not None and matches(asked, (told["ETag"],)):
            return Response(status_code=304, headers=told)
    return Response(body, status, headers=told, media_type=media_type)
