"""One call of one subscriber: bounded in time and size, and what came of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlunsplit

import httpcore

from api.service.webhook_target import GuardedNetwork, Refused, checked_url

LARGEST_ANSWER_BYTES = 65_536  # nobody reads it; a well-behaved receiver answers with nothing


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    verdict: str  # "delivered"; "later": this entry again; "trouble": the subscriber is not well; "never": give it up
    error: str = ""
    wait_s: float = 0.0  # as the subscriber asked by Retry-After
    gone: bool = False  # 410: it wants no more calls at all


def judged(status: int, retry_after: str = "") -> Outcome:
    """The outcome of an answer: 2xx has arrived, 410 ends the subscription, all else is tried again.

    A redirect is an error: it may point anywhere, and whoever moved should say so here.
    """
    wait_s = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
    if 200 <= status < 300:
        return Outcome("delivered")
    if status == 410:
        return Outcome("never", "answered 410 Gone", gone=True)
    if status == 429 or status >= 500:
        return Outcome("trouble", f"answered {status}", wait_s)
    return Outcome("later", f"answered {status}" + (", redirects are not followed" if status // 100 == 3 else ""))


async def call(url: str, headers: Mapping[str, str], body: bytes, *, private: bool, timeout_s: float) -> Outcome:
    """POST `body`; the whole exchange, name lookup to last byte, within `timeout_s`.

    A connection of its own per call: calls are rare, and a kept connection would outlive the judgement of its address.
    """
    try:
        parts = checked_url(url, private=private)
        async with asyncio.timeout(timeout_s):
            return await _exchange(urlunsplit(parts), headers, body, private, timeout_s)
    except Refused as refused:
        return Outcome("later", str(refused))  # a name may come to point at a right address again
    except (TimeoutError, httpcore.TimeoutException):
        return Outcome("trouble", f"no answer within {timeout_s:g} s")
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError, UnicodeError) as error:
        return Outcome("trouble", f"{type(error).__name__}: {error}"[:300])


async def _exchange(url: str, headers: Mapping[str, str], body: bytes, private: bool, timeout_s: float) -> Outcome:
    given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    limits = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)}
    network = GuardedNetwork(private=private)
    async with (
        httpcore.AsyncConnectionPool(network_backend=network, max_keepalive_connections=0) as pool,
        pool.stream("POST", url, headers=given, content=body, extensions=limits) as answer,
    ):
        size = 0
        async for chunk in answer.aiter_stream():
            size += len(chunk)
            if size > LARGEST_ANSWER_BYTES:
                break
        said = {name.lower(): value for name, value in answer.headers}
        return judged(answer.status, said.get(b"retry-after", b"").decode("latin-1"))
