"""Bodies before anybody parses them: size, patience, format; and what looks like text but is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping

import orjson

from api.http.problems import Problem
from api.http.rsgi import Receive

# Media types of bodies; those of single paths beside.
_JSON = "application/json"
MORE_TYPES: dict[str, tuple[str, ...]] = {"/v1/observations": ("text/csv",)}
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
# Two of these: what stands before this service may have looked at the other one.
_ONCE = frozenset({"x-api-key", "authorization", "idempotency-key", "content-type", "content-length", "last-event-id"})
_DEEPEST = 64  # JSON nested deeper is nobody's honest request


async def read_body(receive: Receive, headers: Mapping[str, str], largest: int, slowest_s: float) -> bytes:
    """The whole body; 413 beyond `largest` bytes, 408 where it takes longer than `slowest_s`, 400 where it breaks off.

    granian ends a body that broke off like a whole one, so the bytes are counted against Content-Length.
    """
    said = headers.get("content-length")
    if said is not None and (not said.isdigit() or int(said) > largest):
        if not said.isdigit():
            raise Problem(400, "Content-Length is not a number", code="bad-header")
        raise _too_large(largest)
    parts: list[bytes] = []
    size = 0
    until = time.monotonic() + slowest_s
    while True:
        try:
            message = await asyncio.wait_for(receive(), max(0.001, until - time.monotonic()))
        except TimeoutError:
            raise Problem(
                408, f"the body did not arrive within {slowest_s:g} s", headers={"Connection": "close"}
            ) from None
        if message["type"] == "http.disconnect":
            raise _broken_off()
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise _too_large(largest)
        parts.append(part)
        if not message.get("more_body", False):
            if said is not None and size != int(said):
                raise _broken_off()
            return b"".join(parts)


def _broken_off() -> Problem:
    return Problem(400, "the body broke off", code="broken-off", headers={"Connection": "close"})


def _too_large(largest: int) -> Problem:
    return Problem(413, f"at most {largest} bytes", headers={"Connection": "close"})


def check_body(path: str, body: bytes, headers: Mapping[str, str]) -> None:
    """415 for a format that is not read here, 400 for JSON that is none; strings must be text without NUL.

    411 for rows that came without their length: JSON that broke off is no JSON, but half a table is a table.
    """
    if not body:
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    allowed = (_JSON, *MORE_TYPES.get(path, ()))
    if kind not in allowed:
        raise Problem(415, f"send {' or '.join(allowed)}", headers={"Accept": ", ".join(allowed)})
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "send it as it is, not compressed", headers={"Accept-Encoding": "identity"})
    if kind != _JSON:
        if "content-length" not in headers:
            raise Problem(411, f"{kind} is taken with a Content-Length only")
        return
    try:
        value = orjson.loads(body)  # refuses NaN, lone surrogates and bytes that are no UTF-8; json.loads does not
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"the body is not JSON: {error}", code="malformed-json") from None
    _look(value)


def _look(value: object) -> None:
    """Depth and NUL in one walk without recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += one
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and "\x00" in one:
                raise Problem(422, "a text holds a NUL", code="invalid")
        if not below:
            return
        level = below
    raise Problem(400, f"the body is nested deeper than {_DEEPEST} levels", code="malformed-json")


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; 400 where one comes twice that decides who asks, for what and whether again."""
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key in found:
            if key in _ONCE:
                raise Problem(400, f"the header {key} is given twice", code="bad-header")
            found[key] += ", " + value.decode("latin-1")  # RFC 9110, section 5.3
        else:
            found[key] = value.decode("latin-1")
    return found


def check_path(path: str, raw_query: bytes) -> None:
    """400 for a NUL or a line break in the path, or a query that is not ASCII."""
    if any(ord(char) < 32 or ord(char) == 127 for char in path):
        raise Problem(400, "the path holds a control character", code="bad-path")
    if len(raw_query) > 8_000:
        raise Problem(400, "the query is longer than 8000 bytes", code="bad-query")
