"""Makes a notice from a warning: clock times, texts in both languages, outline; for drill and service alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import shapely
from shapely import wkb

from api.warning.notice import BEIJING, Notice, Refuge, Ring, measured
from api.warning.outline import outlines
from api.warning.phrases import labels_of, words_of
from api.warning.profile import Profile
from api.warning.provenance import BY_HAND, few_gauges
from api.warning.rule_keys import rule_keys
from api.wording import EN, LANGUAGES, ZH
from sim.result import Evidence, ShelterUse, Warning

DISTRICT_CODE, OWN_CODE = "GB/T 2260", "rongan:area"
OWN_EVENTS = "rongan:event"
_SEVERITY_AFTER, _URGENCY_AFTER, _CERTAINTY_AFTER = "Minor", "Past", "Observed"  # of a Cancel
_CERTAINTY_FEW, _SURER = "Possible", ("Observed", "Likely")
_CERTAINTY_BY_HAND = "Unknown"  # of a Cancel that an officer sends: nobody has observed that it is over
_DIGITS = 5  # decimals of a coordinate, about 1 m


@dataclass(frozen=True)
class Origin:
    """What a warning rests on beside its evidence."""

    rules_hash: str
    unverified: tuple[str, ...] = ()  # of all rules; a notice lists those that led to it
    synthetic: tuple[str, ...] = ()


def compose(
    warning: Warning,
    moment: Callable[[float], datetime],
    profile: Profile,
    identifier: str,
    references: str = "",
    *,
    origin: Origin,
    before: Notice | None = None,
    responsible: Mapping[str, str] | None = None,
) -> Notice:
    """The notice of a warning.

    `moment` turns the seconds of the warning into clock times; `references` is "sender,identifier,sent" of the
    message that it succeeds. `before` is the notice of that message, where it is at hand: then `references` may be
    left out, and an Update says whether the colour was raised, lowered or stays. `responsible` names the unit that
    answers for the area, by language; without it the unit is named after the level of the area. ValueError where
    the colour and the kind of message do not go together: a Cancel has none, every other message has one.
    """
    if (warning.message_type == "Cancel") != (warning.level == 0):
        raise ValueError(f"{warning.message_type} with level(={warning.level})")

    def clock(seconds: float) -> datetime:
        return moment(seconds).astimezone(BEIJING).replace(microsecond=0)

    sent, onset, expires = clock(warning.sent_s), clock(warning.onset_s), clock(warning.expires_s)
    latest_s = _by_onset(warning.leave_by_s, warning)
    in_time = latest_s is not None and latest_s > warning.sent_s
    leave_by = clock(latest_s) if in_time and latest_s is not None else None
    after = warning.message_type == "Cancel"
    behind = rule_keys(warning)
    unverified = tuple(key for key in origin.unverified if key in behind)
    index = warning.level - 1
    refuges = tuple(_refuge(use, clock, warning) for use in _most_first(warning))
    notice = Notice(
        identifier=identifier,
        sender=profile.sender,
        sent=sent,
        status=profile.status,
        msg_type=warning.message_type,
        scope=profile.scope,
        references=references or (reference_to(before) if before is not None else ""),
        drill="" if profile.actual else profile.drill,
        **labels_of(profile, len(unverified)),
        event=warning.event,
        event_code=(profile.event_codes or {}).get(warning.event, (OWN_EVENTS, warning.event)),
        area=warning.area,
        area_level=warning.area_level,
        geocode=(DISTRICT_CODE if re.fullmatch(r"\d{6}", warning.area, re.ASCII) else OWN_CODE, warning.area),
        level=warning.level,
        onset=onset,
        expires=expires,
        leave_by=leave_by,
        leave_now=warning.leave_by_s is not None and not in_time,
        severity=_SEVERITY_AFTER if after else profile.severity[index],
        urgency=_URGENCY_AFTER if after else profile.urgency[index],
        certainty=_certainty_after(warning) if after else _certainty(profile.certainty[index], warning.made_from),
        response_types=_response_types(warning),
        people=warning.people_at_risk,
        lead_time_min=round(warning.lead_time_min, 1),
        probability=None if warning.probability is None else tuple(round(p, 3) for p in warning.probability),
        evidence=tuple(Evidence(e.rule, *measured(e)) for e in warning.evidence),
        refuges=refuges,
        risk=None
        if after or warning.risk is None
        else type(warning.risk)(*(round(v, 1) for v in vars(warning.risk).values())),
        rings=_rings(wkb.dumps(warning.polygon)),
        rules_hash=origin.rules_hash,
        unverified=unverified,
        synthetic=tuple(origin.synthetic),
        made_from=tuple(warning.made_from),
        words={},  # made from the rest, below
    )
    was = None if before is None else before.level
    names = {EN: warning.area_name_en or warning.area_name, ZH: warning.area_name}
    words = {lang: words_of(notice, names[lang], lang, was, (responsible or {}).get(lang)) for lang in LANGUAGES}
    return replace(notice, words=words)


def reference_to(notice: Notice) -> str:
    """How a successor names this message."""
    return f"{notice.sender},{notice.identifier},{notice.sent.isoformat()}"


def _certainty(word: str, made_from: Sequence[str]) -> str:
    """The word of CAP for the colour; no surer than possible where a forecast rests on few gauges."""
    by_hand = BY_HAND in made_from  # whoever is on duty knows more than the gauges
    return _CERTAINTY_FEW if word in _SURER and few_gauges(made_from) and not by_hand else word


def _certainty_after(warning: Warning) -> str:
    return _CERTAINTY_BY_HAND if BY_HAND in warning.made_from else _CERTAINTY_AFTER


def _response_types(warning: Warning) -> tuple[str, ...]:
    """What CAP asks the reader to do."""
    if warning.message_type == "Cancel":
        return ("AllClear",)
    if warning.leave_by_s is not None:
        return ("Evacuate", "Shelter")
    return (("Monitor",), ("Avoid",), ("Prepare", "Avoid"), ("Shelter", "Avoid"))[warning.level - 1]


def _most_first(warning: Warning) -> list[ShelterUse]:
    return sorted(warning.shelters, key=lambda use: (-use.persons, use.shelter))


def _by_onset(leave_by_s: float | None, warning: Warning) -> float | None:
    """A latest departure, no later than the onset that the message tells: whoever made it, nobody sets out after."""
    return None if leave_by_s is None else min(leave_by_s, max(warning.onset_s, warning.sent_s))


def _refuge(use: ShelterUse, clock: Callable[[float], datetime], warning: Warning) -> Refuge:
    leave_by_s = _by_onset(use.leave_by_s, warning)
    late = leave_by_s is not None and leave_by_s <= warning.sent_s
    return Refuge(
        id=use.shelter,
        name=use.name,
        name_en=use.name_en,
        persons=use.persons,
        walk_min=round(use.walk_min, 1),
        leave_by=None if leave_by_s is None or late else clock(leave_by_s),
        leave_now=late,
        way=use.way,
        way_en=use.way_en,
        lon=use.lon,
        lat=use.lat,
    )


@lru_cache(maxsize=4096)  # areas are warned again and again, and simplifying an outline takes longer than the rest
def _rings(polygon: bytes) -> tuple[Ring, ...]:
    rings = outlines(shapely.from_wkb(polygon))
    return tuple(
        tuple((round(float(lon), _DIGITS), round(float(lat), _DIGITS)) for lon, lat in ring.exterior.coords)
        for ring in rings
    )
