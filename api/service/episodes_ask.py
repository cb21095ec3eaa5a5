"""Questions to a second person: asked, kept up with the chain, void once it has overtaken them. One per episode."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.service.approval_news import tell
from api.service.content import Content, of_notice
from api.service.episodes_case import Case
from api.service.places import Places
from api.service.press import Press
from api.service.principal import Principal
from api.service.refused import Refused
from api.store.records import ApiKey, Approval, Message
from api.store.store import Reader, Writer
from api.warning.notice import Notice
from api.warning.provenance import BY_HAND
from sim.episode.decide import Decision, more_particular
from sim.episode.terms import EpisodeTerms


class Asking:
    """What is asked of a second person, and who that may be."""

    press: Press
    places: Places
    _terms: EpisodeTerms

    def ask(
        self, tx: Writer, case: Case, level: int, content: Content, by: Principal, now: datetime, body: dict[str, Any]
    ) -> Approval:
        """Ask a second person for a level; what they agree to is shown as it would be sent.

        `body`: "hand", whether a person asks, and then "hours" of validity (None: as it is) and "note", why. A
        question of the episode that waits already is void: this one asks for more.
        """
        self.void_all(tx, case)
        before = tx.message(case.record.last) if case.in_force else None
        body = {"episode": case.record.id, "status": case.record.status} | body
        asked = Approval(
            id=secrets.token_hex(8),
            asked_by=by.actor,
            asked=now,
            message_type="Alert" if before is None else "Update",
            area=content.area,
            level=level,
            body=body | {"notice": self._shown(tx, replace(content, level=level), body, before, now)},
        )
        tx.ask_approval(asked)
        tell(tx, self.places, asked)
        case.memory = replace(case.memory, asked=level, asked_s=now.timestamp())
        if not case.in_force and case.record.state == "detected":
            case.move("assessed", now)
        case.save(tx, body.get("note", ""))
        return asked

    def void_all(self, tx: Writer, case: Case) -> None:
        """Nobody needs to answer any question of the episode any more; say so."""
        for one in tx.questions(case.record.id, case.record.area):
            tell(tx, self.places, tx.void_approval(one.id))

    def keep_up(self, tx: Writer, case: Case, decision: Decision, content: Content, sent: Message) -> None:
        """What a message that has just gone out makes of the questions of its episode.

        Those that ask for no more than it says are void. So are the rules' questions where it lowers, lifts, or is a
        person's word against them: once the colour was lowered, it must be agreed to again. A person's question is
        void where a person lowers or lifts. The others show, and send, the facts of this message at their level; a
        message renewed without a forecast has none that are newer than theirs.
        """
        kept = 0
        for one in tx.questions(case.record.id, case.record.area):
            if _overtaken(one, case, decision, by_hand=BY_HAND in content.made_from):
                tell(tx, self.places, tx.void_approval(one.id))
                continue
            kept = max(kept, one.level)
            event = one.body["notice"]["event"]
            if not one.body["hand"] and more_particular(content.event, event):
                event = content.event
            raised = replace(content, level=one.level, event=event)
            if decision.reason == "blind":
                raised = of_notice(Notice.from_json(one.body["notice"]), one.level, event)
            shown = self._shown(tx, raised, one.body, sent, sent.sent)
            tx.renew_approval(one.id, "Update", one.body | {"notice": shown})
        case.memory = replace(case.memory, asked=kept)

    def waits_by_hand(self, rx: Reader, case: Case, now: datetime) -> list[Approval]:
        """What people have asked a second one for in an episode, and not so long ago that it is void."""
        lapse = timedelta(seconds=self._terms.approval_lapse_s)
        found = rx.questions(case.record.id, case.record.area)
        return [one for one in found if one.body["hand"] and abs(now - one.asked) < lapse]

    def take_along(self, tx: Writer, question: Approval, later: Case, now: datetime) -> None:
        """Hand a question over to the episode that follows a message which ran out."""
        before = tx.message(later.record.last) if later.in_force else None
        content = of_notice(Notice.from_json(question.body["notice"]), question.level, question.body["notice"]["event"])
        body = question.body | {"episode": later.record.id}
        shown = self._shown(tx, content, body, before, now)
        tx.renew_approval(question.id, "Alert" if before is None else "Update", body | {"notice": shown})
        later.memory = replace(later.memory, asked=question.level, asked_s=question.asked.timestamp())
        if not later.in_force:
            later.move("assessed", now)

    def ends_by_hand(self, hours: float | None, before: Message | None, now: datetime) -> datetime:
        """End of a message by hand: so many hours from now; None: that of the message before, else as the rules say."""
        if hours is None and before is not None:
            return before.expires
        valid = timedelta(seconds=self._terms.validity_s) if hours is None else timedelta(hours=hours)
        return now.replace(microsecond=0) + valid

    def check_second(self, rx: Reader, asked: Approval, by: Principal) -> None:
        """Refused where they are, or may be, the person who asked.

        A key made after the question, and one that goes back to the key which asked, may be in the hand of the asker;
        so may the key that asked be in the hand of whoever made it.
        """
        if asked.asked_by == by.actor:
            raise Refused("second_person", "whoever asked cannot agree or refuse: it takes a second person")
        key = rx.key(by.key)
        if key is not None and key.created is not None and key.created >= asked.asked:
            raise Refused("second_person", "this key was made after the question was asked")
        if asked.asked_by in _makers(rx, key):
            raise Refused("second_person", "this key was made with the key that asked")
        if by.actor in _makers(rx, rx.key(asked.asked_by)):
            raise Refused("second_person", "the key that asked was made with this key")

    def _shown(
        self, rx: Reader, content: Content, body: dict[str, Any], before: Message | None, now: datetime
    ) -> dict[str, Any]:
        """The message as it would go out now. Without an identifier: another message may take it meanwhile."""
        kind = "Alert" if before is None else "Update"
        ends = now + timedelta(seconds=self._terms.validity_s)
        if body["hand"]:
            content = by_a_person(content)
            ends = self.ends_by_hand(body["hours"], before, now)
        notice = self.press.notice(rx, content, body["status"], kind, before, now, ends)
        return replace(notice, identifier="").to_json()


def _makers(rx: Reader, key: ApiKey | None) -> set[str]:
    """The keys that a key goes back to: by which it was made, by which that was made, and so on."""
    makers: set[str] = set()
    while key is not None and key.made_by not in makers:
        makers.add(key.made_by)
        key = rx.key(key.made_by)
    return makers - {""}


def _overtaken(question: Approval, case: Case, decision: Decision, by_hand: bool) -> bool:
    """Whether a question is void after a message of the forecast or, `by_hand`, of a person."""
    if decision.message_type == "Cancel" or question.level <= decision.level:
        return True
    lowered = decision.level < decision.before
    if question.body["hand"]:
        return lowered and by_hand
    held = case.memory.hand is not None and case.memory.hand.level < question.level
    return lowered or held


def by_a_person(content: Content) -> Content:
    """The content, saying that a person has set or lifted it."""
    return replace(content, made_from=(*(one for one in content.made_from if one != BY_HAND), BY_HAND))
