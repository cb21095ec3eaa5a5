"""What every way of publishing shares: rights, sending within a transaction, asking a second person, telling faults."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from api.service.clock import ServiceClock
from api.service.content import Content
from api.service.episodes_ask import Asking
from api.service.episodes_case import Case
from api.service.places import Places
from api.service.press import Fault, Press
from api.service.principal import Principal
from api.service.refused import Refused
from api.service.settings import Settings
from api.store.errors import Conflict, Missing, StoreBusy, StoreUnavailable
from api.store.records import Approval, EpisodeRecord, Message
from api.store.store import Reader, Store, Writer
from sim.episode.decide import Decision, published
from sim.episode.memory import Hand
from sim.episode.terms import EpisodeTerms

_LOG = logging.getLogger("rongan.publisher")
HELD = "episodes.held."  # + status: levels set by hand in areas without an episode


@dataclass(frozen=True)
class Outcome:
    """What became of a wish: a message, or a question to a second person; and the episode as it stands now."""

    message: Message | None
    approval: Approval | None
    episode: EpisodeRecord


class Desk(Asking):
    """Store, clock, press and terms, and the steps on them that forecast and hand share."""

    def __init__(
        self, store: Store, settings: Settings, clock: ServiceClock, press: Press, places: Places, terms: EpisodeTerms
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.press = press
        self.places = places
        self._terms = terms
        self._faults: dict[str, datetime] = {}  # told lately by `one_of_many`: when

    def terms(self, status: str) -> EpisodeTerms:
        """The terms of a status: outside of exercises the higher levels need a second person."""
        if status != "Actual":
            return self._terms
        return replace(self._terms, ceiling=self._terms.second_person_level - 1)

    def status_for(self, by: Principal, actual: bool | None) -> str:
        """The status of what they publish; None: Actual where they may. Refused where asked for and not allowed."""
        allowed = by.may_be_actual(self.settings)
        if actual and not allowed:
            raise Refused("actual", "Actual needs the switch of the service, its mode, and a key with that right")
        return "Actual" if allowed and actual is not False else "Exercise"

    def check(self, by: Principal, what: str, area: str, status: str = "Exercise") -> None:
        """Refused where this role may not do it, not in this area, or not outside of exercises."""
        if not by.may(what):
            raise Refused("role", f"the role {by.role!r} may not {what} warnings")
        if not self.places.inside(area, by.area):
            raise Refused("scope", f"area {area} is not in {by.area}, for which this key speaks")
        if status == "Actual" and not by.may_be_actual(self.settings):
            raise Refused("actual", "this key may not touch a warning that is Actual")

    @contextmanager
    def transaction(self, by: Principal, tx: Writer | None) -> Iterator[Writer]:
        """The transaction given, or one of our own. A fault in one of our own is told before it goes on."""
        if tx is not None:
            yield tx
            return
        try:
            with self.store.writing(by.actor) as own:
                yield own
        except Fault as fault:
            self.report(fault, by)
            raise

    def report(self, fault: Fault, by: Principal) -> None:
        """Tell subscribers and the audit of a message that could not be sent.

        Whoever gave a transaction of their own calls this once it has been rolled back; else it is done already.
        """
        body = {
            "area": fault.area,
            "message_type": fault.message_type,
            "level": fault.level,
            "breaches": list(fault.breaches),
        }
        with self.store.writing(by.actor) as tx:
            tx.entry("fault", fault.area, body, self.places.lineage(fault.area), fault.level)
            tx.audit("fault", fault.area, body)

    @contextmanager
    def one_of_many(
        self, area: str, message_type: str, level: int, by: Principal, failed: set[str], again_s: float = 0.0
    ) -> Iterator[None]:
        """What goes wrong with one area is told as a fault, put into `failed`, and holds up no other area.

        A store that is away is everybody's trouble: that is raised. The same fault is told again after `again_s`.
        """
        try:
            yield
        except (StoreBusy, StoreUnavailable):
            raise
        except Exception as error:
            if isinstance(error, Fault):
                fault = error
            else:
                _LOG.exception("area %s: %s at level %d failed", area, message_type, level)
                fault = Fault(area, message_type, level, [f"{type(error).__name__}: {error}"])
            failed.add(area)
            now, known = self.clock.now(), str(fault)
            told = self._faults.get(known)
            if told is None or not timedelta(0) <= now - told < timedelta(seconds=again_s):
                self._faults = {k: at for k, at in self._faults.items() if abs(now - at) < timedelta(seconds=again_s)}
                self._faults[known] = now
                self.report(fault, by)

    def send(
        self, tx: Writer, case: Case, decision: Decision, content: Content, now: datetime,
        expires: datetime | None = None, note: str = "",
    ) -> Message:  # fmt: skip
        """Publish the message of a decision and keep the episode with it. Fault where it breaks a rule."""
        before = tx.message(case.record.last) if decision.message_type != "Alert" else None
        sent = now if before is None else max(now, before.sent)  # a clock that jumped back: not before what it succeeds
        sent = sent.replace(microsecond=0)
        ends = expires or sent + timedelta(seconds=self._terms.validity_s)
        status = case.record.status
        notice = self.press.notice(tx, content, status, decision.message_type, before, sent, ends)
        message = self.press.message(tx, notice, before, case.record.id, now)
        told: dict[str, Any] = {
            "reason": decision.reason,
            "before": decision.before,
            "episode": case.record.id,
            "name": content.name,
            "name_en": content.name_en,
        }
        try:
            tx.publish(message, told, self.places.above(content.area))
        except Conflict as clash:
            raise Fault(content.area, decision.message_type, decision.level, [f"{clash.reason}: {clash}"]) from clash
        leaving = content.leave and decision.message_type != "Cancel"
        leave_by, onset = content.leave_by, message.onset
        case.memory = published(case.memory, decision, message.sent, message.expires, leaving, leave_by, onset)
        self.keep_up(tx, case, decision, content, message)
        self._after_sending(tx, case, decision, message, now, note)
        return message

    def _after_sending(
        self, tx: Writer, case: Case, decision: Decision, message: Message, now: datetime, note: str
    ) -> None:
        chain = message.chain
        case.record = replace(case.record, chain=chain, last=message.identifier, changed=now)
        if decision.message_type == "Cancel":
            case.record = replace(case.record, acknowledge_by=None)
            case.move("closed", now)
        elif decision.raises:
            by = now + timedelta(minutes=self.settings.ack_within_min)
            case.record = replace(case.record, acknowledge_by=by, escalated=False)
            case.memory = replace(case.memory, told="")
            if case.record.state != "issued":
                case.move("issued", now)
        case.save(tx, note or decision.reason)

    def end_lapsed(self, tx: Writer, case: Case, now: datetime) -> Case | None:
        """Close an episode whose message is in force no longer, or that nobody looks at any more, and say so.

        What a person has asked a second one for goes on waiting, in an episode of its own: that is returned.
        """
        record, level = case.record, case.memory.level
        if level:
            why = "as its sender set" if case.memory.hand is not None else "no forecast renewed it"
            told = {"area": record.area, "status": record.status, "identifier": record.last, "level": level, "why": why}
            tx.entry("lapsed", record.last, told, self.places.lineage(record.area), level)
            tx.audit("lapsed", record.last, told)
        else:
            why = "no forecast looked at it"
        waiting = self.waits_by_hand(tx, case, now) if level else []
        later = Case.begin(tx, record.area, record.area_level, record.status, now) if waiting else None
        for one in waiting:
            assert later is not None
            self.take_along(tx, one, later, now)
        case.memory = replace(case.memory, level=0)
        case.record = replace(record, acknowledge_by=None)
        case.move("closed", now)
        self.void_all(tx, case)
        case.save(tx, f"lapsed: {why}")
        if later is not None:
            later.save(tx, waiting[0].body["note"] or f"asked for before {record.last} ran out")
        return later

    def hold(self, tx: Writer, status: str, area: str, hand: Hand | None) -> None:
        """Remember a level set by hand in an area without an episode; None: forget it."""
        kept = dict(tx.get(HELD + status) or {})
        if hand is None and area not in kept:
            return
        kept.pop(area, None)
        tx.put(HELD + status, kept if hand is None else kept | {area: vars(hand)})

    def case_of(self, rx: Reader, identifier: str) -> tuple[Case, Message]:
        """The episode of a message. Missing where there is no such message, Refused where its episode is closed."""
        message = rx.message(identifier)
        if message is None or not message.episode:
            raise Missing(f"no message {identifier}")
        record = rx.episode(message.episode)
        if record is None:
            raise Missing(f"no episode of message {identifier}")
        if record.state == "closed":
            raise Refused("over", f"the episode of {identifier} is closed")
        return Case.of(record), message
