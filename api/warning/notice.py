"""What a warning says to its reader: identifier, clock times and texts in both languages.

CAP, `warnings.geojson` and the report take their words from here, so they cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from api.messages import text
from api.wording import EN, LANGUAGES, ZH
from data.rules_file import Rules
from data.schema import LEVELS
from data.units import m_to_mm
from sim.result import Evidence, Result, ShelterUse, Warning

BEIJING = timezone(timedelta(hours=8))
_STATUSES = ("Exercise", "Test", "System", "Draft")
_URGENCY_AFTER, _CERTAINTY_AFTER, _SEVERITY_AFTER = "Past", "Observed", "Minor"  # of a Cancel


@dataclass(frozen=True)
class Profile:
    """How messages of a drill are labelled.

    `severity`, `urgency` and `certainty` hold the CAP words for blue, yellow, orange and red (rules file `warning`).
    `sector`, `unit` and `extension` fill the identifier of GB/T 35965.1; `event_codes` maps an event to
    (valueName, value) of a code table, where one is at hand.
    """

    drill: str
    severity: tuple[str, ...]
    urgency: tuple[str, ...]
    certainty: tuple[str, ...]
    sender: str = "drill@rongan.invalid"  # RFC 2606: a domain that can belong to nobody
    status: str = "Exercise"
    scope: str = "Restricted"
    sector: str = "000"
    unit: str = "000"
    extension: str = "00"
    event_codes: Mapping[str, tuple[str, str]] | None = None

    def __post_init__(self) -> None:
        if self.status not in _STATUSES:
            raise ValueError(f"status(={self.status!r}) must be one of {', '.join(_STATUSES)}; a drill is never Actual")
        if not self.drill.strip():
            raise ValueError("drill must name the exercise")


def drill_profile(result: Result, rules: Rules) -> Profile:
    """The profile of a finished drill: its name from the scenario, its CAP words from the rules."""
    scenario = result.scenario
    name = re.sub(r"[^0-9A-Za-z_-]+", "-", str(scenario.get("name", "drill"))).strip("-") or "drill"
    words = (tuple(rules.value(f"warning.{key}")) for key in ("severity", "urgency", "certainty"))
    severity, urgency, certainty = words
    return Profile(f"{name}-{result.start:%Y%m%d%H%M}-{scenario.get('seed', 0)}", severity, urgency, certainty)


@dataclass(frozen=True)
class Notice:
    """One warning, ready to be written in any format; the texts are keyed by language."""

    warning: Warning
    identifier: str
    references: str  # "sender,identifier,sent" of the message this one succeeds, or ""
    sent: datetime
    onset: datetime
    expires: datetime
    leave_by: datetime | None  # None where nobody is told to leave, or it is too late for a safe departure
    severity: str
    urgency: str
    certainty: str
    event: dict[str, str]
    area: dict[str, str]
    headline: dict[str, str]
    description: dict[str, str]
    instruction: dict[str, str]

    @property
    def colour(self) -> str:
        """Red, Orange, Yellow, Blue, or None once lifted."""
        return LEVELS[self.warning.level].capitalize()

    @property
    def response_types(self) -> tuple[str, ...]:
        """What CAP asks the reader to do."""
        if self.warning.message_type == "Cancel":
            return ("AllClear",)
        if self.warning.leave_by_s is not None:
            return ("Evacuate", "Shelter")
        return (("Monitor",), ("Avoid",), ("Prepare", "Avoid"), ("Shelter", "Avoid"))[self.warning.level - 1]


def stamp(moment: datetime) -> str:
    """Whole seconds in Beijing time, the only form that CAP readers here accept."""
    return moment.astimezone(BEIJING).replace(microsecond=0).isoformat()


def measured(evidence: Evidence) -> tuple[float, float, str]:
    """Value, threshold and unit as people read them: rain sums in mm, whole people, depths to the centimetre."""
    value, threshold, unit = evidence.value, evidence.threshold, evidence.unit
    if evidence.rule.startswith("rain") and unit == "m":
        value, threshold, unit = m_to_mm(value), m_to_mm(threshold), "mm"
    digits = {"persons": 0, "mm": 1}.get(unit, 2)
    return round(value, digits), round(threshold, digits), unit


def notices(result: Result, profile: Profile) -> list[Notice]:
    """All warnings of the drill in the order they were sent."""
    named = _identifiers(result, profile)
    return [_notice(result, warning, profile, named) for warning in result.warnings]


def _identifiers(result: Result, profile: Profile) -> dict[str, str]:
    """Warning id -> message identifier, unique among all messages of the sender.

    `ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N` (GB/T 35965.1, 31 characters) where the area has a six-digit code and at most
    ten messages share the second; else the area's own code in front and as many digits as needed.
    """
    names: dict[str, str] = {}
    serial: dict[str, int] = {}
    for warning in result.warnings:
        code = warning.area
        if re.fullmatch(r"\d{6}", code):
            prefix = f"{code}{profile.sector}{profile.unit}{profile.extension}"
        else:
            prefix = "RA-" + re.sub(r"[^0-9A-Za-z.-]", "-", code)
        stem = f"{prefix}_{result.moment(warning.sent_s).astimezone(BEIJING):%Y%m%d%H%M%S}"
        names[warning.id] = f"{stem}_{serial.get(stem, 0)}"
        serial[stem] = serial.get(stem, 0) + 1
    return names


def _notice(result: Result, warning: Warning, profile: Profile, named: Mapping[str, str]) -> Notice:
    sent, onset, expires = (result.moment(s) for s in (warning.sent_s, warning.onset_s, warning.expires_s))
    in_time = warning.leave_by_s is not None and warning.leave_by_s > warning.sent_s
    leave_by = result.moment(warning.leave_by_s) if in_time and warning.leave_by_s is not None else None
    after = warning.message_type == "Cancel"
    index = warning.level - 1
    references = ""
    if warning.references:
        before = next(w for w in result.warnings if w.id == warning.references)
        references = f"{profile.sender},{named[before.id]},{stamp(result.moment(before.sent_s))}"
    texts = {lang: _texts(warning, lang, sent, onset, expires, leave_by) for lang in LANGUAGES}
    return Notice(
        warning,
        named[warning.id],
        references,
        sent,
        onset,
        expires,
        leave_by,
        _SEVERITY_AFTER if after else profile.severity[index],
        _URGENCY_AFTER if after else profile.urgency[index],
        _CERTAINTY_AFTER if after else profile.certainty[index],
        *({lang: texts[lang][part] for lang in LANGUAGES} for part in range(5)),
    )


def _texts(
    warning: Warning, lang: str, sent: datetime, onset: datetime, expires: datetime, leave_by: datetime | None
) -> tuple[str, str, str, str, str]:
    """Event, area, headline, description and instruction in one language."""
    event = text(f"event_name.{warning.event}", lang)
    area = (warning.area_name_en or warning.area_name) if lang == EN else warning.area_name
    kind = warning.message_type.lower()
    facts = {"event": event, "area": area, "level": warning.level, "onset": onset, "expires": expires}
    headline = text(f"cap.headline.{kind}", lang, **facts)
    if kind == "cancel":
        return (
            event,
            area,
            headline,
            text("cap.description.cancel", lang, **facts),
            text("cap.instruction.cancel", lang),
        )
    when = "now" if onset <= sent else "ahead"
    who = "" if warning.people_at_risk else "_nobody"
    description = text(f"cap.description.{when}{who}", lang, **facts, people=warning.people_at_risk)
    parts = [text(f"cap.instruction.{LEVELS[warning.level]}", lang)]
    if leave_by is not None:
        parts.append(text("cap.instruction.leave_by", lang, leave_by=leave_by))
    elif warning.leave_by_s is not None:
        parts.append(text("cap.instruction.leave_now", lang))
    if warning.shelters:
        parts.append(text("cap.instruction.shelters", lang, shelters=shelter_list(warning.shelters, lang)))
    return event, area, headline, description, ("" if lang == ZH else " ").join(parts)


def shelter_list(uses: Sequence[ShelterUse], lang: str) -> list[str]:
    """Shelters to go to, the one that takes most people first."""
    ordered = sorted(uses, key=lambda use: (-use.persons, use.shelter))
    return [
        text("cap.instruction.shelter", lang, name=use.name, name_en=use.name_en, walk_min=use.walk_min)
        for use in ordered
    ]
