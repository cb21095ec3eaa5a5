"""Answers kept ready: bytes, gzip, ETag, and the conditional GET on them (RFC 9110, sections 8.8 and 13)."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections.abc import Callable, Collection
from email.utils import formatdate
from functools import lru_cache

from api.http.rsgi import Answer

Header = Callable[[str], "str | None"]
Headers = list[tuple[str, str]]

FEED = "no-cache"  # keep it, but ask before each use
MESSAGE = "public, max-age=31536000, immutable"
SAFE: Headers = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
]
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_SETTLE_S = 2.0  # Last-Modified counts whole seconds: a younger one could stand for two contents
_LEAST_GZIP = 256  # bytes; below it gzip saves nothing


def matches(header: str, tags: Collection[str]) -> bool:
    """Whether an `If-None-Match` names one of the tags (weak comparison) or is `*`."""
    return header in tags or header.strip() == "*" or any(tag in tags for tag in _TAG.findall(header))


@lru_cache(maxsize=256)
def takes_gzip(accept_encoding: str | None) -> bool:
    """Whether the client takes gzip; a quality of nought refuses it."""
    quality = {"gzip": 0.0, "*": 0.0}
    for part in (accept_encoding or "").lower().split(","):
        name, _, parameters = part.partition(";")
        name = name.strip()
        if name in quality:
            weight = re.search(r"q\s*=\s*([0-9.]+)", parameters)
            try:
                quality[name] = float(weight.group(1)) if weight else 1.0
            except ValueError:
                quality[name] = 0.0
            if name == "gzip":
                return quality["gzip"] > 0.0
    return quality["*"] > 0.0


class Prebuilt:
    """One representation. Its bytes never change; whoever has something new makes a new one."""

    def __init__(
        self, body: bytes, media_type: str, cache: str, *, vary: str = "accept-encoding", more: Headers | None = None
    ) -> None:
        self.body = body
        small = len(body) < _LEAST_GZIP
        self.gzipped = b"" if small else gzip.compress(body, 6, mtime=0)
        mark = hashlib.sha256(body).hexdigest()
        self.etag = f'"{mark}"'
        zipped_tag = f'"{mark}-gzip"'
        self.tags = frozenset((self.etag, zipped_tag))
        # Machine time, not the service's: it orders contents on the wire and must not run with a replayed event.
        self._changed = time.time()
        self.modified = formatdate(self._changed, usegmt=True)
        self._dated = False
        shared: Headers = [("cache-control", cache), ("vary", vary), *(more or [])]
        typed: Headers = [("content-type", media_type), *SAFE, *shared]
        self._not_modified: Headers = [("etag", self.etag), *shared]
        self._full: Headers = [*typed, ("etag", self.etag), ("content-length", str(len(body)))]
        self._full_gzip: Headers = [
            *typed, ("etag", zipped_tag), ("content-encoding", "gzip"), ("content-length", str(len(self.gzipped))),
        ]  # fmt: skip

    def answer(self, method: str, header: Header, more: Headers) -> Answer:
        """200 or 304 to a GET or HEAD. If-None-Match comes first; If-Modified-Since must name our date exactly."""
        if not self._dated and time.time() - self._changed > _SETTLE_S:
            self._date()
        asked = header("if-none-match")
        if asked is not None:
            if asked == self.etag or matches(asked, self.tags):
                return Answer(304, self._not_modified + more)
        elif self._dated and header("if-modified-since") == self.modified:
            return Answer(304, self._not_modified + more)
        zipped = bool(self.gzipped) and takes_gzip(header("accept-encoding"))
        body = self.gzipped if zipped else self.body
        return Answer(200, (self._full_gzip if zipped else self._full) + more, b"" if method == "HEAD" else body)

    def _date(self) -> None:
        """From now on the answers carry Last-Modified."""
        stamp = ("last-modified", self.modified)
        for headers in (self._not_modified, self._full, self._full_gzip):
            headers.append(stamp)
        self._dated = True
