"""Which message an area needs now: none, an Alert, an Update or a Cancel. Pure: one look, one area.

Raised at once, lowered with hysteresis (`hazards.hysteresis`), renewed before it expires, changed where the reason or
the order to leave changes. What is decided counts only once `published` has been told that it went out, so a message
that could not be sent is decided again at the next look.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime

from hazards import take
from sim.episode.memory import EpisodeMemory, Hand
from sim.episode.terms import EpisodeTerms
from sim.forecast.outlook import AreaOutlook

EVENTS = ("rainstorm", "waterlogging")  # from the general to the particular; what is not named is more particular
REASONS = (
    "begun", "raised", "lowered", "order", "event", "come", "renewed", "blind", "lifted",  # of messages
    "asked", "watched", "passed",  # of none
)  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """What to do about one area. `message_type` is empty where no message goes out."""

    message_type: str  # "Alert", "Update", "Cancel", ""
    state: str  # that the episode gets by it, of sim.episode.states; "" as it is
    before: int  # level of the message in force
    level: int  # of the message to send
    event: str
    reason: str  # one of REASONS
    ask: int = 0  # level to ask a second person for

    @property
    def raises(self) -> bool:
        """Whether it must be acknowledged afresh."""
        return self.message_type == "Alert" or (self.message_type == "Update" and self.level > self.before)


def decide(
    memory: EpisodeMemory, area: AreaOutlook, now: datetime, terms: EpisodeTerms, deaf: bool = False
) -> tuple[EpisodeMemory, Decision | None]:
    """One look at the outlook of an area. After a clock was set back, what was seen later counts as seen now.

    `deaf`: no rain gauge of the city was heard. Nobody knows then that the rain is over, so no level falls; a message
    that is in force by this alone is renewed as often as one without a forecast.
    """
    time_s = now.timestamp()
    memory = _not_later(memory, time_s)
    wanted = area.colour if memory.hand is None else memory.hand.wanted(area.colour, time_s)
    held = deaf and wanted < memory.look.level
    if held:
        wanted = memory.look.level
    state, _ = take(memory.look, time_s, wanted, terms.hysteresis)
    watched = area.colour > 0 or area.probability[0] >= terms.detect_probability
    looked = replace(
        memory,
        look=state,
        hand=memory.hand if held or wanted != area.colour or _holds(memory.hand, area.colour, time_s) else None,
        blind=memory.blind if held else 0,
        seen=area.colour,
        watched_s=time_s if watched else memory.watched_s,
    )
    if looked.level and not state.level:
        return looked, Decision("Cancel", "closed", looked.level, 0, looked.event, "lifted")
    ask = _to_ask(looked, time_s, terms)
    sendable = sendable_level(looked, terms)
    event = _event(looked, area)
    if not looked.level:
        return looked, _before_issue(looked, time_s, sendable, event, ask, terms)
    reason = _reason_to_update(looked, area, time_s, sendable, event, terms)
    if held and reason == "renewed":
        reason = "blind" if looked.blind < terms.blind_renewals else ""
    if reason:
        return looked, Decision("Update", "issued", looked.level, sendable, event, reason, ask)
    return looked, Decision("", "", looked.level, looked.level, event, "asked", ask) if ask else None


def decide_blind(memory: EpisodeMemory, now: datetime, terms: EpisodeTerms) -> Decision | None:
    """What to do about a message in force while no forecast comes: renew it as it is, so often; then let it lapse.

    It is the turn of this when half of the time in which a forecast should have renewed it has passed without one.
    """
    time_s = now.timestamp()
    due = memory.level > 0 and memory.expires_s - time_s <= terms.renew_before_s / 2.0
    looked_at = memory.look.seen_s >= memory.expires_s - terms.renew_before_s
    if not due or looked_at or lapsed(memory, now) or memory.blind >= terms.blind_renewals or _ends_by_hand(memory):
        return None
    return Decision("Update", "issued", memory.level, memory.level, memory.event, "blind")


def lapsed(memory: EpisodeMemory, now: datetime) -> bool:
    """Whether the message in force is in force no longer."""
    return memory.level > 0 and now.timestamp() >= memory.expires_s


def published(
    memory: EpisodeMemory,
    decision: Decision,
    sent: datetime,
    expires: datetime,
    ordered: bool,
    leave_by: datetime | None,
    onset: datetime | None = None,
) -> EpisodeMemory:
    """The memory once the message of a decision is out. `onset` None: it names none, or the danger is here."""
    if decision.message_type == "Cancel":
        return replace(memory, level=0, sent_s=sent.timestamp(), expires_s=sent.timestamp())
    return replace(
        memory,
        level=decision.level,
        event=decision.event,
        sent_s=sent.timestamp(),
        expires_s=expires.timestamp(),
        ordered=ordered,
        leave_by_s=math.inf if leave_by is None else leave_by.timestamp(),
        onset_s=math.inf if onset is None else onset.timestamp(),
        granted=min(memory.granted, decision.level),  # what was agreed to and is not sent now is spent
        blind=memory.blind + (decision.reason == "blind"),
    )


def by_hand(memory: EpisodeMemory, level: int, rules_say: int, now: datetime, until: datetime) -> EpisodeMemory:
    """The memory once a person has set the level, before `published`."""
    time_s = now.timestamp()
    # As if the rules had given this level just now and nothing higher for long: no hold of hysteresis undoes it.
    met_s = tuple(time_s if k < level else -math.inf for k in range(len(memory.look.met_s)))
    below_s = tuple(math.inf if k < level else -math.inf for k in range(len(memory.look.below_s)))
    look = replace(memory.look, level=level, changed_s=time_s, seen_s=time_s, met_s=met_s, below_s=below_s)
    return replace(memory, look=look, hand=Hand(level, rules_say, until.timestamp()), blind=0)


def sendable_level(memory: EpisodeMemory, terms: EpisodeTerms) -> int:
    """The level wanted, as far as it may go out without asking anybody again; never below the message in force."""
    wanted = memory.look.level
    return max(min(wanted, max(terms.ceiling, memory.granted)), min(wanted, memory.level))


def more_particular(event: str, than: str) -> bool:
    """Whether an event says more than another: water in the street is more than rain."""
    rank = {name: number for number, name in enumerate(EVENTS)}
    return event != than and rank.get(event, len(EVENTS)) > rank.get(than, -1 if not than else len(EVENTS))


def has_order(area: AreaOutlook) -> bool:
    """Whether people of the area have to leave."""
    return area.leave_by is not None or bool(area.shelters)


def _not_later(memory: EpisodeMemory, time_s: float) -> EpisodeMemory:
    """The memory with nothing noted later than `time_s`: the holds of a clock that ran ahead end in good time.

    A level that falls is held anew from now on at the most; what was met or missed before stays as it was.
    """
    look = memory.look
    if look.seen_s <= time_s and memory.sent_s <= time_s:
        return memory
    noted = replace(
        look,
        changed_s=min(look.changed_s, time_s),
        seen_s=min(look.seen_s, time_s),
        met_s=tuple(min(met_s, time_s) for met_s in look.met_s),
        below_s=tuple(below_s if below_s == math.inf else min(below_s, time_s) for below_s in look.below_s),
    )
    return replace(
        memory, look=noted, sent_s=min(memory.sent_s, time_s), watched_s=min(memory.watched_s, time_s)
    )  # fmt: skip


def _holds(hand: Hand | None, rules_say: int, time_s: float) -> bool:
    return hand is not None and time_s < hand.until_s and rules_say <= max(hand.level, hand.seen)


def _ends_by_hand(memory: EpisodeMemory) -> bool:
    """Whether a person gave the message its end, and the rules asked for nothing."""
    return memory.hand is not None and memory.hand.seen == 0 and memory.hand.until_s <= memory.expires_s


def _to_ask(memory: EpisodeMemory, time_s: float, terms: EpisodeTerms) -> int:
    wanted = memory.look.level
    # On either side: what a clock that ran ahead has noted must not keep us silent for as long as it was ahead.
    waiting = memory.asked >= wanted and abs(time_s - memory.asked_s) < terms.approval_lapse_s
    refused = memory.refused == wanted and abs(time_s - memory.refused_s) < terms.ask_again_s
    return 0 if wanted <= sendable_level(memory, terms) or waiting or refused else wanted


def _event(memory: EpisodeMemory, area: AreaOutlook) -> str:
    """The reason of the level wanted: the outlook's while it gives that level, else what it was."""
    if area.colour >= memory.look.level and area.event:
        return area.event
    return memory.event or area.event or EVENTS[0]


