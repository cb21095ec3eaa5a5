"""The canary: a Test message that goes the whole way of a warning and is read back over HTTP, byte for byte.

It is composed, signed, checked by every rule, committed and then asked for as any client asks. What is measured stands
in the store under `canary` (the last that came back) and `canary.failed` (the last that did not; null once one came
back), and /freshness shows it. Test messages are in no public feed; the canary looks there too, and finding itself is a
failure.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from api.service.access import new_access
from api.service.places import Place
from api.service.press import message_of
from api.store.errors import StoreError
from api.store.records import Message
from api.warning.cap import cap_signed
from api.warning.compose import compose
from api.warning.profile import rules_profile
from api.warning.rules import check_new
from api.warning.signing import BadSignature, verify
from sim.result import Warning

if TYPE_CHECKING:
    from api.service.press import Press
    from api.service.publisher import Publisher
    from data.rules_file import Rules

ACTOR = "canary"
OK, FAILED = "canary", "canary.failed"  # names of the values in the store
_LOG = logging.getLogger("rongan.canary")
_VALID = timedelta(minutes=10)
_KEPT = timedelta(hours=1)
_POLL_S = 0.01


class CanaryDied(Exception):
    """The message did not come back as it was sent; says at which step."""


@dataclass(frozen=True)
class Flight:
    """A canary that came back; milliseconds of each leg."""

    identifier: str
    at: datetime  # on the clock of the service
    make_ms: float  # composed, signed and checked
    commit_ms: float
    visible_ms: float  # from the commit until HTTP gave it out
    bytes: int

    def told(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {
            **vars(self),
            "at": self.at.isoformat(),
            "total_ms": round(self.make_ms + self.commit_ms + self.visible_ms, 2),
        }


class Canary:
    """One flight after the other. `url`: where the service answers, without a slash at its end."""

    def __init__(self, publisher: Publisher, rules: Rules, url: str, wait_s: float = 10.0) -> None:
        self._publisher = publisher
        self._store = publisher.store
        self._settings = publisher.settings
        self._clock = publisher.clock
        self._profile = rules_profile(rules, "canary", status="Test", sender=publisher.settings.sender)
        self._url = url
        self._wait_s = wait_s
        self._headers: dict[str, str] = {}
        self._well = True
        self._stop = asyncio.Event()

    async def fly(self, stop: asyncio.Event | None = None) -> Flight | None:
        """One flight, its figures kept in the store; None where it failed, which is told once on the stream.

        Once `stop` is set none is begun, and one that does not come back says nothing: the web processes stop as well.
        """
        self._stop = stop or self._stop
        if self._stop.is_set():
            return None
        try:
            flight = await self._fly()
        except (CanaryDied, StoreError, httpx.HTTPError) as fault:
            if self._stop.is_set():
                return None
            self._fell(str(fault) or type(fault).__name__)
            return None
        with self._store.writing(ACTOR) as tx:
            tx.put(OK, flight.told())
            if not self._well or tx.get(FAILED):
                tx.put(FAILED, None)
            if not self._well:
                tx.entry("fault", ACTOR, {"what": "canary", "state": "over"})
            tx.forget_canaries(self._clock.now() - _KEPT)
        self._well = True
        return flight

    def _fell(self, why: str) -> None:
        _LOG.error("the canary did not come back: %s", why)
        try:
            with self._store.writing(ACTOR) as tx:
                tx.put(FAILED, {"at": self._clock.now().isoformat(), "error": why})
                if self._well:
                    tx.entry("fault", ACTOR, {"what": "canary", "state": "failed", "error": why})
        except StoreError as also:
            _LOG.error("nor can that be written down: %s", also)
            return
        self._well = False

    async def _fly(self) -> Flight:
        began = time.perf_counter()
        message = self._message()
        made = time.perf_counter()
        self._let_in()
        committing = time.perf_counter()
        with self._store.writing(ACTOR) as tx:
            tx.publish(message)
        committed = time.perf_counter()
        visible_s = await self._read_back(message, committed)
        return Flight(
            identifier=message.identifier,
            at=self._clock.now(),
            make_ms=round(1e3 * (made - began), 2),
            commit_ms=round(1e3 * (committed - committing), 2),
            visible_ms=round(1e3 * visible_s, 2),
            bytes=len(message.cap),
        )

    def _message(self) -> Message:
        press: Press = self._publisher.press
        sent = self._clock.now().replace(microsecond=0)
        identifier = f"RA-canary-{sent:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        place = next(iter(press.places))
        warning = _warning(place, identifier)
        notice = compose(warning, lambda s: sent + timedelta(seconds=s), self._profile, identifier, origin=press.origin)
        now = self._clock.now()
        signer, keys = press.signing.at(now)
        cap = cap_signed(notice, signer)
        breaches = check_new(cap, press.places.bounds, now=now, keys=keys)
        if breaches:
            raise CanaryDied(f"the message breaks the rules: {'; '.join(breaches)}")
        return message_of(notice, cap)

    def _let_in(self) -> None:
        """A key of its own where reading needs one: known to this process alone, the one before revoked.

        Named after the address, so that two services on one database do not revoke each other's.
        """
        if self._settings.public_read or self._headers:
            return
        now = self._clock.now()
        name = f"{ACTOR} {self._url}"[:100]
        key, secret = new_access(name, "viewer", now)
        with self._store.writing(ACTOR) as tx:
            for old in [old for old in tx.keys() if old.name == name and old.revoked is None]:  # noqa: SIM118
                tx.save_key(replace(old, revoked=now))
            tx.save_key(key)
        self._headers = {"X-API-Key": secret}

    async def _read_back(self, message: Message, committed: float) -> float:
        """Seconds from the commit until the message was given out."""
        path = f"/v1/warnings/{message.identifier}.xml"
        async with httpx.AsyncClient(base_url=self._url, headers=self._headers, timeout=self._wait_s) as client:
            while True:
                answer, said = None, ""
                try:
                    answer = await client.get(path)
                    said = f"answers {answer.status_code}"
                except httpx.TransportError as error:  # a web process may be starting just now
                    said = f"does not answer: {error or type(error).__name__}"
                seen = time.perf_counter()
                if answer is not None and answer.status_code == 200:
                    break
                if seen - committed > self._wait_s or self._stop.is_set():
                    raise CanaryDied(f"after {self._wait_s:g} s HTTP {said}")
                await asyncio.sleep(_POLL_S)
            if answer.content != message.cap:
                raise CanaryDied("HTTP gave out other bytes than were sent")
            try:
                now = self._clock.now()
                verify(answer.content, self._publisher.press.signing.at(now)[1], now)
            except BadSignature as bad:
                raise CanaryDied(f"its signature does not hold: {bad}") from None
            again = await client.get(path, headers={"If-None-Match": answer.headers.get("etag", '""')})
            if again.status_code != 304:
                raise CanaryDied(f"asked again with its ETag, HTTP answers {again.status_code}")
            feed = await client.get("/v1/warnings", headers={"Accept": "application/json"})
            if feed.status_code != 200 or message.identifier in feed.text:
                raise CanaryDied(f"the feed answers {feed.status_code} or shows a Test message")
        return seen - committed


def _warning(place: Place, identifier: str) -> Warning:
    """The content of a canary: blue, about the first area of the city, valid for ten minutes."""
    return Warning(
        id=identifier,
        area=place.code,
        area_name=place.name,
        area_name_en=place.name_en,
        event="rainstorm",
        level=1,
        message_type="Alert",
        references="",
        sent_s=0.0,
        onset_s=0.0,
        expires_s=_VALID.total_seconds(),
        lead_time_min=0.0,
        people_at_risk=0,
        evidence=(),
        shelters=(),
        leave_by_s=None,
        polygon=place.polygon,
        area_level=place.level,
    )
