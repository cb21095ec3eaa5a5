"""The press: content becomes a signed message that has passed every check, or does not leave the house."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from api.service.content import Content
from api.service.places import Places
from api.service.refused import Refused
from api.service.settings import Settings
from api.service.signing_keys import SigningKeys
from api.store.records import Message
from api.store.store import Reader
from api.warning.cap import cap_signed
from api.warning.compose import Origin, compose, reference_to
from api.warning.event_codes import read_event_codes
from api.warning.identifiers import identifier_of
from api.warning.notice import Notice
from api.warning.profile import Profile, rules_profile
from api.warning.rules import check_new
from data.rules_file import Rules
from data.schema import LEVELS


class Fault(Refused):
    """A message that would break the rules of messages; it was not sent. `breaches` says which, one line each."""

    def __init__(self, area: str, message_type: str, level: int, breaches: Sequence[str]) -> None:
        super().__init__("fault", f"the {message_type} for {area} was not sent: {'; '.join(breaches)}")
        self.area = area
        self.message_type = message_type
        self.level = level
        self.breaches = tuple(breaches)


class Press:
    """Makes messages. One per process; the key stays loaded until another takes its place.

    InputError where the table of event codes in the settings is none.
    """

    def __init__(
        self, settings: Settings, keys: SigningKeys, places: Places, rules: Rules, synthetic: tuple[str, ...] = ()
    ) -> None:
        self.signing = keys
        self._second: tuple[datetime | None, set[str]] = (None, set())
        self.places = places
        self.origin = Origin(rules.hash, tuple(rules.unverified()), synthetic)
        labels: dict[str, Any] = {
            "sender": settings.sender, "district": places.district,
            "sector": settings.sector, "unit": settings.unit, "extension": settings.extension,
            "event_codes": None if settings.event_codes is None else read_event_codes(settings.event_codes),
        }  # fmt: skip
        self._profiles: dict[str, Profile] = {"Exercise": rules_profile(rules, settings.drill, **labels)}
        words = rules.value("warning.severity")
        self._colours = {LEVELS[k + 1].capitalize(): str(word) for k, word in enumerate(words)}
        if settings.allow_actual and settings.mode == "actual":
            self._profiles["Actual"] = rules_profile(rules, "", actual=True, **labels)

    def notice(
        self, rx: Reader, content: Content, status: str, message_type: str, before: Message | None,
        sent: datetime, expires: datetime,
    ) -> Notice:  # fmt: skip
        """What the message will say. `sent` and `expires` are taken to whole seconds."""
        profile = self._profiles.get(status)
        if profile is None:
            raise Refused("actual", f"this service does not publish {status}")
        sent, expires = sent.replace(microsecond=0), expires.replace(microsecond=0)
        known = None if before is None else Notice.from_json(before.notice)
        references = "" if known is None else reference_to(known)
        warning = content.warning(message_type, references, sent, expires)
        identifier = identifier_of(content.area, sent, profile, lambda name: self._taken(rx, name, sent))
        return compose(warning, lambda s: _after(sent, s), profile, identifier, origin=self.origin, before=known)

    def _taken(self, rx: Reader, name: str, sent: datetime) -> bool:
        """Whether an identifier is used. Those of the second are remembered: a cycle may warn hundreds of areas."""
        if self._second[0] != sent:
            self._second = (sent, set())
        used = self._second[1]
        if name not in used and rx.message(name) is not None:
            used.add(name)
        return name in used

    def message(self, rx: Reader, notice: Notice, before: Message | None, episode: str, now: datetime) -> Message:
        """The notice as it will be kept and sent. Fault where it breaks a rule.

        A successor is never sent before its predecessor, so where the clock was set back in between, its moment is
        the predecessor's, and it is checked as of then: a warning must not be lost to a clock.
        """
        at = now if before is None else max(now, before.sent)
        signer, keys = self.signing.at(now)
        cap = cap_signed(notice, signer)
        earlier = [] if before is None else [before.cap]
        if before is not None and (heir := rx.successor(before.identifier)) is not None:
            earlier.append(heir.cap)
        breaches = check_new(
            cap, self.places.bounds, now=at, keys=keys, colours=self._colours, earlier=earlier
        )  # fmt: skip
        if breaches:
            raise Fault(notice.area, notice.msg_type, notice.level, breaches)
        return message_of(notice, cap, episode, before)


def message_of(notice: Notice, cap: bytes, episode: str = "", before: Message | None = None) -> Message:
    """A notice and its signed CAP as the store keeps them; `before` is the message that it succeeds."""
    return Message(
        identifier=notice.identifier,
        sender=notice.sender,
        sent=notice.sent,
        status=notice.status,
        msg_type=notice.msg_type,
        scope=notice.scope,
        predecessor="" if before is None else before.identifier,
        chain=notice.identifier if before is None else before.chain,
        episode=episode,
        area=notice.area,
        area_level=notice.area_level,
        event=notice.event,
        level=notice.level,
        onset=notice.onset,
        expires=notice.expires,
        cap=cap,
        notice=notice.to_json(),
        sha256=hashlib.sha256(cap).hexdigest(),
    )


def _after(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)
