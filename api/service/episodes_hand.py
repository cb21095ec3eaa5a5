"""Publishing by hand: issue, update, cancel; acknowledge, act, close; the second person's yes or no.

Every method takes `tx`, a transaction of the caller's that the work becomes part of (for idempotency keys); a Fault
then has to be told by the caller, with `report`, after its transaction was rolled back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from api.messages import has
from api.service.approval_news import tell
from api.service.content import Content, of_area_form, of_notice, of_place
from api.service.episodes_ask import by_a_person
from api.service.episodes_case import Case
from api.service.episodes_desk import Desk, Outcome
from api.service.outlook_form import made_from_form
from api.service.places import Place
from api.service.principal import Principal
from api.service.refused import Refused
from api.store.errors import Missing
from api.store.records import Approval, EpisodeRecord, Message
from api.store.store import Reader, Writer
from api.warning.notice import Notice
from data.errors import InputError
from data.schema import LEVELS
from sim.episode.decide import Decision, by_hand, lapsed, sendable_level
from sim.episode.memory import EpisodeMemory, Hand
from sim.episode.states import IN_FORCE

LONGEST_H = 24.0  # rule 7 of messages


class ByHand(Desk):
    """What people do over HTTP or from the terminal."""

    def issue(
        self, area: str, level: int, by: Principal, *, event: str = "rainstorm", hours: float | None = None,
        actual: bool | None = None, note: str = "", tx: Writer | None = None,
    ) -> Outcome:  # fmt: skip
        """Warn an area that has no message in force.

        `level` 1 (blue) to 4 (red); `hours` of validity, at most 24 (None: as the rules say); `actual` None: Actual
        where this person may. An Actual orange or red only asks a second person: the outcome then has no message.
        Raises InputError, Refused ("role", "scope", "actual", "state"), Fault.
        """
        place = self.places[area]
        _check_level(level, lowest=1)
        _check_event(event)
        status = self.status_for(by, actual)
        self.check(by, "issue", area, status)
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            case = Case.find(work, area, status)
            if case is not None and lapsed(case.memory, now):
                case = self.end_lapsed(work, case, now)
            if case is not None and case.in_force:
                raise Refused("state", f"area {area} is warned already by {case.record.last}: update that")
            case = case or Case.begin(work, area, place.level, status, now)
            if case.in_force:  # without an episode until now
                raise Refused("state", f"area {area} is warned already by {case.record.last}")
            content = self._known(work, place, level, event, now)
            return self._set(work, case, content, by, now, hours, note)

    def update(
        self, identifier: str, by: Principal, *, level: int | None = None, event: str | None = None,
        hours: float | None = None, note: str = "", tx: Writer | None = None,
    ) -> Outcome:  # fmt: skip
        """Succeed the message in force: another colour, another reason, or another end; None: as it is.

        Raises as `issue`, Missing.
        """
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            case, before = self._in_force(work, identifier, now)
            self.check(by, "update", before.area, before.status)
            wanted = before.level if level is None else level
            _check_level(wanted, lowest=1)
            if event is not None:
                _check_event(event)
            content = of_notice(Notice.from_json(before.notice), wanted, event or before.event)
            return self._set(work, case, content, by, now, hours, note, keeps_level=level is None)

    def cancel(self, identifier: str, by: Principal, *, note: str = "", tx: Writer | None = None) -> Message:
        """Lift the warning in force. For a while the rules bring it back only if they ask for more than before."""
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            case, before = self._in_force(work, identifier, now)
            self.check(by, "cancel", before.area, before.status)
            return self._lift(work, case, before, now, note or "lifted by hand")

    def acknowledge(self, identifier: str, by: Principal, note: str = "", *, tx: Writer | None = None) -> EpisodeRecord:
        """Somebody responsible has it. Raises Refused "over" where the warning was raised since, or is over."""
        return self._answer(identifier, by, "acknowledge", "acknowledged", note, tx)

    def act(self, identifier: str, by: Principal, note: str = "", *, tx: Writer | None = None) -> EpisodeRecord:
        """What it asks for is being done. Raises as `acknowledge`."""
        return self._answer(identifier, by, "act", "acted", note, tx)

    def close(self, identifier: str, by: Principal, note: str = "", *, tx: Writer | None = None) -> EpisodeRecord:
        """The regular end of an episode that somebody has acknowledged: its message is lifted, it is over."""
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            case, before = self._in_force(work, identifier, now)
            self.check(by, "close", before.area, before.status)
            if case.record.state == "issued":
                raise Refused("state", "nobody has acknowledged it: acknowledge it first, or cancel it with a reason")
            self._lift(work, case, before, now, note or "closed by hand")
            return case.record

    def approve(self, approval: str, by: Principal, note: str = "", *, tx: Writer | None = None) -> Outcome:
        """The second person agrees: the message goes out now. Raises Missing, Conflict, Refused."""
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            asked, case = self._asked(work, approval, by, now)
            decided = work.decide(approval, by.actor, True)
            tell(work, self.places, decided)
            if lapsed(case.memory, now):
                case = self._after_lapsed(work, case, now)
            case.memory = replace(case.memory, asked=0)
            if asked.level <= case.memory.level:  # nothing is lowered by agreeing to it
                return Outcome(None, decided, case.save(work, note or "agreed to, no longer needed"))
            granted = replace(case.memory, granted=asked.level)
            notice, note_ = Notice.from_json(asked.body["notice"]), note or f"agreed by {by.actor}"
            if asked.body["hand"]:
                case.memory = granted
                content = of_notice(notice, asked.level, notice.event)
                return self._set(work, case, content, by, now, asked.body["hours"], note_)
            level = min(sendable_level(granted, self.terms(case.record.status)), asked.level)
            if level <= case.memory.level:  # the water has fallen meanwhile: should it rise again, it is asked again
                return Outcome(None, decided, case.save(work, note or "agreed to, no longer needed"))
            case.memory = granted
            content = of_notice(notice, level, notice.event)
            kind = "Update" if case.memory.level else "Alert"
            reason = "raised" if case.memory.level else "begun"
            decision = Decision(kind, "issued", case.memory.level, level, notice.event, reason)
            message = self.send(work, case, decision, content, now, note=note_)
            return Outcome(message, None, case.record)

    def reject(self, approval: str, by: Principal, note: str = "", *, tx: Writer | None = None) -> Approval:
        """The second person does not agree; the same level is not asked for again for a while. Raises as `approve`."""
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            asked, case = self._asked(work, approval, by, now)
            decided = work.decide(approval, by.actor, False)
            tell(work, self.places, decided)
            case.memory = replace(case.memory, refused=asked.level, refused_s=now.timestamp(), asked=0)
            if not case.in_force and asked.body["hand"]:
                case.move("closed", now)
                self.void_all(work, case)
            case.save(work, note or f"not agreed by {by.actor}")
            return decided

    def _set(
        self, work: Writer, case: Case, content: Content, by: Principal, now: datetime, hours: float | None, note: str,
        *, keeps_level: bool = False,
    ) -> Outcome:  # fmt: skip
        """A level by hand: sent, or asked for where it needs a second person.

        `keeps_level`: the person said nothing of the level. Where the rules want more, they go on wanting it.
        """
        if hours is not None and not 0.0 < hours <= LONGEST_H:
            raise InputError("no such validity", place="hours", value=hours, expected=f"above 0, at most {LONGEST_H:g}")
        level, before = content.level, case.memory.level
        terms = self.terms(case.record.status)
        if level > max(terms.ceiling, case.memory.granted, before):
            if any(one.level >= level for one in work.questions(case.record.id, content.area)):
                raise Refused(
                    "state", f"a second person was asked about area {content.area} already: wait for the answer"
                )
            body = {"hand": True, "hours": hours, "note": note}
            return Outcome(None, self.ask(work, case, level, content, by, now, body), case.record)
        ends = self.ends_by_hand(hours, work.message(case.record.last) if before else None, now)
        rules_say = self._rules_say(work, case.memory, content.area)
        until = ends if level >= rules_say else now + timedelta(seconds=terms.hand_hold_s)
        if not (keeps_level and rules_say > level):
            case.memory = by_hand(case.memory, level, rules_say, now, until)
        reason = "begun" if not before else "raised" if level > before else "lowered" if level < before else "renewed"
        said = "updated by hand" if before else "issued by hand"
        decision = Decision("Update" if before else "Alert", "issued", before, level, content.event, reason)
        message = self.send(work, case, decision, by_a_person(content), now, ends, note or said)
        self.hold(work, case.record.status, content.area, None)
        return Outcome(message, None, case.record)

    def _rules_say(self, rx: Reader, memory: EpisodeMemory, area: str) -> int:
        """The level that the newest forecast gave the area, 0 where there is none."""
        return max(memory.seen, int((rx.outlook(area) or {}).get("colour", 0)))

    def _known(self, rx: Reader, place: Place, level: int, event: str, now: datetime) -> Content:
        """What is known of an area that a person warns: the newest outlook's facts, unless it is too old for them."""
        said, cycle = rx.outlook(place.code), rx.cycle(rx.outlook_cycle())
        if said is None or cycle is None or now - cycle.time > timedelta(seconds=self._terms.renew_before_s):
            return of_place(place, level, event)
        return of_area_form(place, said, made_from_form(cycle.body), level, event)

    def _lift(self, work: Writer, case: Case, before: Message, now: datetime, note: str) -> Message:
        decision = Decision("Cancel", "closed", case.memory.level, 0, before.event, "lifted")
        said = self._rules_say(work, case.memory, before.area)
        until_s = now.timestamp() + self._terms.hand_hold_s
        self.hold(work, before.status, before.area, Hand(0, said, until_s))
        content = of_notice(Notice.from_json(before.notice), 0, before.event)
        return self.send(work, case, decision, by_a_person(replace(content, people=None)), now, note=note)

    def _in_force(self, rx: Reader, identifier: str, now: datetime) -> tuple[Case, Message]:
        """The case of the message in force. Refused "over" where it was succeeded, lifted or has lapsed."""
        case, message = self.case_of(rx, identifier)
        if case.record.last != identifier:
            raise Refused("over", f"{identifier} was succeeded by {case.record.last}")
        if not case.in_force or lapsed(case.memory, now):
            raise Refused("over", f"{identifier} is not in force any more")
        return case, message

    def _answer(
        self, identifier: str, by: Principal, what: str, state: str, note: str, tx: Writer | None
    ) -> EpisodeRecord:
        now = self.clock.now()
        with self.transaction(by, tx) as work:
            case, message = self.case_of(work, identifier)
            self.check(by, what, message.area, message.status)
            if not case.in_force or lapsed(case.memory, now):
                raise Refused("over", f"{identifier} is not in force any more")
            if message.level < case.memory.level:
                raise Refused("over", f"it was raised since by {case.record.last}: answer that")
            work.audit(what, identifier, {"note": note, "state": case.record.state})
            if IN_FORCE.index(case.record.state) >= IN_FORCE.index(state):
                return case.record  # somebody was quicker; written down all the same
            case.move(state, now)
            case.record = replace(case.record, acknowledge_by=None)
            return case.save(work, note)

    def _after_lapsed(self, work: Writer, case: Case, now: datetime) -> Case:
        """The episode that follows one whose message has run out, with what the rules were last seen to say."""
        said, record = case.memory, case.record
        later = self.end_lapsed(work, case, now)
        if later is None:
            later = Case.begin(work, record.area, record.area_level, record.status, now)
        later.memory = replace(
            later.memory, look=said.look, cycle=said.cycle, seen=said.seen, watched_s=said.watched_s, blind=0
        )
        return later

    def _asked(self, work: Writer, approval: str, by: Principal, now: datetime) -> tuple[Approval, Case]:
        asked = work.approval(approval)
        if asked is None:
            raise Missing(f"no request {approval}")
        self.check(by, "approve", asked.area, asked.body["status"])
        self.check_second(work, asked, by)
        if asked.state == "void":
            raise Refused("over", f"request {approval} is void: the warning of area {asked.area} has changed since")
        if abs(now - asked.asked) > timedelta(seconds=self._terms.approval_lapse_s):
            raise Refused("over", f"request {approval} is too old: ask again")
        record = work.episode(asked.body["episode"])
        if record is None or record.state == "closed":
            raise Refused("over", f"the episode of request {approval} is closed")
        return asked, Case.of(record)


def _check_level(level: int, lowest: int) -> None:
    if isinstance(level, bool) or not lowest <= level < len(LEVELS):
        raise InputError("no such level", place="level", value=level, expected=f"{lowest} to {len(LEVELS) - 1}")


def _check_event(event: str) -> None:
    if not has(f"event_name.{event}"):
        raise InputError("no such event", place="event", value=event, expected="an event of the message catalogue")
