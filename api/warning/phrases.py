"""The texts of a message in Chinese and English, from the one catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from api.messages import text
from api.warning.notice import Notice, Refuge, Words
from api.warning.profile import Profile
from api.warning.provenance import BY_HAND, few_gauges
from api.wording import EN, ZH
from data.schema import LEVELS

_LEAST_SHARE, _MOST_SHARE = 0.05, 0.995  # of a probability that is put into words; the parameters carry any
_REFUGES_IN_WORDS = 3  # an instruction is read in seconds; the parameters name them all


def labels_of(profile: Profile, unverified: int) -> dict[str, str]:
    """`note` and `restriction`, each in both languages at once, as CAP has one element for both."""
    kind = "actual" if profile.actual else "exercise" if unverified else "exercise_checked"
    note = both(f"cap.note.{kind}", drill=profile.drill, unverified=unverified)
    if profile.actual and not unverified:
        note = ""
    key = f"cap.restriction.{'actual' if profile.actual else 'exercise'}"
    return {"note": note, "restriction": both(key) if profile.scope == "Restricted" else ""}


def both(key: str, **values: object) -> str:
    """A text in both languages."""
    return f"{text(key, ZH, **values)} / {text(key, EN, **values)}"


def words_of(notice: Notice, area: str, lang: str, was: int | None, responsible: str | None) -> Words:
    """All texts of a notice in one language; `area` is the name of the area in it, `was` the level before, if known."""
    event = text(f"event_name.{notice.event}", lang)
    kind = notice.msg_type.lower()
    if kind == "update" and was is not None:
        kind = "raised" if notice.level > was else "lowered" if notice.level < was else "renewed"
    facts = {
        "event": event, "area": area, "level": notice.level, "onset": notice.onset, "expires": notice.expires,
    }  # fmt: skip
    mark = "" if notice.status == "Actual" else text("cap.mark", lang)
    return Words(
        sender=text("cap.sender_name.actual" if notice.status == "Actual" else "cap.sender_name.exercise", lang),
        event=event,
        area=area,
        responsible=responsible or text(f"cap.responsible.{notice.area_level}", lang, area=area),
        headline=mark + text(f"cap.headline.{kind}", lang, **facts),
        description=_description(notice, lang, facts),
        instruction=instruction_of(notice, lang),
    )


def _description(notice: Notice, lang: str, facts: dict[str, object]) -> str:
    if notice.msg_type == "Cancel":
        return text("cap.description.cancel_by_hand" if BY_HAND in notice.made_from else "cap.description.cancel",
                    lang, **facts)  # fmt: skip
    when = when_of(notice)
    who = "_unknown" if notice.people is None else "" if notice.people else "_nobody"
    parts = [text(f"cap.description.{when}{who}", lang, **facts, people=notice.people)]
    share = 0.0 if notice.probability is None else notice.probability[notice.level - 1]
    # A chance of 100 % is what the first sentence says; next to nothing would gainsay the officer who warns.
    if _LEAST_SHARE <= share < _MOST_SHARE:
        key = "probability" if notice.level < len(LEVELS) - 1 else "probability_worst"
        parts.append(text(f"cap.description.{key}", lang, share=share, level=notice.level))
    few = few_gauges(notice.made_from)
    if few is not None:
        key = "gauges_few" if few.heard else "gauges_none"
        parts.append(text(f"cap.description.{key}", lang, heard=few.heard, all=few.all))
    parts.append(text("cap.description.until", lang, **facts))
    return join(parts, lang)


def instruction_of(notice: Notice, lang: str) -> str:
    """What people are to do, in one language."""
    if notice.msg_type == "Cancel":
        return text("cap.instruction.cancel", lang)
    parts = []
    leave = leave_key(notice)
    if leave:
        parts.append(text("cap.instruction.order", lang))
        parts.append(text(f"cap.instruction.{leave}", lang, leave_by=notice.leave_by))
    if notice.refuges:
        parts.append(text("cap.instruction.shelters", lang, shelters=refuge_list(notice.refuges, lang)))
        if some_unplaced(notice):
            parts.append(text("cap.instruction.rest", lang, placed=_placed(notice)))
    if leave:
        parts.append(text("cap.instruction.others", lang))
    parts.append(text(f"cap.instruction.{LEVELS[notice.level]}", lang))
    return join(parts, lang)


def when_of(notice: Notice) -> str:
    """Whether the danger is "ahead", here "now", or "may" be: nothing was found that says so, somebody only warns."""
    if notice.onset > notice.sent:
        return "ahead"
    return "now" if notice.evidence else "may"


def leave_key(notice: Notice) -> str:
    """How those told to leave are told it, "" where nobody is.

    Once the danger is here, nobody is sent out into the water: "leave_late" lets go only those whose way is dry.
    """
    if notice.leave_by is not None:
        return "leave_by"
    if not notice.leave_now:
        return ""
    return "leave_now" if notice.onset > notice.sent else "leave_late"


def some_unplaced(notice: Notice) -> bool:
    """Whether more people are in danger than have a place in the shelters that the message sends them to."""
    return bool(notice.refuges) and notice.people is not None and _placed(notice) < notice.people


def _placed(notice: Notice) -> int:
    return sum(refuge.persons for refuge in notice.refuges)


def refuge_list(refuges: Sequence[Refuge], lang: str) -> list[str]:
    """Shelters to go to in words, the first few of them, each with its way where streets have names."""
    said = []
    for refuge in refuges[:_REFUGES_IN_WORDS]:
        streets = way_of(refuge, lang)
        key = "cap.instruction.shelter_by" if streets else "cap.instruction.shelter"
        values = {"name": refuge.name, "name_en": refuge.name_en, "walk_min": refuge.walk_min}
        said.append(text(key, lang, **values, streets=text_list(streets, lang)))
    return said


def way_of(refuge: Refuge, lang: str) -> tuple[str, ...]:
    """Names of the streets of the way, in the language where the city has them in it."""
    return (refuge.way_en or refuge.way) if lang == EN else refuge.way


def text_list(names: Sequence[str], lang: str) -> str:
    """Streets one after the other."""
    return ("、" if lang == ZH else ", ").join(names)


def join(parts: Sequence[str], lang: str) -> str:
    """Sentences one after the other."""
    return ("" if lang == ZH else " ").join(parts)
