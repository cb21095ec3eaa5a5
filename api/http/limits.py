"""Rate limits: how often one key or address may ask, told in `RateLimit` headers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

_WINDOW_S = 60.0
_MOST_KEPT = 50_000  # callers remembered; those with nothing used up are forgotten first


@dataclass(frozen=True)
class Policy:
    """`per_minute` requests in any minute, all at once if need be (GCRA, a leaky bucket that keeps one number)."""

    name: str
    per_minute: int
    step_s: float = field(init=False)
    header: tuple[str, str] = field(init=False)  # RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_s", _WINDOW_S / self.per_minute)
        value = f'"{self.name}";q={self.per_minute};w={int(_WINDOW_S)}'
        object.__setattr__(self, "header", ("ratelimit-policy", value))


class Limits:
    """Per process: with several web workers a caller on several connections may have that many times as much."""

    def __init__(self, reads_per_minute: int, writes_per_minute: int, sign_ins_per_minute: int = 10) -> None:
        self.reads = Policy("reads", reads_per_minute)
        self.writes = Policy("writes", writes_per_minute)
        self.sign_ins = Policy("sign-ins", sign_ins_per_minute)  # failed ones, per address
        self._until: dict[tuple[str, str], float] = {}

    def take(self, policy: Policy, who: str, now_s: float | None = None) -> tuple[int, float]:
        """One request of `who`: how many are left, -1 if this one is over the limit; seconds until all are back.

        Over the limit the seconds are those until the next one is allowed.
        """
        now = time.monotonic() if now_s is None else now_s
        key = (policy.name, who)
        until = self._until.get(key, 0.0)
        until = (until if until > now else now) + policy.step_s
        used = until - now
        if used > _WINDOW_S + 1e-9:
            return -1, used - _WINDOW_S
        self._until[key] = until
        if len(self._until) > _MOST_KEPT:
            self._forget(now)
        return int((_WINDOW_S - used) / policy.step_s + 1e-9), used

    def _forget(self, now: float) -> None:
        kept = {key: until for key, until in self._until.items() if until > now}
        if len(kept) > _MOST_KEPT:  # an attack from many addresses: those that used least go
            ordered = sorted(kept.items(), key=lambda item: -item[1])
            kept = dict(ordered[: _MOST_KEPT // 2])
        self._until = kept


def rate_headers(policy: Policy, left: int, seconds: float) -> list[tuple[str, str]]:
    """`RateLimit` and its policy; with `Retry-After` where nothing is left."""
    wait = 1 if seconds <= 1.0 else math.ceil(seconds)
    headers = [policy.header, ("ratelimit", f'"{policy.name}";r={left if left > 0 else 0};t={wait}')]
    if left < 0:
        headers.append(("retry-after", str(wait)))
    return headers