def _before_issue(
    memory: EpisodeMemory, time_s: float, sendable: int, event: str, ask: int, terms: EpisodeTerms
) -> Decision | None:
    if sendable:
        return Decision("Alert", "issued", 0, sendable, event, "begun", ask)
    if memory.look.level:
        return Decision("", "assessed", 0, 0, event, "asked", ask)
    if memory.watched_s == time_s:
        return Decision("", "detected", 0, 0, event, "watched")
    if terms.hysteresis.downgrade_hold_s <= time_s - memory.watched_s < math.inf:
        return Decision("", "closed", 0, 0, event, "passed")
    return None


def _reason_to_update(
    memory: EpisodeMemory, area: AreaOutlook, time_s: float, sendable: int, event: str, terms: EpisodeTerms
) -> str:
    """Why the message in force must be succeeded, "" where it need not."""
    if sendable > memory.level:
        return "raised"
    if sendable < memory.level:
        return "lowered"
    rested = time_s - memory.sent_s >= terms.hysteresis.min_reissue_s
    if has_order(area):
        leave_by_s = math.inf if area.leave_by is None else area.leave_by.timestamp()
        if not memory.ordered or (rested and leave_by_s < memory.leave_by_s - terms.hysteresis.min_reissue_s):
            return "order"
    if area.colour >= memory.level and _has_come(memory, time_s):
        return "come"
    if rested and more_particular(event, memory.event):
        return "event"
    due = memory.expires_s - time_s <= terms.renew_before_s
    return "renewed" if due and not (_ends_by_hand(memory) and area.colour == 0) else ""


def _has_come(memory: EpisodeMemory, time_s: float) -> bool:
    """Whether a moment that the message in force speaks of as to come, its last departure or its onset, has come."""
    return any(memory.sent_s < told_s <= time_s for told_s in (memory.leave_by_s, memory.onset_s))
