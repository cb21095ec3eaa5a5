"""Who comes in: the key of a request, sign-ins that fail, how often a caller may ask, and from which origins."""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from api.http.limits import rate_headers
from api.http.prebuilt import SAFE, Header, Headers
from api.http.problems import MEDIA_TYPE, Problem
from api.http.rsgi import Answer
from api.http.security import ANYBODY, principal_of, secret_in, unauthorised
from api.service.principal import Principal

if TYPE_CHECKING:
    from api.http.context import Context

OPEN = ("/healthz", "/readyz", "/docs", "/openapi.json")  # answered without a key even where reading needs one
_LOOPBACK = ("127.0.0.1", "::1", "")
_NONE: Headers = []


class Admitted(NamedTuple):
    """A caller who may go on, and the headers that every answer to them carries."""

    principal: Principal
    headers: Headers


class Gate:
    """Decides on every request before anything else looks at it."""

    def __init__(self, context: Context) -> None:
        self._settings = context.settings
        self._clock = context.clock
        self._keys = context.keys
        self._limits = context.limits
        self._store = context.store
        self._origins = frozenset(context.settings.cors_origins)
        self._failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def admit(self, method: str, path: str, header: Header, client: str) -> Admitted:
        """Let the caller in or raise the problem: 401 for a key that is not valid, 429 for too many requests."""
        host = _host(client, header)
        secret = secret_in(header)
        if secret is None:
            if not self._settings.public_read and not path.startswith(OPEN):
                raise unauthorised("reading needs a key here")
            principal, caller = ANYBODY, host
        else:
            key = self._keys.of(secret, self._clock.now())
            if key is None:
                raise self._failed_sign_in(host)
            principal, caller = principal_of(key), key.id
        policy = self._limits.reads if method in ("GET", "HEAD", "OPTIONS") else self._limits.writes
        left, seconds = self._limits.take(policy, caller)
        headers = rate_headers(policy, left, seconds)
        if left < 0:
            detail = f"{policy.per_minute} {policy.name} a minute are allowed"
            raise Problem(429, detail, headers=dict(headers))
        return Admitted(principal, headers + self.origin(header) if self._origins else headers)

    def _failed_sign_in(self, host: str) -> Problem:
        """Counted per address; too many are answered without a look at the keys and told as such."""
        left, seconds = self._limits.take(self._limits.sign_ins, host)
        if left < 0:
            headers = dict(rate_headers(self._limits.sign_ins, left, seconds))
            return Problem(429, "too many keys that are not valid", code="too-many-sign-ins", headers=headers)
        with self._lock:
            self._failed[host] += 1
        return unauthorised("this key is unknown, expired or revoked")

    def write_failures(self) -> None:
        """Put the failed sign-ins since the last time into the audit, one row per address."""
        with self._lock:
            failed, self._failed = self._failed, Counter()
        if not failed:
            return
        try:
            with self._store.writing("http") as tx:
                for host, times in sorted(failed.items()):
                    tx.audit("sign_in_failed", host, {"times": times})
        except BaseException:
            with self._lock:
                self._failed += failed  # told when the store is back
            raise

    def origin(self, header: Header) -> Headers:
        """CORS: only for the origins of the settings, of which there are none by default."""
        if not self._origins:
            return _NONE
        asked = header("origin")
        if asked is None or asked not in self._origins:
            return [("vary", "origin")]
        exposed = "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Rongan-Entry, Rongan-Stale"
        return [
            ("access-control-allow-origin", asked),
            ("access-control-expose-headers", exposed),
            ("vary", "origin"),
        ]

    def preflight(self, method: str, header: Header, path: str = "") -> Answer | None:
        """The answer to a browser's question before a request from another origin; None where it is none."""
        if method != "OPTIONS" or header("access-control-request-method") is None:
            return None
        told = self.origin(header)
        if len(told) < 2:
            return problem_answer(Problem(403, "requests from this origin are not allowed", code="origin"), path)
        allowed = [
            ("access-control-allow-methods", "GET, HEAD, POST, DELETE"),
            ("access-control-allow-headers", "X-API-Key, Authorization, Content-Type, Idempotency-Key, Last-Event-ID"),
            ("access-control-max-age", "600"),
        ]
        return Answer(204, told + allowed)


def problem_answer(problem: Problem, path: str, more: Headers | None = None) -> Answer:
    """A problem document as a whole answer."""
    body = problem.body(path)
    own = [(name.lower(), value) for name, value in problem.headers.items()]
    headers = [
        ("content-type", MEDIA_TYPE),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        *SAFE,
        *own,
        *(more or []),
    ]
    return Answer(problem.status, headers, body)


def _host(client: str, header: Header) -> str:
    """Address of the caller without its port. A proxy on this machine is believed about whom it speaks for."""
    host = client.rpartition(":")[0].strip("[]") if ":" in client else client
    if host in _LOOPBACK:
        forwarded = header("x-forwarded-for")
        if forwarded:
            host = forwarded.rpartition(",")[2].strip()[:64]
    return _household(host) if ":" in host else host


@lru_cache(maxsize=4096)
def _household(host: str) -> str:
    """Of an IPv6 address the half that its owner cannot choose: who has one network has 2^64 addresses."""
    try:
        address = ipaddress.IPv6Address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
