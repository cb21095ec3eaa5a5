"""Publishing by the forecast: every area of a cycle, renewal without one, lapses, overdue acknowledgements."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.service.approval_news import tell
from api.service.content import Content, of_notice, of_outlook
from api.service.episodes_case import Case
from api.service.episodes_desk import HELD, Desk
from api.service.principal import SYSTEM, Principal
from api.store.records import EpisodeRecord, Message
from api.store.store import Writer
from api.warning.notice import Notice
from api.warning.provenance import BY_HAND, made_from
from data.schema import AREA_LEVELS
from sim.episode.decide import decide, decide_blind, lapsed
from sim.episode.look import Step, look
from sim.episode.memory import EpisodeMemory, Hand
from sim.forecast.outlook import Outlook

LAST_CYCLE = "episodes.cycle."  # + status: the last forecast cycle taken whole
STATUSES = ("Exercise", "Actual")
_TELL_AGAIN_S = 600.0  # a renewal that fails is tried every few seconds
NO_FORECAST = "no_forecast"  # in `made_from` of a message renewed without one


class ByForecast(Desk):
    """What the watch loop and the background process call."""

    def take_outlook(
        self, outlook: Outlook, by: Principal = SYSTEM, sent: list[Message] | None = None
    ) -> list[Message]:
        """Publish what a forecast cycle asks for, area by area, each in a transaction of its own.

        The worst is sent first. The same cycle again, or one older than the last, publishes nothing; after a crash in
        the middle the rest is published. A message that breaks a rule is told as a fault and tried again with the
        next cycle; areas below it then get messages of their own. Messages are added to `sent` as they go out, for
        whoever calls again after the store was away; it is also what is returned.
        """
        status = self.status_for(by, None)
        now = self.clock.now()
        sent = [] if sent is None else sent
        if not self._is_news(outlook, status, now):
            return sent
        self._lapse(status, now, by)
        self._take_over(status, now, by)
        failed: set[str] = set()
        steps: list[Step] = []
        for _ in AREA_LEVELS:  # a fault takes the cover from the areas below: at most once per level
            steps = self._steps(outlook, status, now, frozenset(failed))
            before = len(failed)
            for step in steps:
                area = step.area.area
                if step.decision is None or area in failed or not self.places.inside(area, by.area):
                    continue
                with self.one_of_many(area, step.decision.message_type, step.decision.level, by, failed):
                    message = self._take(step, outlook, status, by, now)
                    sent += [message] if message is not None else []
            if len(failed) == before:
                break
        self._keep_looks([step for step in steps if step.area.area not in failed], outlook, status, by, now)
        return sent

    def expire(self, now: datetime | None = None, by: Principal = SYSTEM) -> list[Message]:
        """Renew what no forecast has renewed, as often as the terms allow; say what has lapsed; end old questions.

        To be called every minute or so, whether a forecast runs or not. Returns the renewals.
        """
        now = now or self.clock.now()
        renewed = []
        for status in STATUSES:
            with self.store.reading() as rx:
                due = [r for r in rx.open_episodes(status) if decide_blind(Case.of(r).memory, now, self.terms(status))]
            for record in due:
                with self.one_of_many(record.area, "Update", record.level, by, set(), _TELL_AGAIN_S):
                    message = self._renew_blind(record, now, by)
                    renewed += [message] if message is not None else []
            self._lapse(status, now, by)
        self._lapse_approvals(now, by)
        return renewed

    def escalate(self, now: datetime | None = None, by: Principal = SYSTEM) -> list[EpisodeRecord]:
        """Tell the area above of every message that nobody has acknowledged in time; then the one above that."""
        now = now or self.clock.now()

        def overdue(record: EpisodeRecord) -> bool:
            return record.state == "issued" and record.acknowledge_by is not None and record.acknowledge_by <= now

        with self.store.reading() as rx:
            found = [record for status in STATUSES for record in rx.open_episodes(status) if overdue(record)]
        told = []
        for one in found:
            with self.store.writing(by.actor) as tx:
                record = tx.episode(one.id)
                if record is not None and overdue(record):
                    told.append(self._escalate(tx, Case.of(record), now))
        return told

    def _is_news(self, outlook: Outlook, status: str, now: datetime) -> bool:
        """Whether it is later than the last cycle, or that was of a clock which ran ahead and was put right since."""
        with self.store.reading() as rx:
            last = rx.get(LAST_CYCLE + status)
        if last is None:
            return True
        time = datetime.fromisoformat(last["time"])
        return outlook.time > time or (now < time and outlook.cycle != last["cycle"])

    def _steps(self, outlook: Outlook, status: str, now: datetime, failed: frozenset[str]) -> list[Step]:
        with self.store.reading() as rx:
            known = {record.area: EpisodeMemory.from_json(record.memory) for record in rx.open_episodes(status)}
            held = held_of(rx.get(HELD + status), now)
        return look(outlook, known, held, now, self.terms(status), failed)

    def _take(self, step: Step, outlook: Outlook, status: str, by: Principal, now: datetime) -> Message | None:
        """Do what the area needs, by its memory as it is now: somebody may have touched it since the cycle was read."""
        area = step.area
        with self.store.writing(by.actor) as tx:
            case = Case.find(tx, area.area, status)
            if case is None:
                case = Case.begin(tx, area.area, area.area_level, status, now)
                if not case.in_force:
                    case.memory = replace(case.memory, hand=held_of(tx.get(HELD + status), now).get(area.area))
            if case.memory.cycle == outlook.cycle:
                return None
            looked, decision = decide(case.memory, area, now, self.terms(status), outlook.gauges.deaf)
            if decision is None or (case.is_new and decision.state == "closed"):
                if case.is_new and case.in_force:  # taken over: from now on it is looked after like any other
                    case.memory = replace(looked, cycle=outlook.cycle)
                    case.save(tx, "in force again: the clock was set back")
                return None
            if decision.state == "closed" and self.waits_by_hand(tx, case, now):
                # The rules lift nothing while a person has asked for more; that they would is decided again.
                case.memory = replace(
                    looked, look=replace(looked.look, level=case.memory.look.level), cycle=outlook.cycle
                )
                case.save(tx)
                return None
            case.memory = replace(looked, cycle=outlook.cycle)
            content = of_outlook(area, outlook.time, decision.level, decision.event, made_from(outlook))
            if not decision.message_type:
                case.move(decision.state or case.record.state, now)
                if decision.state == "closed":
                    self.void_all(tx, case)
                case.save(tx)
                message = None
            else:
                message = self.send(tx, case, decision, self._grounded(tx, case, content, area.colour), now)
                if decision.message_type == "Alert":
                    self.hold(tx, status, area.area, None)
            if decision.ask:
                self.ask(tx, case, decision.ask, content, by, now, {"hand": False})
            return message

    def _grounded(self, tx: Writer, case: Case, content: Content, colour: int) -> Content:
        """The content; where its level is only held, with the evidence of the message that it succeeds."""
        before = tx.message(case.record.last) if case.in_force else None
        if before is None or colour >= content.level:
            return content
        return replace(content, evidence=Notice.from_json(before.notice).evidence, onset=None)

    def _keep_looks(self, steps: list[Step], outlook: Outlook, status: str, by: Principal, now: datetime) -> None:
        """Keep what was seen where nothing had to be done, and that the cycle was taken whole."""
        quiet = {step.area.area: step.area for step in steps if step.decision is None}
        with self.store.writing(by.actor) as tx:
            for record in tx.open_episodes(status):
                area = quiet.get(record.area)
                if area is None or not self.places.inside(record.area, by.area):
                    continue
                case = Case.of(record)
                if case.memory.cycle != outlook.cycle:
                    looked, _ = decide(case.memory, area, now, self.terms(status), outlook.gauges.deaf)
                    case.memory = replace(looked, cycle=outlook.cycle)
                    case.save(tx)
            if not by.area:
                tx.put(LAST_CYCLE + status, {"cycle": outlook.cycle, "time": outlook.time.isoformat()})

    def _renew_blind(self, record: EpisodeRecord, now: datetime, by: Principal) -> Message | None:
        with self.store.writing(by.actor) as tx:
            case = Case.find(tx, record.area, record.status)
            decision = None if case is None else decide_blind(case.memory, now, self.terms(record.status))
            before = None if case is None else tx.message(case.record.last)
            if case is None or decision is None or before is None:
                return None
            content = of_notice(Notice.from_json(before.notice), decision.level, decision.event)
            not_now = {NO_FORECAST, BY_HAND} if decision.message_type == "Cancel" else {NO_FORECAST}
            origin = (one for one in content.made_from if one not in not_now)
            blind = replace(content, probability=None, made_from=(*origin, NO_FORECAST))
            return self.send(tx, case, decision, blind, now, note="renewed without a forecast")

    def _lapse(self, status: str, now: datetime, by: Principal) -> None:
        """Close the episodes whose message is in force no longer, and those watched that nobody looks at any more."""
        with self.store.reading() as rx:
            over = [record for record in rx.open_episodes(status) if self._is_over(Case.of(record), now)]
        for one in over:
            with self.store.writing(by.actor) as tx:
                case = Case.find(tx, one.area, status)
                if case is None or not self._is_over(case, now):
                    continue
                self.end_lapsed(tx, case, now)

    def _take_over(self, status: str, now: datetime, by: Principal) -> None:
        """Open episodes for messages that a clock set back has brought into force again: else nobody would end them."""
        with self.store.reading() as rx:
            held = {record.area for record in rx.open_episodes(status)}
            found = {m.area: m.area_level for m in rx.active(now, status) if m.episode and m.area not in held}
        for area, area_level in found.items():
            with self.store.writing(by.actor) as tx:
                if Case.find(tx, area, status) is None:
                    case = Case.begin(tx, area, area_level, status, now)
                    if case.in_force:
                        case.save(tx, "in force again: the clock was set back")

    def _is_over(self, case: Case, now: datetime) -> bool:
        if case.memory.level:
            return lapsed(case.memory, now)
        return now - case.record.changed > timedelta(seconds=self._terms.validity_s)

    def _lapse_approvals(self, now: datetime, by: Principal) -> None:
        lapse = timedelta(seconds=self._terms.approval_lapse_s)  # on either side: a clock may have run ahead
        with self.store.reading() as rx:
            old = [one.id for one in rx.approvals("waiting", limit=10_000) if abs(now - one.asked) >= lapse]
        for name in old:
            with self.store.writing(by.actor) as tx:
                kept = tx.approval(name)
                if kept is None or kept.state != "waiting":
                    continue
                tell(tx, self.places, tx.lapse_approval(name))
                record = tx.episode(kept.body["episode"])
                if kept.body["hand"] and record is not None and record.state == "assessed" and not record.level:
                    case = Case.of(record)
                    case.move("closed", now)
                    self.void_all(tx, case)
                    case.save(tx, "nobody agreed in time")

    def _escalate(self, tx: Writer, case: Case, now: datetime) -> EpisodeRecord:
        record = case.record
        above = self.places.above(record.area)
        passed = (*above[: above.index(case.memory.told) + 1],) if case.memory.told in above else ()
        rest = above[len(passed) :]
        to = rest[0] if rest else ""
        body = {
            "area": record.area,
            "status": record.status,
            "to": to,
            "level": record.level,
            "since": None if record.acknowledge_by is None else record.acknowledge_by.isoformat(),
        }
        tx.entry("escalation", record.last, body, self.places.lineage(record.area), record.level)
        again = now + timedelta(minutes=self.settings.ack_within_min) if len(rest) > 1 else None
        case.memory = replace(case.memory, told=to)
        case.record = replace(record, escalated=True, acknowledge_by=again)
        return case.save(tx, f"not acknowledged in time; passed on to {to or 'nobody: no area above'}")


def held_of(kept: dict[str, Any] | None, now: datetime) -> dict[str, Hand]:
    """Levels set by hand in areas without an episode, as far as they still hold."""
    found = {area: Hand(**said) for area, said in (kept or {}).items()}
    return {area: hand for area, hand in found.items() if hand.until_s > now.timestamp()}
