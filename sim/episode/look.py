"""One forecast cycle over all areas: which messages go out, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from data.schema.inputs import AREA_LEVELS
from sim.episode.combine import Standing, own_messages
from sim.episode.decide import Decision, decide, has_order
from sim.episode.memory import EpisodeMemory, Hand
from sim.episode.terms import EpisodeTerms
from sim.forecast.outlook import AreaOutlook, Outlook


@dataclass(frozen=True)
class Step:
    """One area: its memory after the look, and what is to be done about it."""

    area: AreaOutlook
    memory: EpisodeMemory
    decision: Decision | None


def look(
    outlook: Outlook,
    known: Mapping[str, EpisodeMemory],
    held: Mapping[str, Hand],
    now: datetime,
    terms: EpisodeTerms,
    not_covering: frozenset[str] = frozenset(),
) -> list[Step]:
    """The steps of a cycle: new and raised messages first, the worst of them first, all clear last.

    `known`: the memory of every area with an open episode; `held`: levels set by hand in areas that have none (a
    warning lifted by an officer). An area that has seen this cycle already is left as it is. Areas without an episode
    of which there is nothing to say have no step.
    """
    steps = []
    for area in outlook.areas:
        memory = known.get(area.area) or EpisodeMemory(hand=held.get(area.area))
        if memory.cycle == outlook.cycle:
            steps.append(Step(area, memory, None))
            continue
        looked, decision = decide(memory, area, now, terms, outlook.gauges.deaf)
        steps.append(Step(area, replace(looked, cycle=outlook.cycle), decision))
    own = own_messages([_standing(step) for step in steps], terms, not_covering)
    seen = own_messages([_standing(step, watching=True) for step in steps], terms, not_covering)
    kept = [_shared(step, own, seen) for step in steps]
    kept = [step for step in kept if step.decision is not None or step.area.area in known]
    return sorted(kept, key=_urgency)


def _standing(step: Step, watching: bool = False) -> Standing:
    memory, area = step.memory, step.area
    watched = watching and step.decision is not None and step.decision.reason == "watched"
    return Standing(
        area=area.area,
        area_level=area.area_level,
        parent=area.parent,
        level=max(memory.look.level, int(watched)),
        event=step.decision.event if step.decision is not None else memory.event,
        ordered=has_order(area),
        begun=memory.level > 0,
    )


def _shared(step: Step, own: set[str], seen: set[str]) -> Step:
    """The step without a message, or a watch, that an area above already stands for."""
    decision = step.decision
    if decision is None or decision.message_type in ("Update", "Cancel") or step.memory.level:
        return step
    of = seen if decision.reason == "watched" else own
    if decision.reason == "passed" or step.area.area in of:
        return step
    return replace(step, decision=None)


def _urgency(step: Step) -> tuple[int, int, int, str]:
    decision = step.decision
    if decision is None:
        kind = 3
    elif decision.message_type == "Cancel":
        kind = 2
    else:
        kind = 0 if decision.raises or decision.ask else 1
    level = -(decision.level if decision is not None else 0)
    return kind, level, AREA_LEVELS.index(step.area.area_level), step.area.area
